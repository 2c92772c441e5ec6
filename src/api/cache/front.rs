//! The service in front of the application: what is kept is sent from here, before anything is routed.

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix_http::Request;
use actix_web::body::{self, BoxBody, MessageBody};
use actix_web::dev::{AppConfig, RequestHead, Response, Service, ServiceFactory, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, rt, web};
use futures_util::future::{Either, LocalBoxFuture, Ready, ready};

use super::basis::Basis;
use super::kept::{Entry, Kept, Source};
use super::{Entered, MAX_BODY, PASS, Turn};
use crate::api::middleware::{dress, request_id};
use crate::api::problem::Failure;
use crate::api::{ACCESS, State, client, unread};
use crate::db;
use crate::model::message::Language;

/// How long the database may take where there is an older answer to give.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of the longest path and header that answers are kept by.
const MAX_KEY: usize = 2048;
const MAX_FIELD: usize = 256;

/// Wraps an application.
pub struct Front<F> {
    pub app: F,
    pub state: web::Data<State>,
}

pub struct FrontService<S> {
    app: Rc<S>,
    state: web::Data<State>,
}

impl<F, B> ServiceFactory<Request> for Front<F>
where
    F: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error>,
    F::Service: 'static,
    F::Future: 'static,
    F::InitError: 'static,
    B: MessageBody + 'static,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Config = AppConfig;
    type Service = FrontService<F::Service>;
    type InitError = F::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, Self::InitError>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let (app, state) = (self.app.new_service(config), self.state.clone());
        Box::pin(async move { Ok(FrontService { app: Rc::new(app.await?), state }) })
    }
}

type Answered = Result<Response<BoxBody>, Error>;

impl<S, B> Service<Request> for FrontService<S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Future = Either<Ready<Answered>, LocalBoxFuture<'static, Answered>>;

    fn poll_ready(&self, context: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Error>> {
        self.app.poll_ready(context)
    }

    fn call(&self, mut request: Request) -> Self::Future {
        unread::hold_unasked(&mut request);
        let started = Instant::now();
        let (app, state) = (self.app.clone(), self.state.clone());
        let Some(key) = state.responses.kept.as_ref().and_then(|_| key(request.head())) else {
            return Either::Right(Box::pin(pass(app, request)));
        };
        if let Some((kept, source)) = state.responses.ready(&key, &state) {
            return Either::Left(ready(Ok(send(&kept, source, &state, request.head(), started))));
        }
        if request.method() == Method::HEAD {
            return Either::Right(Box::pin(pass(app, request)));
        }
        Either::Right(Box::pin(make(app, state, request, key, started)))
    }
}

/// What answers are kept by: what was asked for, and the headers that answers vary by. None where nothing is kept.
fn key(head: &RequestHead) -> Option<String> {
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return None;
    }
    let target = head.uri.path_and_query()?.as_str();
    let field = |name: HeaderName| {
        let mut fields = head.headers.get_all(name);
        let field = fields.next().map_or(Some(""), |field| field.to_str().ok())?;
        (fields.next().is_none() && field.len() <= MAX_FIELD).then_some(field)
    };
    let (accept, encoding, language) =
        (field(header::ACCEPT)?, field(header::ACCEPT_ENCODING)?, field(header::ACCEPT_LANGUAGE)?);
    let not_kept = ["/health/", "/exports/", "/docs/", "wait=", "event-stream"];
    let is_kept = target.len() <= MAX_KEY
        && !accept.contains("event-stream")
        && !not_kept.iter().any(|part| target.contains(part))
        && ![header::RANGE.as_str(), "last-event-id"].iter().any(|name| head.headers.contains_key(*name));
    let language = if language.is_empty() { Language::English } else { Language::of_accept(language) };
    is_kept.then(|| [target, accept, encoding, language.tag()].join("\n"))
}

async fn pass<S, B>(app: Rc<S>, request: Request) -> Answered
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    Ok(Response::from(app.call(request).await?).map_into_boxed_body())
}

/// Makes the answer, or waits for who makes it.
async fn make<S, B>(
    app: Rc<S>,
    state: web::Data<State>,
    mut request: Request,
    key: String,
    started: Instant,
) -> Answered
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    let mut turn = match state.responses.enter(&key, &state).await {
        Entered::Kept(kept, source) => return Ok(send(&kept, source, &state, request.head(), started)),
        Entered::Pass => return pass(app, request).await,
        Entered::Turn(turn) => turn,
    };
    let asked = request.head().clone();
    // The whole answer is made, also for who has it already: it is kept for others.
    request.headers_mut().remove(header::IF_NONE_MATCH);
    let mut making = Box::pin(pass(app, request));
    let made = match &turn.old {
        None => Some(making.await?),
        Some(_) => match tokio::time::timeout(PATIENCE, &mut making).await {
            Ok(made) => Some(made?),
            Err(_) => {
                // What is slow to make is made all the same, for those who ask next.
                rt::spawn(renew(making, state.clone(), key));
                None
            }
        },
    };
    let failed = made.as_ref().is_none_or(|made| made.status() == StatusCode::SERVICE_UNAVAILABLE);
    if let Some(old) = turn.old.clone().filter(|old| failed && state.responses.may_stand_in(old, &state)) {
        if !state.database.known().is_confirmed() {
            state.responses.history.rest();
        }
        return Ok(send(&old, Source::Stale, &state, &asked, started));
    }
    turn.old = None;
    match made {
        Some(made) => keep(turn, made, &asked.headers, &state).await,
        // A redaction came meanwhile; the answer from before is none any more.
        None => Ok(unavailable(&state, &asked.headers)),
    }
}

/// The answer where the database gave none in time.
fn unavailable(state: &State, headers: &HeaderMap) -> Response<BoxBody> {
    let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|field| field.to_str().ok()).unwrap_or_default();
    let failure = Failure::from(db::Error::Unavailable("no answer in time".to_owned()));
    let mut response = failure.respond(&state.public_url, Language::of_accept(language));
    dress(response.headers_mut(), &request_id(headers));
    Response::from(response)
}

/// Keeps an answer, and gives it.
async fn keep(mut turn: Turn<'_>, made: Response<BoxBody>, conditions: &HeaderMap, state: &State) -> Answered {
    let id = made.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    match finished(made, state).await? {
        Ok(kept) => {
            // A replica may have made it, of a revision that is not the newest.
            let answer = kept.answer(conditions, &id, kept.basis.head, Source::Made);
            turn.leave(Entry::Kept(kept.into()));
            Ok(answer)
        }
        Err(made) => {
            turn.leave(Entry::Pass(Instant::now() + PASS));
            Ok(made)
        }
    }
}

/// Keeps an answer that nobody waits for any more.
async fn renew(making: impl Future<Output = Answered>, state: web::Data<State>, key: String) {
    if let Ok(made) = making.await
        && let Ok(Ok(kept)) = finished(made, &state).await
        && let Some(cache) = &state.responses.kept
    {
        cache.insert(key, Entry::Kept(kept.into()));
    }
}

/// An answer that says what it rests on, as it is kept; else as it is.
async fn finished(made: Response<BoxBody>, state: &State) -> Result<Result<Kept, Response<BoxBody>>, Error> {
    let basis = made.extensions().get::<Basis>().cloned();
    let Some(basis) = basis.filter(|basis| made.status() == StatusCode::OK && basis.bytes <= MAX_BODY) else {
        return Ok(Err(made));
    };
    let (made, body) = made.into_parts();
    let body = body::to_bytes_limited(body, 2 * MAX_BODY).await.map_err(actix_web::error::ErrorInternalServerError)?;
    let body = body.map_err(actix_web::error::ErrorInternalServerError)?;
    state.database.known().hear(basis.head, basis.last_redaction);
    let route = state.metrics.route(basis.route.as_deref().unwrap_or("other"));
    Ok(Ok(Kept::new(basis, made.headers().clone(), body, route)))
}

/// Sends what is kept, and counts and logs it as the application does.
fn send(
    kept: &Kept,
    source: Source,
    state: &web::Data<State>,
    request: &RequestHead,
    started: Instant,
) -> Response<BoxBody> {
    let id = request_id(&request.headers);
    let answer = kept.answer(&request.headers, &id, kept.holds_at.load(Ordering::SeqCst), source);
    kept.route.observe(&request.method, answer.status(), started.elapsed());
    if log::log_enabled!(target: ACCESS, log::Level::Info) {
        let client = client::shown(request, Some(state));
        let (bytes, seconds) = (kept.body.len(), started.elapsed().as_secs_f64());
        let (method, uri, version) = (&request.method, &request.uri, request.version);
        let status = answer.status().as_u16();
        log::info!(target: ACCESS, r#"{client} "{method} {uri} {version:?}" {status} {bytes} {seconds:.6} {id}"#);
    }
    answer
}
