//! Paths that compare figures and cite them.

use crate::api::endpoint::{Endpoint, answered};
use crate::api::parameters::ParameterSet;
use crate::api::problem::{NO_SUCH_RECORD, NOT_COMPARABLE, ProblemType, RECORD_REDACTED, RECORD_WITHDRAWN};
use crate::api::{citation, compare, schemas};
use crate::export::format::Format;
use crate::model::kind::Kind;
use crate::model::kinds::{commitment, metric};

const JSON: &[Format] = &[Format::Json];
static COMPARE_PROBLEMS: &[&ProblemType] = &[&NO_SUCH_RECORD, &RECORD_WITHDRAWN, &RECORD_REDACTED, &NOT_COMPARABLE];
static CITATION_PROBLEMS: &[&ProblemType] = &[&NO_SUCH_RECORD, &RECORD_WITHDRAWN, &RECORD_REDACTED];

pub fn compare() -> Endpoint {
    Endpoint {
        path: "/v1/compare".into(),
        operation_id: "compare".into(),
        tag: "ledger",
        summary: "Figures of one metric, compared".into(),
        description: "Actual figures side by side by division, subject or period, added up where the metric allows it, and compared with those of \
                      a year or a period before. What the service computes is marked so and names its inputs and formula; a sum says of how many \
                      divisions it is. Each figure is compared with the one of the same division, subject, scope and reporter. Divisions and subjects are \
                      added at the highest level that has figures, so that nothing counts twice. At most 1000 rows."
            .into(),
        id: None,
        parameters: ParameterSet::new().comparison().at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference("Comparison"),
        example: schemas::example("Comparison"),
        problems: COMPARE_PROBLEMS,
        kind: None,
        handler: |request| answered(compare::read(request)),
    }
}

/// Of metrics and commitments, in each form.
pub fn citations() -> impl Iterator<Item = Endpoint> {
    const FORMS: [&[Format]; 3] = [&[Format::CslJson], &[Format::Bibtex], &[Format::Txt]];
    [&metric::KIND, &commitment::KIND].into_iter().flat_map(|kind| FORMS.into_iter().map(move |form| cite(kind, form)))
}

fn cite(kind: &'static Kind, form: &'static [Format]) -> Endpoint {
    let format = form.first().copied().unwrap_or(Format::Txt);
    let (suffix, in_form, about) = match format {
        Format::CslJson => ("csl_json", "as CSL-JSON", "For reference managers, an array with one item."),
        Format::Bibtex => ("bibtex", "as BibTeX", "An entry @dataset, as biblatex has it."),
        _ => ("text", "in words", "Two lines: by GB/T 7714-2025 (data set, online), and the short form of newspapers."),
    };
    let mut parameters = ParameterSet::new();
    if kind.name == "metric" {
        parameters = parameters.quoted();
    }
    parameters = parameters.language();
    Endpoint {
        path: format!("/v1/{}/{{id}}/citation.{}", kind.collection, format.extension()),
        operation_id: format!("cite_{}_{suffix}", kind.name),
        tag: kind.collection,
        summary: format!("How to cite a {}, {in_form}", kind.name),
        description: format!(
            "{about} The address in it is pinned to a revision by number and digest: the one asked for, or head as it is now. The day of \
             access is today at head; pinned, the day of the revision."
        ),
        id: Some(kind.name),
        parameters: parameters.at().format(form).build(),
        formats: form,
        answer: serde_json::json!({"type": "array", "items": {"type": "object"}, "description": "Items by the CSL-JSON schema (citationstyles.org)."}),
        example: citation::example(),
        problems: CITATION_PROBLEMS,
        kind: Some(kind),
        handler: |request| answered(citation::read(request)),
    }
}
