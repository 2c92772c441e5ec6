//! `/v1/metrics/{id}/citation.{json,bib,txt}`, and the same of commitments.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, is_pinned};
use super::endpoint::Request;
use super::problem::{Failure, INTERNAL_ERROR, NO_SUCH_RECORD};
use super::record;
use crate::citation::{Cited, Content, Quoted, bibtex, csl, gbt, short};
use crate::db::read::citation;
use crate::export::format::Format;
use crate::model::codes::{ObsStatus, Qualifier, Status, TimeBasis};
use crate::model::division;
use crate::model::kind::Kind;
use crate::model::kinds::metric::Unit;
use crate::model::message::Language;
use crate::model::text::HumanText;
use crate::say;

/// What is cited, as far as a citation goes.
#[derive(Deserialize)]
struct Record {
    name: Option<HumanText>,
    title: Option<HumanText>,
    unit: Option<Unit>,
    time_basis: Option<TimeBasis>,
    number: Option<i64>,
    status: Option<Status>,
}

/// What goes with it.
#[derive(Deserialize)]
struct Beside {
    author: Option<String>,
    author_name: Option<HumanText>,
    subject_name: Option<HumanText>,
    own_division_code: Option<String>,
    figure: Option<Figure>,
    programme_title: Option<HumanText>,
    period: Option<String>,
}

#[derive(Deserialize)]
struct Figure {
    period: String,
    value: serde_json::Number,
    qualifier: Option<Qualifier>,
    time_basis: Option<TimeBasis>,
    division_code: Option<String>,
    scope: Option<String>,
    obs_status: Option<ObsStatus>,
    computed: bool,
}

pub async fn read(mut request: Request) -> Result<Answer, Failure> {
    let language = match request.query.one_code("lang", &LANGUAGES).as_deref() {
        Some("en") => Language::English,
        _ => Language::Chinese,
    };
    let observation = request.query.one_id("observation");
    let asked = request.at();
    request.finish(&asked)?;
    let database = &request.state.database;
    let row =
        citation::read(database, request.kind, &request.id, observation.as_deref(), asked.at, request.now).await?;
    let row = row.ok_or_else(|| broken("no row"))?;
    let moment = row.record.moment.clone();
    request.check(&moment, asked.prefix.as_deref())?;
    // Pinned, an answer depends on its revision alone; access is on the day of that then.
    let is_pinned = is_pinned(asked.at, &moment);
    let base = &request.state.public_url;
    let cited = cited(request.kind, &request.id, observation.as_deref(), &row, is_pinned, base)?;
    let body = match request.format {
        Format::CslJson => csl::cite(&cited, language).to_string(),
        Format::Bibtex => bibtex::cite(&cited, language),
        _ => format!("{}\n{}\n", gbt::cite(&cited, language), short::cite(&cited, language)),
    };
    let evaluated_on = Some(cited.accessed_on);
    let settings = Some(base.clone());
    Ok(Answer { format: request.format, evaluated_on, settings, ..Answer::json(body, moment, asked.at) })
}

/// What was read, as it is cited.
pub fn cited<'a>(
    kind: &'static Kind,
    id: &'a str,
    observation: Option<&'a str>,
    row: &'a citation::Row,
    is_pinned: bool,
    base: &'a str,
) -> Result<Cited<'a>, Failure> {
    let citation::Row { record: row, beside, published_on, today } = row;
    let Some(body) = &row.body else { return Err(record::gone(kind, id, row, "../")) };
    let record: Record = serde_json::from_str(body).map_err(broken)?;
    let beside: Beside = serde_json::from_str(beside.as_deref().unwrap_or_default()).map_err(broken)?;
    if let Some(observation) = observation.filter(|_| beside.figure.is_none()) {
        return Err(no_such_figure(id, observation, row.moment.n));
    }
    let accessed_on = if is_pinned { published_on } else { today };
    let (Some(published_on), Some(accessed_on)) = (*published_on, *accessed_on) else { return Err(broken("no day")) };
    let text = |id: Option<String>| HumanText(BTreeMap::from([("und".to_owned(), id.unwrap_or_default())]));
    Ok(Cited {
        kind: kind.name,
        collection: kind.collection,
        id,
        title: record.title.clone().or(record.name.clone()).unwrap_or_else(|| text(Some(id.to_owned()))),
        author: beside.author_name.clone().unwrap_or_else(|| text(beside.author.clone())),
        content: content(record, beside),
        observation,
        revision: row.moment.n,
        digest: row.moment.n_digest.as_deref().unwrap_or_default(),
        published_on,
        accessed_on,
        base,
    })
}

/// Languages of a citation.
const LANGUAGES: [&str; 3] = ["zh-Hans", "zh", "en"];

fn content(record: Record, beside: Beside) -> Content {
    if let Some(number) = record.number {
        let Beside { programme_title: programme, period, .. } = beside;
        return Content::Commitment { programme, number, status: record.status, period };
    }
    let own = beside.own_division_code.as_deref();
    let quoted = beside.figure.zip(record.unit).zip(record.time_basis).map(|((figure, unit), time_basis)| {
        Box::new(Quoted {
            period: figure.period,
            value: (!figure.obs_status.is_some_and(ObsStatus::is_missing)).then(|| figure.value.to_string()),
            unit,
            qualifier: figure.qualifier,
            time_basis: figure.time_basis.unwrap_or(time_basis),
            scope: figure.scope,
            subject: beside.subject_name,
            area: figure.division_code.filter(|code| own.is_none_or(|own| !division::is_same(own, code))),
            computed: figure.computed,
        })
    });
    Content::Metric(quoted)
}

fn no_such_figure(metric: &str, observation: &str, n: i64) -> Failure {
    Failure::new(
        &NO_SUCH_RECORD,
        say!(
            "At revision {n} metric {metric} has no observation {observation}. /v1/metrics/{metric}/observations lists those it has.",
            "在修订 {n} 中，指标 {metric} 没有观测值 {observation}。可从 /v1/metrics/{metric}/observations 查看。"
        ),
    )
}

fn broken(cause: impl ToString) -> Failure {
    Failure { cause: Some(cause.to_string()), ..Failure::plain(&INTERNAL_ERROR) }
}

/// An answer as CSL-JSON, for the document.
pub fn example() -> Value {
    json!([{
        "id": "metric-mediation-cases-r1", "type": "dataset", "title": "Disputes mediated online",
        "author": [{"literal": "Department of Justice of Shandong Province"}], "version": "1", "publisher": "Open Commitments",
        "issued": {"date-parts": [[2026, 1, 5]]}, "accessed": {"date-parts": [[2026, 1, 5]]},
        "URL": "https://data.example/metrics/mediation-cases?revision=1-0f9b3ad1", "language": "en",
    }])
}
