//! What is served beside the ledger: health and the OpenAPI document.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use sha2::{Digest, Sha256};

use super::State;
use super::cache::basis::Basis;
use super::documents::{self, Health, MirrorHealth};
use super::endpoint::{language, refuse};
use super::middleware::no_path;
use super::problem::{DATABASE_UNAVAILABLE, Failure, INTERNAL_ERROR};
use super::{metrics, openapi, openapi_3_0};
use crate::db::migrate;
use crate::db::statement::Statement;
use crate::ledger::digest;
use crate::say;

/// Whether the process answers
///
/// Says nothing about the database; restart the process where this fails.
#[utoipa::path(
    get, path = "/health/live", operation_id = "get_live", tag = "service",
    responses((status = 200, description = "The process answers.", body = Health, content_type = "application/json", example = json!({"status": "live"})))
)]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Health {
        status: "live".into(),
        revision: None,
        mirror: None,
    })
}

/// Whether requests can be served
///
/// The database answers and its schema is the one this release knows.
#[utoipa::path(
    get, path = "/health/ready", operation_id = "get_ready", tag = "service",
    responses(
        (status = 200, description = "Requests can be served.", body = Health, content_type = "application/json", example = json!({"status": "ready", "revision": 1})),
        (status = 503, description = "The database does not answer, or its schema is another one: database-unavailable.", body = documents::Problem, content_type = "application/problem+json"),
    )
)]
#[get("/health/ready")]
pub async fn ready(state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    match readiness(&state).await {
        Ok(head) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Health {
            status: "ready".into(),
            revision: Some(head.revision),
            mirror: head.mirror(),
        }),
        Err(failure) => refuse(&failure, &state, &http),
    }
}

async fn readiness(state: &State) -> Result<Head, Failure> {
    if migrate::is_current(&state.database).await? {
        return head(state).await;
    }
    Err(Failure::new(
        &DATABASE_UNAVAILABLE,
        say!(
            "The database's schema is not the one of this release. Run open-commitments migrate.",
            "数据库的结构与本版本不符，请运行 open-commitments migrate。"
        ),
    ))
}

/// Head, and of a copy what is known of the other ledger.
#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Nullable<Text>)]
    upstream: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    upstream_head: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    reached_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    diverged: Option<String>,
    #[diesel(sql_type = Nullable<Bool>)]
    restored: Option<bool>,
}

impl Head {
    fn mirror(&self) -> Option<MirrorHealth> {
        let upstream_revision = self.upstream_head?;
        Some(MirrorHealth {
            upstream: self.upstream.clone()?,
            upstream_revision,
            lag: (upstream_revision - self.revision).max(0),
            reached_at: self.reached_at.map(digest::instant),
            restored: self.restored.unwrap_or_default(),
            diverged: self.diverged.as_deref().and_then(|evidence| serde_json::from_str(evidence).ok()),
        })
    }
}

async fn head(state: &State) -> Result<Head, Failure> {
    let sql = "SELECT h.revision, m.upstream, m.upstream_head, m.reached_at, m.diverged, m.restored FROM head h LEFT JOIN mirror m ON true";
    let rows: Vec<Head> = state.database.rows(Statement::of(sql, [])).await?;
    rows.into_iter().next().ok_or_else(|| Failure::plain(&DATABASE_UNAVAILABLE))
}

/// Figures for Prometheus
///
/// Requests by method, route and status, durations by route, the connection pool, the head revision. Where the operator
/// set METRICS_BIND, they are at that address instead.
#[utoipa::path(
    get, path = "/health/metrics", operation_id = "get_metrics", tag = "service",
    responses(
        (status = 200, description = "Prometheus text format.", body = String, content_type = "text/plain", example = json!("ledger_head_revision 1\n")),
        (status = 404, description = "no-such-path: they are kept at another address.", body = documents::Problem, content_type = "application/problem+json"),
    )
)]
#[get("/health/metrics")]
pub async fn prometheus(state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    if state.metrics_apart { no_path(state, http).await } else { figures(state, http).await }
}

/// The figures, wherever they are asked for.
pub async fn figures(state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    let head = head(&state).await.ok();
    let seen = head.map(|head| metrics::Seen {
        head: head.revision,
        mirror: head.mirror().map(|mirror| (mirror.upstream_revision, mirror.lag, mirror.diverged.is_some())),
        reached_at: head.reached_at,
    });
    let (connections, idle_connections) = state.database.connections();
    let followers = state.followers.waiting();
    let (export_bytes, servers) = (state.exports.bytes(), state.database.servers());
    let load = metrics::Load { connections, idle_connections, followers, export_bytes, servers };
    match state.metrics.text(load, seen, (state.clock)()) {
        Ok(text) => HttpResponse::Ok().content_type(::prometheus::TEXT_FORMAT).body(text),
        Err(error) => {
            log::error!("metrics: {error}");
            Failure::plain(&INTERNAL_ERROR).respond(&state.public_url, language(&http))
        }
    }
}

/// This document
///
/// The OpenAPI 3.1 document of the interface, as JSON.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "get_openapi_json", tag = "service",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json", example = json!({"openapi": "3.1.0"})))
)]
#[get("/openapi.json")]
pub async fn openapi_json(state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    document(&http, &state, openapi::json(&state.public_url), "application/json")
}

/// This document as YAML
///
/// The OpenAPI 3.1 document of the interface, as YAML.
#[utoipa::path(
    get, path = "/openapi.yaml", operation_id = "get_openapi_yaml", tag = "service",
    responses((status = 200, description = "The document.", body = String, content_type = "application/yaml", example = json!("openapi: 3.1.0\n")))
)]
#[get("/openapi.yaml")]
pub async fn openapi_yaml(state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    document(&http, &state, openapi::yaml(&state.public_url), "application/yaml")
}

/// This document in OpenAPI 3.0
///
/// The same interface as an OpenAPI 3.0.3 document, for generators of clients that do not read 3.1.
#[utoipa::path(
    get, path = "/openapi-3.0.json", operation_id = "get_openapi_3_0_json", tag = "service",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json", example = json!({"openapi": "3.0.3"})))
)]
#[get("/openapi-3.0.json")]
pub async fn openapi_3_0_json(state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    document(&http, &state, openapi_3_0::json(&state.public_url), "application/json")
}

fn document(
    http: &HttpRequest,
    state: &State,
    text: Result<String, Box<dyn std::error::Error>>,
    media_type: &str,
) -> HttpResponse {
    match text {
        Ok(text) => fixed(http, text, media_type),
        Err(error) => {
            log::error!("OpenAPI document: {error}");
            Failure::plain(&INTERNAL_ERROR).respond(&state.public_url, language(http))
        }
    }
}

/// An answer that only a release changes.
pub fn fixed(http: &HttpRequest, text: String, media_type: &str) -> HttpResponse {
    let digest = hex::encode(Sha256::digest(&text));
    let etag = format!("W/\"{}\"", digest.get(..16).unwrap_or_default());
    let known = http.headers().get(header::IF_NONE_MATCH).and_then(|field| field.to_str().ok());
    let mut response =
        if known.is_some_and(|known| known.contains(&etag)) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.extensions_mut().insert(Basis::release(text.len()));
    response.insert_header((header::ETAG, etag)).insert_header((header::CACHE_CONTROL, "public, max-age=300"));
    response.content_type(media_type).body(text)
}
