//! `POST /v1/revisions`: one publication, all of it or nothing.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use serde::Deserialize;

use super::State;
use super::answer::{LEDGER_REVISION, to_text};
use super::client;
use super::documents;
use super::endpoint::refuse;
use super::problem::{
    EDIT_CONFLICT, Failure, HEAD_MOVED, IDEMPOTENCY_KEY_REUSED, INSECURE_TRANSPORT, INTERNAL_ERROR, INVALID_PARAMETER,
    LEDGER_RESTORED, NOT_ALLOWED, PUBLICATION_REFUSED, READ_ONLY_COPY, TOO_LARGE, UNAUTHORIZED, UNSUPPORTED_MEDIA_TYPE,
};
use super::query::Query;
use super::unread;
use crate::db;
use crate::ledger::authority::{Authority, FORBIDDEN};
use crate::ledger::idempotency::{Idempotency, Kept, MAX_KEY};
use crate::ledger::keys;
use crate::ledger::outcome::Outcome;
use crate::ledger::plan::STALE;
use crate::ledger::publish::{self, Published, Refusal, Terms};
use crate::model::problem::Problem;
use crate::model::publication::{self, MAX_BYTES};
use crate::say;

/// How long a publication waits for those before it, as long as for the head's lock.
const TURN: Duration = Duration::from_secs(60);
/// Bytes of a publication that is read sooner than another thread is woken to read it.
const SMALL: usize = 4096;
/// Marks a first answer that is given again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How long the body of a publication may stop arriving.
const SILENCE: Duration = Duration::from_secs(20);

/// Publish
///
/// One publication becomes one revision, all of it or nothing. Every problem is listed at once, each with its JSON pointer.
/// With dry_run=true everything is done and taken back: the answer is what would be. Keys cross plain HTTP on loopback only,
/// or behind a trusted proxy that took HTTPS.
#[utoipa::path(
    post, path = "/v1/revisions", operation_id = "publish", tag = "ledger",
    params(
        ("dry_run" = Option<bool>, Query, description = "Say what would be done, and do nothing.", example = true),
        ("If-Match" = Option<String>, Header, pattern = "^([*]|\"[0-9]{1,18}\"( *, *\"[0-9]{1,18}\")*)$", description = "Numbers of revisions in quotes, one of which head must be.", example = "\"1\""),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "At most 255 characters of one's own choosing: the same publication sent again under it within 7 days is answered as at first.", example = "8e03978e-40d5-43dd-bc93-6894a57f9324"),
    ),
    request_body(content = ref("#/components/schemas/Publication"), content_type = "application/json", description = "The publication; at most 64 MiB."),
    responses(
        (status = 201, description = "Published. Location names the revision; Idempotency-Replayed: true marks the first answer given again.", body = Outcome, content_type = "application/json", example = json!({"dry_run": false, "revision": 2, "head": 2, "digest": "0f9b3ad1c1f7a1b7c7f3c80b4f4a3c2b6e2b6d3a0e9e6c5d4b3a2918f7e6d5c4", "changes": [{"kind": "observation", "id": "mediation-cases-2020-s1", "effect": "change", "changed": [{"pointer": "/value", "before": 29456, "after": 29465}]}], "notices": [], "warnings": []})),
        (status = 200, description = "Nothing new, or a dry run.", body = Outcome, content_type = "application/json", example = json!({"dry_run": true, "head": 1, "digest": "0f9b3ad1c1f7a1b7c7f3c80b4f4a3c2b6e2b6d3a0e9e6c5d4b3a2918f7e6d5c4", "changes": [], "notices": [], "warnings": []})),
        (status = 400, description = "invalid-parameter: a parameter or header is malformed.", body = documents::Problem, content_type = "application/problem+json"),
        (status = 401, description = "unauthorized: there is no key, or not a good one.", body = documents::Problem, content_type = "application/problem+json"),
        (status = 403, description = "not-allowed: the key may not do all of this. insecure-transport: the key came over plain HTTP. read-only-copy: this is a mirror; publish at its upstream.", body = documents::Problem, content_type = "application/problem+json"),
        (status = 409, description = "edit-conflict: a record was changed after the if_revision given.", body = documents::Problem, content_type = "application/problem+json"),
        (status = 412, description = "head-moved: head is not the one in If-Match.", body = documents::Problem, content_type = "application/problem+json"),
        (status = 413, description = "too-large: more than 64 MiB.", body = documents::Problem, content_type = "application/problem+json"),
        (status = 415, description = "unsupported-media-type: not application/json.", body = documents::Problem, content_type = "application/problem+json"),
        (status = 422, description = "publication-refused: something is wrong with it. idempotency-key-reused: another publication came under this key.", body = documents::Problem, content_type = "application/problem+json"),
        (status = 500, description = "internal-error.", body = documents::Problem, content_type = "application/problem+json"),
        (status = 503, description = "database-unavailable, query-too-slow. ledger-restored: it was restored from a backup, and later revisions are not back yet.", body = documents::Problem, content_type = "application/problem+json"),
    ),
    security(("key" = []))
)]
pub async fn post(state: web::Data<State>, http: HttpRequest, mut body: web::Payload) -> HttpResponse {
    let answer = answer(&state, &http, &mut body).await;
    if answer.is_err() {
        // It may not have been read.
        unread::hold(body);
    }
    match answer {
        Ok(response) => response,
        Err(failure) => refuse(&failure, &state, &http),
    }
}

async fn answer(state: &State, http: &HttpRequest, body: &mut web::Payload) -> Result<HttpResponse, Failure> {
    let peer = http.peer_addr().map(|address| address.ip());
    // A key that went over a network in the clear is refused.
    if !client::is_private(peer, http.headers(), &state.trusted_proxies) {
        return Err(Failure::plain(&INSECURE_TRANSPORT));
    }
    let now = (state.clock)();
    let key = client::bearer(http.headers()).ok_or_else(unauthorized)?;
    // The connection is not held while a stranger's body trickles in.
    let authority = state.database.briefly(async |connection| keys::authenticate(connection, key, now).await);
    let authority = authority.await?.ok_or_else(unauthorized)?;
    let mut query = Query::parse(http.query_string(), ["dry_run"].into_iter());
    let dry_run = query.flag("dry_run");
    let if_head = if_match(http, &mut query);
    let idempotency_key = idempotency_key(http, &mut query);
    query.finish()?;
    check_media_type(http)?;
    let bytes = read(http, body).await?;
    let idempotency = idempotency_key.filter(|_| !dry_run).map(|name| Idempotency::new(&authority.key, name, &bytes));
    let parsed = match bytes.len() {
        ..=SMALL => publication::parse(&bytes),
        // Reading takes as long as the publication is large, and other requests are not to wait.
        _ => web::block(move || publication::parse(&bytes)).await.map_err(|error| internal(error.to_string()))?,
    };
    let terms = Terms {
        dry_run,
        clock: state.clock,
        authority: Some(&authority),
        if_head: if_head.as_deref(),
        idempotency: idempotency.as_ref(),
    };
    // One at a time is all that the ledger takes; more would only hold connections that reads want.
    let turn = tokio::time::timeout(TURN, state.publishing.acquire()).await;
    let late = |_| db::Error::Busy("others publish for longer than this one waits".into());
    let _turn = turn.map_err(late)?.map_err(|error| internal(error.to_string()))?;
    let connection = state.database.connection().await?;
    let publish = async |connection: &mut _| publish::publish(connection, parsed, &terms).await;
    match state.database.patiently(connection, publish).await.map_err(lost)? {
        Ok(Published::Now(outcome)) => {
            log_published(&authority, &outcome);
            // Who has this answer reads no older one here.
            state.database.known().hear(outcome.head, 0);
            respond(&outcome)
        }
        Ok(Published::Before(kept)) => repeat(kept),
        Err(refusal) => Err(refused(refusal)),
    }
}

/// The database went away in the midst of it: the revision may be there all the same.
fn lost(error: db::Error) -> Failure {
    match &error {
        db::Error::Unavailable(_) => {
            let detail = say!(
                "The database did not answer any more while this was published, so nobody knows whether it was. Send it again under the same Idempotency-Key: it is published once. Without one, look at head before you send it again.",
                "发布过程中数据库不再应答，无法得知是否已发布。请以同一 Idempotency-Key 重新发送，内容只会发布一次；未使用该标头时，请先查看头部修订再重新发送。"
            );
            Failure { detail: detail.into(), ..error.into() }
        }
        _ => error.into(),
    }
}

fn internal(cause: String) -> Failure {
    Failure { cause: Some(cause), ..Failure::plain(&INTERNAL_ERROR) }
}

fn unauthorized() -> Failure {
    Failure::plain(&UNAUTHORIZED).with_header(header::WWW_AUTHENTICATE, "Bearer realm=\"open-commitments\"")
}

fn if_match(http: &HttpRequest, query: &mut Query) -> Option<Vec<i64>> {
    let field = http.headers().get(header::IF_MATCH)?.to_str().unwrap_or_default().trim().to_owned();
    if field == "*" {
        return None;
    }
    let numbers: Option<Vec<i64>> =
        field.split(',').map(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()).collect();
    if numbers.is_none() {
        query.refuse(
            "If-Match",
            "invalid-value",
            say!(
                "If-Match names head as its number in quotes, such as \"12\".",
                "If-Match 以带引号的编号指明头部修订，例如 \"12\"。"
            ),
        );
    }
    numbers
}

fn idempotency_key(http: &HttpRequest, query: &mut Query) -> Option<String> {
    let field = http.headers().get("idempotency-key")?;
    let key = field.to_str().unwrap_or_default().trim().trim_matches('"').to_owned();
    if key.is_empty() || key.len() > MAX_KEY {
        query.refuse(
            "Idempotency-Key",
            "invalid-value",
            say!(
                "An Idempotency-Key has 1 to {MAX_KEY} ASCII characters.",
                "Idempotency-Key 应为 1 至 {MAX_KEY} 个 ASCII 字符。"
            ),
        );
    }
    Some(key)
}

fn check_media_type(http: &HttpRequest) -> Result<(), Failure> {
    let text = |name| http.headers().get(name).and_then(|field| field.to_str().ok()).unwrap_or_default();
    let essence = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let encoding = text(header::CONTENT_ENCODING);
    if essence != "application/json" || !(encoding.is_empty() || encoding == "identity") {
        return Err(Failure::plain(&UNSUPPORTED_MEDIA_TYPE).with_header(header::ACCEPT, "application/json"));
    }
    Ok(())
}

async fn read(http: &HttpRequest, body: &mut web::Payload) -> Result<Vec<u8>, Failure> {
    let said = http.headers().get(header::CONTENT_LENGTH).and_then(|field| field.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|length| length > MAX_BYTES as u64) {
        return Err(Failure::plain(&TOO_LARGE));
    }
    let mut bytes = Vec::new();
    let broken = |why: String| {
        let detail = say!("The body did not arrive whole: {why}.", "请求内容未完整到达：{why}。");
        Failure::new(&INVALID_PARAMETER, detail)
    };
    let silent = |_| broken(format!("nothing came for {} s", SILENCE.as_secs()));
    while let Some(chunk) = tokio::time::timeout(SILENCE, body.next()).await.map_err(silent)? {
        let chunk = chunk.map_err(|error| broken(error.to_string()))?;
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(Failure::plain(&TOO_LARGE));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What the operator's log says; the key by its public half.
fn log_published(authority: &Authority, outcome: &Outcome) {
    if let Some(revision) = outcome.revision {
        let (key, changes) = (&authority.key, outcome.changes.len());
        log::info!("revision {revision} of {changes} changes was published with key {key}");
    }
}

fn respond(outcome: &Outcome) -> Result<HttpResponse, Failure> {
    Ok(answered(to_text(outcome)?, outcome.revision, outcome.head))
}

/// The first answer once more. Its body stays as it was kept.
fn repeat(kept: Kept) -> Result<HttpResponse, Failure> {
    #[derive(Deserialize)]
    struct Named {
        revision: Option<i64>,
        head: i64,
    }
    let Named { revision, head } = serde_json::from_str(&kept.answer).map_err(|error| internal(error.to_string()))?;
    let mut response = answered(kept.answer, revision, head);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn answered(body: String, revision: Option<i64>, head: i64) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(revision) = revision {
        response.status(StatusCode::CREATED).insert_header((header::LOCATION, format!("revisions/{revision}")));
    }
    response
        .insert_header((LEDGER_REVISION, head.to_string()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(body)
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Problems(problems) => {
            let has = |codes: &[&str]| problems.iter().any(|problem: &Problem| codes.contains(&problem.code));
            let problem_type = if has(&FORBIDDEN) {
                &NOT_ALLOWED
            } else if has(&[STALE]) {
                &EDIT_CONFLICT
            } else {
                &PUBLICATION_REFUSED
            };
            let count = problems.len();
            let detail = match problems.as_slice() {
                [only] => only.detail.clone(),
                _ => say!(
                    "Nothing was published. {count} things are wrong; errors lists each with its place.",
                    "没有发布任何内容。共有 {count} 处问题，errors 逐一列出位置。"
                ),
            };
            Failure { errors: problems, ..Failure::new(problem_type, detail) }
        }
        Refusal::HeadMoved(head) => Failure::plain(&HEAD_MOVED).with("head", head.into()),
        Refusal::Copy(upstream) => Failure::plain(&READ_ONLY_COPY).with("upstream", upstream.into()),
        Refusal::Restored => Failure::plain(&LEDGER_RESTORED).with_header(header::RETRY_AFTER, "60"),
        Refusal::KeyReused => Failure::plain(&IDEMPOTENCY_KEY_REUSED),
        Refusal::Database(error) => lost(error),
        Refusal::Unwritten => internal("nothing was written".into()),
    }
}
