//! Finding what counts something: a numeral with a measure word, and not what only looks like one.

use super::numerals::{self, Exact, ONE};
use super::structure::contains;
use super::text::{Span, Text};
use super::words::{self, CHINESE_MEASURES, NAMES, RHETORIC, starts};
use crate::model::codes::Qualifier;

/// A figure as it stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Numeral and measure word, with what qualifies them after the numeral.
    pub span: Span,
    pub value: Exact,
    /// The upper end of a range.
    pub upper: Option<Exact>,
    /// Measure word without 万 or 亿; the unit's label.
    pub measure: String,
    /// Code of the unit.
    pub unit: &'static str,
    pub qualifier: Option<Qualifier>,
}

/// A numeral that counts nothing the rules know of; it is reported.
pub type Unplaced = Span;

/// Units of time: figures only where a time is shortened, else how long something takes.
const TIMES: &[(&str, &str)] = &[
    ("个工作日", "working-day"),
    ("工作日", "working-day"),
    ("个小时", "hour"),
    ("小时", "hour"),
    ("分钟", "minute"),
    ("天", "day"),
    ("个月", "month"),
    ("秒", "second"),
];
const SHORTENED: &[&str] =
    &["压缩", "缩短", "压减", "缩减", "提速", "减至", "降至", "平均用时", "平均办理", "平均时长"];

/// What follows a numeral that is a date, a time, a rank or a number of something.
const DATES: &[&str] = &[
    "年",
    "月",
    "日",
    "号",
    "时",
    "点",
    "季度",
    "世纪",
    "岁",
    "周年",
    "周岁",
    "周",
    "星期",
    "度",
    "级",
    "版",
    "届",
    "维",
    "强",
    "大",
    "次会议",
    "次全会",
    "中全会",
    "g",
    "G",
    "秒",
    "刻",
    "代表",
    "线城市",
    "类区",
    "孩",
    "胎",
    "环",
    "楼",
    "路公交",
    "路车",
    "网",
    "微",
    "码",
];

/// What a measure word becomes part of another word with.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("部", "分门署属队长"),
    ("方", "面案式位向针法"),
    ("条", "例件款目"),
    ("本", "级市省地区来身年次科着报院校"),
    ("人", "民大社均们"),
    ("名", "列称录"),
    ("对", "接口象应标照比外"),
    ("组", "织建成"),
    ("班", "子组主"),
    ("队", "伍员长"),
    ("线", "上下索路"),
    ("单", "位元独项"),
    ("元", "旦素"),
    ("分", "之钟别类局部公支期批散管"),
    ("面", "向对积"),
    ("路", "公径线"),
    ("口", "径岸号"),
    ("门", "槛户类"),
    ("步", "走骤"),
    ("期", "间工项建限"),
    ("代", "表理码"),
    ("回", "复应访"),
    ("节", "约能点"),
    ("位", "居于列"),
    ("层", "次级面"),
    ("段", "时"),
    ("里", "面程"),
    ("只", "有要能"),
    ("头", "脑部"),
    ("场", "所地景馆"),
    ("车", "间站辆"),
    ("片", "区"),
    ("处", "理置罚于长室"),
    ("项", "目组"),
    ("把", "关"),
    ("眼", "科"),
    ("州", "市"),
    ("个", "人"),
    ("款", "项"),
    ("区", "域间"),
    ("成", "立为效果都功本交"),
    ("单", "一位元独"),
    ("样", "本"),
    ("票", "据"),
    ("遍", "及"),
    ("间", "接隔"),
];

/// Finds every figure of a stretch of text.
pub fn scan(text: &Text, region: Span, form: &[Span]) -> (Vec<Found>, Vec<Unplaced>) {
    let words = text.folded(region);
    let masked = mask(words, region, form);
    let (mut found, mut unplaced) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < words.len() {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or(' ');
        if masked[at] || before.is_ascii_alphanumeric() && words[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        match figure(words, at) {
            Read::Figure { length, figure } => {
                let start = region.start + at;
                let overlaps = (at..at + length).any(|at| masked[at]);
                if !overlaps {
                    found.push(Found { span: Span::new(start, start + length), ..figure });
                }
                at += length;
            }
            Read::Other(length) => at += length.max(1),
            Read::Number(length) => {
                unplaced.push(Span::new(region.start + at, region.start + at + length));
                at += length;
            }
        }
    }
    (found, unplaced)
}

enum Read {
    Figure {
        length: usize,
        figure: Found,
    },
    /// A numeral that is none of ours, or no numeral at all.
    Other(usize),
    /// A number without a measure word.
    Number(usize),
}

fn figure(words: &[char], at: usize) -> Read {
    let rest = &words[at..];
    if starts(rest, "百分之") {
        if let Some(numeral) = rest.get(3..).and_then(numerals::numeral) {
            return finish(words, at, 3 + numeral.length, numeral.value, None, "%", "percent", numeral.more);
        }
    }
    let Some(numeral) = numerals::numeral(rest) else { return Read::Other(1) };
    if numeral.chinese && starts(&rest[numeral.length..], "分之") {
        let over = rest
            .get(numeral.length + 2..)
            .and_then(numerals::numeral)
            .filter(|over| over.chinese && over.value < numeral.value);
        if let Some(over) = over {
            let value = (over.value * 100 * ONE * 2 / numeral.value + 1) / 2;
            return finish(words, at, numeral.length + 2 + over.length, value, None, "%", "percent", false);
        }
    }
    let mut end = numeral.length;
    let mut more = numeral.more;
    if "余多".contains(next(rest, end)) && (!numeral.chinese || numeral.value >= 10 * ONE) {
        more = true;
        end += 1;
    }
    let (mut value, mut upper) = (numeral.value, None);
    if let Some((high, length)) = range(rest, end) {
        let lifted = lift(value, high, next(rest, length - 1), &rest[..end]);
        if lifted < high.value {
            (value, upper) = (lifted, Some(high.value));
            end = length;
        }
    }
    if is_date(words, at, rest, end, &numeral) {
        return Read::Other(end);
    }
    let after = &rest[end..];
    for (sign, unit) in [('%', "percent"), ('‰', "per-mille")] {
        if next(rest, end) == sign {
            return finish(words, at, end + 1, value, upper, &sign.to_string(), unit, more);
        }
    }
    for point in ["个百分点", "百分点"] {
        if starts(after, point) {
            return finish(words, at, end + point.chars().count(), value, upper, "百分点", "percentage-point", more);
        }
    }
    let clause = clause(words, at);
    if let Some((word, code)) = TIMES.iter().find(|(word, _)| starts(after, word)) {
        if SHORTENED.iter().any(|cue| contains(clause, cue)) {
            return finish(
                words,
                at,
                end + word.chars().count(),
                value,
                upper,
                word.trim_start_matches('个'),
                code,
                more,
            );
        }
        return Read::Other(end + word.chars().count());
    }
    match measure(after, numeral.chinese, value) {
        Some((word, code)) => {
            let length = end + word.chars().count();
            if is_rank(words, at) || rhetorical(&rest[length..], numeral.chinese) {
                return Read::Other(length);
            }
            // 8成 is 80 per cent.
            if word == "成" {
                return finish(words, at, length, value * 10, upper.map(|upper| upper * 10), "%", "percent", more);
            }
            finish(words, at, length, value, upper, word, code, more)
        }
        None if numeral.chinese => Read::Other(1),
        None if end >= 7 || next(rest, end).is_ascii_alphabetic() || next(rest, end) == '-' || is_rank(words, at) => {
            Read::Other(end)
        }
        None => Read::Number(end),
    }
}

fn next(words: &[char], at: usize) -> char {
    words.get(at).copied().unwrap_or(' ')
}

/// The measure word after a numeral.
fn measure(after: &[char], chinese: bool, value: Exact) -> Option<(&'static str, &'static str)> {
    let mut candidates: Vec<&(&str, &str)> = words::MEASURES.iter().filter(|(word, _)| starts(after, word)).collect();
    candidates.sort_by_key(|(word, _)| std::cmp::Reverse(word.chars().count()));
    candidates.into_iter().copied().find(|(word, _)| {
        let next = after.get(word.chars().count()).copied().unwrap_or(' ');
        let merges = OTHER_WORDS.iter().any(|(known, nexts)| known == word && nexts.contains(next));
        let latin = word.is_ascii() && next.is_ascii_alphabetic();
        // One of something is seldom meant as a count.
        let counted = !chinese
            || if value == ONE {
                "座所家栋艘架".contains(*word)
            } else {
                value >= 100 * ONE || CHINESE_MEASURES.contains(word)
            };
        !merges && !latin && counted
    })
}

/// A date, a time, a rank, a number of a document: what follows and what stands before tells.
fn is_date(words: &[char], at: usize, rest: &[char], end: usize, numeral: &numerals::Numeral) -> bool {
    let after = &rest[end..];
    let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or(' ');
    if DATES.iter().any(|word| starts(after, word))
        && !starts(after, "年份")
        && !starts(after, "点位")
        && !starts(after, "度电")
    {
        // 300大棚 is no word; 3大类 is a saying.
        return true;
    }
    let year = !numeral.chinese && (1900 * ONE..2100 * ONE).contains(&numeral.value) && numeral.length == 4;
    let mark = next(rest, end);
    if year && (mark == '-' || mark == '.' || mark == '/') && next(rest, end + 1).is_ascii_digit() {
        return true;
    }
    // 8:30, 2020/6/30, 010-1234567, No.7
    mark == ':' && next(rest, end + 1).is_ascii_digit()
        || before == ':' && at > 1 && words[at - 2].is_ascii_digit()
        || before == '第'
        || before == '/'
        || starts(after, "之一")
}

fn is_rank(words: &[char], at: usize) -> bool {
    let before: String = words[at.saturating_sub(3)..at].iter().collect();
    ["前", "第", "列", "排名", "位居", "居", "位列", "名列"].iter().any(|word| before.ends_with(word))
}

fn rhetorical(after: &[char], chinese: bool) -> bool {
    const ALWAYS: [&str; 9] = ["方面", "层面", "月", "季度", "星期", "以来", "工作日", "小时", "维度"];
    let list: &[&str] = if chinese { RHETORIC } else { &ALWAYS };
    list.iter().any(|word| starts(after, word))
}

/// The upper end of a range, and where it ends.
fn range(rest: &[char], end: usize) -> Option<(numerals::Numeral, usize)> {
    let mut from = end;
    // 30%-40%
    from += usize::from(next(rest, from) == '%');
    if !"-至到".contains(next(rest, from)) {
        return None;
    }
    let high = rest.get(from + 1..).and_then(numerals::numeral)?;
    Some((high, from + 1 + high.length))
}

/// 3至5万 is 30,000 to 50,000.
fn lift(low: Exact, high: numerals::Numeral, last: char, printed: &[char]) -> Exact {
    let plain = !printed.iter().any(|c| "万亿千百".contains(*c));
    // 3至5千: what ends the upper numeral holds for both.
    let factor = [('亿', 100_000_000), ('万', 10_000), ('千', 1000), ('百', 100)]
        .into_iter()
        .find(|(ends, _)| *ends == last)
        .map(|(_, factor)| factor);
    match factor {
        Some(factor) if plain && low * factor < high.value => low * factor,
        _ => low,
    }
}

/// The words of the clause that a place is in.
pub fn clause(words: &[char], at: usize) -> &[char] {
    let stop = |c: &char| "。;!?,\n\t".contains(*c);
    let start = words[..at].iter().rposition(stop).map_or(0, |position| position + 1);
    let end = words[at..].iter().position(stop).map_or(words.len(), |position| at + position);
    &words[start..end]
}

#[allow(clippy::too_many_arguments)]
fn finish(
    words: &[char],
    at: usize,
    end: usize,
    value: Exact,
    upper: Option<Exact>,
    measure: &str,
    unit: &'static str,
    more: bool,
) -> Read {
    let mut end = end;
    let after = &words[at + end..];
    let mut qualifier = more.then_some(Qualifier::MoreThan);
    for (word, meaning) in [
        ("以上", Qualifier::AtLeast),
        ("及以上", Qualifier::AtLeast),
        ("以内", Qualifier::AtMost),
        ("以下", Qualifier::AtMost),
        ("左右", Qualifier::About),
        ("上下", Qualifier::About),
        ("余", Qualifier::MoreThan),
        ("多", Qualifier::MoreThan),
    ] {
        // 3个以上级别 is no quantity.
        if starts(after, word) && !(word.chars().count() == 1 && next(after, 1) == '种') {
            qualifier = Some(meaning);
            end += word.chars().count();
            break;
        }
    }
    let before: String = words[at.saturating_sub(5)..at].iter().collect();
    let before = before.trim_end_matches(['到', '达', '为', '计', '有', ' ']);
    const PREFIXES: [(&str, Qualifier); 19] = [
        ("不少于", Qualifier::AtLeast),
        ("不低于", Qualifier::AtLeast),
        ("不小于", Qualifier::AtLeast),
        ("至少", Qualifier::AtLeast),
        ("不超过", Qualifier::AtMost),
        ("不高于", Qualifier::AtMost),
        ("不多于", Qualifier::AtMost),
        ("控制在", Qualifier::AtMost),
        ("至多", Qualifier::AtMost),
        ("最多", Qualifier::AtMost),
        ("超过", Qualifier::MoreThan),
        ("突破", Qualifier::MoreThan),
        ("多于", Qualifier::MoreThan),
        ("超", Qualifier::MoreThan),
        ("逾", Qualifier::MoreThan),
        ("将近", Qualifier::Nearly),
        ("接近", Qualifier::Nearly),
        ("近", Qualifier::Nearly),
        ("约", Qualifier::About),
    ];
    let said = PREFIXES.iter().find(|(word, _)| before.ends_with(word)).map(|(_, meaning)| *meaning);
    // 控制在3%以内 says at most twice; a range is at least its lower end.
    let qualifier = qualifier
        .or(said.filter(|said| *said != Qualifier::AtMost || !before.ends_with("控制在")))
        .or(upper.map(|_| Qualifier::AtLeast));
    let figure = Found { span: Span::new(0, 0), value, upper, measure: measure.to_owned(), unit, qualifier };
    Read::Figure { length: end, figure }
}

/// What is no figure whatever stands in it: titles, addresses, numbers of documents, names, enumerators.
fn mask(words: &[char], region: Span, form: &[Span]) -> Vec<bool> {
    let mut masked = vec![false; words.len()];
    let mut hide = |from: usize, to: usize| masked[from.min(words.len())..to.min(words.len())].fill(true);
    for span in form.iter().filter(|span| span.start < region.end && span.end > region.start) {
        hide(span.start.saturating_sub(region.start), span.end - region.start);
    }
    let mut at = 0;
    while at < words.len() {
        let rest = &words[at..];
        match words[at] {
            '《' => {
                let length = rest.iter().take(100).position(|c| *c == '》').unwrap_or(0);
                hide(at, at + length + 1);
                at += length;
            }
            open @ ('“' | '"') => {
                // Short quotations are names, not statements.
                let close = if open == '“' { '”' } else { '"' };
                if let Some(length) = rest.iter().skip(1).take(60).position(|c| *c == close) {
                    if length <= 14 && !counts(&rest[1..=length]) {
                        hide(at, at + length + 2);
                        at += length + 1;
                    } else if open == '"' {
                        // The closing mark is the same: it is not to open anything.
                        at += length + 1;
                    }
                }
            }
            '[' if rest.iter().take(8).any(|c| *c == ']') => {
                let close = rest.iter().position(|c| *c == ']').unwrap_or(0);
                let number = rest.iter().skip(close + 1).take_while(|c| c.is_ascii_digit()).count();
                let tail = usize::from(next(rest, close + 1 + number) == '号');
                if tail == 1 {
                    hide(at, at + close + 2 + number);
                }
            }
            '第' => {
                let length =
                    rest.iter().skip(1).take_while(|c| c.is_ascii_digit() || numerals::is_chinese(**c)).count();
                let measure =
                    rest.get(1 + length..).and_then(words::measure_at).map_or(0, |(word, _)| word.chars().count());
                if length > 0 {
                    hide(at, at + 1 + length + measure);
                    at += length;
                }
            }
            c if c.is_ascii_alphanumeric() && (at == 0 || !words[at - 1].is_ascii_alphanumeric()) => {
                // Addresses, of pages and of mail.
                let length = rest.iter().take_while(|c| c.is_ascii_graphic()).count();
                if starts(rest, "http") || starts(rest, "www.") || rest[..length].contains(&'@') {
                    hide(at, at + length);
                    at += length;
                }
            }
            _ => {
                let lower: Vec<char> = rest.iter().take(8).map(char::to_ascii_lowercase).collect();
                let name = NAMES
                    .iter()
                    .filter(|name| starts(&lower, name) && is_name(name, words, at))
                    .max_by_key(|name| name.chars().count());
                if let Some(name) = name {
                    hide(at, at + name.chars().count());
                    at += name.chars().count() - 1;
                }
            }
        }
        at += 1;
    }
    masked
}

/// Whether a quotation counts something: a name seldom has a number and a measure word.
fn counts(quoted: &[char]) -> bool {
    (1..quoted.len()).any(|at| {
        quoted[at - 1].is_ascii_digit()
            && !quoted[at].is_ascii_digit()
            && (quoted[at] == '%' || "万亿千".contains(quoted[at]) || measure(&quoted[at..], false, ONE).is_some())
    }) && quoted.len() > 4
}

/// A name made of digits is one only where no digit stands beside it and no measure word follows: 110件 are cases.
fn is_name(name: &str, words: &[char], at: usize) -> bool {
    if !name.starts_with(|c: char| c.is_ascii_digit()) {
        // 二十一起 and 十一个 are counts.
        let counted = name.chars().all(numerals::is_chinese)
            && words.get(at + name.chars().count()).is_some_and(|c| "个件名人家项所户处次场".contains(*c));
        let inside = at > 0 && numerals::is_chinese(words[at - 1]) && !name.starts_with(['放', '双']);
        return !counted && !inside;
    }
    let end = at + name.chars().count();
    let digits = name.chars().all(|c| c.is_ascii_digit());
    let beside = at > 0 && (words[at - 1].is_ascii_digit() || words[at - 1] == '.')
        || digits && next(words, end).is_ascii_digit()
        || digits && next(words, end) == '.';
    !beside
        && !(digits
            && (next(words, end) == '%'
                || words::measure_at(&words[end.min(words.len())..]).is_some() && name.len() < 5))
}
