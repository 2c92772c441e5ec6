//! Metrics, observations, targets, and ratios of them.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Maker;
use super::said::{shortened, slug};
use crate::ingest::cues::{self, Change, Role};
use crate::ingest::figures::Figure;
use crate::ingest::text::Span;
use crate::ingest::{naming, numerals, times};
use crate::model::codes::{Qualifier, TimeBasis};
use crate::say;

/// Evidences of one figure that are kept.
const MAX_EVIDENCE: usize = 50;
/// Characters of the words that tell a figure from another.
const MAX_SCOPE: usize = 40;

/// Where figures were put, to find what says the same and to number what says something else.
#[derive(Default)]
pub struct Placed {
    /// Ids by kind and by what they say.
    same: HashMap<(&'static str, String), String>,
    /// How many there are by kind and the beginning of their ids.
    counts: HashMap<(&'static str, String), usize>,
}

impl Maker<'_> {
    /// The metric of a figure: one the rules or the ledger know, else a proposed one.
    pub(super) fn metric(&mut self, figure: &Figure, commitment: Option<&str>, siblings: &[Figure]) -> String {
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

    pub(super) fn figure(&mut self, figure: &Figure, of: Option<(&str, Option<&str>)>, siblings: &[Figure]) {
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

    pub(super) fn target(&mut self, figure: &Figure, mut record: Value) {
        // A list of a year's promises is due at its end, unless the promise says another day.
        let id = record["commitment"].as_str().unwrap_or_default();
        if !self.undated.contains(id) {
            let new = self.records.get("commitment").and_then(|list| list.get(id));
            let own = new.or_else(|| self.known.get("commitment", id)).and_then(|own| own.get("due_on"));
            record["due_on"] = own.cloned().unwrap_or_else(|| format!("{}-12-31", self.settings.year).into());
        }
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

    pub(super) fn observation(&mut self, figure: &Figure, of: Option<(&str, Option<&str>)>, mut record: Value) {
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
        let id = format!("{metric}-{}{before}", slug(&period));
        self.place("observation", id, record, figure);
    }

    /// Puts a figure into a record of its own, or as one more evidence into that which says the same.
    pub(super) fn place(&mut self, kind: &'static str, base: String, mut record: Value, figure: &Figure) {
        let base = shortened(base);
        let same = (kind, format!("{base} {} {}", record["value"], record["commitment"]));
        if let Some(id) = self.placed.same.get(&same).cloned() {
            let there =
                self.records.get_mut(kind).and_then(|list| list.get_mut(&id)).map(|there| &mut there["evidence"]);
            if let (Some(Value::Array(all)), Some(more)) = (there, record["evidence"].get(0))
                && all.len() < MAX_EVIDENCE
            {
                all.push(more.clone());
            }
            self.mark(figure.found.span, class(figure), Some((kind, &id)));
            return;
        }
        let number = self.placed.counts.entry((kind, base.clone())).and_modify(|count| *count += 1).or_insert(1);
        let number = *number;
        let id = if number == 1 { base } else { format!("{base}-{number}") };
        record["id"] = id.as_str().into();
        if number > 1 && kind == "observation" {
            // Two figures of one metric and period differ in whose they are; the words say it.
            let clause = cues::around(self.text, figure.region, figure.found.span).0;
            let from = figure.found.span.start - clause.len().min(MAX_SCOPE);
            let words = self.text.verbatim(Span::new(from, figure.found.span.start));
            record["scope"] = format!("{}（{number}）", words.trim()).into();
            self.note(figure.found.span, true, say!(
                "Another figure of the same metric and period: it is told apart by its scope. Name the metric or the scope.",
                "同一指标、同一期间另有数值，暂以 scope 区分。请明确指标或范围。"
            ));
        }
        self.placed.same.insert(same, id.clone());
        self.mark(figure.found.span, class(figure), Some((kind, &id)));
        if self.is_gone(kind, &id, figure.found.span) {
            return;
        }
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
    pub(super) fn observed(&self, figure: &Figure) -> (String, bool) {
        let ago = figure.time.ago;
        if figure.role == Role::Baseline && figure.time.period.is_none() && ago == 0 {
            return (times::until(&self.period), true);
        }
        let named = figure.time.period.clone();
        let resolved = named.is_none();
        let period = match (basis(figure), named) {
            (_, Some(named)) => named,
            (TimeBasis::YearToDate, None) => times::year_to(&self.period),
            (TimeBasis::PointInTime, None) => times::day_of(&self.period),
            (TimeBasis::PeriodFlow, None) => self.period.clone(),
            (TimeBasis::SinceStart, None) => times::until(&self.period),
        };
        let period = if resolved { times::years_before(&period, ago).unwrap_or(period) } else { period };
        (period, resolved)
    }

    pub(super) fn evidence(&self, figure: &Figure) -> Value {
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
    pub(super) fn ratios(&mut self, commitment: &str, figures: &[Figure]) {
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
}

/// Figures said twice with the same words for what they count are one; the name of a target serves its result.
pub fn merged(figures: &[Figure]) -> Vec<Figure> {
    const ALIKE: f64 = 0.6;
    /// Figures before it that one is compared with.
    const NEAR: usize = 60;
    let mut list: Vec<Figure> = figures.to_vec();
    for index in 1..list.len() {
        let (earlier, rest) = list.split_at_mut(index);
        let Some(figure) = rest.first_mut() else { continue };
        let alike = earlier.iter().rev().take(NEAR).rev().find(|other| {
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
