//! What became of no record: every character is accounted for.

use super::Maker;
use crate::ingest::commitments::Reading;
use crate::ingest::text::Span;
use crate::say;

impl Maker<'_> {
    /// Every character is in a record, part of the form, or said to be left.
    pub(super) fn left(&mut self, reading: &Reading) {
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
                    "{words} is not taken for a figure: it has no measure word that is known, or what it means is not sure. If it counts something, add it by hand.",
                    "“{words}”未作为统计数录入：没有可识别的量词，或含义不确定。若为统计数，请手工补充。"
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
