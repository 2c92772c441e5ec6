//! What tests stand on: a database of their own, a service on a free port, and the command line.

pub mod cluster;
pub mod data;
pub mod drawing;
pub mod random;
pub mod servers;
pub mod tables;

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web;
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use open_commitments::api::cache::{self, Responses};
use open_commitments::api::changes::followers::Followers;
use open_commitments::api::endpoint::Endpoint;
use open_commitments::api::exports::Exports;
use open_commitments::api::fair_use::{FairUse, Rules};
use open_commitments::api::metrics::Metrics;
use open_commitments::api::{self, State};
use open_commitments::catalog::Licence;
use open_commitments::db::heads::Heads;
use open_commitments::db::pool::Database;
use open_commitments::export::xlsx::SHEET_ROWS;
use open_commitments::ledger::publish::{self, Clock, Terms};
use open_commitments::picture::{Fonts, Pictures};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use cluster::TestDatabase;

/// An endpoint's path with the parameters that it does not answer without, as the small ledger has them.
pub fn path_of(endpoint: &Endpoint) -> String {
    let needs = endpoint.parameters.iter().filter(|parameter| parameter.required);
    needs.fold(endpoint.path.clone(), |path, parameter| match parameter.name {
        "metric" => with_query(&path, "metric=cases"),
        other => panic!("which {other} is there to ask {path} for?"),
    })
}

/// A path with one more parameter.
pub fn with_query(path: &str, query: &str) -> String {
    format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' })
}

/// A service with a ledger of its own; both go with it.
pub struct Service {
    pub url: String,
    pub database: TestDatabase,
    pub state: web::Data<State>,
    client: reqwest::Client,
    handle: ServerHandle,
    /// Whether a command may have published what the service has not heard of yet.
    behind: std::cell::Cell<bool>,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

/// An answer that may be no text.
pub struct Bytes {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Bytes {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("a plain header")).unwrap_or_default()
    }
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Answer {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.expect("a body") }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("a plain header")).unwrap_or_default()
    }

    /// The ids of a list, in order.
    pub fn ids(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.text);
        let data = self.json()["data"].as_array().cloned().expect("a list");
        data.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// The last part of a problem's type. Every member that it has is in the document.
    pub fn problem(&self) -> String {
        assert!(self.header("content-type").starts_with("application/problem+json"), "{} {}", self.status, self.text);
        let problem = self.json();
        for name in problem.as_object().expect("an object").keys() {
            assert!(PROBLEM["properties"][name].is_object(), "{name} is not in the document: {}", self.text);
        }
        problem["type"].as_str().and_then(|name| name.rsplit('/').next()).expect("a type").to_owned()
    }
}

impl Service {
    /// A service with an empty ledger.
    pub async fn empty() -> Service {
        Service::with(Settings::default()).await
    }

    /// A service with the real data of Shandong, as revision 1.
    pub async fn shandong() -> Service {
        let service = Service::empty().await;
        service.publishes(&data::shandong());
        service
    }

    /// A service with a small made-up ledger, as revision 1.
    pub async fn small() -> Service {
        let service = Service::empty().await;
        service.publishes(&data::small());
        service
    }

    /// The small ledger after a correction, a withdrawal and a redaction, at revision 5.
    pub async fn eventful() -> Service {
        let service = Service::small().await;
        for publication in data::events() {
            service.publishes(&publication);
        }
        service
    }

    pub async fn with(settings: Settings) -> Service {
        let database = TestDatabase::create().await;
        Service::on(database, settings)
    }

    /// A service on a database that is there.
    pub fn on(database: TestDatabase, settings: Settings) -> Service {
        // What a 500 hides is shown where the test fails.
        let _ = env_logger::builder().is_test(true).filter_level(log::LevelFilter::Error).try_init();
        let listener = std::net::TcpListener::bind(settings.bind).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let heads = Heads::listen(&database.url);
        let pool = Database::new(&database.url, 8, settings.statement_timeout).expect("a pool").knowing(&heads);
        let state = State {
            database: pool.clone(),
            public_url: settings.public_url.unwrap_or_else(|| url.clone()),
            clock: settings.clock,
            metrics: Metrics::new().expect("metrics"),
            metrics_apart: settings.metrics_apart,
            fair_use: FairUse::new(settings.rules),
            trusted_proxies: settings.trusted.iter().map(|network| network.parse().expect("a network")).collect(),
            exports: Exports::new(settings.export_dir, settings.export_bytes, settings.gateway_timeout)
                .with_sheet_rows(settings.sheet_rows),
            responses: Responses::new(settings.cache_bytes),
            pictures: Pictures::new(settings.fonts),
            licence: Licence::default(),
            operator: settings.operator,
            site: settings.site,
            publishing: tokio::sync::Semaphore::new(1),
            followers: Followers::new(pool, heads, settings.max_followers, settings.gateway_timeout),
        };
        let state = web::Data::new(state);
        actix_web::rt::spawn(cache::follow(state.clone()));
        let server = api::server(state.clone(), listener, 1).expect("a server");
        let handle = server.handle();
        actix_web::rt::spawn(server);
        // Commands block the thread that the service runs on: a connection kept meanwhile may be closed.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client");
        Service { url, database, state, client, handle, behind: true.into() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[]).await
    }

    /// Waits until the service has heard of what other processes published, and read what that changed.
    pub async fn hears(&self) {
        if self.behind.replace(false)
            && let Some(head) = self.database.head().await
        {
            let mut heads = self.state.followers.heads();
            let heard = tokio::time::timeout(Duration::from_secs(30), heads.wait_for(|heard| *heard >= head)).await;
            heard.expect("in time").expect("a listener");
            let began = std::time::Instant::now();
            while self.state.database.known().told() < head {
                assert!(began.elapsed() < Duration::from_secs(30), "it is not told of revision {head}");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.hears().await;
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// What is read may be no text.
    pub async fn bytes(&self, path: &str, headers: &[(&str, &str)]) -> Bytes {
        self.hears().await;
        let mut request = self.client.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Bytes { status, headers, bytes: response.bytes().await.expect("a body").to_vec() }
    }

    /// A key for `org`, with these scopes.
    pub fn key(&self, organization: &str, words: &[&str]) -> String {
        let words = [&["keys", "create", "--organization", organization], words].concat();
        let output = self.run(&words, "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }

    /// Publishes over HTTP.
    pub async fn post(&self, path: &str, key: &str, publication: &Value, headers: &[(&str, &str)]) -> Answer {
        self.post_to(&format!("{}{path}", self.url), key, publication, headers).await
    }

    /// Publishes at an address of its own.
    pub async fn post_to(&self, url: &str, key: &str, publication: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.post(url).bearer_auth(key).json(publication);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// Publishes on the command line.
    pub fn publish(&self, publication: &Value) -> Output {
        self.run(&["publish", "-"], &publication.to_string())
    }

    /// Publishes what is to be accepted.
    pub fn publishes(&self, publication: &Value) {
        let output = self.publish(publication);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Publishes what is to be refused; returns what the publisher reads.
    pub fn refuses(&self, publication: &Value) -> String {
        let output = self.publish(publication);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).expect("UTF-8")
    }

    /// Runs a command on this ledger.
    pub fn run(&self, words: &[&str], input: &str) -> Output {
        self.behind.set(true);
        command(words, &[("DATABASE_URL", &self.database.url)], input)
    }

    /// The number of the head revision.
    pub async fn head(&self) -> i64 {
        self.get("/v1").await.json()["revision"].as_i64().expect("a number")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The command is sent with the call; nobody waits for the last connections.
        drop(self.handle.stop(false));
    }
}

/// What a service may be told.
pub struct Settings {
    pub public_url: Option<String>,
    pub bind: &'static str,
    pub metrics_apart: bool,
    pub rules: Rules,
    pub trusted: Vec<String>,
    pub clock: Clock,
    pub statement_timeout: Duration,
    pub gateway_timeout: Duration,
    pub max_followers: usize,
    pub operator: open_commitments::config::Operator,
    pub site: open_commitments::config::Site,
    pub fonts: Fonts,
    pub export_dir: std::path::PathBuf,
    pub export_bytes: u64,
    pub sheet_rows: usize,
    /// Of answers that are kept.
    pub cache_bytes: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            public_url: None,
            bind: "127.0.0.1:0",
            metrics_apart: false,
            rules: Rules::NONE,
            trusted: Vec::new(),
            clock: Utc::now,
            statement_timeout: Duration::from_secs(20),
            gateway_timeout: Duration::from_secs(60),
            max_followers: 1000,
            operator: Default::default(),
            site: Default::default(),
            fonts: Fonts::Shipped,
            export_dir: std::env::temp_dir(),
            export_bytes: 1 << 30,
            sheet_rows: SHEET_ROWS,
            cache_bytes: 16 << 20,
        }
    }
}

/// What the document says of problems.
static PROBLEM: LazyLock<Value> = LazyLock::new(|| api::schemas::all()["Problem"].clone());

/// Publishes at a time of one's own.
pub async fn publish_at(connection: &mut AsyncPgConnection, publication: &Value, clock: Clock) {
    let parsed = open_commitments::model::publication::parse(publication.to_string().as_bytes());
    let published = publish::publish(connection, parsed, &Terms::local(false, clock)).await;
    published.map(drop).expect("published");
}

/// Runs the program.
pub fn command(words: &[&str], environment: &[(&str, &str)], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_open-commitments"))
        .args(words)
        .env("LANG", "C")
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    // A program that refuses early closes its input; that is not ours to judge.
    let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
    child.wait_with_output().expect("its output")
}

/// An instant for a fixed clock.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// Runs the program while the services of this thread go on answering.
pub async fn command_beside(words: &[&str], database: &str) -> Output {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let database = database.to_owned();
    let run = move || {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        command(&words, &[("DATABASE_URL", &database)], "")
    };
    actix_web::web::block(run).await.expect("a thread")
}

/// digest(N) from a page alone, as the design writes it.
pub fn digest(previous: &str, header: &Value, changes: &[&Value]) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut lines = format!("oc1\n{previous}\n");
    for name in ["revision", "kind", "publisher", "published_at", "message_digest"] {
        lines.push_str(&format!("{}\n", text(&header[name])));
    }
    for change in changes {
        let parts = ["seq", "kind", "id", "op", "change_kind", "record_digest"].map(|name| text(&change[name]));
        lines.push_str(&format!("{}\n", parts.join(" ")));
    }
    hex::encode(Sha256::digest(lines))
}

/// A program that runs until this value goes, and then is killed.
pub struct Program(std::process::Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the program on a database.
pub fn program(words: &[&str], database: &str) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_open-commitments"));
    command.args(words).env("DATABASE_URL", database).env("LANG", "C").stdin(Stdio::null());
    Program(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program"))
}
