//! What only a release changes: the catalogue of interfaces, and rules for crawlers.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde_json::json;

use crate::api::plain::fixed;
use crate::api::{State, path_prefix};

/// The profile of a catalogue of interfaces.
const CATALOGUE: &str = "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"";

/// The interfaces served here
///
/// A catalogue of interfaces (RFC 9727), as a set of links (RFC 9264): where the interface is, what describes and documents it,
/// whether it is well. The header Link of a HEAD says the same of the catalogue itself.
#[utoipa::path(
    get, path = "/.well-known/api-catalog", operation_id = "get_api_catalog", tag = "service",
    responses((status = 200, description = "The links.", body = Object, content_type = "application/linkset+json", example = json!({"linkset": []})))
)]
#[get("/.well-known/api-catalog")]
pub async fn api_catalog(state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    let url = &state.public_url;
    let link = |path: &str, media_type: &str| json!({"href": format!("{url}{path}"), "type": media_type});
    let catalogue = format!("{url}/.well-known/api-catalog");
    let linkset = json!({"linkset": [
        {"anchor": catalogue, "item": [{"href": format!("{url}/v1")}]},
        {
            "anchor": format!("{url}/v1"),
            "service-desc": [link("/openapi.json", "application/json"), link("/openapi.yaml", "application/yaml"), link("/openapi-3.0.json", "application/json")],
            "service-doc": [link("/docs/", "text/html")],
            "status": [link("/health/ready", "application/json")],
            "alternate": [link("/v1/revisions.atom", "application/atom+xml")],
        },
    ]});
    let mut response = fixed(&http, linkset.to_string(), CATALOGUE);
    if let Ok(itself) = HeaderValue::from_str(&format!("<{catalogue}>; rel=\"api-catalog\"")) {
        response.headers_mut().insert(header::LINK, itself);
    }
    response
}

/// Rules for crawlers
///
/// Which paths are not worth a visit, and where the map of all records is (RFC 9309).
#[utoipa::path(
    get, path = "/robots.txt", operation_id = "get_robots", tag = "service",
    responses((status = 200, description = "The rules.", body = String, content_type = "text/plain", example = json!("User-agent: *\n")))
)]
#[get("/robots.txt")]
pub async fn robots(state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    let url = &state.public_url;
    let prefix = path_prefix(url);
    let text = format!(
        "User-agent: *\nDisallow: {prefix}/health/\nDisallow: {prefix}/v1/changes\nDisallow: {prefix}/*cursor=\n\nSitemap: {url}/sitemap.xml\n"
    );
    fixed(&http, text, "text/plain; charset=utf-8")
}
