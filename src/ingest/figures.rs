//! Figures with what the words around them say: whose, when, promised or done, part of what.

use super::cues::{self, Change, Place, Role};
use super::naming;
use super::numerals;
use super::scan::{self, Found, Unplaced};
use super::text::{Span, Text};
use super::times::{self, Time};
use super::words::{before_degree, measure_at};

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
            figures.push(figure);
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
        let value = numerals::numeral(self.text.folded(span)).filter(|numeral| numerals::fits(numeral.value));
        let (Some((measure, unit, name)), Some(numeral)) = (beside.or_else(bracketed), value) else { return };
        self.unplaced.pop();
        self.count += 1;
        let role = if place == Place::Promise { Role::Target } else { Role::Actual };
        let found = Found { span, value: numeral.value, upper: None, measure, unit, qualifier: None };
        let time = Time::default();
        figures.push(Figure { found, role, place, time, change: None, name, part_of: None, region: cell });
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
        let part_of = (here..figures.len()).rev().find(|index| {
            let figure = &figures[*index];
            figure.change.is_none() && figure.found.measure == found.measure && figure.role != Role::Baseline
        });
        let part_of = part_of
            .filter(|head| {
                change.is_none()
                    && naming::is_part(text, region, found.span)
                    && figures[*head].found.value >= found.value
            })
            // Parts of one whole are not parts of each other.
            .map(|head| figures[head].part_of.unwrap_or(head));
        // Before and after are of one thing.
        let twin = figures[here..].iter().rev().take(3).find(|figure| {
            role != Role::Baseline && figure.role == Role::Baseline && figure.found.measure == found.measure
        });
        let compared = change.is_some() || twin.is_some();
        if let Some(twin) = twin {
            name.clone_from(&twin.name);
        }
        let time = times::time(text, region, found.span, self.year, compared);
        Figure { found, role, place, time, change, name, part_of, region }
    }
}

/// The name of how much something changed.
fn changed(name: &str, change: Change) -> String {
    match change {
        Change::MonthOnMonth => format!("{name}环比变化"),
        Change::YearOnYear => format!("{name}同比变化"),
        Change::Since => format!("{name}变化"),
    }
}
