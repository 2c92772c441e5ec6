//! `/sitemap.xml` (sitemaps.org): an index, and below it maps with the addresses of the pages of all records.

use std::io;

use super::xml::{self, Xml};
use crate::api::answer::Answer;
use crate::api::endpoint::Request;
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::db::read::sitemap::{self, Row};
use crate::export::format::Format;
use crate::ledger::digest;
use crate::model::kinds::{KINDS, collected};
use crate::site::page_of;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
/// The part that holds what is no record.
const PAGES: &str = "pages";
/// Addresses of that part, below that of the service.
const FIXED: [&str; 7] = ["/", "/compare", "/developers", "/docs/", "/problems", "/revisions", "/v1"];

/// What a map can be of.
pub fn parts() -> Vec<&'static str> {
    std::iter::once(PAGES).chain(KINDS.iter().map(|kind| kind.collection)).collect()
}

pub async fn read(mut request: Request) -> Result<Answer, Failure> {
    let part = request.query.one_code("part", &parts());
    let from = request.query.one_id("from").unwrap_or_default();
    let asked = request.at();
    request.finish(&asked)?;
    let url = request.state.public_url.as_str();
    let kind = part.as_deref().and_then(collected);
    let database = &request.state.database;
    let rows = match (&part, kind) {
        (Some(_), Some(kind)) => sitemap::page(database, kind, &from, asked.at, request.now).await?,
        (Some(_), None) => sitemap::nothing(database, asked.at, request.now).await?,
        (None, _) => sitemap::index(database, asked.at, request.now).await?,
    };
    let Some(moment) = rows.first().map(|row| row.moment.clone()) else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    request.check(&moment, asked.prefix.as_deref())?;
    let body = xml::document(|xml| match (part, kind) {
        (Some(_), Some(_)) => list(xml, "urlset", "url", records(url, &rows)),
        (Some(_), None) => list(xml, "urlset", "url", FIXED.iter().map(|path| (format!("{url}{path}"), None))),
        (None, _) => list(xml, "sitemapindex", "sitemap", pages(url, &rows)),
    })?;
    Ok(Answer { format: Format::Sitemap, ..Answer::json(body, moment, asked.at) })
}

/// Addresses of records, and when each was last changed.
fn records(url: &str, rows: &[Row]) -> impl Iterator<Item = (String, Option<String>)> {
    rows.iter().filter_map(move |row| {
        let (part, id) = row.part.as_deref().zip(row.id.as_deref())?;
        let kind = collected(part)?;
        // What has no page is shown on another record's, and has its data alone.
        let path = page_of(kind.name, id).unwrap_or_else(|| format!("v1/{part}/{id}"));
        Some((format!("{url}/{path}"), row.changed_at.map(digest::instant)))
    })
}

/// Addresses of the pages, each beginning with a record.
fn pages(url: &str, rows: &[Row]) -> impl Iterator<Item = (String, Option<String>)> {
    let fixed = (format!("{url}/sitemap.xml?part={PAGES}"), None);
    std::iter::once(fixed).chain(rows.iter().filter_map(move |row| {
        let (part, id) = row.part.as_deref().zip(row.id.as_deref())?;
        page_of(collected(part)?.name, id)?;
        Some((format!("{url}/sitemap.xml?part={part}&from={id}"), None))
    }))
}

fn list(
    xml: &mut Xml,
    root: &str,
    name: &str,
    addresses: impl Iterator<Item = (String, Option<String>)>,
) -> io::Result<()> {
    xml.create_element(root)
        .with_attribute(("xmlns", NAMESPACE))
        .write_inner_content(|xml| {
            for (address, changed_at) in addresses {
                xml.create_element(name).write_inner_content(|xml| {
                    xml::text(xml, "loc", &[], &address)?;
                    changed_at.iter().try_for_each(|time| xml::text(xml, "lastmod", &[], time))
                })?;
            }
            Ok(())
        })
        .map(drop)
}
