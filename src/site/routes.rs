//! Every page: its path, the parameters it has of its own, and what makes it.

use std::future::Future;
use std::pin::Pin;

use actix_web::{HttpRequest, HttpResponse, web};

use super::visit::Visit;
use super::{
    assets, builder, commitment, compare, developers, embed, frame, home, metric, organization, pictures, problems,
    programme, revisions, search, source,
};
use crate::api::problem::Failure;
use crate::api::query::Query;
use crate::api::{State, endpoint, middleware};

type Made = Pin<Box<dyn Future<Output = Result<HttpResponse, Failure>>>>;

/// A page.
struct Route {
    path: &'static str,
    parameters: &'static [&'static str],
    make: fn(Visit, String) -> Made,
}

static ROUTES: [Route; 12] = [
    Route { path: "/", parameters: &[], make: |visit, _| Box::pin(home::read(visit)) },
    Route {
        path: "/programmes/{id}",
        parameters: &programme::PARAMETERS,
        make: |visit, id| Box::pin(async move { programme::read(visit, &id).await }),
    },
    Route {
        path: "/commitments/{id}",
        parameters: &builder::PARAMETERS,
        make: |visit, id| Box::pin(async move { commitment::read(visit, &id).await }),
    },
    Route {
        path: "/metrics/{id}",
        parameters: &builder::PARAMETERS,
        make: |visit, id| Box::pin(async move { metric::read(visit, &id).await }),
    },
    Route {
        path: "/sources/{id}",
        parameters: &[],
        make: |visit, id| Box::pin(async move { source::read(visit, &id).await }),
    },
    Route {
        path: "/organizations/{id}",
        parameters: &[],
        make: |visit, id| Box::pin(async move { organization::read(visit, &id).await }),
    },
    Route { path: "/revisions", parameters: &["before"], make: |visit, _| Box::pin(revisions::list(visit)) },
    Route {
        path: "/revisions/{id}",
        parameters: &[],
        make: |visit, id| Box::pin(async move { revisions::one(visit, &id).await }),
    },
    Route { path: "/search", parameters: &["q"], make: |visit, _| Box::pin(search::read(visit)) },
    Route { path: "/compare", parameters: &compare::PARAMETERS, make: |visit, _| Box::pin(compare::read(visit)) },
    Route { path: "/problems", parameters: &[], make: |visit, _| Box::pin(problems::list(visit)) },
    Route { path: "/developers", parameters: &[], make: |visit, _| Box::pin(developers::read(visit)) },
];

/// Serves the pages, and serves them below a path prefix as well.
pub fn configure(config: &mut web::ServiceConfig, prefix: &str) {
    if !prefix.is_empty() {
        below(config, prefix);
    }
    below(config, "");
}

fn below(config: &mut web::ServiceConfig, prefix: &str) {
    let other = || web::route().to(middleware::other_method);
    let script = web::resource(format!("{prefix}/embed.js")).route(web::get().to(embed::script));
    config.service(script.default_service(other()));
    for kind in embed::KINDS {
        let serve = web::get().to(move |state, http| embed::serve(kind, state, http));
        let resource = web::resource(format!("{prefix}/embed/{}/{{id}}", kind.collection));
        config.service(resource.route(serve).default_service(other()));
    }
    let files = web::resource(format!("{prefix}/assets/{{digest}}/{{name}}"));
    config.service(files.route(web::get().to(assets::serve)).default_service(other()));
    for route in &ROUTES {
        let page = web::get().to(move |state: web::Data<State>, http: HttpRequest| serve(route, state, http));
        let resource = web::resource(format!("{prefix}{}", route.path));
        config.service(resource.route(page).default_service(other()));
        let name = if route.path == "/" { "/index" } else { route.path };
        let picture = web::get().to(move |state: web::Data<State>, http: HttpRequest| draw(route, state, http));
        let resource = web::resource(format!("{prefix}/pictures{name}.png"));
        config.service(resource.route(picture).default_service(other()));
    }
}

/// The picture of a page, which the page itself has drawn. It knows few parameters, and refuses others, so that
/// nobody has it drawn in endless variety.
async fn draw(route: &'static Route, state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    let drawn = async {
        Query::parse(http.query_string(), ["lang", "revision"].into_iter()).finish()?;
        let id = http.match_info().query("id").to_owned();
        let path = route.path.trim_start_matches('/').replace("{id}", &id);
        let mut visit = Visit::new(state.clone(), http.clone(), path, &[])?;
        visit.as_picture = true;
        pictures::in_pixels((route.make)(visit, id).await?, &state).await
    };
    drawn.await.unwrap_or_else(|failure| endpoint::refuse(&failure, &state, &http))
}

async fn serve(route: &'static Route, state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    let id = http.match_info().query("id").to_owned();
    let path = route.path.trim_start_matches('/').replace("{id}", &id);
    let depth = path.matches('/').count();
    let visit = Visit::new(state.clone(), http.clone(), path, route.parameters);
    let made = match visit {
        Ok(visit) => (route.make)(visit, id).await,
        Err(failure) => Err(failure),
    };
    made.unwrap_or_else(|failure| frame::refuse(&failure, &state, &http, depth))
}
