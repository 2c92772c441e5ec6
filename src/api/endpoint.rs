//! What an endpoint is: enough to serve it and to document it, so that the two cannot part.

use std::future::Future;
use std::pin::Pin;

use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::State;
use super::answer::Answer;
use super::middleware::RequestId;
use super::negotiation::{Refused, negotiate};
use super::problem::{
    Failure, HISTORY_DIVERGED, INVALID_PARAMETER, NO_SUCH_PATH, NO_SUCH_RECORD, NO_SUCH_REVISION, ProblemType,
};
use super::query::Query;
use crate::db::read::{At, Moment};
use crate::export::format::Format;
use crate::model::kind::Kind;
use crate::model::message::Language;
use crate::model::problem::Problem;
use crate::model::text::MAX_ID;
use crate::say;

/// One path of the interface. All of them answer GET.
pub struct Endpoint {
    pub path: String,
    pub operation_id: String,
    pub tag: &'static str,
    pub summary: String,
    pub description: String,
    /// Of the id in the path, where there is one.
    pub id: Option<&'static str>,
    pub parameters: Vec<Parameter>,
    pub formats: &'static [Format],
    /// JSON Schema of the answer.
    pub answer: Value,
    pub example: Value,
    pub problems: &'static [&'static ProblemType],
    pub kind: Option<&'static Kind>,
    pub handler: Handler,
}

/// A documented query parameter.
#[derive(Clone)]
pub struct Parameter {
    pub name: &'static str,
    pub about: String,
    pub schema: Value,
    pub example: Option<Value>,
    /// Whether nothing is answered without it.
    pub required: bool,
}

pub type Handler = fn(Request) -> Handled;
pub type Handled = Pin<Box<dyn Future<Output = Result<Reply, Failure>>>>;

/// What a handler comes to: an answer from the ledger, or a response that it made itself (a stream, a file).
pub enum Reply {
    Answer(Box<Answer>),
    Response(HttpResponse),
}

/// A handler that comes to an answer.
pub fn answered(handler: impl Future<Output = Result<Answer, Failure>> + 'static) -> Handled {
    Box::pin(async { Ok(Reply::Answer(Box::new(handler.await?))) })
}

/// A handler that makes its response.
pub fn responded(handler: impl Future<Output = Result<HttpResponse, Failure>> + 'static) -> Handled {
    Box::pin(async { Ok(Reply::Response(handler.await?)) })
}

/// A request whose parameters are known to be allowed.
pub struct Request {
    pub http: HttpRequest,
    pub state: web::Data<State>,
    pub path: String,
    pub id: String,
    pub kind: &'static Kind,
    pub query: Query,
    pub format: Format,
    pub raw_query: String,
    pub now: DateTime<Utc>,
}

impl Request {
    /// Refuses a moment that is not there.
    pub fn check(&self, moment: &Moment, prefix: Option<&str>) -> Result<(), Failure> {
        check_moment(moment, prefix, self.now)
    }

    /// The query string with another cursor, as a feed goes on: where it began is left out.
    pub fn next_of_feed(&self, cursor: &str) -> String {
        self.with_cursor(cursor, &["cursor", "after", "snapshot"])
    }

    /// The query string with another cursor.
    pub fn next(&self, cursor: &str) -> String {
        self.with_cursor(cursor, &["cursor"])
    }

    fn with_cursor(&self, cursor: &str, without: &[&str]) -> String {
        self.given(without).append_pair("cursor", cursor).finish()
    }

    /// The query string as it was given, but for some parameters.
    pub fn query_without(&self, without: &[&str]) -> String {
        self.given(without).finish()
    }

    fn given(&self, without: &[&str]) -> url::form_urlencoded::Serializer<'static, String> {
        let mut kept = url::form_urlencoded::Serializer::new(String::new());
        let given = url::form_urlencoded::parse(self.raw_query.as_bytes());
        // What a reader has seen is told anew with each request.
        for (name, value) in given.filter(|(name, _)| name != "min_revision" && !without.contains(&name.as_ref())) {
            kept.append_pair(&name, &value);
        }
        kept
    }
}

/// Refuses a moment that is not there.
pub fn check_moment(moment: &Moment, prefix: Option<&str>, now: DateTime<Utc>) -> Result<(), Failure> {
    let Moment { head, n, n_digest, as_of, head_time, .. } = moment;
    if let Some(as_of) = as_of {
        if *as_of > now && head_time.is_none_or(|time| *as_of > time) {
            let detail =
                say!("as_of lies in the future. Ask for a time up to now.", "as_of 在未来，请给出不晚于现在的时刻。");
            return Err(Failure::parameters(vec![Problem::parameter("as_of", "invalid-value", detail)]));
        }
        if *n == 0 && *head > 0 {
            return Err(Failure::new(
                &NO_SUCH_REVISION,
                say!(
                    "The ledger had no revision at that time. The first one is revision 1.",
                    "账本当时还没有修订，最早的是修订 1。"
                ),
            ));
        }
        return Ok(());
    }
    if n > head {
        return Err(Failure::new(
            &NO_SUCH_REVISION,
            say!("There is no such revision: head is {head}.", "没有此修订，头部为 {head}。"),
        ));
    }
    match (prefix, n_digest) {
        (Some(prefix), Some(digest)) if !digest.starts_with(prefix) => {
            Err(Failure::plain(&HISTORY_DIVERGED).with("revision", (*n).into()).with("digest", digest.as_str().into()))
        }
        _ => Ok(()),
    }
}

/// `revision=0` names no revision, in an empty ledger either.
pub fn check_at(at: At) -> Result<(), Failure> {
    if at == At::Revision(0) {
        return Err(Failure::new(&NO_SUCH_REVISION, say!("Revisions are numbered from 1.", "修订从 1 开始编号。")));
    }
    Ok(())
}

/// What a read was asked to be evaluated at.
pub struct Asked {
    pub at: At,
    /// Digits of the digest that its revision must have.
    pub prefix: Option<String>,
    pub explicit: bool,
}

impl Request {
    /// The revision asked for; head unless told. The other parameters are refused first.
    pub fn at(&mut self) -> Asked {
        let head = self.query.head();
        match self.query.at() {
            Some((at, prefix)) => Asked { at, prefix, explicit: true },
            None => Asked { at: head, prefix: None, explicit: false },
        }
    }

    /// Refuses what was wrong with the parameters, then a revision that cannot be.
    pub fn finish(&mut self, asked: &Asked) -> Result<(), Failure> {
        std::mem::take(&mut self.query).finish()?;
        check_at(asked.at)
    }
}

/// Serves an endpoint.
pub async fn serve(endpoint: &'static Endpoint, state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    match answer(endpoint, &state, &http).await {
        Ok(Reply::Answer(answer)) => answer.respond(&http),
        Ok(Reply::Response(response)) => response,
        Err(failure) => refuse(&failure, &state, &http),
    }
}

/// Answers with a failure; what caused it is logged once, under the request's id.
pub fn refuse(failure: &Failure, state: &State, http: &HttpRequest) -> HttpResponse {
    log_cause(failure, http);
    failure.respond(&state.public_url, language(http))
}

/// Logs what caused a failure, once, under the request's id.
pub fn log_cause(failure: &Failure, http: &HttpRequest) {
    if let Some(cause) = &failure.cause {
        let id = http.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        log::error!("{id} {}: {cause}", http.path());
    }
}

async fn answer(endpoint: &'static Endpoint, state: &web::Data<State>, http: &HttpRequest) -> Result<Reply, Failure> {
    let names = endpoint.parameters.iter().map(|parameter| parameter.name);
    let mut query = Query::parse(http.query_string(), names);
    let format = match format_in_path(endpoint, http)? {
        Some(format) => format,
        None => match negotiate(query.text("format"), http.headers(), endpoint.formats) {
            Ok(format) => format,
            Err(Refused::Accept) => return Err(Refused::not_acceptable(endpoint.formats)),
            Err(Refused::Parameter(detail)) => {
                query.refuse("format", "invalid-value", detail);
                Format::Json
            }
        },
    };
    let id = http.match_info().query("id").to_owned();
    if endpoint.kind.is_some() && !is_record_id(&id) {
        query.finish()?;
        return Err(Failure::plain(&NO_SUCH_RECORD));
    }
    let request = Request {
        http: http.clone(),
        state: state.clone(),
        path: endpoint.path.clone(),
        id,
        kind: endpoint.kind.unwrap_or(crate::model::kinds::KINDS[0]),
        query,
        format,
        raw_query: http.query_string().to_owned(),
        now: (state.clock)(),
    };
    (endpoint.handler)(request).await
}

/// The format that a path ends in, which wins over `Accept`.
fn format_in_path(endpoint: &Endpoint, http: &HttpRequest) -> Result<Option<Format>, Failure> {
    let Some(name) = http.match_info().get("format") else { return Ok(None) };
    let known = endpoint.formats.iter().copied().find(|format| format.name() == name);
    known.map(Some).ok_or_else(|| {
        let names = endpoint.formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
        Failure::new(&NO_SUCH_PATH, say!("The path ends in one of: {names}.", "路径应以下列之一结尾：{names}。"))
    })
}

/// Whether a path's id, empty where there is none, can be that of a record.
pub fn is_record_id(id: &str) -> bool {
    id.len() <= 2 * MAX_ID + 1 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-~".contains(&byte))
}

/// The language a client prefers.
pub fn language(http: &HttpRequest) -> Language {
    let field = http.headers().get(header::ACCEPT_LANGUAGE).and_then(|field| field.to_str().ok());
    Language::of_accept(field.unwrap_or_default())
}

/// Problems that every read may have.
pub static COMMON_PROBLEMS: &[&ProblemType] = &[
    &INVALID_PARAMETER,
    &NO_SUCH_REVISION,
    &super::problem::NOT_ACCEPTABLE,
    &HISTORY_DIVERGED,
    &super::problem::INTERNAL_ERROR,
    &super::problem::DATABASE_UNAVAILABLE,
    &super::problem::REVISION_NOT_YET,
    &super::problem::QUERY_TOO_SLOW,
];
