//! A publication of what was read, with what a person is to look at.

mod commitment;
mod figure;
mod rest;
mod said;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use self::figure::{Placed, merged};
pub use self::said::period_of;
use self::said::{signature, suffix};
use super::commitments::{Commitment, Reading};
use super::known::{Known, Rules};
use super::text::{Span, Text};
use crate::model::message::Message;
use crate::say;

/// What the announcement does not say of itself.
pub struct Settings {
    pub programme: String,
    pub organization: String,
    pub organization_name: Option<String>,
    pub year: i32,
    /// Period reported on; else the one that the text names, else the year.
    pub period: Option<String>,
    pub reported_on: Option<String>,
    pub source_url: Option<String>,
    /// Whether the whole text goes into the source, where it may be republished.
    pub include_text: bool,
}

/// Something for a person to look at.
#[derive(Clone, Debug)]
pub struct Note {
    /// First line it is about, from 1.
    pub line: usize,
    pub span: Span,
    /// Whether it asks for a decision; else it says what no record holds.
    pub warns: bool,
    pub message: Message,
}

/// What became of a stretch of the text, and in which record.
#[derive(Clone, Debug)]
pub struct Mark {
    pub span: Span,
    /// title, narrative, next_steps, status, actual, baseline, target, form, outside.
    pub class: &'static str,
    /// Kind and id, where it went into a record.
    pub record: Option<(&'static str, String)>,
}

/// An announcement as records.
pub struct Import {
    pub text: Text,
    pub publication: Value,
    pub notes: Vec<Note>,
    pub marks: Vec<Mark>,
}

/// The words of a record that a status was put into without any words for it.
pub const NO_STATUS: &str = "原文未写明进展状态，暂按推进中录入。";

/// `named` is the period that was given or that the text names.
pub fn make(
    text: Text,
    reading: Reading,
    named: Option<String>,
    settings: &Settings,
    known: &Known,
    rules: &Rules,
    sha256: String,
) -> Import {
    let period = named.clone().unwrap_or_else(|| settings.year.to_string());
    let suffix = suffix(&period, settings.year);
    let source = format!("{}-{suffix}-source", settings.programme);
    let mut maker = Maker {
        text: &text,
        settings,
        known,
        rules,
        period,
        suffix,
        source,
        digest: text.sha256(),
        records: BTreeMap::new(),
        placed: Placed::default(),
        undated: BTreeSet::new(),
        notes: Vec::new(),
        marks: Vec::new(),
    };
    if named.is_none() {
        maker.note(
            Span::new(0, 0),
            true,
            say!(
                "The opening words name no period, or several; the whole year is taken. Give --period, such as 2020-S1.",
                "开头没有写明期间，或写有多个期间，暂按全年处理。请用 --period 指定，例如 2020-S1。"
            ),
        );
    }
    maker.frame(&reading, sha256);
    let titled = |read: &Commitment| (read.number, read.title.map(|title| text.verbatim(title)).unwrap_or_default());
    let titles: Vec<(i64, String)> = reading.commitments.iter().map(titled).collect();
    for (read, known) in reading.commitments.iter().zip(known.commitments(&settings.programme, &titles)) {
        maker.commitment(read, known);
    }
    for figure in merged(&reading.figures) {
        maker.figure(&figure, None, &[]);
    }
    maker.left(&reading);
    let Maker { records, mut notes, mut marks, .. } = maker;
    notes.sort_by_key(|note| (!note.warns, note.span.start));
    marks.sort_by_key(|mark| (mark.span.start, mark.span.end));
    let collections: Map<String, Value> = crate::model::kinds::KINDS
        .iter()
        .filter_map(|kind| {
            let list: Vec<Value> = records.get(kind.name)?.values().cloned().collect();
            Some((kind.collection.to_owned(), list.into()))
        })
        .collect();
    let year = settings.year;
    let publication = json!({
        "kind": "new_data",
        "message": {"zh-Hans": format!("{year}年公开承诺进展情况"), "en": format!("Progress on the public commitments of {year}")},
        "publisher": settings.organization,
        "records": collections,
    });
    Import { text, publication, notes, marks }
}

struct Maker<'a> {
    text: &'a Text,
    settings: &'a Settings,
    known: &'a Known,
    rules: &'a Rules,
    period: String,
    suffix: String,
    source: String,
    /// Of the normalised text, for evidence.
    digest: String,
    records: BTreeMap<&'static str, BTreeMap<String, Value>>,
    placed: Placed,
    /// Commitments whose time limit is no day for sure.
    undated: BTreeSet<String>,
    notes: Vec<Note>,
    marks: Vec<Mark>,
}

impl Maker<'_> {
    /// Whether a record was taken back; then it is left out, and said so.
    fn is_gone(&mut self, kind: &'static str, id: &str, span: Span) -> bool {
        let gone = self.known.gone.contains(&(kind, id.to_owned()));
        if gone {
            self.note(span, true, say!(
                "{kind} {id} was withdrawn or redacted. It is left out; publish it by a correction kind if it is to come back.",
                "{kind} {id} 已撤回或涂删，未列入本次发布；如需恢复，请以更正类发布。"
            ));
        }
        gone
    }

    /// A record of this publication or of the ledger.
    fn there(&self, kind: &'static str, id: &str) -> Option<&Value> {
        self.records.get(kind).and_then(|records| records.get(id)).or_else(|| self.known.get(kind, id))
    }

    fn add(&mut self, kind: &'static str, id: &str, record: Value) {
        // What is there already with other words is for a person to decide.
        match self.known.get(kind, id) {
            Some(_) if matches!(kind, "organization" | "programme" | "commitment" | "metric") => {}
            _ => {
                self.records.entry(kind).or_default().insert(id.to_owned(), record);
            }
        }
    }

    fn note(&mut self, span: Span, warns: bool, message: Message) {
        self.notes.push(Note { line: self.text.line(span.start), span, warns, message });
    }

    fn mark(&mut self, span: Span, class: &'static str, record: Option<(&'static str, &str)>) {
        if !span.is_empty() {
            self.marks.push(Mark { span, class, record: record.map(|(kind, id)| (kind, id.to_owned())) });
        }
    }

    /// Organization, programme and source.
    fn frame(&mut self, reading: &Reading, sha256: String) {
        let Settings { programme, organization, year, .. } = self.settings;
        // The title stands above the list; what stands below it is a signature.
        let first =
            reading.commitments.iter().filter_map(|read| read.label.or(read.title)).map(|span| span.start).min();
        let title = reading
            .outside
            .iter()
            .filter(|span| first.is_none_or(|first| span.start < first))
            .map(|span| self.text.verbatim(*span))
            .find(|line| (4..60).contains(&line.chars().count()) && !line.ends_with(['。', '：', ':']));
        let name = self.settings.organization_name.clone().or_else(|| signature(self.text));
        if self.known.get("organization", organization).is_none() && name.is_none() {
            self.note(
                Span::new(0, 0),
                true,
                say!(
                    "The name of {organization} is not said; the record has its id instead. Give --organization-name.",
                    "未写明机构 {organization} 的名称，暂以 id 代替。请用 --organization-name 给出。"
                ),
            );
        }
        let name = name.unwrap_or_else(|| organization.clone());
        let programme_title = format!("{name}{year}年公开承诺");
        let mut source = json!({
            "id": self.source, "title": {"zh-Hans": title.unwrap_or_else(|| format!("{programme_title}进展情况"))},
            "sha256": sha256,
        });
        if let Some(url) = &self.settings.source_url {
            source["url"] = url.as_str().into();
        }
        if let Some(day) = &self.settings.reported_on {
            source["published_on"] = day.as_str().into();
        }
        if self.settings.include_text {
            source["text"] = json!({"zh-Hans": self.text.chars.iter().collect::<String>()});
        }
        let listed =
            json!({"id": programme, "organization": organization, "year": year, "title": {"zh-Hans": programme_title}});
        for (kind, id, record) in [
            ("organization", organization, json!({"id": organization, "name": {"zh-Hans": name}})),
            ("programme", programme, listed),
            ("source", &self.source.clone(), source),
        ] {
            if !self.is_gone(kind, id, Span::new(0, 0)) {
                self.add(kind, id, record);
            }
        }
    }

    fn verbatim(&self, spans: &[Span]) -> String {
        spans.iter().map(|span| self.text.verbatim(*span)).collect::<Vec<_>>().join("\n")
    }
}
