//! Adding figures up: only those that the metric allows to be added, each thing counted once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use super::refusal::Refusal;
use super::{Changed, Difference, Figure, Question, Row, division_prefix, rows};
use crate::model::amount::Amount;
use crate::model::codes::Dimension;
use crate::model::period::Period;

/// A division or subject that ever had a figure, with the organizations above a subject.
#[derive(Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub key: String,
    pub above: Vec<String>,
}

/// Why a row is not in the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// It is the area whose divisions are added.
    Whole,
    /// Another one, above it, counts it.
    WithinAnother,
}

/// A sum with all that it is made of.
#[derive(Clone, Debug)]
pub struct Total<'a> {
    pub value: Amount,
    /// The rows that were added, each with a single figure.
    pub rows: Vec<Row<'a>>,
    pub left_out: Vec<(Row<'a>, LeftOut)>,
    /// Divisions or subjects that ever had a figure and would count; none over periods.
    pub known: Option<usize>,
    /// Of the rows that have a figure to compare with.
    pub change: Option<TotalChange>,
}

/// How a sum changed, like with like: of figures that both periods have.
#[derive(Clone, Debug)]
pub struct TotalChange {
    pub value: Amount,
    pub before: Amount,
    /// Ids of the figures before.
    pub inputs: Vec<String>,
    pub difference: Difference,
}

/// Adds up, or says everything that is against it. `figures` are newest first. Without a period,
/// divisions and subjects are added in the newest one of theirs.
pub fn total<'a>(
    question: &Question,
    additive_over: &[Dimension],
    is_ratio: bool,
    figures: &'a [Figure],
    known: &[Known],
) -> Result<Total<'a>, Vec<Refusal>> {
    let by = question.by;
    if is_ratio {
        return Err(vec![Refusal::Ratio]);
    }
    if !additive_over.contains(&by) {
        return Err(vec![Refusal::NotAdditive(by)]);
    }
    let levels = Levels::new(question, known);
    let mut question = question.clone();
    if by != Dimension::Period && question.period.is_none() {
        let newest = figures.iter().find(|figure| question.asks_for(figure) && levels.counts(by, figure));
        question.period = newest.map(|figure| figure.period.clone());
    }
    let (mut added, mut left_out) = (Vec::new(), Vec::new());
    for row in rows(&question, figures) {
        match levels.left(by, row.key) {
            None => added.push(row),
            Some(why) => left_out.push((row, why)),
        }
    }
    let refusals = refusals(by, &added);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let values = added.iter().filter_map(Row::single).map(|figure| figure.value);
    let value = sum(values).ok_or_else(|| vec![Refusal::TooLong])?;
    let known =
        (by != Dimension::Period).then(|| known.iter().filter(|one| levels.left(by, &one.key).is_none()).count());
    let change = change(&added, question.percent);
    Ok(Total { value, rows: added, left_out, known, change })
}

/// Which divisions or subjects count: those at the highest level that has figures.
struct Levels<'a> {
    within: Option<&'a str>,
    /// What codes under each known division begin with.
    prefixes: HashSet<&'a str>,
    /// What is above each known subject.
    above: HashMap<&'a str, &'a [String]>,
}

impl<'a> Levels<'a> {
    fn new(question: &'a Question, known: &'a [Known]) -> Levels<'a> {
        let (mut prefixes, mut above) = (HashSet::new(), HashMap::new());
        for one in known {
            match question.by {
                Dimension::Division => {
                    prefixes.insert(division_prefix(&one.key));
                }
                Dimension::Subject => {
                    above.insert(one.key.as_str(), one.above.as_slice());
                }
                Dimension::Period => {}
            }
        }
        Levels { within: question.within.as_deref(), prefixes, above }
    }

    /// Why a key is left out, where it is.
    fn left(&self, by: Dimension, key: &str) -> Option<LeftOut> {
        let within_another = match by {
            Dimension::Period => false,
            Dimension::Division => {
                let prefix = division_prefix(key);
                if self.within == Some(prefix) {
                    return Some(LeftOut::Whole);
                }
                let mut above = [2, 4, 6, 9].into_iter().filter(|length| *length < prefix.len());
                above.any(|length| {
                    prefix
                        .get(..length)
                        .is_some_and(|above| self.within != Some(above) && self.prefixes.contains(above))
                })
            }
            Dimension::Subject => {
                let above = self.above.get(key).copied().unwrap_or_default();
                above.iter().any(|above| self.above.contains_key(above.as_str()))
            }
        };
        within_another.then_some(LeftOut::WithinAnother)
    }

    fn counts(&self, by: Dimension, figure: &Figure) -> bool {
        figure.key(by).is_some_and(|key| self.left(by, key).is_none())
    }
}

/// Everything that is against adding these rows.
fn refusals(by: Dimension, rows: &[Row]) -> Vec<Refusal> {
    if rows.is_empty() {
        return vec![Refusal::NoFigures];
    }
    let several = rows.iter().filter(|row| row.single().is_none());
    let mut refusals: Vec<Refusal> = several
        .map(|row| {
            let ids = row.figures.iter().map(|figure| figure.id.clone()).collect();
            Refusal::SeveralFigures(row.key.to_owned(), ids)
        })
        .take(MOST_REFUSALS)
        .collect();
    let figures = || rows.iter().flat_map(|row| &row.figures);
    let bases: BTreeSet<&str> = figures().map(|figure| figure.time_basis.as_str()).collect();
    if bases.len() > 1 {
        refusals.push(Refusal::MixedTimeBases(bases.iter().map(|basis| (*basis).to_owned()).collect()));
    }
    let others: Vec<String> = figures().filter(|figure| figure.other_unit).map(|figure| figure.id.clone()).collect();
    if !others.is_empty() {
        refusals.push(Refusal::OtherUnits(others));
    }
    if by == Dimension::Period {
        refusals.extend(
            bases.into_iter().filter(|basis| *basis != "period_flow").map(|basis| Refusal::NoFlow(basis.to_owned())),
        );
        refusals.extend(overlap(rows));
    }
    refusals
}

/// Refusals of one kind that are told.
const MOST_REFUSALS: usize = 20;

/// Whether days would count twice, or it is not known whether they do.
fn overlap(rows: &[Row]) -> Option<Refusal> {
    let mut spans = BTreeMap::new();
    for row in rows {
        let days = Period::parse(row.key).and_then(|days| Some((days.start?, days.end?)));
        let Some((first, last)) = days else { return Some(Refusal::UnknownDays(row.key.to_owned())) };
        if let Some((_, other)) = spans.insert(first, (last, row.key)) {
            return Some(Refusal::Overlap(other.to_owned(), row.key.to_owned()));
        }
    }
    let spans: Vec<_> = spans.into_iter().collect();
    spans.windows(2).find_map(|pair| match pair {
        [(_, (last, one)), (first, (_, other))] if first <= last => {
            Some(Refusal::Overlap((*one).to_owned(), (*other).to_owned()))
        }
        _ => None,
    })
}

/// None of one with more digits than are kept.
fn sum(values: impl Iterator<Item = Amount>) -> Option<Amount> {
    let mut sum = Amount::default();
    for value in values {
        sum = sum.plus(value)?;
    }
    sum.is_kept().then_some(sum)
}

fn change(rows: &[Row], percent: bool) -> Option<TotalChange> {
    let pairs: Vec<(&Figure, &Changed)> =
        rows.iter().filter_map(|row| Some((row.single()?, row.change.as_ref()?.as_ref().ok()?))).collect();
    if pairs.is_empty() {
        return None;
    }
    let value = sum(pairs.iter().map(|(figure, _)| figure.value))?;
    let before = sum(pairs.iter().map(|(_, changed)| changed.before.value))?;
    let inputs = pairs.iter().map(|(_, changed)| changed.before.id.clone()).collect();
    Some(TotalChange { value, before, inputs, difference: Difference::between(value, before, percent)? })
}
