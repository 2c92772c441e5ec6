//! A publication of what was read, with what a person is to look at.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::commitments::{Commitment, Figure, Reading};
use super::cues::{self, Change, Role};
use super::known::{Known, Rules};
use super::text::{Span, Text};
use super::{naming, numerals};
use crate::model::codes::{Qualifier, Status, TimeBasis};
use crate::model::message::Message;
use crate::model::period::Period;
use crate::model::text::MAX_ID;
use crate::say;

/// What the announcement does not say of itself.
pub struct Settings {
    pub programme: String,
    pub organization: String,
    pub organization_name: Option<String>,
    pub year: i32,
    /// Period reported on; the year unless the text says another.
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

pub fn make(text: Text, reading: Reading, settings: &Settings, known: &Known, rules: &Rules, sha256: String) -> Import {
    let period = settings.period.clone().unwrap_or_else(|| period_of(&text, &reading, settings.year));
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
        notes: Vec::new(),
        marks: Vec::new(),
    };
    maker.frame(&reading, sha256);
    for commitment in &reading.commitments {
        maker.commitment(commitment);
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
    notes: Vec<Note>,
    marks: Vec<Mark>,
}

impl Maker<'_> {
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
        let title = reading
            .outside
            .iter()
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
        self.add("organization", organization, json!({"id": organization, "name": {"zh-Hans": name}}));
        let programme_title = format!("{name}{year}年公开承诺");
        self.add(
            "programme",
            programme,
            json!({"id": programme, "organization": organization, "year": year, "title": {"zh-Hans": programme_title}}),
        );
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
        let id = self.source.clone();
        self.add("source", &id, source);
    }

    fn verbatim(&self, spans: &[Span]) -> String {
        spans.iter().map(|span| self.text.verbatim(*span)).collect::<Vec<_>>().join("\n")
    }

    fn commitment(&mut self, read: &Commitment) {
        let Some(title_span) = read.title else { return };
        let title = self.text.verbatim(title_span);
        let (programme, number) = (&self.settings.programme, read.number);
        let id = match self.known.commitment(programme, number, &title) {
            Some((id, differs)) => {
                if differs {
                    let there = self
                        .known
                        .get("commitment", &id)
                        .and_then(|body| body["title"]["zh-Hans"].as_str())
                        .unwrap_or_default()
                        .to_owned();
                    self.note(title_span, true, say!(
                        "Number {number} is worded otherwise than {id} in the ledger (“{there}”). It is taken for the same commitment; correct the title there, or give this one an id of its own.",
                        "第 {number} 项的表述与账本中的 {id}（“{there}”）不同，暂视为同一承诺；请更正原标题，或为其另设 id。"
                    ));
                }
                id
            }
            None => {
                let id = format!("{programme}-{number}");
                let mut record = json!({"id": id, "programme": programme, "number": number, "title": {"zh-Hans": title}, "lead_organization": self.settings.organization});
                let promise = self.verbatim(&read.promise);
                record["text"] = json!({"zh-Hans": promise});
                if let Some(label) = read.label {
                    let label = self.text.verbatim(self.text.trimmed(label, "、.:,"));
                    if !label.is_empty() {
                        record["number_label"] = label.into();
                    }
                }
                if let Some(due) = read.due.and_then(|span| due_on(self.text.folded(span), self.settings.year)) {
                    record["due_on"] = due.into();
                }
                self.add("commitment", &id, record);
                id
            }
        };
        for span in &read.promise {
            self.mark(*span, "title", Some(("commitment", &id)));
        }
        if let Some(due) = read.due {
            self.mark(due, "form", Some(("commitment", &id)));
        }
        let report = (!read.narrative.is_empty() || !read.next_steps.is_empty() || read.status.is_some())
            .then(|| self.report(read, &id));
        for figure in merged(&read.figures) {
            self.figure(&figure, Some((&id, report.as_deref())), &read.figures);
        }
        if report.is_some() {
            self.ratios(&id, &read.figures);
        }
    }

    fn report(&mut self, read: &Commitment, commitment: &str) -> String {
        let id = shortened(format!("{commitment}-{}", self.suffix));
        let mut record = json!({"id": id, "commitment": commitment, "period": self.period, "source": self.source});
        if let Some(day) = &self.settings.reported_on {
            record["reported_on"] = day.as_str().into();
        }
        let words = read.status_words.map(|span| self.text.verbatim(span));
        let ruled = words.as_ref().and_then(|words| self.rules.statuses.get(words)).copied();
        let status = ruled.or(read.status);
        record["status"] = status.unwrap_or(Status::InProgress).code().into();
        if let Some(words) = words {
            record["status_label"] = json!({"zh-Hans": words});
        }
        if status.is_none() {
            record["note"] = json!({"zh-Hans": NO_STATUS, "en": "No status is said; entered as in progress for now."});
            let place = read.narrative.first().or(read.title.as_ref()).copied().unwrap_or(Span::new(0, 0));
            self.note(place, true, say!(
                "No status is said of {commitment}, and none follows from its figures. It is entered as in_progress: decide.",
                "{commitment} 未写明进展状态，也无法由数字判断，暂按推进中录入，请决定。"
            ));
        }
        for (member, spans) in [("narrative", &read.narrative), ("next_steps", &read.next_steps)] {
            if !spans.is_empty() {
                record[member] = json!({"zh-Hans": self.verbatim(spans)});
            }
            for span in spans {
                self.mark(*span, if member == "narrative" { "narrative" } else { "next_steps" }, Some(("report", &id)));
            }
        }
        if let Some(span) = read.status_words {
            self.mark(span, "status", Some(("report", &id)));
        }
        self.add("report", &id, record);
        id
    }

    /// The metric of a figure: one the rules or the ledger know, else a proposed one.
    fn metric(&mut self, figure: &Figure, commitment: Option<&str>, siblings: &[Figure]) -> String {
        let (name, measure) = (figure.name.as_str(), figure.found.measure.as_str());
        if let Some(id) = self.rules.metric(name, measure).or_else(|| self.known.metric(name, measure, commitment)) {
            return id;
        }
        let prefix = format!("{}-", self.settings.organization);
        let most = 70usize.saturating_sub(prefix.len()).max(24);
        let mut id = format!("{prefix}{}", naming::slug(name, most));
        // The same words with another measure word are another metric.
        let taken = self
            .records
            .get("metric")
            .and_then(|metrics| metrics.get(&id))
            .is_some_and(|metric| metric["unit"]["label"]["zh-Hans"] != measure);
        if taken {
            id = format!("{id}-{}", naming::slug(measure, 20));
        }
        if self.records.get("metric").is_some_and(|metrics| metrics.contains_key(&id)) {
            return id;
        }
        let mut record = json!({
            "id": id, "name": {"zh-Hans": name}, "unit": {"code": figure.found.unit, "label": {"zh-Hans": measure}},
            "time_basis": basis(figure).code(),
        });
        if let Some(whole) = figure.part_of.and_then(|index| siblings.get(index)) {
            let whole = self.metric(whole, commitment, siblings);
            if whole != id {
                record["part_of"] = whole.into();
            }
        }
        self.add("metric", &id, record);
        id
    }

    fn figure(&mut self, figure: &Figure, of: Option<(&str, Option<&str>)>, siblings: &[Figure]) {
        let text = self.text;
        if self.rules.ignore.iter().any(|word| figure.name.contains(word.as_str())) {
            return;
        }
        let metric = self.metric(figure, of.map(|(commitment, _)| commitment), siblings);
        let evidence = self.evidence(figure);
        let value: Value = serde_json::from_str(&numerals::decimal(figure.found.value)).unwrap_or_default();
        let mut record = json!({"metric": metric, "value": value, "as_published": text.verbatim(figure.found.span), "evidence": [evidence]});
        if let Some((commitment, _)) = of {
            record["commitment"] = commitment.into();
        }
        if let Some(upper) = figure.found.upper {
            let upper = numerals::decimal(upper);
            record["note"] = json!({"zh-Hans": format!("原文为区间，上限 {upper}。"), "en": format!("Printed as a range up to {upper}.")});
            self.note(
                figure.found.span,
                true,
                say!(
                    "A range is entered by its lower end; {upper} is in the note.",
                    "区间按下限录入，上限 {upper} 写入备注。"
                ),
            );
        }
        if figure.role == Role::Target { self.target(figure, record) } else { self.observation(figure, of, record) }
    }

    fn target(&mut self, figure: &Figure, mut record: Value) {
        record["due_on"] = format!("{}-12-31", self.settings.year).into();
        let comparator = match figure.found.qualifier {
            Some(Qualifier::AtLeast | Qualifier::MoreThan) => Some("at_least"),
            Some(Qualifier::AtMost) => Some("at_most"),
            _ => None,
        };
        if let Some(comparator) = comparator {
            record["comparator"] = comparator.into();
        }
        let id = format!("{}-target-{}", record["metric"].as_str().unwrap_or_default(), self.settings.year);
        self.place("target", id, record, figure);
    }

    fn observation(&mut self, figure: &Figure, of: Option<(&str, Option<&str>)>, mut record: Value) {
        let (period, resolved) = self.observed(figure);
        record["period"] = period.as_str().into();
        if resolved {
            record["period_resolved_by"] = "publisher".into();
        }
        if let Some(stated) = figure.time.stated {
            record["period_stated"] = self.text.verbatim(stated).into();
        }
        record["reported_by"] = self.settings.organization.as_str().into();
        if let Some(report) = of.and_then(|(_, report)| report) {
            record["report"] = report.into();
        }
        if figure.role == Role::Baseline {
            record["role"] = "baseline".into();
        }
        if let Some(qualifier) = figure.found.qualifier {
            record["qualifier"] = qualifier.code().into();
        }
        let metric = record["metric"].as_str().unwrap_or_default().to_owned();
        let own = self
            .records
            .get("metric")
            .and_then(|metrics| metrics.get(&metric))
            .or_else(|| self.known.get("metric", &metric));
        let basis = basis(figure).code();
        if own.is_some_and(|metric| metric["time_basis"] != basis) {
            record["time_basis"] = basis.into();
        }
        let before = if figure.role == Role::Baseline { "-before" } else { "" };
        let id = format!("{metric}-{}{before}", suffix(&period, self.settings.year));
        self.place("observation", id, record, figure);
    }

    /// Puts a figure into a record of its own, or as one more evidence into that which says the same.
    fn place(&mut self, kind: &'static str, id: String, mut record: Value, figure: &Figure) {
        let mut id = shortened(id);
        let list = self.records.entry(kind).or_default();
        let mut number = 2;
        let base = id.clone();
        while let Some(there) = list.get_mut(&id) {
            if there["value"] == record["value"]
                && there["metric"] == record["metric"]
                && there.get("commitment") == record.get("commitment")
            {
                if let (Some(all), Some(more)) =
                    (there["evidence"].as_array_mut(), record["evidence"].as_array().and_then(|list| list.first()))
                {
                    all.push(more.clone());
                }
                self.mark(figure.found.span, class(figure), Some((kind, &id)));
                return;
            }
            id = format!("{base}-{number}");
            number += 1;
        }
        record["id"] = id.as_str().into();
        if number > 2 && kind == "observation" {
            // Two figures of one metric and period differ in whose they are; the words say it.
            let clause = cues::around(self.text, figure.region, figure.found.span).0;
            let from = figure.found.span.start - clause.len();
            let words = self.text.verbatim(Span::new(from, figure.found.span.start));
            let scope: String = words.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
            record["scope"] = if scope.trim().is_empty() {
                format!("（{number}）").into()
            } else {
                format!("{}（{}）", scope.trim(), number - 1).into()
            };
            self.note(figure.found.span, true, say!(
                "Another figure of the same metric and period: it is told apart by its scope. Name the metric or the scope.",
                "同一指标、同一期间另有数值，暂以 scope 区分。请明确指标或范围。"
            ));
        }
        self.mark(figure.found.span, class(figure), Some((kind, &id)));
        let Some(there) = self.known.get(kind, &id) else {
            self.records.entry(kind).or_default().insert(id, record);
            return;
        };
        // Said again it is there already; said otherwise it is for a person to decide.
        let (old, new) = (there["value"].clone(), record["value"].clone());
        if old != new {
            self.note(figure.found.span, true, say!(
                "{id} is {old} in the ledger and {new} here. It is left out: correct it with open-commitments correct {kind} {id} value={new} --kind source_revision, if the source restates it.",
                "{id} 在账本中为 {old}，此处为 {new}，未列入本次发布。若为来源修订，请用 open-commitments correct {kind} {id} value={new} --kind source_revision 更正。"
            ));
        }
    }

    /// The period of a figure, and whether it is our reading.
    fn observed(&self, figure: &Figure) -> (String, bool) {
        if figure.role == Role::Baseline && figure.time.period.is_none() {
            return (cues::until(&self.period), true);
        }
        let named = figure.time.period.clone();
        let resolved = named.is_none();
        let period = match (basis(figure), named) {
            (_, Some(named)) => named,
            (TimeBasis::YearToDate, None) => cues::year_to(&self.period),
            (TimeBasis::PointInTime, None) => cues::day_of(&self.period),
            (TimeBasis::PeriodFlow, None) => self.period.clone(),
            (TimeBasis::SinceStart, None) => cues::until(&self.period),
        };
        (period, resolved)
    }

    fn evidence(&self, figure: &Figure) -> Value {
        const AROUND: usize = 12;
        let Span { start, end } = figure.found.span;
        let line = self.text.line_span(start);
        let mut evidence = json!({"source": self.source, "exact": self.text.verbatim(figure.found.span)});
        let prefix = self.text.verbatim(Span::new(start.saturating_sub(AROUND).max(line.start), start));
        let suffix = self.text.verbatim(Span::new(end, (end + AROUND).min(line.end)));
        for (name, words) in [("prefix", prefix), ("suffix", suffix)] {
            if !words.is_empty() {
                evidence[name] = words.into();
            }
        }
        evidence["start"] = start.into();
        evidence["end"] = end.into();
        evidence["text_sha256"] = self.digest.as_str().into();
        evidence
    }

    /// Of cases and those settled: how many of a hundred.
    fn ratios(&mut self, commitment: &str, figures: &[Figure]) {
        const PARTS: [&str; 9] = ["成功", "办结", "结案", "化解", "合格", "通过", "达标", "整改", "完成"];
        for pair in figures.windows(2) {
            let [whole, part] = pair else { continue };
            let alike = whole.found.measure == part.found.measure
                && whole.found.measure != "%"
                && part.found.value <= whole.found.value
                && part.found.value > 0;
            let plain = [whole, part].iter().all(|figure| figure.role == Role::Actual && figure.change.is_none());
            let near =
                part.found.span.start >= whole.found.span.end && part.found.span.start - whole.found.span.end <= 12;
            if !(alike && plain && near && PARTS.iter().any(|word| part.name.contains(word)) && part.name != whole.name)
            {
                continue;
            }
            let (numerator, denominator) =
                (self.metric(part, Some(commitment), figures), self.metric(whole, Some(commitment), figures));
            if numerator == denominator {
                continue;
            }
            let id = shortened(format!("{numerator}-rate"));
            let record = json!({
                "id": id, "name": {"zh-Hans": format!("{}率", part.name)}, "unit": {"code": "percent", "label": {"zh-Hans": "%"}},
                "time_basis": basis(part).code(), "ratio": {"numerator": numerator, "denominator": denominator, "multiplier": 100},
            });
            self.add("metric", &id, record);
        }
    }

    /// Every character is in a record, part of the form, or said to be left.
    fn left(&mut self, reading: &Reading) {
        for span in &reading.form {
            self.mark(*span, "form", None);
        }
        for span in &reading.outside {
            self.mark(*span, "outside", None);
        }
        for commitment in &reading.commitments {
            for span in &commitment.left {
                self.mark(*span, "outside", None);
            }
            if let Some(label) = commitment.label {
                self.mark(label, "form", None);
            }
        }
        for span in &reading.unplaced {
            let words = self.text.verbatim(*span);
            self.note(
                *span,
                true,
                say!(
                    "The number {words} has no measure word that is known. If it counts something, add it by hand.",
                    "数字 {words} 后没有可识别的量词。若为统计数，请手工补充。"
                ),
            );
        }
        let mut covered = vec![false; self.text.chars.len()];
        for mark in self.marks.iter().filter(|mark| mark.class != "outside") {
            covered[mark.span.start..mark.span.end.min(self.text.chars.len())].fill(true);
        }
        let mut at = 0;
        while at < covered.len() {
            if covered[at] || self.text.chars[at] == '\n' {
                at += 1;
                continue;
            }
            let end =
                (at..covered.len()).find(|end| covered[*end] || self.text.chars[*end] == '\n').unwrap_or(covered.len());
            let span = self.text.trimmed(Span::new(at, end), "。.;:,、\t|");
            if !span.is_empty() {
                let words = self.text.verbatim(span);
                self.note(span, false, say!("In no record: {words}", "未列入任何记录：{words}"));
            }
            at = end;
        }
    }
}

/// Figures said twice with the same words for what they count are one; the name of a target serves its result.
fn merged(figures: &[Figure]) -> Vec<Figure> {
    const ALIKE: f64 = 0.6;
    let mut list: Vec<Figure> = figures.to_vec();
    for index in 1..list.len() {
        let (earlier, rest) = list.split_at_mut(index);
        let Some(figure) = rest.first_mut() else { continue };
        let alike = earlier.iter().find(|other| {
            other.found.measure == figure.found.measure
                && other.change == figure.change
                && other.name != figure.name
                && (other.role != figure.role || other.found.value == figure.found.value)
                && naming::likeness(&other.name, &figure.name) >= ALIKE
        });
        if let Some(name) = alike.map(|other| other.name.clone()) {
            figure.name = name;
        }
    }
    list
}

fn class(figure: &Figure) -> &'static str {
    match figure.role {
        Role::Actual => "actual",
        Role::Baseline => "baseline",
        Role::Target => "target",
    }
}

/// Over what span a figure counts; unsaid, from its beginning.
fn basis(figure: &Figure) -> TimeBasis {
    match figure.change {
        Some(Change::YearOnYear | Change::MonthOnMonth) => {
            figure.time.basis.filter(|basis| *basis != TimeBasis::SinceStart).unwrap_or(TimeBasis::PeriodFlow)
        }
        _ => figure.time.basis.unwrap_or(TimeBasis::SinceStart),
    }
}

/// Ids are limited; the end of a long one tells records apart.
fn shortened(id: String) -> String {
    if id.len() <= MAX_ID {
        return id;
    }
    let tail = &id[id.len() - 30..];
    format!("{}-{}", id[..MAX_ID - 40].trim_end_matches('-'), tail.trim_start_matches('-'))
}

/// A period as the end of an id: without the year it is expected in.
fn suffix(period: &str, year: i32) -> String {
    let lower = period.to_lowercase().replace("../", "to-").replace('/', "-to-");
    match lower.strip_prefix(&format!("{year}")) {
        Some("") => "year".to_owned(),
        Some(rest) if !rest.contains("to") => rest.trim_start_matches('-').to_owned(),
        _ => lower,
    }
}

/// The period that the title or the opening words name; the year if they name none.
fn period_of(text: &Text, reading: &Reading, year: i32) -> String {
    let head: String = reading.outside.iter().take(3).map(|span| text.folded_text(*span)).collect();
    let head: String = head.chars().take(300).collect();
    let first = |month: u32, day: u32| NaiveDate::from_ymd_opt(year, month, day);
    for (words, period) in [
        ("前三季度", first(1, 1).zip(first(9, 30)).map(|(from, to)| cues::interval(from, to))),
        ("上半年", Some(format!("{year}-S1"))),
        ("半年", Some(format!("{year}-S1"))),
        ("一季度", Some(format!("{year}-Q1"))),
        ("二季度", Some(format!("{year}-Q2"))),
        ("三季度", Some(format!("{year}-Q3"))),
        ("四季度", Some(format!("{year}-Q4"))),
    ] {
        if let (true, Some(period)) = (head.contains(words), period) {
            return period;
        }
    }
    year.to_string()
}

/// The signature at the end: the name of who signs.
fn signature(text: &Text) -> Option<String> {
    let whole: String = text.chars.iter().collect();
    let pattern = regex::Regex::new(
        r"(?:[(（]|\n)([\p{Han}]{3,24}[厅局委办府部院会])[)）]?\s*(?:\n\s*\d{4}年\d{1,2}月\d{1,2}日\s*)?$",
    )
    .ok()?;
    pattern.captures(whole.trim_end()).map(|found| found[1].to_owned())
}

/// The day by which something is due.
fn due_on(words: &[char], year: i32) -> Option<String> {
    let words: String = words.iter().filter(|c| **c != ' ').collect();
    let pattern = regex::Regex::new(r"^(?:(\d{4})[年.\-/])?(?:(\d{1,2})[月.\-/]?)?(?:(\d{1,2})日?)?").ok()?;
    let found = pattern.captures(&words)?;
    let number = |index: usize| found.get(index).and_then(|part| part.as_str().parse::<u32>().ok());
    let year = number(1).and_then(|year| i32::try_from(year).ok()).unwrap_or(year);
    let period = match (number(2), number(3)) {
        (Some(month), Some(day)) => format!("{year}-{month:02}-{day:02}"),
        (Some(month), None) => format!("{year}-{month:02}"),
        (None, _) if words.contains("上半年") || words.contains("二季度") => format!("{year}-S1"),
        (None, _) if words.contains("一季度") => format!("{year}-Q1"),
        (None, _) if words.contains("三季度") => format!("{year}-Q3"),
        (None, _) if words.contains('年') || number(1).is_some() => year.to_string(),
        _ => return None,
    };
    Period::parse(&period).and_then(|period| period.end).map(|day| day.to_string())
}
