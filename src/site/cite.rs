//! How to cite what a page says, in the four forms, as text to copy.

use maud::{Markup, html};

use super::visit::Visit;
use crate::api::citation::cited;
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::citation::{bibtex, csl, gbt, short};
use crate::db::read::citation;
use crate::model::kind::Kind;

/// Of a metric, what is quoted is this figure.
pub async fn section(
    visit: &mut Visit,
    kind: &'static Kind,
    id: &str,
    figure: Option<&str>,
) -> Result<Markup, Failure> {
    let row = citation::read(&visit.state.database, kind, id, figure, visit.at(), visit.now).await?;
    let row = row.ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
    let language = visit.language;
    // A pinned citation has the day of its revision.
    visit.today = row.today.filter(|_| !visit.is_pinned());
    let cited = cited(kind, id, figure, &row, visit.is_pinned(), &visit.state.public_url)?;
    let csl = serde_json::to_string_pretty(&csl::cite(&cited, language)).unwrap_or_default();
    let address = |extension: &str| {
        let figure = figure.map(|figure| format!("&observation={figure}")).unwrap_or_default();
        visit.program(&format!("v1/{}/{id}/citation.{extension}?lang={}{figure}", kind.collection, language.tag()))
    };
    Ok(html! {
        section.cite {
            h2 { (visit.say("Cite", "引用")) }
            h3 { (visit.say("In a sentence", "新闻用语")) }
            p.copy { (short::cite(&cited, language)) }
            h3 { a href=(address("txt")) { "GB/T 7714-2025" } }
            p.copy { (gbt::cite(&cited, language)) }
            details {
                summary { "BibTeX, CSL-JSON" }
                h3 { a href=(address("bib")) { "BibTeX" } }
                pre.copy tabindex="0" { (bibtex::cite(&cited, language)) }
                h3 { a href=(address("json")) { "CSL-JSON" } }
                pre.copy tabindex="0" { (csl) }
            }
        }
    })
}
