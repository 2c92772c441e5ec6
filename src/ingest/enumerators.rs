//! Numbers that announcements put in front of what they list: 一、 （一） 1. 第一项 承诺事项(1):

use super::numerals;
use super::text::{Laid, Span, Text};

/// A way of numbering; those of one list are written alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Style {
    /// 承诺事项(1):
    Pledge,
    /// 第一项, 第一，
    Ordinal,
    /// 一、
    ChineseComma,
    /// （一）
    ChineseParenthesis,
    /// 1. or 1、
    Arabic,
    /// (1)
    ArabicParenthesis,
    /// ①
    Circled,
    /// 一是
    Namely,
}

/// A number in front of something.
#[derive(Clone, Copy, Debug)]
pub struct Enumerator {
    pub style: Style,
    pub number: i64,
    /// The number as printed, with its marks.
    pub span: Span,
    /// Whether a line begins with it.
    pub leads_line: bool,
}

/// Every number that may be one of a list, in order.
pub fn find(text: &Text) -> Vec<Enumerator> {
    let mut found: Vec<Enumerator> = Vec::new();
    for block in &text.blocks {
        let Laid::Paragraph(line) = block else { continue };
        let mut at = line.start;
        while at < line.end {
            let leads_line = at == line.start;
            let before = text.folded.get(at.wrapping_sub(1)).copied().unwrap_or(' ');
            let follows = leads_line || ";。:, ".contains(before);
            let twice = found.last_mut().filter(|last| last.leads_line && last.span.end == at);
            let rest = text.folded.get(at..line.end).unwrap_or_default();
            if let Some((style, number, length)) =
                (follows || twice.is_some()).then(|| enumerator(rest, leads_line)).flatten()
            {
                let end = at + length;
                // 一、承诺事项(1): is one number written twice.
                if let Some(last) = twice.filter(|_| style == Style::Pledge) {
                    *last = Enumerator { style, number, span: Span::new(last.span.start, end), leads_line: true };
                    at = end;
                    continue;
                }
                let continues = found
                    .iter()
                    .rev()
                    .find(|other| other.style == style)
                    .is_some_and(|other| other.number + 1 == number);
                if follows && (leads_line || continues || number == 1) {
                    found.push(Enumerator { style, number, span: Span::new(at, end), leads_line });
                    at = end;
                    continue;
                }
            }
            at += 1;
        }
    }
    drop_lone_inline(found)
}

/// Whether a line begins with a number of a list.
pub fn leads(text: &[char]) -> bool {
    enumerator(text, true).is_some()
}

/// A number inside a line counts only with its fellows: 1. without 2. is none.
fn drop_lone_inline(found: Vec<Enumerator>) -> Vec<Enumerator> {
    let kept = |index: usize, item: &Enumerator| {
        let alike = |other: &&Enumerator| other.style == item.style;
        item.leads_line
            || item.number > 1
            || found.iter().skip(index + 1).find(alike).is_some_and(|next| next.number == 2)
    };
    found.iter().enumerate().filter(|(index, item)| kept(*index, item)).map(|(_, item)| *item).collect()
}

fn number_at(text: &[char]) -> Option<(i64, usize, bool)> {
    let first = *text.first()?;
    if first.is_ascii_digit() {
        let length = text.iter().take_while(|c| c.is_ascii_digit()).count();
        let value: i64 = text.get(..length)?.iter().collect::<String>().parse().ok()?;
        return (length <= 3 && value > 0).then_some((value, length, false));
    }
    let length = text.iter().take_while(|c| "一二三四五六七八九十百零".contains(**c)).count();
    let numeral = numerals::numeral(text.get(..length)?).filter(|numeral| numeral.length == length && length <= 4)?;
    Some((i64::try_from(numeral.value / numerals::ONE).ok()?, length, true))
}

/// The number that a folded text begins with: its style, value and length.
fn enumerator(text: &[char], leads_line: bool) -> Option<(Style, i64, usize)> {
    let at = |index: usize| text.get(index).copied().unwrap_or(' ');
    if let circled @ '①'..='⑳' = at(0) {
        return Some((Style::Circled, i64::from(circled as u32 - '①' as u32 + 1), 1));
    }
    for word in ["公开承诺事项", "承诺事项", "公开承诺", "承诺", "事项", "任务", "项目", "实事"]
    {
        if super::words::starts(text, word) {
            let start = word.chars().count();
            let open = usize::from(at(start) == '(');
            let (number, length, _) = number_at(text.get(start + open..)?)?;
            let mut end = start + open + length;
            end += usize::from(open == 1 && at(end) == ')');
            return (":、,.".contains(at(end))).then_some((Style::Pledge, number, end + 1));
        }
    }
    if at(0) == '第' {
        let (number, length, _) = number_at(text.get(1..)?)?;
        let mut end = 1 + length;
        let item = "项件个".contains(at(end));
        end += usize::from(item);
        let marked = "、,:.".contains(at(end)) || at(end) == ' ';
        return (marked || item && leads_line).then_some((Style::Ordinal, number, end + usize::from(marked)));
    }
    if at(0) == '(' || at(0) == '[' {
        let (number, length, chinese) = number_at(text.get(1..)?)?;
        let mut end = 1 + length;
        if at(end) != ')' && at(end) != ']' {
            return None;
        }
        end += 1;
        end += usize::from("、.".contains(at(end)));
        return Some((if chinese { Style::ChineseParenthesis } else { Style::ArabicParenthesis }, number, end));
    }
    let (number, length, chinese) = number_at(text)?;
    let mark = at(length);
    let next = at(length + 1);
    match (chinese, mark) {
        (true, '是') if leads_line => Some((Style::Namely, number, length + 1 + usize::from(",:".contains(next)))),
        (true, '、') => Some((Style::ChineseComma, number, length + 1)),
        (true, '.' | ',' | ' ') if leads_line && mark != ',' => Some((Style::ChineseComma, number, length + 1)),
        // 1.5 is a figure, and so is 3、5、7 inside a line.
        (false, '.' | '、' | ')') if !next.is_ascii_digit() => Some((Style::Arabic, number, length + 1)),
        (false, ' ') if leads_line && !next.is_ascii_digit() => Some((Style::Arabic, number, length + 1)),
        _ => None,
    }
}
