//! The formats of answers and files.

use crate::picture::Image;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    /// A JSON text a line.
    Ndjson,
    /// RFC 4180.
    Csv,
    /// CSV for spreadsheets.
    CsvExcel,
    /// Office Open XML, ISO/IEC 29500.
    Xlsx,
    /// Apache Parquet.
    Parquet,
    /// A package of tables.
    Zip,
    /// Server-sent events.
    EventStream,
    /// RDF as JSON-LD 1.1.
    JsonLd,
    /// RDF as Turtle.
    Turtle,
    /// Metadata of CSV on the Web.
    Csvm,
    /// A feed.
    Atom,
    /// A map of addresses, or an index of maps.
    Sitemap,
    /// Plain text.
    Txt,
    /// A picture, SVG 1.1.
    Svg,
    /// The same in pixels, ISO/IEC 15948.
    Png,
    /// The same in pixels, ITU-T T.81.
    Jpg,
    /// A page.
    Html,
    /// Citations as JSON (CSL 1.0.2).
    CslJson,
    Bibtex,
}

impl Format {
    /// Value of `format=`, and the end of an export's path.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
            Format::CsvExcel => "csv-excel",
            Format::Xlsx => "xlsx",
            Format::Parquet => "parquet",
            Format::Zip => "zip",
            Format::EventStream => "event-stream",
            Format::JsonLd => "jsonld",
            Format::Turtle => "turtle",
            Format::Csvm => "csvm",
            Format::Atom => "atom",
            Format::Sitemap => "xml",
            Format::Txt => "txt",
            Format::Svg => "svg",
            Format::Png => "png",
            Format::Jpg => "jpg",
            Format::Html => "html",
            Format::CslJson => "csl-json",
            Format::Bibtex => "bib",
        }
    }

    /// What the name of a file in it ends in.
    pub fn extension(self) -> &'static str {
        match self {
            Format::CsvExcel => "csv",
            Format::CslJson => "json",
            other => other.name(),
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Ndjson => "application/x-ndjson",
            Format::Csv | Format::CsvExcel => "text/csv; charset=utf-8; header=present",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Parquet => "application/vnd.apache.parquet",
            Format::Zip => "application/zip",
            Format::EventStream => "text/event-stream",
            Format::JsonLd => "application/ld+json",
            Format::Turtle => "text/turtle; charset=utf-8",
            Format::Csvm => "application/csvm+json",
            Format::Atom => "application/atom+xml; charset=utf-8",
            Format::Sitemap => "application/xml; charset=utf-8",
            Format::Txt => "text/plain; charset=utf-8",
            Format::Svg => "image/svg+xml",
            Format::Png => "image/png",
            Format::Jpg => "image/jpeg",
            Format::Html => "text/html; charset=utf-8",
            Format::CslJson => "application/vnd.citationstyles.csl+json",
            Format::Bibtex => "application/x-bibtex; charset=utf-8",
        }
    }

    /// The media type without its parameters.
    pub fn essence(self) -> &'static str {
        self.media_type().split(';').next().unwrap_or_default()
    }

    /// Whether an answer in it is one JSON document, which the endpoint's schema describes.
    pub fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::JsonLd | Format::Csvm | Format::CslJson)
    }

    pub fn is_csv(self) -> bool {
        matches!(self, Format::Csv | Format::CsvExcel)
    }

    /// Whether it is made of bytes that are no text.
    pub fn is_binary(self) -> bool {
        self.image().is_some() || matches!(self, Format::Xlsx | Format::Parquet | Format::Zip)
    }

    /// How the pixels of a picture are written in it.
    pub fn image(self) -> Option<Image> {
        match self {
            Format::Png => Some(Image::Png),
            Format::Jpg => Some(Image::Jpeg),
            _ => None,
        }
    }

    /// What an answer in it is like, and an example.
    pub fn described(self) -> (&'static str, &'static str) {
        match self {
            Format::Json => ("JSON.", "{}"),
            Format::Csv | Format::CsvExcel => (
                "csv: RFC 4180; human text has a column for each of zh_hans and en, lists and objects are JSON in one cell. \
                 csv-excel: the same with a byte-order mark, and an apostrophe before text that a spreadsheet would run as a formula.",
                "changed_in,id\r\n",
            ),
            Format::Ndjson => (
                "A JSON object a line; in the change feed the last line has what a JSON answer has beside data.",
                "{}\n",
            ),
            Format::Xlsx => ("A workbook (ISO/IEC 29500): the records, and a sheet that describes them.", ""),
            Format::Parquet => ("Apache Parquet, with decimals and dates as such.", ""),
            Format::Zip => ("A ZIP archive: a Data Package 2.0 with a CSV for each kind.", ""),
            Format::EventStream => ("Server-sent events (WHATWG HTML).", "event: change\ndata: {}\n\n"),
            Format::Atom => {
                ("A feed (Atom, RFC 4287), paged (RFC 5005).", "<feed xmlns=\"http://www.w3.org/2005/Atom\"></feed>")
            }
            Format::Sitemap => (
                "XML (sitemaps.org).",
                "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"></sitemapindex>",
            ),
            Format::Txt => ("Plain text in UTF-8.", "29,456 cases\n"),
            Format::Svg => {
                ("A picture (SVG 1.1) whose text is text.", "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>")
            }
            Format::Png => ("The same picture in pixels (PNG, ISO/IEC 15948).", ""),
            Format::Jpg => ("The same picture in pixels (JPEG, ITU-T T.81).", ""),
            Format::Html => ("A small page without scripts.", "<!DOCTYPE html>"),
            Format::JsonLd => ("JSON-LD 1.1 (W3C).", "{}"),
            Format::CslJson => ("Citations (CSL-JSON 1.0.2).", "[]"),
            Format::Bibtex => ("A BibTeX entry, as biber and biblatex read it, in UTF-8.", "@dataset{key,\n}\n"),
            Format::Csvm => ("Metadata of CSV on the Web (W3C).", "{}"),
            Format::Turtle => (
                "RDF 1.1 Turtle (W3C), the same triples as in JSON-LD.",
                "<https://data.example/catalog.jsonld#catalog> a <http://www.w3.org/ns/dcat#Catalog> .\n",
            ),
        }
    }
}
