//! The ledger as a schema.org Dataset, for search engines.

use serde_json::{Value, json};

use super::facts::{Catalogue, Dataset, in_language};
use super::{formats, words};
use crate::ledger::digest;

/// One dataset, with its kinds and programmes as parts.
pub fn describe(catalogue: &Catalogue) -> Value {
    let facts = &catalogue.facts;
    let title = catalogue.title();
    let mut whole = json!({
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": catalogue.address("dataset.jsonld", None),
        "name": in_language(&title.0, &["en"]),
        "alternateName": in_language(&title.0, &["zh-Hans"]),
        "description": in_language(&words::about_catalogue().0, &["en"]),
        "url": format!("{}/", catalogue.base),
        "identifier": format!("urn:uuid:{}", facts.ledger),
        "version": catalogue.revision.to_string(),
        "license": catalogue.licence.url,
        "isAccessibleForFree": true,
        "inLanguage": facts.languages,
        "keywords": words::KEYWORDS.iter().map(|(_, word)| word).collect::<Vec<_>>(),
        "includedInDataCatalog": {"@type": "DataCatalog", "name": in_language(&title.0, &["en"]), "url": catalogue.address("catalog.jsonld", None)},
        "hasPart": catalogue.datasets().iter().map(|dataset| part(catalogue, dataset)).collect::<Vec<Value>>(),
    });
    if let Some(agent) = &facts.publisher {
        let mut publisher = json!({
            "@type": "GovernmentOrganization", "name": agent.name_in(&["en"]), "alternateName": agent.name_in(&["zh-Hans", "zh"]),
            "url": format!("{}/v1/organizations/{}", catalogue.base, agent.id),
        });
        if let Some(email) = &catalogue.operator.contact_email {
            publisher["contactPoint"] = json!({"@type": "ContactPoint", "contactType": "data", "email": email});
        }
        whole["publisher"] = publisher.clone();
        whole["creator"] = publisher;
    }
    for (name, time) in [("datePublished", facts.first_published_at), ("dateModified", facts.published_at)] {
        if let Some(time) = time {
            whole[name] = digest::instant(time).into();
        }
    }
    if let Some((first, last)) = catalogue.days() {
        whole["temporalCoverage"] = format!("{first}/{last}").into();
    }
    if !facts.divisions.is_empty() {
        whole["spatialCoverage"] = facts.divisions.iter().map(|code| place(code)).collect();
    }
    whole
}

fn place(code: &str) -> Value {
    let identifier = json!({"@type": "PropertyValue", "propertyID": "GB/T 2260", "value": code});
    json!({"@type": "AdministrativeArea", "identifier": identifier})
}

fn part(catalogue: &Catalogue, dataset: &Dataset) -> Value {
    let downloads = formats::ALL.iter().map(|format| {
        let mut download = json!({
            "@type": "DataDownload", "name": format.label,
            "contentUrl": catalogue.address(&dataset.export(format.name), dataset.filter().as_deref()),
        });
        if let Some(media_type) = format.media_type {
            download["encodingFormat"] = media_type.into();
        }
        download
    });
    let mut part = json!({
        "@type": "Dataset",
        "name": in_language(&dataset.title.0, &["en"]),
        "alternateName": in_language(&dataset.title.0, &["zh-Hans", "zh"]),
        "description": in_language(&dataset.description.0, &["en"]),
        "version": dataset.changed_in.to_string(),
        "license": catalogue.licence.url,
        "distribution": downloads.collect::<Vec<Value>>(),
    });
    if let Some(agent) = &dataset.publisher {
        part["creator"] = json!({"@type": "GovernmentOrganization", "name": agent.name_in(&["en"])});
    }
    part
}
