//! The service in front of all: who has no quota left is refused before anything else is done.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_http::Request;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, RequestHead, Response, Service, ServiceFactory, Url};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{Error, web};
use futures_util::future::{Either, LocalBoxFuture};

use super::{Client, RATELIMIT, RATELIMIT_POLICY, Standing, keys};
use crate::api::problem::{Failure, TOO_MANY_REQUESTS};
use crate::api::{State, client, middleware};
use crate::model::message::Language;

/// What looking up a key that nobody knows costs, in requests: a stranger can make up many.
const LOOK_UP: u64 = 10;

/// Wraps what answers.
pub struct Gate<F> {
    pub inner: F,
    pub state: web::Data<State>,
}

pub struct GateService<S> {
    inner: Rc<S>,
    state: web::Data<State>,
}

type Answered = Result<Response<BoxBody>, Error>;

impl<F> ServiceFactory<Request> for Gate<F>
where
    F: ServiceFactory<Request, Config = AppConfig, Response = Response<BoxBody>, Error = Error>,
    F::Service: 'static,
    F::Future: 'static,
    <F::Service as Service<Request>>::Future: Unpin,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Config = AppConfig;
    type Service = GateService<F::Service>;
    type InitError = F::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, Self::InitError>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let (inner, state) = (self.inner.new_service(config), self.state.clone());
        Box::pin(async move { Ok(GateService { inner: Rc::new(inner.await?), state }) })
    }
}

impl<S> Service<Request> for GateService<S>
where
    S: Service<Request, Response = Response<BoxBody>, Error = Error> + 'static,
    S::Future: Unpin,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Future = Either<Admitted<S::Future>, LocalBoxFuture<'static, Answered>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: Request) -> Self::Future {
        let asked = asked(request.head(), &self.state);
        let (client, cost) = match asked {
            Asked::Unlimited => return Either::Left(Admitted { inner: self.inner.call(request), fields: None }),
            Asked::By(client, cost) => (client, cost),
            Asked::WithKey { key, address, cost } => {
                let (inner, state) = (self.inner.clone(), self.state.clone());
                return Either::Right(Box::pin(with_key(inner, state, request, key, address, cost)));
            }
        };
        match self.state.fair_use.admit(client, cost) {
            Ok(standing) => {
                let fields = Some(standing.fields());
                Either::Left(Admitted { inner: self.inner.call(request), fields })
            }
            Err(standing) => {
                let refusal = refuse(&standing, &self.state, request.head());
                Either::Right(Box::pin(std::future::ready(Ok(refusal))))
            }
        }
    }
}

/// Who asks, and what it costs.
enum Asked {
    Unlimited,
    By(Client, u64),
    /// With a key that nobody knows yet.
    WithKey {
        key: String,
        address: Client,
        cost: u64,
    },
}

fn asked(head: &RequestHead, state: &State) -> Asked {
    let cost = cost(head);
    let Some(peer) = head.peer_addr.map(|peer| peer.ip()) else { return Asked::Unlimited };
    let trusted = &state.trusted_proxies;
    let address = client::address(peer, &head.headers, trusted);
    let Some(address) = state.fair_use.client(address).filter(|_| cost > 0) else { return Asked::Unlimited };
    let private = || client::is_private(Some(peer), &head.headers, trusted);
    match client::bearer(&head.headers).filter(|_| private()) {
        None => Asked::By(address, cost),
        Some(key) => match state.fair_use.keys.known(key) {
            Some(Some(_)) if state.fair_use.with_key.limit == 0 => Asked::Unlimited,
            Some(Some(number)) => Asked::By(Client::Key(number), cost),
            Some(None) => Asked::By(address, cost),
            None => Asked::WithKey { key: key.to_owned(), address, cost },
        },
    }
}

/// What a request costs, in requests for one record. Probes are free.
fn cost(head: &RequestHead) -> u64 {
    // As it is routed: with nothing encoded that need not be.
    let url = Url::new(head.uri.clone());
    let path = url.path();
    let ends = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
    if ends(&["/health/live", "/health/ready", "/health/metrics"]) {
        0
    } else if path.contains("/v1/exports/") {
        20
    } else if head.method == Method::POST {
        10
    } else if ends(&[".png", ".jpg", "/search"]) || searches(head.uri.query()) {
        5
    } else {
        1
    }
}

/// Whether a list is narrowed by words.
fn searches(query: Option<&str>) -> bool {
    query.is_some_and(|query| url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "q"))
}

/// Looks the key up first; the address pays for that.
async fn with_key<S>(
    inner: Rc<S>,
    state: web::Data<State>,
    request: Request,
    key: String,
    address: Client,
    cost: u64,
) -> Answered
where
    S: Service<Request, Response = Response<BoxBody>, Error = Error>,
{
    let paid = match state.fair_use.admit(address, cost.max(LOOK_UP)) {
        Ok(standing) => standing,
        Err(standing) => return Ok(refuse(&standing, &state, request.head())),
    };
    let standing = match keys::look_up(&state, &key).await {
        None => Ok(paid),
        Some(number) => state.fair_use.admit(Client::Key(number), cost),
    };
    match standing {
        Ok(standing) => {
            let mut answer = inner.call(request).await?;
            say(answer.headers_mut(), standing.fields());
            Ok(answer)
        }
        Err(standing) => Ok(refuse(&standing, &state, request.head())),
    }
}

fn say(headers: &mut HeaderMap, (current, policy): (HeaderValue, HeaderValue)) {
    headers.insert(RATELIMIT, current);
    headers.insert(RATELIMIT_POLICY, policy);
}

/// A 429, framed as every answer is.
fn refuse(standing: &Standing<'_>, state: &State, head: &RequestHead) -> Response<BoxBody> {
    let started = Instant::now();
    let language = head.headers.get(header::ACCEPT_LANGUAGE).and_then(|field| field.to_str().ok());
    let mut answer = Failure::plain(&TOO_MANY_REQUESTS)
        .with("violated-policies", vec![standing.policy()].into())
        .with_header(header::RETRY_AFTER, standing.level.seconds.max(1).to_string())
        .respond(&state.public_url, Language::of_accept(language.unwrap_or_default()));
    middleware::dress(answer.headers_mut(), &middleware::request_id(&head.headers));
    say(answer.headers_mut(), standing.fields());
    state.metrics.observe(middleware::known(&head.method), "refused", answer.status().as_u16(), started.elapsed());
    Response::from(answer)
}

/// An answer that is under way, and what will be said beside it.
pub struct Admitted<F> {
    inner: F,
    fields: Option<(HeaderValue, HeaderValue)>,
}

impl<F: Future<Output = Answered> + Unpin> Future for Admitted<F> {
    type Output = Answered;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answered> {
        let Poll::Ready(answered) = Pin::new(&mut self.inner).poll(context) else { return Poll::Pending };
        Poll::Ready(answered.map(|mut answer| {
            if let Some(fields) = self.fields.take() {
                say(answer.headers_mut(), fields);
            }
            answer
        }))
    }
}
