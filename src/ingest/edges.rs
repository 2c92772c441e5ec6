//! What stands around a list of commitments and belongs to none of them.

use super::text::{Span, Text};
use super::words::{self, contains, starts_any};

/// Where the closing words begin: a signature, a date, a telephone number.
pub fn closing(text: &Text, paragraphs: &[Span]) -> usize {
    const OPENERS: [&str; 30] = [
        "特此",
        "欢迎",
        "监督电话",
        "联系电话",
        "联系人",
        "联系方式",
        "咨询电话",
        "附件",
        "抄送",
        "来源",
        "编辑",
        "责任编辑",
        "注:",
        "以上",
        "公开时间",
        "审核",
        "监督邮箱",
        "举报电话",
        "(联系",
        "总的来看",
        "总体来看",
        "总体上看",
        "综上",
        "说明:",
        "填报单位",
        "联系地址",
        "若对",
        "如有异议",
        "广大市民",
        "公示期",
    ];
    const FOOTERS: [&str; 14] = [
        "二维码",
        "主办单位:",
        "承办单位:",
        "ICP备",
        "网站标识码",
        "公网安备",
        "服务热线:",
        "热线电话:",
        "电话:",
        "邮箱:",
        "邮编:",
        "扫一扫",
        "打印本页",
        "关闭窗口",
    ];
    let mut end = text.chars.len();
    for (index, span) in paragraphs.iter().enumerate().rev() {
        let words = text.folded(*span);
        let dated = words.first().is_some_and(|c| c.is_ascii_digit() || *c == '二')
            && words.len() < 16
            && words.ends_with(&['日']);
        let opened = starts_any(words, &OPENERS);
        let footer = words.len() <= 60 && FOOTERS.iter().any(|word| contains(words, word));
        let signed = words.len() <= 24
            && !words.iter().any(|c| "。:;,".contains(*c))
            && index > 0
            && end < text.chars.len()
            && words.last().is_some_and(|c| "局厅府会委院部室办处队站公司中心".contains(*c));
        let bracketed = words.len() <= 24 && words.first() == Some(&'(') && words.last() == Some(&')');
        if !(dated || opened || footer || signed || bracketed) || index == 0 {
            break;
        }
        end = span.start;
    }
    // A signature in brackets after the last full stop.
    if let Some(last) = paragraphs.iter().rfind(|span| span.start < end) {
        let words = text.folded(*last);
        let open = words.iter().rposition(|c| *c == '(');
        let signature = open.filter(|open| {
            words.last() == Some(&')')
                && *open > 0
                && words.len() - open <= 24
                && "。!".contains(words[open - 1])
                && words::status_in(&words[*open..]).is_none()
        });
        if let Some(open) = signature {
            end = end.min(last.start + open);
        }
    }
    end
}

/// Lines outside of every item.
pub fn outside(text: &Text, paragraphs: &[Span], region: Span, found: &mut Vec<Span>) {
    for span in paragraphs {
        let part = Span::new(span.start.max(region.start), span.end.min(region.end));
        let part = text.trimmed(part, "");
        if !part.is_empty() {
            found.push(part);
        }
    }
}
