//! Commitments and reports.

use serde_json::{Value, json};

use super::figure::merged;
use super::said::{due_on, shortened};
use super::{Maker, NO_STATUS};
use crate::ingest::commitments::Commitment;
use crate::ingest::text::Span;
use crate::ingest::words::folded;
use crate::model::codes::Status;
use crate::say;

impl Maker<'_> {
    /// A commitment: the known one it is for sure, and whether that is worded otherwise, else a new one.
    pub(super) fn commitment(&mut self, read: &Commitment, known: Option<(String, bool)>) {
        let Some(title_span) = read.title else { return };
        let title = self.text.verbatim(title_span);
        let number = read.number;
        let due = read.due.map(|span| due_on(self.text.folded(span), self.settings.year));
        let id = match known {
            Some((id, differs)) => {
                if differs {
                    let there = self.titled(&id);
                    self.note(title_span, true, say!(
                        "Number {number} is worded otherwise than {id} in the ledger (“{there}”). It is taken for the same commitment; correct the title there, or give this one an id of its own.",
                        "第 {number} 项的表述与账本中的 {id}（“{there}”）不同，暂视为同一承诺；请更正原标题，或为其另设 id。"
                    ));
                }
                id
            }
            None => match self.new_commitment(read, title_span, title, due.clone().flatten()) {
                Some(id) => id,
                None => return,
            },
        };
        for span in &read.promise {
            self.mark(*span, "title", Some(("commitment", &id)));
        }
        if let Some(words) = read.due {
            self.mark(words, "form", Some(("commitment", &id)));
            if due == Some(None) {
                let limit = self.text.verbatim(words);
                self.note(
                    words,
                    true,
                    say!(
                        "“{limit}” is no day for sure: {id} and its targets get no due_on. Add it by hand.",
                        "“{limit}”不是确切日期，{id} 及其目标未填 due_on，请手工补充。"
                    ),
                );
                self.undated.insert(id.clone());
            }
        }
        let report = (!read.narrative.is_empty() || !read.next_steps.is_empty() || read.status.is_some())
            .then(|| self.report(read, &id))
            .flatten();
        for figure in merged(&read.figures) {
            self.figure(&figure, Some((&id, report.as_deref())), &read.figures);
        }
        if report.is_some() {
            self.ratios(&id, &read.figures);
        }
    }

    /// The id of a commitment that the ledger does not have; none where it was taken back.
    fn new_commitment(
        &mut self,
        read: &Commitment,
        title_span: Span,
        title: String,
        due: Option<String>,
    ) -> Option<String> {
        let (programme, number) = (&self.settings.programme, read.number);
        let base = format!("{programme}-{number}");
        let others = (2..).map(|other| format!("{base}-{other}"));
        let id = std::iter::once(base.clone()).chain(others).find(|id| self.there("commitment", id).is_none())?;
        if self.is_gone("commitment", &id, title_span) {
            return None;
        }
        let numbered = |(_, body): &(&String, &Value)| body["programme"] == **programme && body["number"] == number;
        let other = self.known.of("commitment").find(numbered).map(|(other, _)| other.clone());
        if let Some(other) = other.or_else(|| (id != base).then_some(base)) {
            let there = self.titled(&other);
            self.note(title_span, true, say!(
                "Number {number} is not worded like {other} in the ledger (“{there}”). It is taken for a commitment of its own, {id}; if it is the same, correct the title there and import again.",
                "第 {number} 项的表述与账本中的 {other}（“{there}”）不符，暂作为另一项承诺 {id}；若为同一承诺，请先更正原标题，再重新导入。"
            ));
        }
        let mut record = json!({"id": id, "programme": programme, "number": number, "title": {"zh-Hans": title}, "lead_organization": self.settings.organization});
        let promise = self.verbatim(&read.promise);
        record["text"] = json!({"zh-Hans": promise});
        if let Some(label) = read.label {
            let label = self.text.verbatim(self.text.trimmed(label, "、.:,"));
            if !label.is_empty() {
                record["number_label"] = label.into();
            }
        }
        if let Some(due) = due {
            record["due_on"] = due.into();
        }
        self.add("commitment", &id, record);
        Some(id)
    }

    /// The title of a commitment of the ledger.
    fn titled(&self, id: &str) -> String {
        let body = self.known.get("commitment", id);
        body.and_then(|body| body["title"]["zh-Hans"].as_str()).unwrap_or_default().to_owned()
    }

    /// The report; none where it was taken back.
    fn report(&mut self, read: &Commitment, commitment: &str) -> Option<String> {
        let id = shortened(format!("{commitment}-{}", self.suffix));
        let place = read.narrative.first().or(read.title.as_ref()).copied().unwrap_or(Span::new(0, 0));
        if self.is_gone("report", &id, place) {
            return None;
        }
        let mut record = json!({"id": id, "commitment": commitment, "period": self.period, "source": self.source});
        if let Some(day) = &self.settings.reported_on {
            record["reported_on"] = day.as_str().into();
        }
        let (status, words) = self.ruled(read).unwrap_or((read.status, read.status_words));
        record["status"] = status.unwrap_or(Status::InProgress).code().into();
        if let Some(words) = words {
            record["status_label"] = json!({"zh-Hans": self.text.verbatim(words)});
            self.mark(words, "status", Some(("report", &id)));
        }
        if status.is_none() {
            record["note"] = json!({"zh-Hans": NO_STATUS, "en": "No status is said; entered as in progress for now."});
            self.note(place, true, say!(
                "No status is said of {commitment}, and none follows from its figures. It is entered as in_progress: decide.",
                "{commitment} 未写明进展状态，也无法由数字判断，暂按推进中录入，请决定。"
            ));
        }
        for (member, spans) in [("narrative", &read.narrative), ("next_steps", &read.next_steps)] {
            if !spans.is_empty() {
                record[member] = json!({"zh-Hans": self.verbatim(spans)});
            }
            spans.iter().for_each(|span| self.mark(*span, member, Some(("report", &id))));
        }
        self.add("report", &id, record);
        Some(id)
    }

    /// The status by the publisher's own rules: of the words found, or of words that no other rule knows, in a cell
    /// of their own or at the beginning of the report.
    fn ruled(&self, read: &Commitment) -> Option<(Option<Status>, Option<Span>)> {
        const SOON: usize = 6;
        let rules = &self.rules.statuses;
        if let Some(status) = read.status_words.and_then(|words| rules.get(&self.text.verbatim(words))) {
            return Some((Some(*status), read.status_words));
        }
        rules.iter().filter(|_| read.status_words.is_none()).find_map(|(wording, status)| {
            let word: Vec<char> = folded(wording).chars().collect();
            let at = |span: &Span| {
                let start =
                    self.text.folded(*span).windows(word.len().max(1)).take(SOON).position(|window| window == word)?;
                Some(Span::new(span.start + start, span.start + start + word.len()))
            };
            let words = read.left.iter().chain(&read.narrative).find_map(at)?;
            Some((Some(*status), Some(words)))
        })
    }
}
