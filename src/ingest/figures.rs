//! Figures with what the words around them say: whose, when, promised or done, part of what.

use super::cues::{self, Change, Place, Role};
use super::naming;
use super::numerals;
use super::scan::{self, Found, Unplaced};
use super::text::{Span, Text};
use super::times::{self, Time};
use super::words::{self, before_degree, measure_at};

/// A figure with what the words around it say.
#[derive(Clone, Debug)]
pub struct Figure {
    pub found: Found,
    pub role: Role,
    pub place: Place,
    pub time: Time,
    pub change: Option<Change>,
    pub name: String,
    /// The figure it is a part of, by its index.
    pub part_of: Option<usize>,
    /// The stretch its evidence is quoted from.
    pub region: Span,
}

/// Reads the figures of one stretch after another.
pub struct Reader<'a> {
    pub text: &'a Text,
    pub year: i32,
    /// Enumerators and other parts of the form, in order.
    pub numbers: Vec<Span>,
    pub unplaced: Vec<Unplaced>,
    /// Figures so far; nothing more is read once there are too many.
    pub count: usize,
}

/// Figures that one file may have.
pub const MAX_FIGURES: usize = 100_000;

impl Reader<'_> {
    /// Adds the figures of a stretch.
    pub fn read(&mut self, region: Span, place: Place, figures: &mut Vec<Figure>) {
        let (found, unplaced) = scan::scan(self.text, region, &self.numbers);
        self.unplaced.extend(unplaced);
        let first = figures.len();
        for found in found {
            self.count += 1;
            if self.count > MAX_FIGURES {
                return;
            }
            let figure = self.figure(region, place, found, first, figures);
            match is_unsure(self.text, &figure, figures[first..].last()) {
                true => self.unplaced.push(figure.found.span),
                false => figures.push(figure),
            }
        }
    }

    /// A cell that is a number alone counts what the target beside it counts, or what the title has in brackets: 改造(户).
    pub fn read_bare(&mut self, cell: Span, place: Place, title: Span, figures: &mut Vec<Figure>) {
        let span = self.text.trimmed(cell, "");
        if self.unplaced.last() != Some(&span) {
            return;
        }
        let target = figures.iter().find(|figure| figure.role == Role::Target);
        let beside = target.map(|figure| (figure.found.measure.clone(), figure.found.unit, figure.name.clone()));
        let words = self.text.folded(title);
        let bracketed = || {
            let open = words.iter().rposition(|c| *c == '(').filter(|_| words.last() == Some(&')'))?;
            let inner = &words[open + 1..words.len() - 1];
            let (unit, _) = measure_at(inner).filter(|(_, length)| *length == inner.len())?;
            let measure: String = inner.iter().collect();
            // Its name is the title's, given where a figure has none but its measure word.
            Some((measure.clone(), unit, measure))
        };
        let whole = |numeral: &numerals::Numeral| numeral.length == span.end - span.start && !numeral.more;
        let value =
            numerals::numeral(self.text.folded(span)).filter(|numeral| whole(numeral) && numerals::fits(numeral.value));
        let (Some((measure, unit, name)), Some(numeral)) = (beside.or_else(bracketed), value) else { return };
        self.unplaced.pop();
        self.count += 1;
        let role = if place == Place::Promise { Role::Target } else { Role::Actual };
        let found = Found { span, value: numeral.value, upper: None, measure, unit, qualifier: None };
        let time = Time::default();
        figures.push(Figure { found, role, place, time, change: None, name, part_of: None, region: cell });
    }

    /// Where the figures of a sentence, or of the one before it, begin among those of a stretch.
    fn nearby(&self, region: Span, sentence: usize, first: usize, figures: &[Figure]) -> usize {
        let start = cues::sentence_start(self.text, region, sentence.saturating_sub(1).max(region.start));
        first + figures[first..].partition_point(|figure| figure.found.span.start < start)
    }

    /// What a figure is a part of: the last before 其中, which reaches to a semicolon, or into the sentence before
    /// where it begins one. Parts of one whole are not parts of each other.
    fn whole(&self, region: Span, found: &Found, first: usize, figures: &[Figure]) -> Option<usize> {
        let text = self.text;
        let sentence = cues::sentence_start(text, region, found.span.start);
        let words = &text.folded[sentence..found.span.start];
        let at = words::last(words, "其中").filter(|at| !words[*at..].contains(&';'))?;
        let begins = words[..at].iter().all(|c| *c == ' ');
        let from = if begins { self.nearby(region, sentence, first, figures) } else { first };
        let head = (from..figures.len()).rev().find(|index| {
            let figure = &figures[*index];
            let before = figure.found.span.end <= sentence + at && (begins || figure.found.span.start >= sentence);
            before && figure.change.is_none() && figure.found.measure == found.measure && figure.role != Role::Baseline
        });
        head.filter(|head| figures[*head].found.value >= found.value).map(|head| figures[head].part_of.unwrap_or(head))
    }

    /// One figure, by the words around it and the figures before it; those of its stretch begin at `first`.
    fn figure(&self, region: Span, place: Place, mut found: Found, first: usize, figures: &[Figure]) -> Figure {
        let text = self.text;
        let sentence = cues::sentence_start(text, region, found.span.start);
        let own = &figures[first..];
        let previous = own.last();
        let here = first + own.partition_point(|figure| figure.found.span.start < sentence);
        let role = cues::role(text, region, &found, place, previous.map(|figure| (&figure.found, figure.role)));
        let (before, _) = cues::around(text, region, found.span);
        // A rate grows or falls without a word for what it is compared with.
        let moves = ["%", "百分点"].contains(&found.measure.as_str()) && cues::moved(before_degree(&before));
        let change = cues::change(&before).or(moves.then_some(Change::Since));
        if change.is_some() && cues::falls(&before, &found) {
            found.value = -found.value;
        }
        let mut name = naming::name(text, region, &found, previous.map(|figure| figure.found.span));
        if let Some(change) = change {
            let base = figures[here..].last().filter(|figure| figure.change.is_none());
            name = changed(base.map_or(&name, |figure| &figure.name), change);
        }
        let part_of = self.whole(region, &found, first, figures).filter(|_| change.is_none());
        // Before and after are of one thing.
        let twin = figures[here..].iter().rev().take(3).find(|figure| {
            role != Role::Baseline && figure.role == Role::Baseline && figure.found.measure == found.measure
        });
        let compared = change.is_some() || twin.is_some();
        if let Some(twin) = twin {
            name.clone_from(&twin.name);
        }
        let mut time = times::time(text, region, found.span, self.year, compared);
        // 去年同期 is a year before what it is compared with.
        let base =
            figures[self.nearby(region, sentence, first, figures)..].iter().rev().find(|base| base.time.ago == 0);
        if let Some(base) = base.filter(|_| time.ago > 0) {
            time = time.before(&base.time);
        }
        Figure { found, role, place, time, change, name, part_of, region }
    }
}

/// Whether it cannot be told of what time a figure is: after 去年同期办理公证100件，调解50件, or of 去年同期的两倍.
fn is_unsure(text: &Text, figure: &Figure, previous: Option<&Figure>) -> bool {
    let Span { start, .. } = figure.found.span;
    let of_past = |previous: &&Figure| {
        let stated = previous.time.stated.filter(|_| previous.time.ago > 0)?;
        let between = &text.folded[previous.found.span.end.min(start)..start];
        // 去年同期100件 says no more than that.
        let aside = previous.found.span.start <= stated.end + 1 || between.contains(&')');
        Some(
            !aside
                && !between.iter().any(|c| "。;\n\t".contains(*c))
                && figure.time.stated.is_none_or(|own| own.end <= previous.found.span.start),
        )
    };
    let multiple = ["倍", "%"].contains(&figure.found.measure.as_str())
        && words::ends(&text.folded[figure.region.start..start], "同期的");
    let of_past = || previous.and_then(|previous| of_past(&previous)).unwrap_or(false);
    figure.role != Role::Target && (figure.time.unsure || multiple || of_past())
}

/// The name of how much something changed.
fn changed(name: &str, change: Change) -> String {
    match change {
        Change::MonthOnMonth => format!("{name}环比变化"),
        Change::YearOnYear => format!("{name}同比变化"),
        Change::Since => format!("{name}变化"),
    }
}
