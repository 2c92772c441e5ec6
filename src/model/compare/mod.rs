//! Comparing the figures of one metric: which stand side by side, and how each changed. What may be
//! added up is in [`total`]. Arithmetic alone, exact, no I/O.

pub mod refusal;
pub mod total;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::Deserialize;

use super::amount::Amount;
use super::codes::{Change, Dimension};
use super::division;
use super::period::Period;
use refusal::NoChange;

/// A figure, as it is compared.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct Figure {
    pub id: String,
    pub period: String,
    pub value: Amount,
    pub division_code: Option<String>,
    pub subject: Option<String>,
    pub scope: Option<String>,
    /// Who says so: its publisher, where nobody else is named.
    pub reported_by: Option<String>,
    /// The figure's own time basis, or else the metric's.
    pub time_basis: String,
    pub qualifier: Option<String>,
    pub computed: bool,
    /// Whether the unit printed with it is not the metric's.
    pub other_unit: bool,
}

impl Figure {
    /// What it is of, in this dimension.
    fn key(&self, by: Dimension) -> Option<&str> {
        match by {
            Dimension::Division => self.division_code.as_deref(),
            Dimension::Subject => self.subject.as_deref(),
            Dimension::Period => Some(&self.period),
        }
    }

    /// What it is of, beside the period: it is compared with figures of the same area and body, by the same reporter.
    fn of(&self) -> [Option<&str>; 4] {
        let division = self.division_code.as_deref().map(division::prefix);
        [division, self.subject.as_deref(), self.scope.as_deref(), self.reported_by.as_deref()]
    }
}

/// What tells keys of a dimension apart: a division is the same, however long its code is written.
fn identity(by: Dimension, key: &str) -> &str {
    if by == Dimension::Division { division::prefix(key) } else { key }
}

/// Figures by period and by what they are of.
type Earlier<'a> = HashMap<(&'a str, [Option<&'a str>; 4]), Vec<&'a Figure>>;

/// What is compared.
#[derive(Clone, Debug)]
pub struct Question {
    pub by: Dimension,
    /// Figures of this period alone.
    pub period: Option<String>,
    /// Figures whose period reaches this day or a later one.
    pub from: Option<NaiveDate>,
    /// Figures whose period begins on this day or an earlier one.
    pub to: Option<NaiveDate>,
    /// Digits that the codes of an area begin with, whose divisions are compared.
    pub within: Option<String>,
    pub change: Option<Change>,
    /// Whether figures are a percentage: their change is in points.
    pub percent: bool,
}

impl Question {
    fn asks_for(&self, figure: &Figure) -> bool {
        if self.period.as_ref().is_some_and(|period| *period != figure.period) {
            return false;
        }
        let days = Period::parse(&figure.period);
        let reaches = |day: NaiveDate| days.is_some_and(|days| days.end.is_none_or(|end| end >= day));
        let begins = |day: NaiveDate| days.is_some_and(|days| days.start.is_none_or(|start| start <= day));
        self.from.is_none_or(reaches) && self.to.is_none_or(begins)
    }
}

/// Figures of one division, subject or period: a single one, or several that nobody said how to choose from.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    pub key: &'a str,
    pub figures: Vec<&'a Figure>,
    /// How it changed, where that was asked and it is a single figure.
    pub change: Option<Result<Changed<'a>, NoChange>>,
}

impl<'a> Row<'a> {
    pub fn single(&self) -> Option<&'a Figure> {
        match self.figures.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// How a figure differs from one before it.
#[derive(Clone, Debug)]
pub struct Changed<'a> {
    pub before: &'a Figure,
    pub difference: Difference,
}

/// A difference, exact and in proportion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// In the metric's unit.
    pub absolute: Amount,
    /// In percent of what was before; none where that is not positive, or figures are percentages.
    pub percent: Option<Amount>,
    /// Where figures are percentages.
    pub points: Option<Amount>,
}

impl Difference {
    /// Percent and points have one decimal, half to even. None with more digits than are kept.
    pub fn between(now: Amount, before: Amount, percent: bool) -> Option<Difference> {
        let absolute = now.minus(before).filter(|difference| difference.is_kept())?;
        let relative = if percent || !before.is_positive() { None } else { absolute.over(before, 100, 1) };
        let points = if percent { absolute.rounded(1) } else { None };
        Some(Difference { absolute, percent: relative.filter(|percent| percent.is_kept()), points })
    }
}

/// A row for each division, subject or period: of divisions and subjects the newest figures asked for.
/// `figures` are newest first; those that only the change needs are among them.
pub fn rows<'a>(question: &Question, figures: &'a [Figure]) -> Vec<Row<'a>> {
    let mut by_key: BTreeMap<&str, Vec<&Figure>> = BTreeMap::new();
    for figure in figures.iter().filter(|figure| question.asks_for(figure)) {
        if let Some(key) = figure.key(question.by) {
            by_key.entry(identity(question.by, key)).or_default().push(figure);
        }
    }
    let mut rows: Vec<Row> = by_key.into_values().filter_map(|figures| newest(question.by, figures)).collect();
    if question.by == Dimension::Period {
        rows.sort_by_key(|row| (Period::parse(row.key).and_then(|days| days.end), row.key));
    }
    let Some(change) = question.change else { return rows };
    let mut earlier: Earlier = HashMap::new();
    for figure in figures {
        earlier.entry((&figure.period, figure.of())).or_default().push(figure);
    }
    for row in &mut rows {
        row.change = row.single().map(|figure| changed(figure, change, question.percent, &earlier));
    }
    rows
}

fn newest(by: Dimension, mut figures: Vec<&Figure>) -> Option<Row<'_>> {
    let first = *figures.first()?;
    figures.retain(|figure| figure.period == first.period);
    Some(Row { key: first.key(by)?, figures, change: None })
}

fn changed<'a>(figure: &Figure, change: Change, percent: bool, earlier: &Earlier<'a>) -> Result<Changed<'a>, NoChange> {
    let period = period_before(&figure.period, change).ok_or(NoChange::NoPeriodBefore)?;
    if change == Change::Previous && figure.time_basis == "year_to_date" {
        return Err(NoChange::RunningTotal);
    }
    let before = earlier.get(&(period.as_str(), figure.of())).map(Vec::as_slice).unwrap_or_default();
    let same_basis: Vec<&Figure> =
        before.iter().copied().filter(|before| before.time_basis == figure.time_basis).collect();
    let before = match same_basis.as_slice() {
        [before] => *before,
        [] if before.is_empty() => return Err(NoChange::NoFigure(period)),
        [] => return Err(NoChange::OtherTimeBasis(period)),
        _ => return Err(NoChange::SeveralFigures(period)),
    };
    if before.other_unit || figure.other_unit {
        return Err(NoChange::OtherUnit);
    }
    let difference = Difference::between(figure.value, before.value, percent).ok_or(NoChange::TooLong)?;
    Ok(Changed { before, difference })
}

/// The period that one is compared with.
pub fn period_before(period: &str, change: Change) -> Option<String> {
    let period = Period::parse(period)?;
    match change {
        Change::YearOnYear => period.year_before(),
        Change::Previous => period.before(),
    }?
    .text()
}
