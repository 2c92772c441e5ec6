//! What the security page promises and no other test shows.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use open_commitments::api::openapi;
use open_commitments::api::routes::ENDPOINTS;
use serde_json::{Value, json};

use crate::support::{Service, TestDatabase, command, data, path_of, with_query};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    found.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).expect("a source"))).collect()
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let tests = sources("tests/service");
    let named: BTreeSet<&str> = page.split('`').filter(|word| word.contains("::") && !word.contains(' ')).collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        let (module, function) = name.rsplit_once("::").expect("module::function");
        let at = module.replace("::", "/");
        let is_there = tests.iter().any(|(path, text)| {
            let path = path.with_extension("");
            (path.ends_with(&at) || path.ends_with(format!("{at}/mod"))) && text.contains(&format!("fn {function}("))
        });
        assert!(is_there, "{name}");
    }
    for number in 1..=10 {
        assert!(page.contains(&format!("| API{number} ")), "API{number}");
    }
}

/// A `serve` that ends with this value. What it prints goes on being taken.
struct Served {
    child: Child,
    url: String,
    _rest: std::io::Lines<BufReader<ChildStdout>>,
}

impl Served {
    fn start(mut command: Command) -> Served {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program");
        let mut rest = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut lines = rest.by_ref().map(|line| line.expect("UTF-8"));
        let url = lines.find_map(|line| line.strip_prefix("Serving at ").map(str::to_owned)).expect("the address");
        Served { child, url, _rest: rest }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[actix_web::test]
async fn no_secret_is_in_anything_that_the_program_says() {
    const PASSWORD: &str = "correct-horse-battery";
    let database = TestDatabase::create().await;
    let url = match database.url.contains("postgres@") {
        true => database.url.replacen("postgres@", &format!("postgres:{PASSWORD}@"), 1),
        false => database.url.clone(),
    };
    let on = |words: &[&str], input: &str| command(words, &[("DATABASE_URL", &url), ("RUST_LOG", "debug")], input);
    let mut said = Vec::new();
    said.extend(on(&["publish", "-"], &data::small().to_string()).stderr);
    let made = on(&["keys", "create", "--organization", "org"], "");
    let key = String::from_utf8(made.stdout).expect("UTF-8").trim().to_owned();
    let secret = key.rsplit('_').next().expect("a secret").to_owned();
    assert!(secret.len() > 32);
    said.extend(made.stderr);
    let log = tempfile::NamedTempFile::new().expect("a file");
    let mut serve = Command::new(env!("CARGO_BIN_EXE_open-commitments"));
    serve.args(["serve", "--bind", "127.0.0.1:0"]).env_remove("LC_ALL").stderr(log.reopen().expect("the file"));
    serve.envs([("DATABASE_URL", url.as_str()), ("RUST_LOG", "debug"), ("LANG", "C")]);
    let served = Served::start(serve);
    let client = reqwest::Client::new();
    let publication = json!({"kind": "new_data", "message": {"en": "x"}, "publisher": "org",
        "records": {"reports": [data::report("two-s1", "two", "2020-S1", "completed")]}});
    for (key, scheme, status) in [
        (key.clone(), "https", 201),
        (key.clone(), "http", 403),
        (format!("{key}0"), "https", 401),
        (format!("oc_{secret}"), "https", 401),
    ] {
        let request =
            client.post(format!("{}/v1/revisions", served.url)).bearer_auth(&key).header("x-forwarded-proto", scheme);
        let answer = request.json(&publication).send().await.expect("an answer");
        assert_eq!(answer.status(), status);
        let told = format!("{:?} {}", answer.headers().clone(), answer.text().await.expect("text"));
        assert!(!told.contains(&secret), "{told}");
    }
    let read =
        client.get(format!("{}/v1/commitments/one", served.url)).bearer_auth(&key).send().await.expect("an answer");
    assert_eq!(read.status(), 200);
    drop(served);
    said.extend(std::fs::read(log.path()).expect("the log"));
    let unreachable = format!("postgresql://nobody:{PASSWORD}@127.0.0.1:1/none");
    for words in [&["verify"][..], &["serve", "--bind", "127.0.0.1:0"], &["help", "serve"]] {
        let output = command(words, &[("DATABASE_URL", &unreachable), ("RUST_LOG", "debug")], "");
        said.extend([output.stdout, output.stderr].concat());
    }
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("POST /v1/revisions"), "the log was written: {said}");
    for hidden in [secret.as_str(), PASSWORD] {
        let line = said.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None, "a secret was said");
    }
}

#[actix_web::test]
async fn no_address_that_a_stranger_names_is_asked_for() {
    let trap = TcpListener::bind("127.0.0.1:0").expect("a free port");
    trap.set_nonblocking(true).expect("a trap that does not wait");
    let bait = format!("http://{}/latest/meta-data", trap.local_addr().expect("an address"));
    let service = Service::small().await;
    let source = json!({"id": "bait", "title": {"en": "Bait"}, "url": bait, "text": {"en": "300 cases"}});
    service.publishes(&data::publication("new_data", json!({"sources": [source]})));
    let encoded: String = url::form_urlencoded::byte_serialize(bait.as_bytes()).collect();
    for path in [
        "/v1/sources/bait".to_owned(),
        "/sources/bait".to_owned(),
        "/pictures/sources/bait.png".to_owned(),
        "/v1/exports/sources.csv".to_owned(),
        "/catalog.jsonld".to_owned(),
        format!("/v1/sources?url={encoded}"),
        format!("/oembed?url={encoded}"),
        format!("/embed/metrics/cases?url={encoded}"),
    ] {
        service.get(&path).await;
    }
    let page = format!("<html><link href=\"{bait}\"><img src=\"{bait}\"><p>1. Build 4 schools</p></html>");
    service.run(
        &["import", "-", "--programme", "p", "--organization", "org", "--year", "2020", "--source-url", &bait],
        &page,
    );
    let asked = trap.accept().map(|(_, peer)| peer).map_err(|error| error.kind());
    assert_eq!(asked, Err(ErrorKind::WouldBlock), "nobody came");
}

/// `#[get("…")]` and `#[post("…")]` of the sources.
fn served_by_macros() -> BTreeSet<String> {
    let texts = sources("src");
    let marks = ["#[get(\"", "#[post(\""];
    let of = |text: &str, mark: &str| -> Vec<String> {
        text.split(mark).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    };
    texts.iter().flat_map(|(_, text)| marks.iter().flat_map(|mark| of(text, mark)).collect::<Vec<_>>()).collect()
}

#[test]
fn every_path_of_the_interface_is_in_the_document_and_no_other() {
    let document = openapi::document("http://127.0.0.1").expect("a document");
    let documented: BTreeSet<String> = document["paths"].as_object().expect("paths").keys().cloned().collect();
    let endpoints = ENDPOINTS.iter().map(|endpoint| endpoint.path.clone());
    let served: BTreeSet<String> = served_by_macros().into_iter().chain(endpoints).collect();
    assert!(served.len() > 50, "{served:?}");
    assert_eq!(served, documented);
}

#[actix_web::test]
async fn answers_say_nothing_of_the_machinery() {
    let service = Service::small().await;
    for path in ENDPOINTS.iter().map(path_of) {
        let path = path.replace("{id}", "1").replace("{format}", "csv");
        for path in [path.clone(), with_query(&path, "colour=red")] {
            let answer = service.get(&path).await;
            for name in ["server", "x-powered-by", "via"] {
                assert_eq!(answer.header(name), "", "{path}");
            }
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            let told =
                ["panicked", "src/", "postgres", "SELECT ", "diesel"].iter().find(|word| answer.text.contains(**word));
            assert!(answer.status == 200 || told.is_none(), "{path}: {}", answer.text);
        }
    }
}

#[actix_web::test]
async fn members_that_are_the_services_own_cannot_be_set() {
    let service = Service::small().await;
    let key = service.key("org", &["--scopes", "publish,correct,withdraw,admin"]);
    let before = service.get("/v1/commitments/one").await.json();
    for member in ["changed_in", "status", "publisher", "computed", "id"] {
        let patch = json!({"kind": "source_correction", "message": {"en": "x"}, "publisher": "org",
            "patch": [{"kind": "commitment", "id": "one", "set": {member: "mine"}}]});
        let answer = service.post("/v1/revisions", &key, &patch, &[]).await;
        assert!(answer.status == 422 || answer.status == 200, "{member}: {} {}", answer.status, answer.text);
    }
    let mut after = service.get("/v1/commitments/one").await.json();
    after["changed_in"] = before["changed_in"].clone();
    assert_eq!(after, before, "a correction changes what is published, and nothing else");
    assert_eq!(service.head().await, 1, "not one was a revision");
    let unknown: Value =
        json!({"kind": "new_data", "message": {"en": "x"}, "publisher": "org", "scopes": ["admin"], "key": "x"});
    assert_eq!(service.post("/v1/revisions", &key, &unknown, &[]).await.status, 422);
}
