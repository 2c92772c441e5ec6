//! `/v1/revisions.atom`: the revisions as a feed (Atom, RFC 4287), newest first, in pages (RFC 5005).

use std::io;

use uuid::Uuid;

use super::xml::{self, Xml};
use crate::api::answer::{Answer, Format};
use crate::api::documents::Revision;
use crate::api::endpoint::Request;
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::api::revisions::{self, Page};
use crate::model::codes::RevisionKind;
use crate::model::message::{Language, Message};
use crate::say;

const ATOM: &str = "http://www.w3.org/2005/Atom";
const XHTML: &str = "http://www.w3.org/1999/xhtml";
/// What an empty feed was updated at: it must say something, the same for every copy of the ledger.
const NEVER: &str = "1970-01-01T00:00:00Z";

pub async fn read(mut request: Request) -> Result<Answer, Failure> {
    let page = revisions::page(&mut request).await?;
    let next = page.next.as_deref().map(|cursor| request.next(cursor));
    let body = feed(&request, &page, next.as_deref())?;
    Ok(Answer { next, format: Format::Atom, ..Answer::json(body, page.moment, page.at) })
}

fn feed(request: &Request, page: &Page, next: Option<&str>) -> Result<String, Failure> {
    let url = request.state.public_url.as_str();
    let no_ledger = |error: uuid::Error| Failure { cause: Some(error.to_string()), ..Failure::plain(&INTERNAL_ERROR) };
    let ledger = Uuid::parse_str(&page.ledger).map_err(no_ledger)?;
    let address = |query: &str| {
        let joint = if query.is_empty() { "" } else { "?" };
        format!("{url}{}{joint}{query}", request.path)
    };
    // The same for every page of one feed, another one for a feed of something else.
    let id = urn(&ledger, &format!("revisions {}", page.fingerprint));
    let updated = page.items.first().map_or(NEVER, |newest| newest.published_at.as_str());
    let mut links = vec![
        ("self", address(&request.query_without(&[]))),
        ("first", address(&request.query_without(&["cursor"]))),
        ("alternate", format!("{url}/v1/revisions")),
    ];
    links.extend(next.map(|next| ("next", address(next))));
    xml::document(|xml| {
        let root = xml.create_element("feed").with_attributes([("xmlns", ATOM), ("xml:lang", "zh-Hans")]);
        root.write_inner_content(|xml| {
            xml::text(xml, "id", &[], &id)?;
            xml::text(xml, "title", &[], "公开承诺：修订 · Open Commitments: revisions")?;
            xml::text(xml, "updated", &[], updated)?;
            xml::text(xml, "generator", &[("version", env!("CARGO_PKG_VERSION"))], "Open Commitments")?;
            for (relation, href) in &links {
                let media_type = if *relation == "alternate" { "application/json" } else { "application/atom+xml" };
                xml::empty(xml, "link", &[("rel", relation), ("href", href), ("type", media_type)])?;
            }
            page.items.iter().try_for_each(|revision| entry(xml, url, &ledger, revision))
        })?;
        Ok(())
    })
}

/// A name for good, made of the ledger's (UUID version 5, RFC 9562).
fn urn(ledger: &Uuid, name: &str) -> String {
    Uuid::new_v5(ledger, name.as_bytes()).urn().to_string()
}

fn entry(xml: &mut Xml, url: &str, ledger: &Uuid, revision: &Revision) -> io::Result<()> {
    let Revision { revision: number, kind, publisher, published_at, changes, .. } = revision;
    let publisher = publisher.as_str();
    let Message { en, zh } = said(*kind);
    let title = say!("Revision {number} ({en}), {publisher}", "修订 {number}（{zh}），{publisher}");
    let facts = say!("{changes} changes by {publisher}.", "{publisher} 发布，共 {changes} 项变更。");
    xml.create_element("entry")
        .write_inner_content(|xml| {
            xml::text(xml, "id", &[], &urn(ledger, &format!("revision {number}")))?;
            xml::text(xml, "title", &[], &format!("{} · {}", title.zh, title.en))?;
            xml::text(xml, "published", &[], published_at)?;
            xml::text(xml, "updated", &[], published_at)?;
            xml.create_element("author").write_inner_content(|xml| {
                xml::text(xml, "name", &[], publisher)?;
                xml::text(xml, "uri", &[], &format!("{url}/v1/organizations/{publisher}"))
            })?;
            xml::empty(xml, "category", &[("term", kind.code()), ("label", &en)])?;
            let itself = format!("{url}/v1/revisions/{number}");
            xml::empty(xml, "link", &[("rel", "alternate"), ("href", &itself), ("type", "application/json")])?;
            let before = number - 1;
            let changed = format!("{url}/v1/diff?from={before}&to={number}");
            xml::empty(xml, "link", &[("rel", "related"), ("href", &changed), ("type", "application/json")])?;
            content(xml, revision, &facts)
        })
        .map(drop)
}

/// What the publisher says in each language, and the facts in both of ours.
fn content(xml: &mut Xml, revision: &Revision, facts: &Message) -> io::Result<()> {
    let content = xml.create_element("content").with_attribute(("type", "xhtml"));
    content
        .write_inner_content(|xml| {
            let division = xml.create_element("div").with_attribute(("xmlns", XHTML));
            division.write_inner_content(|xml| {
                for (language, message) in &revision.message.0 {
                    xml::text(xml, "p", &[("xml:lang", language)], message)?;
                }
                for language in [Language::Chinese, Language::English] {
                    xml::text(xml, "p", &[("xml:lang", language.tag())], facts.in_language(language))?;
                }
                Ok(())
            })?;
            Ok(())
        })
        .map(drop)
}

fn said(kind: RevisionKind) -> Message {
    match kind {
        RevisionKind::NewData => say!("new data", "新数据"),
        RevisionKind::SourceRevision => say!("revised by the source", "来源修订"),
        RevisionKind::SourceCorrection => say!("corrected by the source", "来源更正"),
        RevisionKind::TranscriptionCorrection => say!("transcription corrected", "转录更正"),
        RevisionKind::Methodology => say!("methodology", "方法调整"),
        RevisionKind::Withdrawal => say!("withdrawal", "撤回"),
        RevisionKind::Redaction => say!("redaction", "删除内容"),
    }
}
