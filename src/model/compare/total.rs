//! Adding figures up: only those that the metric allows to be added, each thing counted once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use super::refusal::{MEMBERS, Member, Refusal};
use super::{Changed, Difference, Figure, Question, Row, identity, rows};
use crate::model::amount::Amount;
use crate::model::codes::Dimension;
use crate::model::division;
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
    let mut question = question.clone();
    if by != Dimension::Period && question.period.is_none() {
        let asked = || figures.iter().filter(|figure| question.asks_for(figure));
        let levels = Levels::of(&question, known, asked().filter_map(|figure| figure.key(by)));
        let newest = asked().find(|figure| figure.key(by).is_some_and(|key| levels.left(key).is_none()));
        question.period = newest.map(|figure| figure.period.clone());
    }
    let rows = rows(&question, figures);
    let levels = Levels::of(&question, known, rows.iter().map(|row| row.key));
    let (mut added, mut left_out) = (Vec::new(), Vec::new());
    for row in rows {
        match levels.left(row.key) {
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
    let known = (by != Dimension::Period).then(|| levels.known(known, &added));
    let change = change(&added, question.percent);
    Ok(Total { value, rows: added, left_out, known, change })
}

/// Which divisions or subjects count: each at the highest level that has figures.
struct Levels<'a> {
    by: Dimension,
    within: Option<&'a str>,
    /// What has figures, by what tells it apart.
    present: HashSet<&'a str>,
    /// What is above each known subject.
    parents: HashMap<&'a str, &'a [String]>,
}

impl<'a> Levels<'a> {
    /// `keys` are those that have figures.
    fn of(question: &'a Question, known: &'a [Known], keys: impl Iterator<Item = &'a str>) -> Levels<'a> {
        let by = question.by;
        Levels {
            by,
            within: question.within.as_deref(),
            present: keys.map(|key| identity(by, key)).collect(),
            parents: known.iter().map(|one| (one.key.as_str(), one.above.as_slice())).collect(),
        }
    }

    /// What is above a key, below the area whose divisions are added.
    fn above<'b>(&'b self, key: &'b str) -> Vec<&'b str> {
        match self.by {
            Dimension::Period => Vec::new(),
            Dimension::Division => {
                let prefix = division::prefix(key);
                let lengths = [2, 4, 6, 9].into_iter().filter(|length| *length < prefix.len());
                let above = lengths.filter_map(|length| prefix.get(..length));
                above.filter(|above| self.within != Some(above)).collect()
            }
            Dimension::Subject => self.parents.get(key).into_iter().copied().flatten().map(String::as_str).collect(),
        }
    }

    /// Why a key is left out, where it is.
    fn left(&self, key: &str) -> Option<LeftOut> {
        if self.by == Dimension::Division && self.within == Some(division::prefix(key)) {
            return Some(LeftOut::Whole);
        }
        self.above(key).into_iter().any(|above| self.present.contains(above)).then_some(LeftOut::WithinAnother)
    }

    /// How many of those known would count beside the rows that were added: not what is above one of these.
    fn known(mut self, known: &'a [Known], added: &[Row]) -> usize {
        let above: HashSet<String> = added.iter().flat_map(|row| self.above(row.key)).map(str::to_owned).collect();
        let keys = known.iter().map(|one| identity(self.by, &one.key));
        self.present = keys.filter(|key| !above.contains(*key)).collect();
        self.present.iter().filter(|key| self.left(key).is_none()).count()
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
    refusals.extend(mixed(by, rows));
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

/// What the figures are of beside what rows are, where it is not the same in all. Areas have bodies of their own,
/// and bodies areas.
fn mixed(by: Dimension, rows: &[Row]) -> Vec<Refusal> {
    let matters = |member: &Member| by == Dimension::Period || member.parameter == "scope";
    let differing = MEMBERS.iter().enumerate().filter(|(_, member)| matters(member)).filter_map(|(place, member)| {
        let values: BTreeSet<Option<&str>> =
            rows.iter().filter_map(|row| row.single()?.of().get(place).copied()).collect();
        let told = || values.iter().map(|value| value.unwrap_or("–").to_owned()).collect();
        (values.len() > 1).then(|| Refusal::Mixed(*member, told()))
    });
    differing.collect()
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
