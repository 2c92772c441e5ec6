//! Every path of the interface. The same entries serve it and yield the OpenAPI document.

mod comparison;
mod discovery;
mod exports;

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::discovery::fixed;
use super::endpoint::{self, COMMON_PROBLEMS, Endpoint, Handler, answered, responded};
use super::parameters::ParameterSet;
use super::problem::{
    MIRROR_BEHIND, NO_SUCH_RECORD, ProblemType, RECORD_REDACTED, RECORD_WITHDRAWN, TOO_MANY_FOLLOWERS,
};
use super::schemas;
use super::{
    catalogue, changes, diff, figure, history, list, middleware, oembed, plain, publish, record, revisions, summary,
    warnings,
};
use crate::export::format::Format;
use crate::model::kind::Kind;
use crate::model::kinds::{KINDS, observation, report};
use crate::site::problems;

const JSON: &[Format] = &[Format::Json];
static RECORD_PROBLEMS: &[&ProblemType] = &[&NO_SUCH_RECORD, &RECORD_WITHDRAWN, &RECORD_REDACTED];
static HISTORY_PROBLEMS: &[&ProblemType] = &[&NO_SUCH_RECORD];
static FEED_PROBLEMS: &[&ProblemType] = &[&MIRROR_BEHIND, &TOO_MANY_FOLLOWERS];
const FEED: &[Format] = &[Format::Json, Format::Ndjson, Format::EventStream];
const PAGES: &[Format] = &[Format::Json, Format::Ndjson, Format::Csv, Format::CsvExcel, Format::Xlsx];

/// The endpoints that read the ledger.
pub static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
    let mut endpoints = vec![index(), summary(), discovery::search()];
    endpoints.extend(catalogue::endpoints());
    for kind in KINDS {
        endpoints.extend([collection(kind), one(kind), versions(kind)]);
    }
    endpoints.push(below("commitment", &report::KIND, |request| {
        answered(list::read(request, report::KIND.filter("commitment")))
    }));
    endpoints.push(below("metric", &observation::KIND, |request| {
        answered(list::read(request, observation::KIND.filter("metric")))
    }));
    endpoints.push(figure::endpoint());
    endpoints.extend([
        revision_list(),
        one_revision(),
        feed(),
        difference(),
        warning_list(),
        discovery::revision_feed(),
        discovery::sitemap(),
    ]);
    endpoints.push(comparison::compare());
    endpoints.extend(comparison::citations());
    endpoints.extend(KINDS.into_iter().map(exports::export));
    endpoints.extend([exports::everything(), exports::descriptor()]);
    endpoints
});

/// The one path that takes publications.
const PUBLISHED_TO: &str = "/v1/revisions";

/// Registers what [`records`] leaves at the root, and everything under the prefix of the public URL.
pub fn configure(config: &mut web::ServiceConfig, prefix: &str) {
    services(config);
    if !prefix.is_empty() {
        let bare = web::resource(prefix).route(web::get().to(slashed));
        config.service(bare.default_service(web::route().to(middleware::other_method)));
        config.service(web::scope(prefix).configure(records).configure(services));
    }
}

/// Registers records and lists, which no other path is like, before everything else: paths are tried in order.
pub fn records(config: &mut web::ServiceConfig) {
    register(config, true);
}

fn register(config: &mut web::ServiceConfig, records: bool) {
    let is_record = |endpoint: &Endpoint| {
        endpoint.kind.is_some_and(|kind| {
            let below = endpoint.path.strip_prefix("/v1/").and_then(|path| path.strip_prefix(kind.collection));
            matches!(below, Some("" | "/{id}"))
        })
    };
    for endpoint in ENDPOINTS.iter().filter(|endpoint| is_record(endpoint) == records) {
        let handler = move |state, http| endpoint::serve(endpoint, state, http);
        let mut resource = web::resource(endpoint.path.as_str()).route(web::get().to(handler));
        if endpoint.path == PUBLISHED_TO {
            resource = resource.route(web::post().to(publish::post));
        }
        config.service(resource.default_service(web::route().to(middleware::other_method)));
    }
}

fn services(config: &mut web::ServiceConfig) {
    register(config, false);
    config
        .service(plain::live)
        .service(plain::ready)
        .service(plain::prometheus)
        .service(plain::openapi_json)
        .service(plain::openapi_yaml)
        .service(plain::openapi_3_0_json)
        .service(oembed::oembed)
        .service(fixed::api_catalog)
        .service(fixed::robots)
        .service(problems::problem_type)
        .service(web::resource("/docs").route(web::get().to(|| to("docs/".into()))))
        .service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("../openapi.json").try_it_out_enabled(true)));
    // The other methods of the single routes above.
    for path in [
        "/health/live",
        "/health/ready",
        "/health/metrics",
        "/openapi.json",
        "/openapi.yaml",
        "/openapi-3.0.json",
        "/.well-known/api-catalog",
        "/robots.txt",
        "/oembed",
        "/problems/{type}",
        "/docs",
        "/docs/{_:.*}",
    ] {
        config.service(web::resource(path).default_service(web::route().to(middleware::other_method)));
    }
}

/// A relative redirect, so that a path prefix stays.
async fn to(target: String) -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, target)).finish()
}

/// The front page has a slash at its end, from which its links go on.
async fn slashed(http: HttpRequest) -> HttpResponse {
    let last = http.path().rsplit('/').next().unwrap_or_default();
    let query = Some(http.query_string()).filter(|query| !query.is_empty());
    to(query.map_or_else(|| format!("{last}/"), |query| format!("{last}/?{query}"))).await
}

fn index() -> Endpoint {
    Endpoint {
        path: "/v1".into(),
        operation_id: "get_index".into(),
        tag: "ledger",
        summary: "The ledger and what can be asked".into(),
        description: "Identity of the ledger, its revision and digest, its collections, and links to try.".into(),
        id: None,
        parameters: ParameterSet::new().at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference("Index"),
        example: schemas::example("Index"),
        problems: &[],
        kind: None,
        handler: |request| answered(summary::index(request)),
    }
}

fn summary() -> Endpoint {
    Endpoint {
        path: "/v1/summary".into(),
        operation_id: "get_summary".into(),
        tag: "ledger",
        summary: "The ledger at a glance".into(),
        description: "Commitments by status, overall and by programme; those overdue and unreported, with the day this was evaluated on \
                      (today at head, pinned the day of the revision); the newest figure of each metric. Lists have at most 50 entries."
            .into(),
        id: None,
        parameters: ParameterSet::new().at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference("Summary"),
        example: schemas::example("Summary"),
        problems: &[],
        kind: None,
        handler: |request| answered(summary::read(request)),
    }
}

fn collection(kind: &'static Kind) -> Endpoint {
    Endpoint {
        path: format!("/v1/{}", kind.collection),
        operation_id: format!("list_{}", kind.collection),
        tag: kind.collection,
        summary: format!("A page of {}", kind.collection),
        description: format!("{} Sorted by {} unless told.", kind.about, kind.default_sort),
        id: None,
        parameters: ParameterSet::new().filters(kind, None).page(kind).at().format(PAGES).build(),
        formats: PAGES,
        answer: schemas::reference(&format!("{}List", kind.type_name)),
        example: schemas::list_example(kind),
        problems: &[],
        kind: Some(kind),
        handler: |request| answered(list::read(request, None)),
    }
}

fn one(kind: &'static Kind) -> Endpoint {
    Endpoint {
        path: format!("/v1/{}/{{id}}", kind.collection),
        operation_id: format!("get_{}", kind.name),
        tag: kind.collection,
        summary: format!("One {}", kind.name),
        description: format!("The {} as it stands at the revision asked for, head unless told.", kind.name),
        id: Some(kind.name),
        parameters: ParameterSet::new().members(kind).at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference(kind.type_name),
        example: schemas::record_example(kind),
        problems: RECORD_PROBLEMS,
        kind: Some(kind),
        handler: |request| answered(record::read(request)),
    }
}

fn versions(kind: &'static Kind) -> Endpoint {
    Endpoint {
        path: format!("/v1/{}/{{id}}/history", kind.collection),
        operation_id: format!("get_{}_history", kind.name),
        tag: kind.collection,
        summary: format!("Every version of one {}", kind.name),
        description: format!(
            "What was published of the {} and when, newest first; also of one that is withdrawn or redacted by now.",
            kind.name
        ),
        id: Some(kind.name),
        parameters: ParameterSet::new().paging().at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference(&format!("{}History", kind.type_name)),
        example: schemas::history_example(kind),
        problems: HISTORY_PROBLEMS,
        kind: Some(kind),
        handler: |request| answered(history::read(request)),
    }
}

/// The records of `kind` that belong to one record of kind `parent`.
fn below(parent: &'static str, kind: &'static Kind, handler: Handler) -> Endpoint {
    Endpoint {
        path: format!("/v1/{parent}s/{{id}}/{}", kind.collection),
        operation_id: format!("list_{parent}_{}", kind.collection),
        tag: kind.collection,
        summary: format!("The {} of one {parent}", kind.collection),
        description: format!(
            "The same as /v1/{}?{parent}={{id}}: an empty list where the {parent} has none, or is not there.",
            kind.collection
        ),
        id: Some(parent),
        parameters: ParameterSet::new().filters(kind, Some(parent)).page(kind).at().format(PAGES).build(),
        formats: PAGES,
        answer: schemas::reference(&format!("{}List", kind.type_name)),
        example: schemas::list_example(kind),
        problems: &[],
        kind: Some(kind),
        handler,
    }
}

fn revision_list() -> Endpoint {
    Endpoint {
        path: PUBLISHED_TO.into(),
        operation_id: "list_revisions".into(),
        tag: "ledger",
        summary: "A page of revisions".into(),
        description: "Revisions with their digests, newest first.".into(),
        id: None,
        parameters: ParameterSet::new().revisions().paging().count().at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference("RevisionList"),
        example: schemas::example("RevisionList"),
        problems: &[],
        kind: None,
        handler: |request| answered(revisions::list(request)),
    }
}

fn one_revision() -> Endpoint {
    Endpoint {
        path: "/v1/revisions/{id}".into(),
        operation_id: "get_revision".into(),
        tag: "ledger",
        summary: "One revision".into(),
        description: "Who published it, when and why, with its digest.".into(),
        id: Some("revision"),
        parameters: ParameterSet::new().at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference("Revision"),
        example: schemas::example("Revision"),
        problems: &[],
        kind: None,
        handler: |request| answered(revisions::read(request)),
    }
}

fn feed() -> Endpoint {
    Endpoint {
        path: "/v1/changes".into(),
        operation_id: "list_changes".into(),
        tag: "ledger",
        summary: "Every change, in order".into(),
        description: "The change feed, for those who keep a copy. Begin with after=0, or with snapshot=true for the records there are; \
                      then send next back as cursor, for ever: it also comes with an empty page. A revision is whole when complete says so, or a \
                      later page begins after it; take it in at once. With wait the answer to a caught-up follower comes when there is something \
                      new. text/event-stream sends change events, and a revision event when one is complete. A history that is not this \
                      ledger's is refused with a 410, history-diverged."
            .into(),
        id: None,
        parameters: ParameterSet::new().feed().at().format(FEED).build(),
        formats: FEED,
        answer: schemas::reference("ChangeList"),
        example: schemas::example("ChangeList"),
        problems: FEED_PROBLEMS,
        kind: None,
        handler: |request| responded(changes::read(request)),
    }
}

fn difference() -> Endpoint {
    Endpoint {
        path: "/v1/diff".into(),
        operation_id: "get_diff".into(),
        tag: "ledger",
        summary: "What changed between two revisions".into(),
        description:
            "Records that differ, by kind and id, each with the members that do and the last revision that changed it. \
                      What was changed and changed back is not listed."
                .into(),
        id: None,
        parameters: ParameterSet::new().diff().paging().at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference("DifferenceList"),
        example: schemas::example("DifferenceList"),
        problems: &[],
        kind: None,
        handler: |request| answered(diff::read(request)),
    }
}

fn warning_list() -> Endpoint {
    Endpoint {
        path: "/v1/warnings".into(),
        operation_id: "list_warnings".into(),
        tag: "ledger",
        summary: "What does not add up".into(),
        description: "Figures and reports that are odd, by kind and id. Official values are never blocked; what is odd about them is said here \
                      and in the answer to the publication."
            .into(),
        id: None,
        parameters: ParameterSet::new().warnings().paging().count().at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference("WarningList"),
        example: schemas::example("WarningList"),
        problems: &[],
        kind: None,
        handler: |request| answered(warnings::list(request)),
    }
}

/// Statuses that every read may answer with, beside its own.
pub fn problems(endpoint: &Endpoint) -> Vec<&'static ProblemType> {
    COMMON_PROBLEMS.iter().chain(endpoint.problems).copied().collect()
}
