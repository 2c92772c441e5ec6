//! What happens around every request, from the outside in: its id, headers that all answers carry,
//! and HEAD as GET.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::State;
use super::cache::basis::Basis;
use super::endpoint::language;
use super::problem::{Failure, INTERNAL_ERROR, METHOD_NOT_ALLOWED, NO_SUCH_PATH};

/// What a browser on another site may see of an answer.
const EXPOSED: &str = "Accept-Ranges, Age, Allow, Cache-Status, Content-Disposition, Content-Language, Content-Range, ETag, Ledger-Revision, Link, RateLimit, RateLimit-Policy, Repr-Digest, Retry-After, X-Request-Id";
const READING: &str = "GET, HEAD, OPTIONS";
const PUBLISHING: &str = "GET, HEAD, OPTIONS, POST";

/// The methods that a path takes.
fn methods(path: &str) -> &'static str {
    if path.ends_with("/v1/revisions") { PUBLISHING } else { READING }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id that a request is logged under.
#[derive(Clone)]
pub struct RequestId(pub String);

/// The caller's id if it is a plain one, else a new one.
pub fn request_id(headers: &HeaderMap) -> String {
    let plain = |id: &&str| {
        !id.is_empty()
            && id.len() <= 64
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let sent = headers.get(REQUEST_ID).and_then(|field| field.to_str().ok()).filter(plain);
    sent.map_or_else(|| format!("{:032x}", fastrand::u128(..)), str::to_owned)
}

/// Frames every request.
pub async fn frame(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = request_id(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    // The encoder still knows that it was HEAD, and sends no body.
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
        // Which is of a GET alone (RFC 9110, 14.2).
        request.headers_mut().remove(header::RANGE);
    }
    let state = request.app_data::<web::Data<State>>().cloned();
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(state) = &state {
        response = enveloped(response, state);
        let route = response.request().match_pattern().unwrap_or_else(|| "other".to_owned());
        state.metrics.observe(known(&method), &route, response.status().as_u16(), started.elapsed());
        if let Some(basis) = response.response_mut().extensions_mut().get_mut::<Basis>() {
            basis.route = Some(route);
        }
    }
    let headers = response.headers_mut();
    // Only said to keep the encoder away.
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "identity") {
        headers.remove(header::CONTENT_ENCODING);
    }
    dress(headers, &id);
    unframed(headers);
    vary(headers);
    Ok(response)
}

/// Headers of every answer.
pub fn dress(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Methods as labels of metrics: a stranger cannot make new ones.
pub fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::POST => "POST",
        _ => "other",
    }
}

/// No error leaves in another form than a problem, or a page.
fn enveloped(response: ServiceResponse<BoxBody>, state: &State) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let media_type =
        response.headers().get(header::CONTENT_TYPE).and_then(|field| field.to_str().ok()).unwrap_or_default();
    let framed = ["application/problem+json", "text/html"].iter().any(|ours| media_type.starts_with(ours));
    if !(status.is_client_error() || status.is_server_error()) || framed {
        return response;
    }
    let failure = match status {
        StatusCode::NOT_FOUND => Failure::plain(&NO_SUCH_PATH),
        StatusCode::METHOD_NOT_ALLOWED => {
            Failure::plain(&METHOD_NOT_ALLOWED).with_header(header::ALLOW, methods(response.request().path()))
        }
        _ => {
            log::error!("an answer with status {status} came from elsewhere");
            Failure::plain(&INTERNAL_ERROR)
        }
    };
    let (request, _) = response.into_parts();
    let response = failure.respond(&state.public_url, language(&request));
    ServiceResponse::new(request, response)
}

/// No page stands in somebody else's, but for those whose own policy allows it.
fn unframed(headers: &mut HeaderMap) {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|field| field.to_str().ok());
    let is_page = media_type.is_some_and(|media_type| media_type.starts_with("text/html"));
    if is_page && !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'none'"));
    }
}

/// One `Vary`, which names the encoding also where none was applied.
fn vary(headers: &mut HeaderMap) {
    // As most answers have it.
    if let (Some(field), 1) = (headers.get(header::VARY), headers.get_all(header::VARY).count()) {
        let whole = match field.as_bytes() {
            b"Accept" => Some("accept, accept-encoding"),
            b"Accept-Language" => Some("accept-encoding, accept-language"),
            _ => None,
        };
        if let Some(whole) = whole {
            headers.insert(header::VARY, HeaderValue::from_static(whole));
            return;
        }
    }
    let mut names: Vec<String> = headers
        .get_all(header::VARY)
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .chain(["accept-encoding".to_owned()])
        .collect();
    names.sort_unstable();
    names.dedup();
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(header::VARY, value);
    }
}

/// A method that a path does not take: OPTIONS is answered, others are refused.
pub async fn other_method(state: web::Data<State>, http: actix_web::HttpRequest) -> actix_web::HttpResponse {
    if http.method() == Method::OPTIONS {
        return actix_web::HttpResponse::NoContent()
            .insert_header((header::ALLOW, methods(http.path())))
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, READING))
            .insert_header((
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "Accept, Accept-Language, If-None-Match, If-Range, Range, X-Request-Id",
            ))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"))
            .finish();
    }
    Failure::plain(&METHOD_NOT_ALLOWED)
        .with_header(header::ALLOW, methods(http.path()))
        .respond(&state.public_url, language(&http))
}

/// A path that is not there.
pub async fn no_path(state: web::Data<State>, http: actix_web::HttpRequest) -> actix_web::HttpResponse {
    Failure::plain(&NO_SUCH_PATH).respond(&state.public_url, language(&http))
}
