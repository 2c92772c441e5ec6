//! Every parser that a stranger reaches, by name, as a function of bytes: it may refuse them, and may not panic, and
//! what it takes has to hold together. `cargo fuzz run NAME seeds/NAME` (nightly) runs one; the tests run all of them
//! on the seeds and on what comes of the seeds.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use open_commitments::api::changes::place::Place;
use open_commitments::api::cursor::Cursor;
use open_commitments::api::query::Query;
use open_commitments::api::{answer, client, negotiation};
use open_commitments::export::format::Format;
use open_commitments::ingest::known::{Known, Rules};
use open_commitments::ingest::{self, reading, records::Settings};
use open_commitments::mirror::wire::{Gathering, Page};
use open_commitments::model::amount::Amount;
use open_commitments::model::kinds::KINDS;
use open_commitments::model::message::Language;
use open_commitments::model::period::Period;
use open_commitments::model::{json, publication, search};
use std::io::{Cursor as Buffer, Write};

pub type Parser = fn(&[u8]);

pub const PARSERS: [(&str, Parser); 11] = [
    ("importer", importer),
    ("docx", docx),
    ("publication", document),
    ("json", numbers),
    ("cursor", cursor),
    ("parameters", parameters),
    ("search", words),
    ("period", period),
    ("amount", amount),
    ("headers", headers),
    ("feed", feed),
];

/// Runs a parser by its name.
pub fn run(name: &str, bytes: &[u8]) {
    let (_, parser) = PARSERS.iter().find(|(known, _)| *known == name).expect("the name of a parser");
    parser(bytes);
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// What an announcement is imported as.
pub fn settings() -> Settings {
    Settings {
        programme: "plan".into(),
        organization: "org".into(),
        organization_name: None,
        year: 2020,
        period: Some("2020-S1".into()),
        reported_on: None,
        source_url: None,
        include_text: false,
    }
}

/// An announcement of any kind of file; what comes of it is a publication in form.
fn importer(bytes: &[u8]) {
    if let Ok(import) = ingest::import(bytes, &settings(), &Known::default(), &Rules::default()) {
        let (_, problems) = publication::parse(import.publication.to_string().as_bytes());
        assert!(problems.is_empty(), "{problems:?}");
    }
}

/// A Word file with these bytes as its text, since chance does not find checksums; or the bytes as a file, where they
/// begin as one does.
fn docx(bytes: &[u8]) {
    if bytes.starts_with(b"PK") {
        let _ = reading::read(bytes);
        return;
    }
    let mut archive = zip::ZipWriter::new(Buffer::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    archive.start_file("word/document.xml", stored).expect("an entry");
    archive.write_all(bytes).expect("its bytes");
    let _ = reading::read(&archive.finish().expect("an archive").into_inner());
}

fn document(bytes: &[u8]) {
    let (publication, problems) = publication::parse(bytes);
    assert!(publication.is_some() || !problems.is_empty(), "what is refused is refused with a reason");
}

/// JSON with exact numbers; its canonical form reads back as itself.
fn numbers(bytes: &[u8]) {
    if let Ok((value, problems)) = json::parse(bytes)
        && problems.is_empty()
        && let Ok(canonical) = json::canonical(&value)
    {
        let (again, _) = json::parse(canonical.as_bytes()).expect("JSON");
        assert_eq!(json::canonical(&again).expect("canonical"), canonical);
    }
}

fn cursor(bytes: &[u8]) {
    let Some(cursor) = text(bytes).and_then(Cursor::decode) else { return };
    assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor.clone()));
    let _ = (Place::of(&cursor), cursor.number());
    for kind in KINDS {
        let sorts: Vec<_> = kind.all_sorts().map(|sort| (sort, false)).collect();
        let _ = cursor.fits(&sorts);
    }
}

/// A query string of any list.
fn parameters(bytes: &[u8]) {
    let Some(raw) = text(bytes) else { return };
    for kind in KINDS {
        let filters: Vec<&str> = kind.all_filters().map(|filter| filter.name).collect();
        let own =
            ["limit", "sort", "include", "count", "revision", "as_of", "dry_run", "period", "published_from", "q"];
        let mut query = Query::parse(raw, filters.into_iter().chain(own));
        let _ = (query.limit(), query.count(), query.at(), query.flag("dry_run"), query.instant("published_from"));
        let _ = (query.filters(kind).len(), query.sorts(kind).len(), query.includes(kind).len());
        let _ = (query.period("period"), query.words("q"), query.finish());
    }
}

fn words(bytes: &[u8]) {
    let Some(words) = text(bytes) else { return };
    if let Some(query) = search::query(words) {
        assert!(!query.contains('\0'), "PostgreSQL takes no U+0000");
    }
}

/// Each period has one spelling.
fn period(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Some(period) = Period::parse(text) {
        assert_eq!(period.text().as_deref(), Some(text));
        let _ = (period.before(), period.year_before());
    }
}

fn amount(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let (first, second) = text.split_once(' ').unwrap_or((text, "3"));
    let (Some(first), Some(second)) = (Amount::parse(first), Amount::parse(second)) else { return };
    let _ = (first.plus(second), first.minus(second), first.over(second, 100, 1), first.percent_of(second));
    let _ = (first.rounded(1), first.is_kept(), first.approximate());
    if let Some(decimal) = first.decimal() {
        assert_eq!(Amount::of(&decimal), Some(first));
    }
}

/// Headers, one a line, in this order: of language, of formats, of conditions, of proxies.
fn headers(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    let names =
        [header::ACCEPT_LANGUAGE, header::ACCEPT, header::IF_NONE_MATCH, header::AUTHORIZATION, header::FORWARDED];
    let names = names.into_iter().chain([HeaderName::from_static("x-forwarded-for")]);
    for (name, line) in names.zip(bytes.split(|byte| *byte == b'\n')) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name, value);
        }
    }
    let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|field| field.to_str().ok());
    let _ = Language::of_accept(language.unwrap_or_default());
    let _ = negotiation::negotiate(None, &headers, &[Format::Json, Format::Csv]);
    let _ = answer::matches_etag(&headers, "W/\"1\"");
    let trusted = ["10.0.0.0/8".parse().expect("a network")];
    let _ = client::address([10, 0, 0, 1].into(), &headers, &trusted);
    let _ = (client::is_private(Some([10, 0, 0, 1].into()), &headers, &trusted), client::bearer(&headers).is_some());
}

/// Pages of another ledger's feed, one a line.
fn feed(bytes: &[u8]) {
    let mut gathering = Gathering::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(page) = serde_json::from_slice::<Page>(line) else { return };
        if gathering.take(page).is_err() {
            return;
        }
    }
}
