//! How far a commitment has come: as a cell, a remark or a sentence says it, else as its figures show.

use super::commitments::Commitment;
use super::cues::{Place, Role};
use super::figures::Figure;
use super::naming;
use super::numerals::ONE;
use super::text::{Span, Text};
use super::words::{self, contains, starts, starts_any};
use crate::model::codes::{Qualifier, Status};

/// A status and the words that say it.
pub type Said = (Status, Span);

/// What stands before a status at the beginning of a report, or of its last clause.
const LEADS: [&str; 24] = [
    "截至目前",
    "截止目前",
    "目前",
    "现",
    "至今",
    "总体上",
    "总体",
    "整体",
    "承诺事项",
    "该承诺事项",
    "该承诺",
    "该项目",
    "该事项",
    "该项工作",
    "此项工作",
    "本项工作",
    "此项任务",
    "该项任务",
    "目标任务",
    "年度任务",
    "工作",
    "项目",
    "任务",
    "状态:",
];

/// The status that a cell, a bracket or a heading says.
pub fn anywhere(text: &Text, span: Span) -> Option<Said> {
    let (status, at, length) = words::status_in(text.folded(span))?;
    Some((status, Span::new(span.start + at, span.start + at + length)))
}

/// A percentage as a status: all of it, none of it, or some; what is said beside it may say that it lags.
pub fn percentage(text: &Text, span: Span) -> Option<Said> {
    const LONGEST: usize = 40;
    let words: Vec<char> = text.folded(span).iter().copied().filter(|c| *c != ' ').collect();
    let from = usize::from(words.first() == Some(&'约'));
    let length = words[from..].iter().take_while(|c| c.is_ascii_digit() || **c == '.').count();
    let value: f64 = words[from..from + length].iter().collect::<String>().parse().ok()?;
    let rest = &words[from + length..];
    if words.len() > LONGEST || !(rest.is_empty() || starts_any(rest, &["%", "以上", "左右", "("])) {
        return None;
    }
    let value = if rest.first() == Some(&'%') || value > 1.0 { value } else { value * 100.0 };
    let status = match value {
        value if value >= 100.0 => Status::Completed,
        value if value <= 0.0 => Status::NotStarted,
        _ => match words::status_in(rest) {
            Some((status @ (Status::Delayed | Status::Suspended | Status::Cancelled), ..)) => status,
            _ => Status::InProgress,
        },
    };
    Some((status, span))
}

/// 设备购进中: what goes on.
pub fn going_on(text: &Text, span: Span) -> Option<Said> {
    const LONGEST: usize = 10;
    let words = text.folded(span);
    let other =
        ["其中", "集中", "当中", "心中", "之中", "空中", "初中", "高中"].iter().any(|word| words::ends(words, word));
    (words.len() <= LONGEST && words.ends_with(&['中']) && !other).then_some((Status::InProgress, span))
}

/// What a remark says of the status, at its beginning or at the end of a clause; other words in it say
/// something else.
pub fn remark(text: &Text, span: Span) -> Option<Said> {
    const SOON: usize = 6;
    let words = text.folded(span);
    let found = anywhere(text, Span::new(span.start, span.end.min(span.start + first_clause(words))));
    if let Some(found) = found.filter(|(_, words)| words.start - span.start < SOON) {
        return Some(found);
    }
    clauses(words)
        .filter_map(|(start, end)| closing(&words[start..end]).map(|found| (start, found)))
        .last()
        .map(|(start, (status, at, length))| {
            (status, Span::new(span.start + start + at, span.start + start + at + length))
        })
        .or_else(|| going_on(text, span))
}

fn first_clause(words: &[char]) -> usize {
    words.iter().position(|c| ",。;".contains(*c)).unwrap_or(words.len())
}

/// Where each clause begins and ends.
fn clauses(words: &[char]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut start = 0;
    (0..=words.len()).filter_map(move |end| {
        if end < words.len() && !",。;!\n".contains(words[end]) {
            return None;
        }
        let clause = (start, end);
        start = end + 1;
        (clause.0 < clause.1).then_some(clause)
    })
}

/// A status that a clause ends with: its code, where it stands, its length.
fn closing(clause: &[char]) -> Option<(Status, usize, usize)> {
    (0..clause.len()).find_map(|at| {
        let (status, length) = words::status_at(&clause[at..])?;
        (at + length == clause.len()).then_some((status, at, length))
    })
}

/// A status that a report begins with: status, where it stands, its length.
pub fn opening(words: &[char]) -> Option<(Status, usize, usize)> {
    let mut start = usize::from(words.first().is_some_and(|c| "([".contains(*c)));
    loop {
        let rest = words.get(start..)?;
        if let Some((status, length)) = words::status_at(rest) {
            let mark = rest.get(length).copied().unwrap_or('。');
            if "。;:,)]、\n ".contains(mark) {
                return Some((status, start, length));
            }
        }
        let lead = LEADS.iter().filter(|lead| starts(rest, lead)).map(|lead| lead.chars().count()).max();
        start += lead.or_else(|| (start > 0 && rest.first() == Some(&',')).then_some(1))?;
    }
}

/// A status that a sentence of the report comes to: the whole of a short one, or the clause that ends it.
pub fn said(text: &Text, span: Span) -> Option<Said> {
    let words = text.folded(span);
    let (mut start, mut found, mut explicit) = (0, None, None);
    for end in 0..=words.len() {
        if end < words.len() && !"。\n;!".contains(words[end]) {
            continue;
        }
        let sentence = &words[start..end];
        let place = |at: usize, length: usize| Span::new(span.start + start + at, span.start + start + at + length);
        // A sentence that is about the status, not about one of many works.
        let about = [
            "该项",
            "该事项",
            "此项",
            "本项",
            "目标任务",
            "年度任务",
            "全年任务",
            "承诺事项",
            "该承诺",
            "该项目",
            "该工作",
            "整体",
            "总体",
            "任务",
        ];
        if let Some((status, at, length)) = words::status_in(sentence) {
            let about = sentence.len() <= 40 && about.iter().any(|word| contains(sentence, word));
            if about || sentence.len() <= length + 4 {
                explicit = Some((status, place(at, length)));
            }
        }
        let put_off = ["延期至", "推迟至", "延后至", "顺延至", "延期到", "推迟到"];
        if let Some((word, at)) = put_off.iter().find_map(|word| Some((word, words::find(sentence, word)?))) {
            explicit = explicit.or(Some((Status::Delayed, place(at, word.chars().count() - 1))));
        }
        let last = sentence.iter().rposition(|c| *c == ',').map_or(0, |at| at + 1);
        if let Some((status, at, length)) = closing(&sentence[last..]) {
            let before = &sentence[last..last + at];
            let now = starts_any(before, &["目前", "现", "截至目前", "至今", "该项", "此项", "本项"]);
            // That something is done may be said of a part; that it goes on, lags or waits, of the whole.
            let open = !matches!(status, Status::Completed | Status::SubstantiallyCompleted | Status::NotCompleted);
            let bare = before.is_empty() || LEADS.iter().any(|lead| before.iter().copied().eq(lead.chars()));
            let (whole, short) = (bare && open, before.len() <= 8);
            match (now && short, whole || open && short && last == 0) {
                (true, _) => explicit = Some((status, place(last + at, length))),
                (_, true) => found = Some((status, place(last + at, length))),
                _ => {}
            }
        }
        start = end + 1;
    }
    explicit.or(found)
}

/// Without any words for it the result against the target is the status.
pub fn result(text: &Text, commitment: &Commitment, over: bool) -> Option<Status> {
    const UNFINISHED: [&str; 8] = ["未完成", "尚未", "未能", "滞后", "跨年", "结转", "顺延", "未实现"];
    const DONE: [&str; 14] = [
        "全部完成",
        "全面完成",
        "已完成",
        "完成目标",
        "全部建成",
        "已建成",
        "超额完成",
        "全部竣工",
        "投入使用",
        "均已",
        "完成任务",
        "如期完成",
        "建成投用",
        "提前完成",
    ];
    const UNDER_WAY: [&str; 4] = ["开工", "正在", "封顶", "进场施工"];
    let says = |list: &[&str]| {
        list.iter().any(|word| commitment.narrative.iter().any(|span| contains(text.folded(*span), word)))
    };
    let partly = || {
        let part =
            |word: &&str, rest: &[char]| starts(rest, word) && words::part_done(rest, word.chars().count()).is_some();
        let places = commitment.narrative.iter().flat_map(|span| {
            let words = text.folded(*span);
            (0..words.len()).map(|at| &words[at..])
        });
        places.into_iter().any(|rest| DONE.iter().filter(|word| word.ends_with('成')).any(|word| part(word, rest)))
    };
    let missed_it = if over { Status::NotCompleted } else { Status::InProgress };
    let (met, missed) = shares(text, commitment).unwrap_or_else(|| against_targets(commitment));
    let unfinished = says(&UNFINISHED);
    match (met, missed) {
        (_, 1..) => Some(missed_it),
        (1.., 0) if !unfinished => Some(Status::Completed),
        _ if unfinished || partly() => Some(missed_it),
        _ if says(&DONE) => Some(Status::Completed),
        _ if says(&UNDER_WAY) => Some(Status::InProgress),
        _ => None,
    }
}

/// 完成年度任务的55.8%: how many targets that says are met, and how many are not; none where nothing says it.
fn shares(text: &Text, commitment: &Commitment) -> Option<(usize, usize)> {
    const WHOLES: [&str; 7] = ["任务的", "目标的", "计划的", "任务量的", "计划数的", "任务数的", "进度的"];
    let shares = commitment.figures.iter().filter(|figure| {
        let before = &text.folded[figure.region.start..figure.found.span.start];
        let near = words::before_degree(before);
        figure.place == Place::Progress
            && figure.found.measure == "%"
            && WHOLES.iter().any(|word| words::ends(near, word))
    });
    let (met, missed): (Vec<&Figure>, Vec<&Figure>) = shares.partition(|figure| figure.found.value >= 100 * ONE);
    (!(met.is_empty() && missed.is_empty())).then_some((met.len(), missed.len()))
}

/// How many targets the figures of the report meet, and how many not.
fn against_targets(commitment: &Commitment) -> (usize, usize) {
    const ALIKE: f64 = 0.3;
    /// Figures of either side that are compared.
    const MOST: usize = 100;
    let actuals = || {
        let done = |figure: &&Figure| figure.role == Role::Actual && figure.change.is_none();
        commitment.figures.iter().filter(done).take(MOST)
    };
    let (mut met, mut missed) = (0, 0);
    let promised = |figure: &&Figure| figure.role == Role::Target && figure.place != Place::Next;
    for target in commitment.figures.iter().filter(promised).take(MOST) {
        let alike: Vec<(f64, &Figure)> = actuals()
            .filter(|actual| actual.found.measure == target.found.measure)
            .map(|actual| (naming::overlap(&actual.name, &target.name), actual))
            .collect();
        let reached = |actual: &Figure| match target.found.qualifier {
            Some(Qualifier::AtMost) => actual.found.value <= target.found.value,
            _ => actual.found.value >= target.found.value,
        };
        let likest = alike.iter().max_by(|(one, _), (other, _)| one.total_cmp(other));
        match likest {
            Some((likeness, actual)) if alike.len() == 1 || *likeness > ALIKE => {
                *(if reached(actual) { &mut met } else { &mut missed }) += 1;
            }
            // Whichever of them is meant, it is not enough.
            Some(_) if !alike.iter().any(|(_, actual)| reached(actual)) => missed += 1,
            _ => {}
        }
    }
    (met, missed)
}
