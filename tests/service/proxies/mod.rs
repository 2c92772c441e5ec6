//! Varnish and nginx in front, as `deploy/` sets them up: with ports, folders and times of the test in place of their own.

mod caching;
mod chain;
mod https;
mod outage;
mod prefix;
mod redaction;
mod variants;

use std::io::Read;
use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{self, Bytes, Service, Settings, TestDatabase, data};

/// How long anything may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where the service is seen through nginx.
const PUBLIC: &str = "https://data.example/commitments";

/// A proxy that runs until this value goes.
struct Proxy {
    name: &'static str,
    /// Where the service's own paths begin.
    url: String,
    folder: TempDir,
    process: Child,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program that is not in everybody's PATH.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
    let mut found = std::env::split_paths(&path).chain(folders).map(|folder| folder.join(name));
    found.find(|program| program.is_file()).unwrap_or_else(|| {
        panic!(
            "{name} is missing. Install it (Debian, Ubuntu: apt-get install varnish nginx; macOS: brew install varnish nginx), \
             or leave these tests out: cargo test -- --skip proxies::"
        )
    })
}

/// A file of `deploy/`, with other values for some of its own.
fn deployed(name: &str, changes: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    let text = std::fs::read_to_string(path).expect("a configuration");
    changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{name} has {from}");
        text.replace(from, to)
    })
}

/// The address after http://.
fn place(url: &str) -> &str {
    url.strip_prefix("http://").expect("a plain URL")
}

impl Proxy {
    async fn varnish(service: &Service) -> Proxy {
        Proxy::varnish_with(service, &[]).await
    }

    async fn varnish_with(service: &Service, changes: &[(&str, &str)]) -> Proxy {
        let (host, port) = place(&service.url).split_once(':').expect("a port");
        let (host, port) = (format!(".host = \"{host}\""), format!(".port = \"{port}\""));
        let own = [(".host = \"127.0.0.1\"", host.as_str()), (".port = \"8080\"", port.as_str())];
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("varnish.vcl");
        std::fs::write(&file, deployed("varnish.vcl", &[&own, changes].concat())).expect("written");
        let process = Command::new(program("varnishd"))
            .args(["-F", "-j", "none", "-a", "127.0.0.1:0", "-s", "malloc,64m", "-n"])
            .arg(folder.path().join("work"))
            .arg("-f")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(log(&folder))
            .stderr(log(&folder))
            .spawn()
            .expect("Varnish");
        let mut proxy = Proxy { name: "varnish", url: String::new(), folder, process };
        let address = proxy.until("it listens", async |proxy| {
            let said = proxy.administer(&["debug.listen_address"]).await?;
            let mut words = said.split_whitespace().skip(1);
            Some(format!("http://{}:{}", words.next()?, words.next().filter(|port| *port != "0")?))
        });
        proxy.url = address.await;
        proxy.answers().await;
        proxy
    }

    /// Asks Varnish's command line.
    async fn administer(&self, words: &[&str]) -> Option<String> {
        let mut command = Command::new(program("varnishadm"));
        command.arg("-n").arg(self.folder.path().join("work")).args(["-t", "30"]).args(words);
        let output = actix_web::web::block(move || command.output()).await.expect("a thread").expect("varnishadm");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    async fn nginx(service: &Service) -> Proxy {
        Proxy::nginx_with(&service.url, &[]).await
    }

    async fn nginx_with(upstream: &str, changes: &[(&str, &str)]) -> Proxy {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().display().to_string();
        let address = format!("127.0.0.1:{}", free_port());
        let (listen, server) = (format!("listen {address};"), format!("server {};", place(upstream)));
        let cache = format!("{at}/cache");
        let own = [
            ("listen 80;", listen.as_str()),
            ("server 127.0.0.1:8080;", server.as_str()),
            ("/var/cache/nginx/open-commitments levels", &format!("{cache} levels")),
        ];
        let site = deployed("nginx.conf", &[&own, changes].concat());
        let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {at}/{name};"))
            .concat();
        // One process, so that nothing outlives it.
        let main = format!(
            "daemon off; master_process off; pid {at}/pid; error_log stderr;
             events {{}}
             http {{ access_log off; {folders}
             {site} }}"
        );
        std::fs::write(folder.path().join("nginx.conf"), main).expect("written");
        let process = Command::new(program("nginx"))
            .arg("-p")
            .arg(folder.path())
            .args(["-e", "stderr", "-c", "nginx.conf"])
            .stdin(Stdio::null())
            .stdout(log(&folder))
            .stderr(log(&folder))
            .spawn()
            .expect("nginx");
        let proxy = Proxy { name: "nginx", url: format!("http://{address}/commitments"), folder, process };
        proxy.answers().await;
        proxy
    }

    /// Waits until it answers.
    async fn answers(&self) {
        let client = reqwest::Client::new();
        self.until("it answers", async |proxy| client.get(format!("{}/health/live", proxy.url)).send().await.ok())
            .await;
    }

    /// Asks again and again until there is an answer.
    async fn until<T>(&self, what: &str, ask: impl AsyncFn(&Proxy) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = ask(self).await {
                return found;
            }
            let said = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(began.elapsed() < PATIENCE, "{} until {what}: {}", self.name, said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Empties the cache as the operator's page says.
    async fn purge(&self) {
        if self.name == "varnish" {
            self.administer(&["ban", "obj.status", "!=", "0"]).await.expect("a ban");
        } else {
            let cache = self.folder.path().join("cache");
            let deleted = Command::new("find").arg(cache).args(["-type", "f", "-delete"]).status();
            assert!(deleted.is_ok_and(|status| status.success()));
        }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Bytes {
        Visitor::local().request("GET", &format!("{}{path}", self.url), headers).await
    }
}

/// What a proxy says goes to a file that is shown where it does not start.
fn log(folder: &TempDir) -> std::fs::File {
    let log = std::fs::File::options().create(true).append(true).open(folder.path().join("log"));
    log.expect("a file")
}

/// A port that no connection takes by itself, and nobody listens at.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 1500).expect("small") * 10;
    loop {
        let port = 12_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 15_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Whether the cache answered by itself.
fn is_hit(answer: &Bytes) -> bool {
    cache_status(answer).rsplit(", ").next().is_some_and(|last| last.contains("; hit") && !last.contains("fwd="))
}

/// `Cache-Status`, all of its fields.
fn cache_status(answer: &Bytes) -> String {
    let fields = answer.headers.get_all("cache-status").iter();
    fields.map(|field| field.to_str().expect("a plain header")).collect::<Vec<_>>().join(", ")
}

/// What an answer says, whatever it is packed in; and that who cannot unpack it is not given it packed.
fn plain(answer: &Bytes, encoding: &str) -> String {
    match answer.header("content-encoding") {
        "" => String::from_utf8_lossy(&answer.bytes).into_owned(),
        coding => {
            assert_eq!(coding, "gzip");
            assert!(encoding.contains("gzip") && !encoding.contains("q=0"), "packed for who takes “{encoding}”");
            let mut text = String::new();
            flate2::read::GzDecoder::new(answer.bytes.as_slice()).read_to_string(&mut text).expect("whole");
            text
        }
    }
}

/// Somebody with an address of their own.
struct Visitor(reqwest::Client);

impl Visitor {
    fn local() -> Visitor {
        Visitor::at("127.0.0.1")
    }

    fn at(address: &str) -> Visitor {
        let address: IpAddr = address.parse().expect("an address");
        let client = reqwest::Client::builder().local_address(address).pool_max_idle_per_host(0).build();
        Visitor(client.expect("a client"))
    }

    async fn request(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Bytes {
        let mut request = self.0.request(method.parse().expect("a method"), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Bytes { status, headers, bytes: response.bytes().await.expect("a body").to_vec() }
    }
}

/// A service that proxies on this machine are believed by, with the small ledger.
async fn service() -> Service {
    service_with(Settings::default()).await
}

async fn service_with(settings: Settings) -> Service {
    let trusted = vec!["127.0.0.1/32".to_owned()];
    let database = TestDatabase::create().await;
    let service = Service::on(database, Settings { public_url: Some(PUBLIC.into()), trusted, ..settings });
    service.publishes(&data::small());
    service.hears().await;
    service
}

/// Publishes while the service goes on answering, so that no proxy takes it for dead.
async fn publishes(service: &Service, publication: &serde_json::Value) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), publication.to_string()).expect("written");
    runs(service, &["publish", file.path().to_str().expect("a path")]).await;
}

async fn runs(service: &Service, words: &[&str]) {
    let output = support::command_beside(words, &service.database.url).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// How often the service was asked for paths of this pattern, wherever they begin, with this status; `""` is any.
async fn asked(service: &Service, pattern: &str, status: &str) -> u64 {
    let counted = Visitor::local().request("GET", &format!("{}/health/metrics", service.url), &[]).await;
    let text = String::from_utf8(counted.bytes).expect("UTF-8");
    let (route, status) = (format!("{pattern}\""), format!("status=\"{status}"));
    let lines = text.lines().filter(|line| line.starts_with("http_requests_total{"));
    let lines = lines.filter(|line| line.contains(&route) && line.contains(&status));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
