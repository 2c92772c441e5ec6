//! Metrics, observations, targets, and ratios of them.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Maker;
use super::said::{shortened, slug};
use crate::ingest::cues::{self, Change, Place, Role};
use crate::ingest::figures::Figure;
use crate::ingest::known::{same_unit, unit_of};
use crate::ingest::text::Span;
use crate::ingest::{naming, numerals, times, words};
use crate::model::codes::{Qualifier, TimeBasis};
use crate::model::period::Period;
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
    /// The metric of a figure: one the rules or the ledger know, else a proposed one; none where it was taken back.
    pub(super) fn metric(&mut self, figure: &Figure, commitment: Option<&str>, siblings: &[Figure]) -> Option<String> {
        let (name, measure) = (figure.name.as_str(), figure.found.measure.as_str());
        let ruled = self.rules.metric(name, measure);
        if let Some(rule) = ruled {
            match self.there("metric", &rule.id) {
                None => return self.propose(&rule.id, rule.words.first().map_or(name, String::as_str), figure, None),
                Some(there) if self.counts_in(unit_of(there), figure) => return Some(rule.id.clone()),
                Some(_) => {}
            }
        } else if let Some(id) = self.known.metric(name, commitment, |unit| self.counts_in(unit, figure)) {
            return Some(id);
        }
        let id = self.metric_id(name, measure)?;
        if self.there("metric", &id).is_some() {
            return Some(id);
        }
        let other = ruled.map(|rule| rule.id.clone());
        let other = other.or_else(|| self.known.metric(name, None, |unit| !self.counts_in(unit, figure)));
        if let Some((unit, other)) = other.and_then(|id| Some((unit_of(self.there("metric", &id)?).to_owned(), id))) {
            self.note(figure.found.span, true, say!(
                "{other} counts in {unit}, and “{name}” here in {measure}: {id} is proposed for it. If they are one, correct the unit of either.",
                "{other} 的单位为{unit}，此处“{name}”的单位为{measure}，另拟指标 {id}。若为同一指标，请更正其一的单位。"
            ));
        }
        let whole = figure.part_of.and_then(|index| siblings.get(index));
        let whole = whole.and_then(|whole| self.metric(whole, commitment, siblings)).filter(|whole| *whole != id);
        self.propose(&id, name, figure, whole)
    }

    /// Whether a figure is printed in a unit. 8个部门 is in 个部门 as well as in 个.
    fn counts_in(&self, unit: &str, figure: &Figure) -> bool {
        let Figure { found, .. } = figure;
        let rest = unit.strip_prefix(found.measure.as_str());
        let after = self.text.folded.get(found.span.end..).unwrap_or_default();
        same_unit(unit, &found.measure) || rest.is_some_and(|rest| !rest.is_empty() && words::starts(after, rest))
    }

    /// The id that words and a measure word have: the same words with another measure word are another metric.
    fn metric_id(&self, name: &str, measure: &str) -> Option<String> {
        let prefix = format!("{}-", self.settings.organization);
        let most = 70usize.saturating_sub(prefix.len()).max(24);
        let base = format!("{prefix}{}", naming::slug(name, most));
        [base.clone(), format!("{base}-{}", naming::slug(measure, 20))]
            .into_iter()
            .chain((2..).map(|number| format!("{base}-{number}")))
            .find(|id| self.there("metric", id).is_none_or(|there| counts_same(there, name, measure)))
    }

    fn propose(&mut self, id: &str, name: &str, figure: &Figure, whole: Option<String>) -> Option<String> {
        if self.is_gone("metric", id, figure.found.span) {
            return None;
        }
        let mut record = json!({
            "id": id, "name": {"zh-Hans": name},
            "unit": {"code": figure.found.unit, "label": {"zh-Hans": figure.found.measure}},
            "time_basis": basis(figure).code(),
        });
        if let Some(whole) = whole {
            record["part_of"] = whole.into();
        }
        self.add("metric", id, record);
        Some(id.to_owned())
    }

    pub(super) fn figure(&mut self, figure: &Figure, of: Option<(&str, Option<&str>)>, siblings: &[Figure]) {
        let text = self.text;
        if self.rules.ignore.iter().any(|word| figure.name.contains(word.as_str())) {
            return;
        }
        let Some(metric) = self.metric(figure, of.map(|(commitment, _)| commitment), siblings) else { return };
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
        // A list of a year's promises is due at its end, unless the promise says another day, or none for sure; next
        // steps only where they say one.
        let id = record["commitment"].as_str().unwrap_or_default();
        let due = if figure.place == Place::Next {
            let said = figure.time.period.as_deref().and_then(Period::parse);
            said.and_then(|period| period.end).map(|day| day.to_string().into())
        } else if self.undated.contains(id) {
            None
        } else {
            let own = self.there("commitment", id).and_then(|own| own.get("due_on"));
            Some(own.cloned().unwrap_or_else(|| format!("{}-12-31", self.settings.year).into()))
        };
        if let Some(due) = due {
            record["due_on"] = due;
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
        let own = self.there("metric", &metric);
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
            let (Some(numerator), Some(denominator)) = (numerator, denominator) else { continue };
            if numerator == denominator {
                continue;
            }
            let id = shortened(format!("{numerator}-rate"));
            if self.is_gone("metric", &id, part.found.span) {
                continue;
            }
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

/// Whether a metric whose id these words would have counts the same: in this unit, and not by words that only sound
/// alike.
fn counts_same(metric: &Value, name: &str, measure: &str) -> bool {
    let known = metric["name"]["zh-Hans"].as_str().unwrap_or_default();
    let plain = |name: &str| words::folded(name).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let sound = |name: &str| naming::slug(name, usize::MAX);
    same_unit(unit_of(metric), measure) && (plain(known) == plain(name) || sound(known) != sound(name))
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
