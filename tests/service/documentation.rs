//! What the documentation says is true: its commands run, its settings and links are there.

use std::path::Path;
use std::process::Command;

use open_commitments::model::codes::Status;

use crate::support::{Service, command};

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

/// The lines of the blocks that are marked as shell.
fn shell_lines(text: &str) -> Vec<String> {
    text.split("```sh\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .flat_map(str::lines)
        .map(str::to_owned)
        .collect()
}

#[actix_web::test]
async fn every_curl_of_the_readmes_is_answered() {
    let service = Service::shandong().await;
    for name in ["README.md", "README.zh-Hans.md", "docs/embedding.md"] {
        let lines = shell_lines(&read(name));
        assert!(lines.len() > 5, "{name} has a tour");
        for line in lines {
            let here = line.replace("http://127.0.0.1:8080", &service.url);
            let asks_for_an_error = line.contains("limit=0");
            let with_status = format!("{here} -s -o /dev/stderr -w '%{{http_code}}'");
            let output =
                actix_web::rt::task::spawn_blocking(move || Command::new("sh").args(["-c", &with_status]).output())
                    .await;
            let output = output.expect("a task").expect("a shell");
            let status = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(
                status,
                if asks_for_an_error { "400" } else { "200" },
                "{name}: {line}\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

/// The guides for publishers, whose blocks are one script each.
const GUIDES: [&str; 2] = ["docs/publishing.md", "docs/publishing.zh-Hans.md"];

#[actix_web::test]
async fn the_guides_for_publishers_work_as_they_stand() {
    for name in GUIDES {
        let service = Service::empty().await;
        let folder = tempfile::tempdir().expect("a folder");
        let program = Path::new(env!("CARGO_BIN_EXE_open-commitments")).parent().expect("a folder").to_owned();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
        let script = format!("set -eu\n{}", shell_lines(&read(name)).join("\n"));
        let script = script.replace("http://127.0.0.1:8080", &service.url);
        let (place, database) = (folder.path().to_owned(), service.database.url.clone());
        let run = move || {
            let mut shell = Command::new("sh");
            shell.args(["-c", &script]).current_dir(place).env("PATH", path).env("DATABASE_URL", database);
            shell.env("LANG", "C").env_remove("LC_ALL").output()
        };
        let output = actix_web::rt::task::spawn_blocking(run).await.expect("a task").expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{name}: {said}\n{}", String::from_utf8_lossy(&output.stdout));
        // Published, corrected twice, withdrawn, and the third quarter.
        assert_eq!(service.head().await, 5, "{name}");
        let old =
            service.get("/v1/observations/example-justice-zai-xian-diao-jie-mao-dun-jiu-fen-2026-s1?revision=1").await;
        assert_eq!(old.json()["value"], 27614, "who cited revision 1 still reads what it said");
        assert_eq!(service.get("/v1/commitments/example-justice-2026-2").await.json()["status"], "completed");
        assert!(folder.path().join("review.html").exists());
    }
}

#[test]
fn the_table_of_official_words_is_what_the_import_reads() {
    for name in GUIDES {
        let text = read(name);
        let rows: Vec<(&str, &str)> = text
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "))
            .filter(|(code, _)| Status::parse(code).is_some())
            .collect();
        assert_eq!(rows.len(), Status::CODES.len(), "{name}: every code has its words");
        let said: Vec<(&str, &str)> =
            rows.iter().flat_map(|(code, words)| words.split(", ").map(|word| (*code, word))).collect();
        let items =
            said.iter().zip(1..).map(|((_, word), number)| format!("{number}.事项。\n进展情况：{word}。做了工作。\n"));
        let words = ["import", "-", "--programme", "p", "--organization", "o", "--year", "2020"];
        let output = command(&words, &[], &items.collect::<String>());
        let publication: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a publication");
        let reports = publication["records"]["reports"].as_array().expect("reports");
        let of = |number: usize| reports.iter().find(|report| report["commitment"] == format!("p-{number}"));
        for ((code, word), number) in said.iter().zip(1..) {
            assert_eq!(of(number).map(|report| &report["status"]), Some(&(*code).into()), "{name}: {word}");
        }
    }
}

#[actix_web::test]
async fn every_example_of_the_index_is_answered() {
    let service = Service::shandong().await;
    let index = service.get("/v1").await.json();
    let examples = index["examples"].as_array().expect("examples");
    let collections = index["collections"].as_object().expect("links").values();
    let others = ["meta", "summary", "revisions", "openapi", "docs"].iter().map(|name| &index[*name]);
    for link in examples.iter().map(|example| &example["link"]).chain(collections).chain(others) {
        let link = link.as_str().expect("a link");
        assert!(!link.starts_with('/'), "{link} is relative, so that a path prefix changes no bytes");
        assert_eq!(service.get(&format!("/{link}")).await.status, 200, "{link}");
    }
}

#[test]
fn the_readme_names_every_setting_and_command_and_no_other() {
    let readme = read("README.md");
    let help = |words: &[&str]| String::from_utf8(command(words, &[], "").stdout).expect("UTF-8");
    let settings = help(&["help", "serve"]);
    let named: Vec<&str> = settings.split("[env: ").skip(1).filter_map(|rest| rest.split(['=', ']']).next()).collect();
    assert!(named.len() > 5, "{settings}");
    for name in &named {
        assert!(readme.contains(&format!("| `{name}` |")), "{name} is not in the README");
    }
    let table = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    for name in table.filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')) {
        assert!(named.contains(&name) || name == "RUST_LOG", "{name} is no setting");
    }
    for line in readme.lines().filter_map(|line| line.strip_prefix("open-commitments ")) {
        let word = line.split_whitespace().next().expect("a command");
        assert!(!help(&["help", word]).is_empty(), "{word} is no command");
    }
}

#[test]
fn links_of_the_documentation_lead_somewhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = std::fs::read_dir(folder.join("docs")).expect("a folder").map(|entry| entry.expect("a page").path());
    let pages = pages.filter(|page| page.extension().is_some_and(|extension| extension == "md"));
    for page in pages.chain(["README.md", "README.zh-Hans.md"].map(|name| folder.join(name))) {
        let text = std::fs::read_to_string(&page).expect("a page");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().expect("a part");
            assert!(link.starts_with("http") || page.with_file_name(file).exists(), "{}: {link}", page.display());
        }
    }
}
