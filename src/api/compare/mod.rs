//! `/v1/compare`: figures of one metric side by side, added up, and compared with those before.

pub mod document;
mod parameters;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use document::{Comparison, ComparisonChange, ComparisonReason, ComparisonRow, ComparisonTotal, Coverage};

use super::answer::{Answer, to_text};
use super::endpoint::Request;
use super::problem::{Failure, INTERNAL_ERROR, NOT_COMPARABLE};
use super::query::Query;
use super::record;
use crate::db::pool::Database;
use crate::db::read::compare::{self, MAX_FIGURES, Selection};
use crate::db::read::list::condition;
use crate::db::read::{At, Moment};
use crate::db::statement::{Bind, Statement};
use crate::model::codes::{Change, Dimension, Qualifier, TimeBasis};
use crate::model::compare::refusal::{Refusal, in_words};
use crate::model::compare::total::{Known, LeftOut, Total, TotalChange, total};
use crate::model::compare::{self as comparing, Changed, Difference, Figure, Question, Row, period_before};
use crate::model::kinds::metric::{self, Unit};
use crate::model::kinds::observation;
use crate::model::message::Message;
use crate::model::period::parse_day;
use crate::model::problem::Problem;
use crate::model::text::{Decimal, DivisionCode, HumanText, PeriodText, RecordId};
use crate::say;

/// Most rows of an answer.
pub const MAX_ROWS: usize = 1000;
/// Filters of observations that narrow a comparison, whatever it is by.
pub const FILTERS: [&str; 4] = ["subject", "reported_by", "period_from", "period_to"];

/// The metric, as far as comparing goes.
#[derive(Deserialize)]
struct Metric {
    name: HumanText,
    unit: Unit,
    additive_over: Option<Vec<Dimension>>,
    ratio: Option<Value>,
}

/// What is to be compared.
pub struct Asked {
    selection: Selection,
    question: Question,
    sums: bool,
}

pub async fn read(mut request: Request) -> Result<Answer, Failure> {
    let Some(what) = asked_for(&mut request.query) else {
        request.query.finish()?;
        return Err(Failure::plain(&INTERNAL_ERROR));
    };
    let asked = request.at();
    request.finish(&asked)?;
    let check = |moment: &Moment| request.check(moment, asked.prefix.as_deref());
    let (comparison, moment) = compare(&request.state.database, what, asked.at, request.now, &check).await?;
    Ok(Answer::json(to_text(&comparison)?, moment, asked.at))
}

/// Reads and compares. `check` refuses a moment that is not there.
pub async fn compare(
    database: &Database,
    asked: Asked,
    at: At,
    now: DateTime<Utc>,
    check: &dyn Fn(&Moment) -> Result<(), Failure>,
) -> Result<(Comparison, Moment), Failure> {
    let Asked { selection, mut question, sums } = asked;
    let row = compare::read(database, &selection, at, now).await?;
    let Some(compare::Row { metric: row, figures, known }) = row else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    check(&row.moment)?;
    let Some(body) = &row.body else { return Err(record::gone(&metric::KIND, &selection.metric, &row, "metrics/")) };
    let broken =
        |error: serde_json::Error| Failure { cause: Some(error.to_string()), ..Failure::plain(&INTERNAL_ERROR) };
    let described: Metric = serde_json::from_str(body).map_err(broken)?;
    let figures: Vec<Figure> = serde_json::from_str(&figures).map_err(broken)?;
    let known: Vec<Known> = serde_json::from_str(&known).map_err(broken)?;
    if figures.len() > MAX_FIGURES || known.len() > MAX_FIGURES {
        return Err(too_many());
    }
    question.percent = described.unit.code.as_str() == "percent";
    let by = question.by;
    let summed = sums.then(|| {
        let additive_over = described.additive_over.as_deref().unwrap_or_default();
        total(&question, additive_over, described.ratio.is_some(), &figures, &known).map_err(refused)
    });
    let summed = summed.transpose()?;
    let rows = match &summed {
        Some(summed) => summed.rows.clone(),
        None => comparing::rows(&question, &figures),
    };
    let left: Vec<(Row, LeftOut)> = summed.as_ref().map(|total| total.left_out.clone()).unwrap_or_default();
    if rows.len() + left.len() > MAX_ROWS {
        return Err(too_many());
    }
    let comparison = Comparison {
        changed_in: row.moment.changed_in,
        metric: RecordId(selection.metric),
        name: described.name,
        unit: described.unit,
        by,
        total: summed.as_ref().map(|total| of_total(total, &question)).transpose()?,
        data: rows.iter().map(|row| of_row(row, by, None)).collect(),
        left_out: left.iter().map(|(row, why)| of_row(row, by, Some(*why))).collect(),
    };
    Ok((comparison, row.moment))
}

/// What the parameters ask for; none where they do not.
pub fn asked_for(query: &mut Query) -> Option<Asked> {
    let metric = query.one_id("metric");
    if metric.is_none() && !query.is_refused("metric") {
        let missing = say!("Name the metric to compare: metric=….", "请给出要比较的指标：metric=…。");
        query.refuse("metric", "missing-parameter", missing);
    }
    let code = |query: &mut Query, name, codes| query.one_code(name, codes);
    let by = code(query, "by", Dimension::CODES).and_then(|by| Dimension::parse(&by)).unwrap_or(Dimension::Period);
    let sums = code(query, "aggregate", &["sum"]).is_some();
    let change = code(query, "change", Change::CODES).and_then(|change| Change::parse(&change));
    let period = query.period("period");
    let filters = query.filters(&observation::KIND);
    let first =
        |name: &str| filters.iter().find(|(filter, _)| filter.name == name).and_then(|(_, values)| values.first());
    let day = |name: &str| first(name).and_then(|day| parse_day(day));
    let within = first("division").cloned();
    let of_time = ["period_from", "period_to"];
    let mut conditions: Vec<Statement> = Vec::new();
    let mut places: Vec<Statement> = Vec::new();
    for (filter, values) in filters.iter().filter(|(filter, _)| !of_time.contains(&filter.name)) {
        if filter.name == "division" && by != Dimension::Division {
            // The division itself, in every length its code is written in.
            let codes =
                values.iter().flat_map(|prefix| [6, 9, 12].map(|digits| format!("{prefix:0<digits$}"))).collect();
            conditions.push(Statement::of("t.division_code = ANY(?)", [Bind::Texts(codes)]));
        } else {
            conditions.push(condition(filter, values));
        }
        if filter.name == by.code() {
            places.push(condition(filter, values));
        }
    }
    if let Some(scope) = query.text("scope") {
        conditions.push(Statement::of("t.scope = ?", [Bind::Text(scope)]));
    }
    if let Some(bases) = query.one_code("time_basis", TimeBasis::CODES) {
        let sql = "coalesce(t.time_basis, page.body::jsonb->>'time_basis') = ?";
        conditions.push(Statement::of(sql, [Bind::Text(bases)]));
    }
    let before = period.as_deref().zip(change).and_then(|(period, change)| period_before(period, change));
    let periods = period.iter().cloned().chain(before).collect();
    let question =
        Question { by, period, from: day("period_from"), to: day("period_to"), within, change, percent: false };
    let known = sums.then_some(places);
    Some(Asked { selection: Selection { metric: metric?, by, periods, conditions, known }, question, sums })
}

fn too_many() -> Failure {
    let detail = say!(
        "These are more than {MAX_ROWS} rows, or more than {MAX_FIGURES} figures to choose from. Narrow with period, division or subject; /v1/exports/observations.csv has them all.",
        "超过 {MAX_ROWS} 行，或可选的数字超过 {MAX_FIGURES} 个。请用 period、division 或 subject 缩小范围；全部数字见 /v1/exports/observations.csv。"
    );
    not_comparable(vec![Problem::parameter("by", "too-many", detail)])
}

fn refused(refusals: Vec<Refusal>) -> Failure {
    let problem = |refusal: Refusal| {
        let (parameter, code) = refusal.code();
        Problem::parameter(parameter, code, refusal.message())
    };
    not_comparable(refusals.into_iter().map(problem).collect())
}

fn not_comparable(errors: Vec<Problem>) -> Failure {
    let detail = match errors.as_slice() {
        [only] => only.detail.clone(),
        _ => NOT_COMPARABLE.advice(),
    };
    Failure { errors, ..Failure::new(&NOT_COMPARABLE, detail) }
}

/// A number that was found to have no more digits than are kept.
fn kept(amount: crate::model::amount::Amount) -> Result<Decimal, Failure> {
    amount.decimal().ok_or_else(|| refused(vec![Refusal::TooLong]))
}

fn id(figure: &Figure) -> RecordId {
    RecordId(figure.id.clone())
}

fn of_row(row: &Row, by: Dimension, left_out: Option<LeftOut>) -> ComparisonRow {
    let single = row.single();
    let period = row.figures.first().map(|figure| figure.period.clone()).unwrap_or_default();
    let change = row.change.as_ref().and_then(|change| of_change(change.as_ref().ok()?));
    let without = row.change.as_ref().and_then(|change| change.as_ref().err());
    let reason = match (left_out, single, without) {
        (Some(LeftOut::Whole), ..) => {
            Some(("whole", say!("It is the area whose divisions were added.", "这是所加各区划的整体。")))
        }
        (Some(LeftOut::WithinAnother), ..) => Some((
            "within-another",
            say!(
                "It lies within another one that has figures of its own, and would count twice.",
                "它属于另一个有数字的上级，计入会重复。"
            ),
        )),
        (None, None, _) => Some((
            "several-figures",
            say!(
                "There are several figures, which differ in division, subject, scope, reporter or time basis. Choose by these.",
                "有多个数字，其区划、对象、范围、报告者或时间口径不同，请以此选定。"
            ),
        )),
        (None, Some(_), without) => without.map(|why| (why.code(), why.message())),
    };
    ComparisonRow {
        division_code: (by == Dimension::Division).then(|| DivisionCode(row.key.to_owned())),
        subject: (by == Dimension::Subject).then(|| RecordId(row.key.to_owned())),
        period: PeriodText(period),
        value: single.and_then(|figure| figure.value.decimal()),
        qualifier: single.and_then(|figure| Qualifier::parse(figure.qualifier.as_deref()?)),
        time_basis: single.and_then(|figure| TimeBasis::parse(&figure.time_basis)),
        computed: single.map(|figure| figure.computed),
        inputs: row.figures.iter().map(|figure| id(figure)).collect(),
        change,
        reason: reason.map(|(code, detail)| ComparisonReason { code: code.to_owned(), detail: detail.into() }),
    }
}

fn of_change(changed: &Changed) -> Option<ComparisonChange> {
    let Changed { before, difference } = changed;
    let Difference { absolute, percent, points } = difference;
    Some(ComparisonChange {
        period: Some(PeriodText(before.period.clone())),
        value: None,
        before: before.value.decimal()?,
        inputs: vec![id(before)],
        absolute: absolute.decimal()?,
        percent: percent.and_then(|percent| percent.decimal()),
        percentage_points: points.and_then(|points| points.decimal()),
        formula: formula(difference, say!("value", "value")).into(),
    })
}

/// How a difference was computed.
fn formula(difference: &Difference, value: Message) -> Message {
    let Message { en, zh } = value;
    if difference.points.is_some() {
        return say!("{en} − before, in percentage points", "{zh} − before，以百分点计");
    }
    match difference.percent {
        Some(_) => {
            say!("{en} − before; (value − before) ÷ before × 100", "{zh} − before；(value − before) ÷ before × 100")
        }
        None => say!("{en} − before", "{zh} − before"),
    }
}

fn of_total(total: &Total, question: &Question) -> Result<ComparisonTotal, Failure> {
    let figures: Vec<&Figure> = total.rows.iter().filter_map(Row::single).collect();
    let period = figures.first().map(|figure| figure.period.clone()).filter(|_| question.by != Dimension::Period);
    let mut qualifiers: Vec<Qualifier> = Vec::new();
    for qualifier in figures.iter().filter_map(|figure| Qualifier::parse(figure.qualifier.as_deref()?)) {
        if qualifier != Qualifier::Exact && !qualifiers.contains(&qualifier) {
            qualifiers.push(qualifier);
        }
    }
    let count = figures.len();
    let (en, zh) = in_words(question.by);
    let coverage = total.known.map(|known| Coverage {
        with_figure: i64::try_from(count).unwrap_or(i64::MAX),
        known: i64::try_from(known).unwrap_or(i64::MAX),
        detail: say!(
            "{count} of the {known} {en} that ever had a figure of this metric",
            "曾有该指标数字的 {known} 个{zh}中的 {count} 个"
        )
        .into(),
    });
    Ok(ComparisonTotal {
        computed: true,
        period: period.map(PeriodText),
        value: kept(total.value)?,
        formula: say!(
            "sum of the values of {count} {en}, added by this service",
            "{count} 个{zh}数值之和，由本服务计算"
        )
        .into(),
        inputs: figures.iter().map(|figure| id(figure)).collect(),
        qualifiers,
        coverage,
        change: total.change.as_ref().map(|change| of_total_change(change, question, &figures)).transpose()?,
    })
}

fn of_total_change(
    change: &TotalChange,
    question: &Question,
    figures: &[&Figure],
) -> Result<ComparisonChange, Failure> {
    let period = figures.first().filter(|_| question.by != Dimension::Period);
    let period = period.zip(question.change).and_then(|(figure, kind)| period_before(&figure.period, kind));
    let (shared, all) = (change.inputs.len(), figures.len());
    let value = say!(
        "value (the sum of the {shared} of {all} figures that also have one before)",
        "value（{all} 个数字中前期也有数字的 {shared} 个之和）"
    );
    Ok(ComparisonChange {
        period: period.map(PeriodText),
        value: Some(kept(change.value)?),
        before: kept(change.before)?,
        inputs: change.inputs.iter().cloned().map(RecordId).collect(),
        absolute: kept(change.difference.absolute)?,
        percent: change.difference.percent.map(kept).transpose()?,
        percentage_points: change.difference.points.map(kept).transpose()?,
        formula: formula(&change.difference, value).into(),
    })
}
