//! Descriptions of the whole: `/v1/meta` and the catalogues that portals harvest.

use super::answer::{Answer, Format, to_text};
use super::endpoint::Request;
use super::problem::{Failure, INTERNAL_ERROR};
use crate::catalog::dcat as rdf;
use crate::catalog::facts::{Catalogue, Facts};
use crate::catalog::graph::Fault;
use crate::catalog::meta::Meta;
use crate::db::read::{At, Moment, facts};

/// What the service is, how much it has and how new that is.
pub async fn meta(request: Request) -> Result<Answer, Failure> {
    answer(request, |catalogue, moment, _| {
        to_text(&Meta::of(catalogue, moment.n_digest.as_deref().unwrap_or_default()))
    })
    .await
}

/// The catalogue as RDF.
pub async fn dcat(request: Request) -> Result<Answer, Failure> {
    answer(request, |catalogue, _, format| {
        let graph = rdf::graph(catalogue);
        let text = if format == Format::Turtle { graph.turtle() } else { graph.json_ld() };
        text.map_err(|Fault(fault)| internal(fault))
    })
    .await
}

/// Reads the facts and has them described.
async fn answer(
    mut request: Request,
    describe: fn(&Catalogue, &Moment, Format) -> Result<String, Failure>,
) -> Result<Answer, Failure> {
    let asked = request.at();
    request.finish(&asked)?;
    let state = &request.state;
    let publisher = state.operator.catalog_publisher.as_deref().unwrap_or_default();
    let row = facts::read(&state.database, asked.at, request.now, publisher).await?;
    let Some(facts::Row { moment, body }) = row else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    request.check(&moment, asked.prefix.as_deref())?;
    let facts: Facts = serde_json::from_str(&body).map_err(|error| internal(error.to_string()))?;
    let catalogue = Catalogue {
        facts,
        base: &state.public_url,
        revision: moment.n,
        pinned: matches!(asked.at, At::Revision(_)) || moment.n < moment.head,
        operator: &state.operator,
        licence: &state.licence,
    };
    let body = describe(&catalogue, &moment, request.format)?;
    let settings = format!("{} {:?} {:?}", state.public_url, state.operator, state.licence);
    Ok(Answer { format: request.format, settings: Some(settings), ..Answer::json(body, moment, asked.at) })
}

fn internal(cause: String) -> Failure {
    Failure { cause: Some(cause), ..Failure::plain(&INTERNAL_ERROR) }
}
