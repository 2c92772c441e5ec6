//! `/v1/meta`: what is here, for a person in a hurry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::facts::{Agent, Catalogue};
use super::words;
use crate::ledger::digest;
use crate::model::kinds::KINDS;
use crate::model::text::{Day, DivisionCode, HumanText, RecordId, Sha256Hex, Uscc};

/// What is here, how much, how new and on which terms.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Meta {
    pub title: HumanText,
    /// What there is, in a sentence.
    pub description: HumanText,
    /// UUID of the ledger.
    #[schema(format = "uuid")]
    pub ledger: String,
    /// The revision described: head unless told; 0 in an empty ledger.
    #[schema(minimum = 0)]
    pub revision: i64,
    /// Its digest.
    pub digest: Sha256Hex,
    /// Its time.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<String>,
    /// Time of the first revision.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_published_at: Option<String>,
    /// By collection: how many records, and when they last changed.
    pub records: BTreeMap<String, RecordCount>,
    /// Day of the newest report that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_on: Option<Day>,
    /// Last day of the newest period with a figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_end: Option<Day>,
    pub coverage: MetaCoverage,
    /// Languages of the human text, BCP 47.
    pub languages: Vec<String>,
    pub licence: MetaLicence,
    /// Who answers for the whole; nobody in an empty ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<MetaPublisher>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<MetaContact>,
    /// Where to go on, by what is there; relative to this document.
    pub links: BTreeMap<String, String>,
}

/// Records of one kind.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct RecordCount {
    /// How many there are.
    #[schema(minimum = 0)]
    pub count: i64,
    /// Newest revision that changed any of them, 0 without one.
    #[schema(minimum = 0)]
    pub changed_in: i64,
    /// Its time.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
}

/// When and where the records are about.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct MetaCoverage {
    /// Years of the programmes.
    pub years: Vec<i32>,
    /// First day that the records are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Day>,
    /// Last day that the records are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Day>,
    /// Divisions of those who promise and of the figures, at most 1000.
    pub divisions: Vec<DivisionCode>,
}

/// Licence of the data.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct MetaLicence {
    /// Short name, as SPDX has it where it does.
    pub name: String,
    /// Address of its text.
    #[schema(format = "uri")]
    pub url: String,
}

/// Who answers for the whole.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct MetaPublisher {
    /// Id of the organization.
    pub id: RecordId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<HumanText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_code: Option<DivisionCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uscc: Option<Uscc>,
}

/// Whom to ask.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct MetaContact {
    /// Name of a person or an office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Links of every such document.
const LINKS: &[(&str, &str)] = &[
    ("catalog_dcat_json_ld", "../catalog.jsonld"),
    ("catalog_dcat_turtle", "../catalog.ttl"),
    ("catalog_zh_json", "../catalog-zh.json"),
    ("catalog_zh_xlsx", "../catalog-zh.xlsx"),
    ("data_package", "../datapackage.json"),
    ("data_package_zip", "exports/all.zip"),
    ("dataset_schema_org", "../dataset.jsonld"),
    ("changes", "changes"),
    ("docs", "../docs/"),
    ("openapi", "../openapi.json"),
    ("revisions", "revisions"),
    ("search", "search"),
    ("summary", "summary"),
];

impl Meta {
    pub fn of(catalogue: &Catalogue, digest: &str) -> Meta {
        let facts = &catalogue.facts;
        let days = catalogue.days();
        let day = |day: chrono::NaiveDate| Day(day.to_string());
        let collections = KINDS.iter().map(|kind| (kind.collection.to_owned(), kind.collection.to_owned()));
        let links = LINKS.iter().map(|(name, link)| ((*name).to_owned(), (*link).to_owned()));
        let operator = catalogue.operator;
        let contact = MetaContact { name: operator.contact_name.clone(), email: operator.contact_email.clone() };
        Meta {
            title: catalogue.title(),
            description: words::about_catalogue(),
            ledger: facts.ledger.clone(),
            revision: catalogue.revision,
            digest: Sha256Hex(digest.to_owned()),
            published_at: facts.published_at.map(digest::instant),
            first_published_at: facts.first_published_at.map(digest::instant),
            records: KINDS.iter().map(|kind| (kind.collection.to_owned(), records(catalogue, kind.name))).collect(),
            reported_on: facts.reported_on.map(day),
            period_end: facts.period_end.map(day),
            coverage: MetaCoverage {
                years: facts.years.clone(),
                start: days.map(|(first, _)| day(first)),
                end: days.map(|(_, last)| day(last)),
                divisions: facts.divisions.iter().cloned().map(DivisionCode).collect(),
            },
            languages: facts.languages.clone(),
            licence: MetaLicence { name: catalogue.licence.name.clone(), url: catalogue.licence.url.clone() },
            publisher: facts.publisher.clone().map(publisher),
            contact: (contact.name.is_some() || contact.email.is_some()).then_some(contact),
            links: collections.chain(links).collect(),
        }
    }
}

fn records(catalogue: &Catalogue, kind: &str) -> RecordCount {
    let counted = catalogue.facts.kinds.get(kind);
    RecordCount {
        count: counted.map_or(0, |counted| counted.count),
        changed_in: counted.map_or(0, |counted| counted.changed_in),
        changed_at: counted.and_then(|counted| counted.changed_at).map(digest::instant),
    }
}

fn publisher(Agent { id, name, division_code, uscc, level: _ }: Agent) -> MetaPublisher {
    MetaPublisher { id: RecordId(id), name, division_code: division_code.map(DivisionCode), uscc: uscc.map(Uscc) }
}

/// An example.
pub fn example() -> Value {
    serde_json::from_str(EXAMPLE).unwrap_or_default()
}

const EXAMPLE: &str = r#"{
    "title": {"en": "Public commitments and progress: Department of Justice of Shandong Province"},
    "description": {"en": "Commitments that governments made in public, reports on their progress, and figures."},
    "ledger": "3b1e5c1c-6f0a-4a58-9a63-1f6f3e0f2c11", "revision": 1,
    "digest": "0f9b3ad1c1f7a1b7c7f3c80b4f4a3c2b6e2b6d3a0e9e6c5d4b3a2918f7e6d5c4",
    "published_at": "2026-01-05T08:00:00.000000Z", "first_published_at": "2026-01-05T08:00:00.000000Z",
    "records": {"commitments": {"count": 15, "changed_in": 1, "changed_at": "2026-01-05T08:00:00.000000Z"}},
    "period_end": "2020-06-30",
    "coverage": {"years": [2020], "start": "2020-01-01", "end": "2020-12-31", "divisions": ["370000"]},
    "languages": ["en", "zh-Hans"],
    "licence": {"name": "CC-BY-4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
    "publisher": {"id": "sd-justice", "name": {"en": "Department of Justice of Shandong Province"}, "division_code": "370000"},
    "links": {"commitments": "commitments", "catalog_dcat_json_ld": "../catalog.jsonld"}
}"#;
