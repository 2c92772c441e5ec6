//! `serve`: the interface over HTTP.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web;

use super::{Failed, Opened, connect, open, reach, tell};
use crate::api::cache::{self, Responses};
use crate::api::changes::followers::Followers;
use crate::api::exports::Exports;
use crate::api::fair_use::{FairUse, Rules};
use crate::api::metrics::Metrics;
use crate::api::metrics_port;
use crate::api::{self, State};
use crate::catalog;
use crate::cli::publish;
use crate::config::{Serve, read_url};
use crate::db::heads::Heads;
use crate::db::migrate::{self, Direction};
use crate::db::pool::Database;
use crate::db::session;
use crate::mirror::follow::Following;
use crate::mirror::local;
use crate::mirror::upstream::Upstream;
use crate::model::message::Language;
use crate::picture::Pictures;
use crate::say;

/// How long files that are sent as they are read may take after the signal to stop.
const FINISHING: Duration = Duration::from_secs(25);

pub fn run(settings: Serve) -> Result<(), Failed> {
    actix_web::rt::System::new().block_on(serve(settings))
}

async fn serve(settings: Serve) -> Result<(), Failed> {
    let read_urls: Result<Vec<String>, String> = settings.database_read_urls.iter().map(|url| read_url(url)).collect();
    let read_urls = read_urls.map_err(Failed::of)?;
    // Bound first: a port that is taken is known before a database is started.
    let (listener, local) = listen(&settings.bind, "BIND")?;
    let apart = settings.metrics_bind.as_deref().map(|bind| listen(bind, "METRICS_BIND")).transpose()?;
    let public_url = match &settings.public_url {
        Some(url) => checked(url)?,
        None => local.clone(),
    };
    let upstream = settings.mirror_from.as_deref().map(Upstream::new);
    let opened = match &upstream {
        Some(upstream) => open_mirror(&settings, upstream).await?,
        None => open(&settings.database).await?,
    };
    publish_first(&settings, &opened).await;
    let timeout = Duration::from_secs(settings.statement_timeout.into());
    let heads = Heads::listen(&opened.url);
    let database = Database::new(&opened.url, settings.database_connections.into(), timeout).map_err(Failed::of)?;
    let database = database.knowing(&heads).reading_from(&read_urls, &heads).map_err(Failed::of)?;
    let state = State {
        database: database.clone(),
        public_url,
        clock: chrono::Utc::now,
        metrics: Metrics::new().map_err(Failed::of)?,
        metrics_apart: apart.is_some(),
        fair_use: FairUse::new(Rules {
            anybody: settings.rate_limit.into(),
            with_key: settings.rate_limit_with_key.into(),
            loopback: false,
        }),
        trusted_proxies: settings.trusted_proxies.clone(),
        followers: Followers::new(
            database,
            heads,
            usize::try_from(settings.max_followers).map_err(Failed::of)?,
            Duration::from_secs(settings.gateway_timeout.into()),
        ),
        exports: Exports::new(
            settings.export_dir.clone().unwrap_or_else(std::env::temp_dir),
            settings.export_spool_bytes,
            Duration::from_secs(settings.gateway_timeout.into()),
        ),
        responses: Responses::new(settings.response_cache_bytes),
        pictures: Pictures::new(settings.fonts),
        licence: catalog::licence(&settings),
        operator: settings.operator.clone(),
        site: settings.site.clone(),
        publishing: tokio::sync::Semaphore::new(1),
    };
    let workers = settings.workers.map(usize::from);
    let workers = workers.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    // Everybody who waits has a connection, and the usual soft limit is about a thousand.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        log::debug!("the limit of open files stays: {error}");
    }
    if let Some(upstream) = upstream {
        actix_web::rt::spawn(keep_in_step(opened.url.clone(), upstream));
    }
    let state = web::Data::new(state);
    actix_web::rt::spawn(cache::follow(state.clone()));
    let server = api::server(state.clone(), listener, workers).map_err(Failed::of)?;
    actix_web::rt::spawn(stop_on_signal(server.handle(), state.clone()));
    tell(say!(
        "Serving at {local}\n  {local}/v1       the interface, with examples\n  {local}/docs/    its documentation\n  {local}/health/ready",
        "服务地址 {local}\n  {local}/v1       接口与示例\n  {local}/docs/    接口文档\n  {local}/health/ready"
    ));
    if let Some((listener, local)) = apart {
        actix_web::rt::spawn(metrics_port::server(state, listener).map_err(Failed::of)?);
        tell(say!("Metrics at {local}/health/metrics", "指标地址 {local}/health/metrics"));
    }
    server.await.map_err(Failed::of)?;
    tell(say!("Stopped.", "已停止。"));
    Ok(())
}

/// A socket at an address that the setting `name` chose, and what it is called from here.
fn listen(bind: &str, name: &str) -> Result<(TcpListener, String), Failed> {
    let listener = TcpListener::bind(bind).map_err(|error| {
        Failed(say!(
            "{bind} cannot be listened on: {error}. Choose another with {name}.",
            "无法监听 {bind}：{error}。请用 {name} 另选地址。"
        ))
    })?;
    let address = listener.local_addr().map_err(Failed::of)?;
    Ok((listener, format!("http://{address}")))
}

/// The database of a copy. What it is a copy of has to answer once, to say which ledger it is; from then on this one
/// serves whether or not the other does.
async fn open_mirror(settings: &Serve, upstream: &Upstream) -> Result<Opened, Failed> {
    let opened = reach(&settings.database)?;
    let mut connection = session::connect_when_up(&opened.url).await.map_err(Failed::of)?;
    if local::identity(&mut connection).await.is_ok() {
        migrate::run(&opened.url, &settings.database.time_zone, Direction::Up).await?;
    } else {
        let index = upstream.index().await?;
        migrate::run_as_copy(&opened.url, index.ledger, &index.time_zone).await?;
    }
    Ok(opened)
}

/// Follows as long as the service runs. What cannot pass is logged, and shown by /health/ready; reads go on.
async fn keep_in_step(database_url: String, upstream: Upstream) {
    let following = Following {
        database_url: &database_url,
        upstream: &upstream,
        for_ever: true,
        restoring: false,
        progress: &super::mirror::progress,
    };
    if let Err(fault) = following.run().await {
        log::error!("the copy stays as it is: {}", fault.message().in_language(Language::of_terminal()));
    }
}

/// Ends the service on SIGTERM or Ctrl-C: those who wait are answered, requests are finished.
async fn stop_on_signal(server: ServerHandle, state: web::Data<State>) {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        };
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    state.followers.dismiss();
    state.exports.stop();
    // A worker that has nothing to do ends at once, and with it the connections to the database that it opened: others
    // may be reading from them.
    let _ = tokio::time::timeout(FINISHING, state.exports.finish()).await;
    server.stop(true).await;
}

/// The public URL without a slash at its end.
fn checked(url: &str) -> Result<String, Failed> {
    let plain =
        |url: &url::Url| matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    if let Some(read) = url::Url::parse(url).ok().filter(plain) {
        // As it was read: without the white space that a file of settings may leave around it.
        return Ok(read.as_str().trim_end_matches('/').to_owned());
    }
    Err(Failed(say!(
        "PUBLIC_URL “{url}” is not an http or https address.",
        "PUBLIC_URL“{url}”不是 http 或 https 地址。"
    )))
}

/// What is refused is printed, and the service goes on.
async fn publish_first(settings: &Serve, opened: &Opened) {
    if settings.publish.is_empty() {
        return;
    }
    let mut connection = match connect(opened).await {
        Ok(connection) => connection,
        Err(Failed(message)) => return eprintln!("{}", message.in_language(Language::of_terminal())),
    };
    for path in &settings.publish {
        let published = match publish::read(path) {
            Ok(bytes) => publish::file(&mut connection, path, &bytes, false).await,
            Err(failed) => Err(failed),
        };
        match published {
            Ok(outcome) => publish::report(path, &outcome, false),
            Err(Failed(message)) => eprintln!("{}", message.in_language(Language::of_terminal())),
        }
    }
}
