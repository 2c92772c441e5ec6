//! HTTP, version 1. `routes` lists every path, and serves and documents it from the same entry;
//! `endpoint` turns a request into parameters and an answer into a response.

pub mod answer;
pub mod cache;
pub mod catalogue;
pub mod changes;
pub mod citation;
pub mod client;
pub mod compare;
pub mod compatibility;
pub mod cursor;
pub mod diff;
pub mod discovery;
pub mod documents;
mod download;
pub mod endpoint;
pub mod exports;
pub mod fair_use;
pub mod figure;
pub mod history;
pub mod list;
pub mod metrics;
pub mod metrics_port;
pub mod middleware;
pub mod negotiation;
pub mod oembed;
pub mod openapi;
pub mod openapi_3_0;
mod parameters;
pub mod pictures;
pub mod plain;
pub mod problem;
pub mod publish;
pub mod query;
pub mod record;
pub mod revisions;
pub mod routes;
pub mod schemas;
pub mod search;
pub mod summary;
pub mod unread;
pub mod warnings;

use actix_service::IntoServiceFactory;
use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, Condition, Logger, from_fn};
use actix_web::{App, Error, HttpServer, web};

use cache::front::Front;
use fair_use::gate::Gate;

use crate::catalog;
use crate::db::pool::Database;
use crate::ledger::publish::Clock;
use crate::picture;
use crate::site;

/// What every request shares.
pub struct State {
    pub database: Database,
    /// Where the service is seen from outside, without a slash at the end.
    pub public_url: String,
    pub clock: Clock,
    /// Limits of each client.
    pub fair_use: fair_use::FairUse,
    pub metrics: metrics::Metrics,
    /// Whether Prometheus has a port of its own, and is answered there alone.
    pub metrics_apart: bool,
    /// Proxies that are believed when they say for whom they ask.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Those who wait for new revisions.
    pub followers: changes::followers::Followers,
    /// Of the data.
    pub licence: catalog::Licence,
    /// What catalogues say of who runs the service.
    pub operator: crate::config::Operator,
    /// What pages say of them.
    pub site: crate::config::Site,
    pub exports: exports::Exports,
    /// Answers that are kept.
    pub responses: cache::Responses,
    pub pictures: picture::Pictures,
    /// Turns at publishing.
    pub publishing: tokio::sync::Semaphore,
}

/// The target that requests are logged under.
pub const ACCESS: &str = "open_commitments::access";

/// The application, for production and tests alike.
pub fn app(
    state: web::Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let prefix = path_prefix(&state.public_url);
    App::new()
        .app_data(state)
        .configure(routes::records)
        // Pages before the rest: what lies below the prefix of the interface is the interface's alone.
        .configure(|config| site::routes::configure(config, &prefix))
        .configure(|config| routes::configure(config, &prefix))
        .default_service(web::route().to(middleware::no_path))
        .wrap(Compress::default())
        .wrap(from_fn(middleware::frame))
        .wrap(Condition::new(
            log::log_enabled!(target: ACCESS, log::Level::Info),
            Logger::new(r#"%{client}xi "%r" %s %b %T %{x-request-id}o"#)
                .custom_request_replace("client", |request| client::shown(request.head(), request.app_data()))
                .log_target(ACCESS),
        ))
}

/// Connections that may come at once, as when a proxy or the service itself starts anew and everybody connects.
const BACKLOG: i32 = 4096;

/// A server on a socket that is bound already. Who takes the signals is the caller's to say.
pub fn server(state: web::Data<State>, listener: std::net::TcpListener, workers: usize) -> std::io::Result<Server> {
    // To listen once more only changes how many may come at once.
    socket2::SockRef::from(&listener).listen(BACKLOG)?;
    let server = HttpServer::new(move || {
        let front = Front { app: app(state.clone()).into_factory(), state: state.clone() };
        Gate { inner: front, state: state.clone() }
    })
    .workers(workers)
    .shutdown_timeout(30)
    .disable_signals()
    .on_connect(drop_slow_readers)
    .listen(listener)?;
    Ok(server.run())
}

/// How long a reader may take nothing of what is sent.
#[cfg(target_os = "linux")]
const SLOWEST: std::time::Duration = std::time::Duration::from_secs(60);

/// Has the system end connections whose reader takes nothing (RFC 5482).
fn drop_slow_readers(connection: &dyn std::any::Any, _: &mut actix_web::dev::Extensions) {
    #[cfg(target_os = "linux")]
    if let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>()
        && let Err(error) = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(SLOWEST))
    {
        log::debug!("a time limit for slow readers: {error}");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = connection;
}

/// The path of the public URL, under which everything is served as well: a proxy may strip it or not.
fn path_prefix(public_url: &str) -> String {
    url::Url::parse(public_url).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
}
