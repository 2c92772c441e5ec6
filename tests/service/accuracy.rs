//! How well `import` reads: precision and recall against hand-made answers (tests/announcements).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::command;

/// What was found, what was right of it, and what there was to find.
#[derive(Default, Clone, Copy)]
struct Score {
    found: usize,
    right: usize,
    wanted: usize,
}

impl Score {
    fn add(&mut self, other: Score) {
        self.found += other.found;
        self.right += other.right;
        self.wanted += other.wanted;
    }

    fn precision(&self) -> f64 {
        if self.found == 0 { 1.0 } else { self.right as f64 / self.found as f64 }
    }

    fn recall(&self) -> f64 {
        if self.wanted == 0 { 1.0 } else { self.right as f64 / self.wanted as f64 }
    }
}

/// Scores by what was scored, and what was wrong, in words.
#[derive(Default)]
struct Scores {
    of: BTreeMap<&'static str, Score>,
    wrong: Vec<String>,
}

impl Scores {
    fn tell(&mut self, what: &'static str, found: bool, right: bool, wanted: bool) {
        let score = Score { found: found.into(), right: right.into(), wanted: wanted.into() };
        self.of.entry(what).or_default().add(score);
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/announcements")
}

/// Announcements with answers. One whose text may not stand here is scored where it is at hand.
fn announcements() -> Vec<(String, Value, PathBuf)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let Some(name) = name.strip_suffix(".answers.json") else { continue };
        let answers: Value = serde_json::from_slice(&std::fs::read(&path).expect("answers")).expect("JSON");
        let file = answers["file"].as_str().expect("a file");
        let elsewhere = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/announcements").join(file);
        let text = [folder().join(file), elsewhere].into_iter().find(|path| path.exists());
        if let Some(text) = text {
            found.push((name.to_owned(), answers, text));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn import(answers: &Value, file: &Path) -> Value {
    let arguments = answers["arguments"].as_array().expect("arguments");
    let mut words = vec![
        "import",
        file.to_str().expect("a path"),
        "--programme",
        "plan",
        "--organization",
        "org",
        "--include-text",
    ];
    words.extend(arguments.iter().map(|word| word.as_str().expect("a word")));
    let output = command(&words, &[], "");
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a publication")
}

fn list<'a>(value: &'a Value, name: &str) -> Vec<&'a Value> {
    value[name].as_array().map(|list| list.iter().collect()).unwrap_or_default()
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn chinese<'a>(record: &'a Value, member: &str) -> &'a str {
    record[member]["zh-Hans"].as_str().unwrap_or_default()
}

/// A figure that was found, by each place it was found at.
struct Found<'a> {
    start: i64,
    end: i64,
    role: &'a str,
    record: &'a Value,
    unit: &'a str,
    /// Its own time basis, else its metric's.
    basis: &'a str,
}

fn figures(records: &Value) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    for (collection, role) in [("observations", "actual"), ("targets", "target")] {
        for record in list(records, collection) {
            let metric = list(records, "metrics").into_iter().find(|metric| metric["id"] == record["metric"]);
            let unit = metric.and_then(|metric| metric["unit"]["label"]["zh-Hans"].as_str()).unwrap_or_default();
            let own = metric.and_then(|metric| metric["time_basis"].as_str());
            for evidence in list(record, "evidence") {
                found.push(Found {
                    start: evidence["start"].as_i64().expect("a start"),
                    end: evidence["end"].as_i64().expect("an end"),
                    role: record["role"].as_str().unwrap_or(role),
                    record,
                    unit,
                    basis: record["time_basis"].as_str().or(own).unwrap_or_default(),
                });
            }
        }
    }
    found
}

fn score(answers: &Value, publication: &Value) -> Scores {
    let records = &publication["records"];
    let text = records["sources"][0]["text"]["zh-Hans"].as_str().expect("the text").to_owned();
    let mut scores = Scores::default();
    let commitments = list(records, "commitments");
    let wanted = list(answers, "commitments");
    for answer in &wanted {
        let title = plain(answer["title"].as_str().expect("a title"));
        let record = commitments.iter().find(|record| {
            record["number"] == answer["number"]
                && (plain(chinese(record, "title")) == title
                    || answers["about"].as_str().is_some_and(|about| about.contains("cut short"))
                        && plain(chinese(record, "title")).starts_with(&title))
        });
        scores.tell("commitments", false, record.is_some(), true);
        let Some(record) = record else {
            scores.wrong.push(format!("commitment {} {title} is not found", answer["number"]));
            continue;
        };
        let report = list(records, "reports").into_iter().find(|report| report["commitment"] == record["id"]);
        let unsaid = report.is_some_and(|report| chinese(report, "note").contains("未写明"));
        let status = report.filter(|_| !unsaid).and_then(|report| report["status"].as_str());
        let right = status == answer["status"].as_str();
        scores.tell("statuses", status.is_some(), right && status.is_some(), answer["status"].is_string());
        if !right {
            scores.wrong.push(format!(
                "status of {}: {status:?}, not {:?}",
                answer["number"],
                answer["status"].as_str()
            ));
        }
        let next = report.map(|report| plain(chinese(report, "next_steps"))).unwrap_or_default();
        let words = plain(answer["next_steps"].as_str().unwrap_or_default());
        let right = next == words
            || !words.is_empty()
                && next.starts_with(&words)
                && answers["about"].as_str().is_some_and(|about| about.contains("cut short"));
        scores.tell("next steps", !next.is_empty(), right && !next.is_empty(), !words.is_empty());
        if !right {
            scores.wrong.push(format!("next steps of {}: {next}, not {words}", answer["number"]));
        }
    }
    scores.of.entry("commitments").or_default().found = commitments.len();
    score_figures(answers, &text, figures(records), &mut scores);
    scores
}

fn score_figures(answers: &Value, text: &str, found: Vec<Found<'_>>, scores: &mut Scores) {
    let mut left: Vec<&Found> = found.iter().collect();
    let outside = list(answers, "figures");
    for answer in
        list(answers, "commitments").into_iter().flat_map(|commitment| list(commitment, "figures")).chain(outside)
    {
        let (words, printed) =
            (answer["words"].as_str().expect("words"), answer["as_published"].as_str().expect("a figure"));
        let squeezed = words.replace(" ｜", "");
        let Some(place) = text.find(squeezed.as_str()) else { panic!("“{words}” is not in the text") };
        let offset = squeezed.find(printed).expect("the figure in its words");
        let start = i64::try_from(text[..place + offset].chars().count()).expect("small");
        let end = start + i64::try_from(printed.chars().count()).expect("small");
        let matching = left.iter().position(|found| {
            found.start < end
                && start < found.end
                && found.record["value"].as_f64() == answer["value"].as_f64()
                && found.role == answer["role"]
        });
        scores.tell("figures", false, matching.is_some(), true);
        let Some(index) = matching else {
            let at = left.iter().find(|found| found.start < end && start < found.end);
            scores.wrong.push(format!(
                "{words}: {}",
                at.map_or("not found".into(), |found| format!("found as {} {}", found.role, found.record["value"]))
            ));
            continue;
        };
        let found = left.remove(index);
        for (what, is, wanted) in [
            ("units", Some(found.unit), answer["unit"].as_str()),
            (
                "qualifiers",
                found.record["qualifier"].as_str().or(found.record["comparator"].as_str()),
                answer["qualifier"].as_str(),
            ),
        ] {
            let alike = is == wanted
                || wanted == Some("more_than") && is == Some("at_least") && found.role == "target"
                || wanted.is_some_and(|wanted| ["about", "nearly"].contains(&wanted)) && found.role == "target";
            scores.tell(what, is.is_some(), alike && is.is_some(), wanted.is_some());
            if !alike {
                scores.wrong.push(format!("{what} of {words}: {is:?}, not {wanted:?}"));
            }
        }
        if let (Some(wanted), true) = (answer["time_basis"].as_str(), found.role != "target") {
            scores.tell("time bases", true, found.basis == wanted, true);
            if found.basis != wanted {
                scores.wrong.push(format!("time basis of {words}: {}, not {wanted}", found.basis));
            }
        }
    }
    scores.of.entry("figures").or_default().found = found.len();
    for found in left {
        scores.wrong.push(format!(
            "no figure: {} as {} {}",
            found.record["as_published"], found.role, found.record["evidence"][0]["prefix"]
        ));
    }
}

#[test]
fn announcements_of_many_layouts_are_read_with_the_accuracy_that_is_promised() {
    let mut whole = Scores::default();
    let mut table = String::new();
    for (name, answers, file) in announcements() {
        let scores = score(&answers, &import(&answers, &file));
        table.push_str(&format!("{name:<28}"));
        for what in ["commitments", "statuses", "next steps", "figures"] {
            let score = scores.of.get(what).copied().unwrap_or_default();
            table.push_str(&format!(" {what} {:.3}/{:.3}", score.precision(), score.recall()));
            whole.of.entry(what).or_default().add(score);
        }
        for what in ["units", "qualifiers", "time bases"] {
            whole.of.entry(what).or_default().add(scores.of.get(what).copied().unwrap_or_default());
        }
        table.push('\n');
        whole.wrong.extend(scores.wrong.into_iter().map(|wrong| format!("{name}: {wrong}")));
    }
    println!("{table}");
    println!("{}", whole.wrong.join("\n"));
    for (what, least) in [
        ("commitments", 0.98),
        ("statuses", 0.98),
        ("next steps", 0.98),
        ("figures", 0.95),
        ("units", 0.95),
        ("qualifiers", 0.95),
        ("time bases", 0.95),
    ] {
        let score = whole.of[what];
        println!("{what}: precision {:.3}, recall {:.3} of {}", score.precision(), score.recall(), score.wanted);
        assert!(score.precision() >= least && score.recall() >= least, "{what}");
    }
}
