//! Whoever follows the feed ends with the same records and digests as the service, whatever is published,
//! withdrawn and redacted meanwhile, and whoever is killed at whatever moment.

pub mod programs;
mod publications;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use open_commitments::ledger::digest;
use open_commitments::mirror::wire;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use self::programs::{Door, Served, Tireless, beside, follower, program};
use crate::support::data::{self, observation, publication, withdrawal};
use crate::support::random::{Random, seeds};
use crate::support::{Service, Settings, TestDatabase, command_beside};

const COLLECTIONS: [&str; 8] =
    ["organizations", "programmes", "commitments", "reports", "metrics", "observations", "targets", "sources"];
const FILTERS: [&str; 6] = [
    "programme=plan",
    "programme=other",
    "publisher=org2",
    "publisher=org&programme=other",
    "kind=report,target",
    "kind=observation&programme=plan",
];
/// Publications that a run tries.
const STEPS: usize = 20;

/// Records by kind and id: digest and body.
type Records = BTreeMap<(String, String), (String, String)>;

/// What a snapshot of the feed has.
async fn snapshot(service: &Service, filter: &str) -> Records {
    let mut records = Records::new();
    let mut place = "snapshot=true".to_owned();
    loop {
        let answer = service.get(&format!("/v1/changes?limit=7&{place}&{filter}")).await;
        let page: wire::Page = serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{}", answer.text));
        if page.caught_up {
            assert!(page.data.is_empty(), "nobody publishes any more");
            return records;
        }
        for entry in page.data {
            let body = entry.record.expect("a record").get().to_owned();
            let before = records.insert((entry.kind, entry.id), (entry.record_digest, body));
            assert!(before.is_none(), "twice in a snapshot");
        }
        place = format!("cursor={}", page.next);
    }
}

async fn list(service: &Service, path: &str) -> Vec<Value> {
    let list = service.get(path).await;
    assert_eq!(list.status, 200, "{path}: {}", list.text);
    let items = list.json()["data"].as_array().cloned().expect("a list");
    items.into_iter().filter(|item| item["computed"] != true).collect()
}

/// Kinds and ids that the lists have under a filter of the feed.
async fn listed(service: &Service, filter: &str) -> BTreeSet<(String, String)> {
    let value = |name: &str| filter.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let publisher = value("publisher").map(|id| format!("&publisher={id}")).unwrap_or_default();
    let mut within = None;
    if let Some(programme) = value("programme") {
        let own = list(service, &format!("/v1/commitments?limit=1000&programme={programme}")).await;
        within = Some((programme, own.iter().map(|item| text(&item["id"])).collect::<Vec<_>>().join(",")));
    }
    let mut found = BTreeSet::new();
    for collection in COLLECTIONS {
        let kind = collection.strip_suffix('s').expect("a plural");
        if value("kind").is_some_and(|kinds| !kinds.split(',').any(|wanted| wanted == kind)) {
            continue;
        }
        let narrowed = match (&within, kind) {
            (None, _) => String::new(),
            (Some((programme, _)), "programme") => format!("&id={programme}"),
            (Some((programme, _)), "commitment") => format!("&programme={programme}"),
            (Some((_, ids)), "report" | "observation" | "target") if !ids.is_empty() => format!("&commitment={ids}"),
            _ => continue,
        };
        let items = list(service, &format!("/v1/{collection}?limit=1000{publisher}{narrowed}")).await;
        found.extend(items.iter().map(|item| (kind.to_owned(), text(&item["id"]))));
    }
    found
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// What the follower in Python prints in the end.
fn printed(head: &str, records: &Records) -> String {
    let bodies: String = records.iter().map(|((kind, _), (_, body))| format!("{kind} {body}\n")).collect();
    let lines: String = records.iter().map(|((kind, id), (digest, _))| format!("{kind} {id} {digest}\n")).collect();
    format!("{bodies}{head} {} {}\n", records.len(), hex::encode(Sha256::digest(lines)))
}

/// A follower in Python of one run.
struct Python {
    words: Vec<String>,
    filter: &'static str,
    file: std::path::PathBuf,
    program: Tireless,
}

impl Python {
    fn new(random: &mut Random, url: &str, folder: &Path, filter: &'static str) -> Python {
        let mut words = vec!["--limit".to_owned(), random.of(&["1", "2", "3", "5", "1000"]).to_owned()];
        words.push(format!("--filter={filter}"));
        if random.once_in(3) {
            words.push("--snapshot".to_owned());
        }
        let file = folder.join(format!("{}.db", filter.replace(['=', '&', ','], "-")));
        let (url, at, given) = (url.to_owned(), file.clone(), words.clone());
        let program = Tireless::new(move || follower(&url, &at, &given));
        Python { words, filter, file, program }
    }

    /// Lets it come to its end; what it prints then.
    async fn finish(&mut self, url: &str, head: i64) -> String {
        self.program.kill();
        let mut command = follower(url, &self.file, &self.words);
        command.args(["--dump", "--until", &head.to_string()]);
        let output = beside(move || command.output().expect("python3")).await;
        assert!(output.status.success(), "{}: {}", self.filter, String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

/// What happened in a run.
#[derive(Default, Debug)]
struct Counts {
    runs: usize,
    revisions: i64,
    redacted: usize,
    /// Of followers and mirrors, of services, of the database's connections.
    kills: [usize; 3],
}

impl Counts {
    fn add(mut self, other: Counts) -> Counts {
        self.runs += other.runs;
        self.revisions += other.revisions;
        self.redacted += other.redacted;
        self.kills.iter_mut().zip(other.kills).for_each(|(own, more)| *own += more);
        self
    }
}

/// One random run.
async fn run(seed: u64) -> Counts {
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let random = &mut random;
    let (database, copy) = (TestDatabase::create().await, TestDatabase::create().await);
    let folder = tempfile::tempdir().expect("a folder");
    let door = Door::open();
    publications::begin(&database).await;
    let mut served = Served::start(&database.url, &door).await;
    let mut counts = Counts { runs: 1, ..Counts::default() };
    let filter = random.of(&FILTERS);
    let mut followers = ["", filter].map(|filter| Python::new(random, &door.url, folder.path(), filter));
    let (url, at) = (door.url.clone(), copy.url.clone());
    let mut mirror = Tireless::new(move || {
        let mut command = program();
        command.args(["mirror", "--from", &url, "--follow"]).env("DATABASE_URL", &at).env("RUST_LOG", "off");
        command
    });
    for _ in 0..STEPS {
        let publication = publications::publication(random, &database).await;
        publications::publish(&database, &publication).await;
        match random.below(14) {
            0 => {
                served.kill(&door);
                counts.kills[1] += 1;
                // Whoever starts now finds nobody.
                mirror.start();
                served = Served::start(&database.url, &door).await;
            }
            1..=3 => followers[0].program.kill(),
            4..=5 => followers[1].program.kill(),
            6..=7 => mirror.kill(),
            8 => counts.kills[2] += disconnect(&database).await,
            9 => counts.kills[2] += disconnect(&copy).await,
            _ => {}
        }
        // Some stay away for a while, and find what they missed as it has become.
        for program in followers.iter_mut().map(|follower| &mut follower.program).chain([&mut mirror]) {
            if random.once_in(4) {
                program.start();
            }
        }
        // So that the next kill meets them somewhere else.
        tokio::time::sleep(Duration::from_millis(random.below(60) as u64)).await;
    }
    let settings = || Settings { public_url: Some("https://ledger.example".into()), ..Settings::default() };
    let service = Service::on(database, settings());
    let index = service.get("/v1").await.json();
    let head = index["revision"].as_i64().expect("a number");
    let citation = format!("{head} {}", text(&index["digest"]));
    for follower in &mut followers {
        let said = follower.finish(&door.url, head).await;
        let records = snapshot(&service, follower.filter).await;
        let keys: BTreeSet<_> = records.keys().cloned().collect();
        assert_eq!(keys, listed(&service, follower.filter).await, "seed {seed}, {}", follower.filter);
        assert_eq!(said, printed(&citation, &records), "seed {seed}, {}", follower.filter);
        counts.kills[0] += follower.program.kills;
    }
    mirror.kill();
    counts.kills[0] += mirror.kills;
    let late = TestDatabase::create().await;
    for copy in [copy, late] {
        // The second one begins now, after all redactions.
        let output = command_beside(&["mirror", "--from", &door.url], &copy.url).await;
        assert!(output.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&output.stderr));
        let output = command_beside(&["verify", "--from", &door.url], &copy.url).await;
        assert!(output.status.success(), "seed {seed}: {output:?}");
        let copy = Service::on(copy, settings());
        same_answers(&service, &copy, head, random, seed).await;
    }
    let changes = list(&service, "/v1/changes?limit=1000").await;
    counts.redacted = changes.iter().filter(|change| change.get("redacted_in").is_some()).count();
    counts.revisions = head;
    counts
}

/// Ends every connection to a database; how many there were.
async fn disconnect(database: &TestDatabase) -> usize {
    let query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let row = database.client().await.query_one(query, &[]).await.expect("an answer");
    usize::try_from(row.get::<_, i64>(0)).expect("small")
}

/// Compares answers at some revisions byte for byte, and their ETags.
async fn same_answers(one: &Service, other: &Service, head: i64, random: &mut Random, seed: u64) {
    let middle = 1 + i64::try_from(random.below(usize::try_from(head).expect("small"))).expect("small");
    for revision in [2, middle, head - 1, head] {
        let lists = COLLECTIONS.map(|collection| format!("/v1/{collection}?limit=1000&"));
        let others = [
            "/v1/commitments?include=latest_report,observations&sort=id&".to_owned(),
            "/v1/observations?metric=rate&".into(),
            "/v1/organizations/org/history?".into(),
            "/v1/reports/org-report-1/history?".into(),
            "/v1/commitments/org-commitment-1/history?".into(),
            format!("/v1/commitments/org2-commitment-{}?", random.below(3)),
            format!("/v1/observations/org-observation-{}?", random.below(3)),
            "/v1/summary?".into(),
            "/v1/warnings?limit=1000&".into(),
            "/v1/revisions?limit=1000&".into(),
            "/v1/changes?limit=1000&".into(),
            "/v1/changes?snapshot=true&limit=1000&".into(),
            format!("/v1/diff?from={middle}&to={revision}&"),
        ];
        for path in lists.iter().chain(&others) {
            let path = format!("{path}revision={revision}");
            let (here, there) = (one.get(&path).await, other.get(&path).await);
            assert_eq!((here.status, &here.text), (there.status, &there.text), "seed {seed}: {path}");
            assert_eq!(here.header("etag"), there.header("etag"), "seed {seed}: {path}");
        }
    }
}

/// Runs with these seeds, some at a time.
async fn runs(seeds: impl Iterator<Item = u64>) -> Counts {
    let runs = stream::iter(seeds.map(run)).buffer_unordered(6);
    let counts = runs.fold(Counts::default(), async |sum, counts| sum.add(counts)).await;
    println!("{counts:?}");
    counts
}

#[actix_web::test]
async fn followers_and_mirrors_end_with_the_same_ledger_in_twenty_random_runs() {
    let counts = runs(seeds("FOLLOWING_SEED", 20)).await;
    assert!(counts.revisions > 10, "the runs did something");
}

#[actix_web::test]
#[ignore = "takes minutes; ./dev test --long"]
async fn followers_and_mirrors_end_with_the_same_ledger_in_hundreds_of_random_runs() {
    runs(seeds("FOLLOWING_SEED", 200)).await;
}

/// The page that the protocol explains digests with.
#[test]
fn the_example_of_the_protocol_has_the_digests_it_says() {
    let protocol = include_str!("../../../docs/following.md");
    let example = protocol.split("```json follower-page\n").nth(1).and_then(|rest| rest.split("```").next());
    let page: wire::Page = serde_json::from_str(example.expect("a page")).expect("a page as followers read it");
    let ledger = protocol.split("with the ledger `").nth(1).and_then(|rest| rest.get(..36)).expect("a UUID");
    let origin = digest::origin(ledger.parse().expect("a UUID"));
    assert!(protocol.contains(&hex::encode(origin)));
    let (header, entry) = (&page.revisions[0], &page.data[0]);
    let salted = |salt: &str, text: &str| digest::salted(&hex::decode(salt).expect("hex"), text);
    let record = salted(entry.salt.as_deref().expect("a salt"), entry.record.as_deref().expect("a record").get());
    let message = salted(&header.message_salt, header.message.get());
    assert_eq!(
        (hex::encode(record), hex::encode(message)),
        (entry.record_digest.clone(), header.message_digest.clone())
    );
    let told = digest::Header {
        previous: &origin,
        revision: header.revision,
        kind: &header.kind,
        publisher: &header.publisher,
        published_at: header.published_at,
        message_digest: &message,
    };
    let line = digest::Line {
        seq: entry.seq,
        kind: &entry.kind,
        id: &entry.id,
        op: &entry.op,
        change_kind: &entry.change_kind,
        record_digest: &record,
    };
    assert_eq!(hex::encode(digest::revision(&told, [line])), header.digest);
}

/// What belonged to a commitment cannot be looked up when that was redacted, so it leaves with the redaction.
#[actix_web::test]
async fn a_filtered_follower_that_comes_late_to_a_redaction_hears_of_what_left_before_it() {
    let service = Service::small().await;
    let (url, folder) = (service.url.clone(), tempfile::tempdir().expect("a folder"));
    let file = folder.path().join("plan.db");
    let words = ["--filter=programme=plan", "--dump", "--once"].map(str::to_owned);
    let follow = || {
        let mut command = follower(&url, &file, &words);
        beside(move || String::from_utf8(command.output().expect("python3").stdout).expect("UTF-8"))
    };
    assert!(follow().await.contains("report"));
    // One record is withdrawn, one moves to another commitment and programme; then what they belonged to is redacted.
    service.publishes(&publication(
        "new_data",
        json!({
            "programmes": [{"id": "other", "organization": "org", "year": 2021, "title": {"en": "Other"}}],
            "commitments": [{"id": "three", "programme": "other", "number": 3, "title": {"en": "Three"}}],
        }),
    ));
    service.publishes(&withdrawal(&[("report", "one-s1")]));
    let mut moved = observation("cases-s1", "cases", "2020-S1", json!(300));
    moved["commitment"] = "three".into();
    service.publishes(&publication("source_correction", json!({"observations": [moved]})));
    service.publishes(&json!({"kind": "redaction", "message": {"en": "Law"}, "publisher": "org", "redact": [{"kind": "commitment", "id": "one"}]}));
    let said = follow().await;
    let kinds: Vec<&str> = said.lines().filter_map(|line| line.split_once(" {")).map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["commitment", "programme"], "{said}");
}

#[actix_web::test]
async fn a_follower_of_another_history_finds_the_last_revision_that_both_have() {
    let (one, copy) = (Service::small().await, TestDatabase::create().await);
    let report =
        |status| publication("new_data", json!({"reports": [data::report("two-s1", "two", "2020-S1", status)]}));
    one.publishes(&publication("new_data", json!({"organizations": [data::organization("second")]})));
    // A copy that was made a ledger of its own goes another way.
    for words in [&["mirror", "--from", &one.url][..], &["mirror", "--promote"]] {
        let output = command_beside(words, &copy.url).await;
        assert!(output.status.success(), "{output:?}");
    }
    let other = Service::on(copy, Settings::default());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("all.db");
    let follow = |url: &str| {
        let mut command = follower(url, &file, &["--once".to_owned()]);
        beside(move || command.output().expect("python3"))
    };
    one.publishes(&report("completed"));
    one.publishes(&withdrawal(&[("report", "two-s1")]));
    other.publishes(&report("delayed"));
    assert!(follow(&one.url).await.status.success());
    let output = follow(&other.url).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&told["alike"], &told["theirs"]["head"]), (&json!(2), &json!(3)), "{told}");
    // What it has stays as it is.
    assert!(follow(&one.url).await.status.success());
}
