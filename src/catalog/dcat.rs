//! The catalogue as DCAT 3 (W3C Recommendation of 2024), by the rules of DCAT-AP 3.0.
//!
//! Every resource has an IRI below `/catalog.jsonld`. Described at a revision, IRIs and addresses carry it:
//! `dcat:hasCurrentVersion` leads there from head, `dcat:previousVersion` to the revision before the last change.

use super::facts::{Agent, Catalogue, Dataset};
use super::graph::Graph;
use super::vocabulary::{self as known, Concept};
use super::{formats, words};

/// Where the catalogue's IRIs are.
const DOCUMENT: &str = "catalog.jsonld";
/// GB/T 2260 as a concept scheme; it has no address of its own.
const DIVISIONS: &str = "divisions";

/// The whole catalogue.
pub fn graph(catalogue: &Catalogue) -> Graph {
    let mut graph = Graph::default();
    let datasets = catalogue.datasets();
    describe_catalogue(catalogue, &datasets, &mut graph);
    describe_service(catalogue, &datasets, &mut graph);
    for dataset in &datasets {
        describe_dataset(catalogue, dataset, &mut graph);
    }
    describe_shared(catalogue, &mut graph);
    graph
}

/// IRI of something at the revision described.
fn iri(catalogue: &Catalogue, name: &str) -> String {
    format!("{}#{name}", catalogue.address(DOCUMENT, None))
}

/// IRI of something that is the same at every revision.
fn lasting(catalogue: &Catalogue, name: &str) -> String {
    format!("{}/{DOCUMENT}#{name}", catalogue.base)
}

fn pinned(catalogue: &Catalogue, name: &str, revision: i64) -> String {
    format!("{}/{DOCUMENT}?revision={revision}#{name}", catalogue.base)
}

/// Name of something of one dataset. No id has a full stop in it.
fn part_of(dataset: &Dataset, name: &str) -> String {
    format!("{}.{name}", dataset.key)
}

fn describe_catalogue(catalogue: &Catalogue, datasets: &[Dataset], graph: &mut Graph) {
    let facts = &catalogue.facts;
    let agent = describe_agent(catalogue, facts.publisher.as_ref(), graph);
    let places: Vec<String> = facts.divisions.iter().map(|code| describe_division(catalogue, code, graph)).collect();
    let period = describe_period(catalogue, catalogue.days(), "period", graph);
    let mut node = graph.resource(&iri(catalogue, "catalog"), &["dcat:Catalog"]);
    node.human("dct:title", &catalogue.title())
        .human("dct:description", &words::about_catalogue())
        .link("dct:publisher", &agent)
        .link("dct:license", &catalogue.licence.url)
        .link("foaf:homepage", &format!("{}/", catalogue.base))
        .link("dcat:themeTaxonomy", known::THEMES)
        .link("dct:conformsTo", known::PROFILE)
        .link("dcat:contactPoint", &lasting(catalogue, "contact"))
        .link("dcat:service", &iri(catalogue, "service"))
        .text("dct:identifier", &format!("urn:uuid:{}", facts.ledger))
        .instant("dct:issued", facts.first_published_at)
        .instant("dct:modified", facts.published_at);
    for place in &places {
        node.link("dct:spatial", place);
    }
    if let Some(period) = &period {
        node.link("dct:temporal", period);
    }
    for language in facts.languages.iter().filter_map(|tag| known::language(tag)) {
        node.link("dct:language", &language.iri());
    }
    for dataset in datasets {
        node.link("dcat:dataset", &iri(catalogue, &dataset.key));
    }
    describe_version(catalogue, "catalog", catalogue.revision, Some(1), graph);
}

/// Which version this is, which one was before, and what it is a version of.
fn describe_version(catalogue: &Catalogue, name: &str, changed_in: i64, first: Option<i64>, graph: &mut Graph) {
    let mut node = graph.resource(&iri(catalogue, name), &[]);
    node.text("dcat:version", &changed_in.to_string());
    if catalogue.pinned {
        node.link("dcat:isVersionOf", &lasting(catalogue, name));
    } else if catalogue.revision > 0 {
        node.link("dcat:hasCurrentVersion", &pinned(catalogue, name, catalogue.revision));
    }
    if first.is_some_and(|first| first < changed_in) {
        node.link("dcat:previousVersion", &pinned(catalogue, name, changed_in - 1));
    }
}

fn describe_service(catalogue: &Catalogue, datasets: &[Dataset], graph: &mut Graph) {
    let agent = describe_agent(catalogue, catalogue.facts.publisher.as_ref(), graph);
    let docs = format!("{}/docs/", catalogue.base);
    graph.resource(&docs, &["foaf:Document"]);
    let mut node = graph.resource(&iri(catalogue, "service"), &["dcat:DataService"]);
    let [title, description] = words::service();
    node.human("dct:title", &title)
        .human("dct:description", &description)
        .link("dcat:endpointURL", &format!("{}/v1", catalogue.base))
        .link("dcat:endpointDescription", &format!("{}/openapi.json", catalogue.base))
        .link("dcat:landingPage", &docs)
        .link("dcat:contactPoint", &lasting(catalogue, "contact"))
        .link("dct:publisher", &agent)
        .link("dct:license", &catalogue.licence.url)
        .link("dct:conformsTo", known::OPENAPI)
        .link("dct:accessRights", &known::PUBLIC.iri())
        .link("dct:format", &known::JSON.iri())
        .link("dcat:theme", &known::GOVERNMENT.iri());
    for (language, word) in words::KEYWORDS {
        node.word("dcat:keyword", language, word);
    }
    for dataset in datasets {
        node.link("dcat:servesDataset", &iri(catalogue, &dataset.key));
    }
}

fn describe_dataset(catalogue: &Catalogue, dataset: &Dataset, graph: &mut Graph) {
    let agent = describe_agent(catalogue, dataset.publisher.as_ref(), graph);
    let places: Vec<String> = dataset.divisions.iter().map(|code| describe_division(catalogue, code, graph)).collect();
    // What is about the same days as the catalogue shares its period.
    let own = part_of(dataset, "period");
    let period = if dataset.programme.is_some() { own.as_str() } else { "period" };
    let period = describe_period(catalogue, dataset.days, period, graph);
    let page = match &dataset.programme {
        Some(id) => catalogue.address(&format!("v1/programmes/{id}"), None),
        None => catalogue.address(&format!("v1/{}", dataset.kind.collection), None),
    };
    graph.resource(&page, &["foaf:Document"]);
    let mut node = graph.resource(&iri(catalogue, &dataset.key), &["dcat:Dataset"]);
    node.human("dct:title", &dataset.title)
        .human("dct:description", &dataset.description)
        .text("dct:identifier", &lasting(catalogue, &dataset.key))
        .link("dct:publisher", &agent)
        .link("dcat:contactPoint", &lasting(catalogue, "contact"))
        .link("dcat:landingPage", &page)
        .link("dcat:theme", &known::GOVERNMENT.iri())
        .link("dct:accessRights", &known::PUBLIC.iri())
        .link("dct:accrualPeriodicity", &known::frequency(dataset.cadence.as_deref()).iri())
        .instant("dct:issued", dataset.issued)
        .instant("dct:modified", dataset.modified);
    for place in &places {
        node.link("dct:spatial", place);
    }
    if let Some(period) = &period {
        node.link("dct:temporal", period);
    }
    for language in catalogue.facts.languages.iter().filter_map(|tag| known::language(tag)) {
        node.link("dct:language", &language.iri());
    }
    for (language, word) in words::KEYWORDS {
        node.word("dcat:keyword", language, word);
    }
    for format in formats::ALL {
        node.link("dcat:distribution", &iri(catalogue, &part_of(dataset, format.name)));
    }
    describe_version(catalogue, &dataset.key, dataset.changed_in, dataset.first, graph);
    for format in formats::ALL {
        describe_distribution(catalogue, dataset, format, graph);
    }
}

fn describe_distribution(catalogue: &Catalogue, dataset: &Dataset, format: &formats::Export, graph: &mut Graph) {
    let address = catalogue.address(&dataset.export(format.name), dataset.filter().as_deref());
    let mut node = graph.resource(&iri(catalogue, &part_of(dataset, format.name)), &["dcat:Distribution"]);
    for (language, title) in &dataset.title.0 {
        node.word("dct:title", language, &format!("{title} ({})", format.label));
    }
    node.human("dct:description", &words::both(format.about))
        .link("dcat:accessURL", &address)
        .link("dcat:downloadURL", &address)
        .link("dct:format", &format.file_type.iri())
        .link("dct:license", &catalogue.licence.url)
        .link("dcatap:availability", &known::AVAILABLE.iri())
        .link("dcat:accessService", &iri(catalogue, "service"))
        .instant("dct:issued", dataset.issued)
        .instant("dct:modified", dataset.modified);
    for language in catalogue.facts.languages.iter().filter_map(|tag| known::language(tag)) {
        node.link("dct:language", &language.iri());
    }
    if let Some(media_type) = format.media_type {
        let media_type = format!("{}{media_type}", known::MEDIA_TYPES);
        node.link("dcat:mediaType", &media_type);
        graph.resource(&media_type, &["dct:MediaType"]);
    }
}

/// Who publishes. An empty ledger has nobody yet, and the service stands in.
fn describe_agent(catalogue: &Catalogue, agent: Option<&Agent>, graph: &mut Graph) -> String {
    let Some(agent) = agent else {
        let iri = lasting(catalogue, "nobody");
        graph.resource(&iri, &["foaf:Agent"]).text("foaf:name", "Open Commitments");
        return iri;
    };
    let iri = lasting(catalogue, &format!("organization-{}", agent.id));
    if graph.knows(&iri) {
        return iri;
    }
    let sort = known::publisher_type(agent.level.as_deref());
    let place = agent.division_code.as_deref().map(|code| describe_division(catalogue, code, graph));
    let page = format!("{}/v1/organizations/{}", catalogue.base, agent.id);
    graph.resource(&page, &["foaf:Document"]);
    let mut node = graph.resource(&iri, &["foaf:Agent", "foaf:Organization"]);
    match &agent.name {
        Some(name) => node.human("foaf:name", name),
        None => node.text("foaf:name", &agent.id),
    };
    node.link("foaf:page", &page);
    if let Some(uscc) = &agent.uscc {
        node.text("dct:identifier", uscc);
    }
    if let Some(place) = &place {
        node.link("dct:spatial", place);
    }
    if let Some(sort) = sort {
        node.link("dct:type", &sort.iri());
    }
    iri
}

/// An administrative division by its code.
fn describe_division(catalogue: &Catalogue, code: &str, graph: &mut Graph) -> String {
    let iri = lasting(catalogue, &format!("division-{code}"));
    graph
        .resource(&iri, &["dct:Location"])
        .text("dct:identifier", code)
        .text("skos:notation", code)
        .text("skos:prefLabel", &format!("GB/T 2260 {code}"))
        .link("skos:inScheme", &lasting(catalogue, DIVISIONS));
    graph
        .resource(&lasting(catalogue, DIVISIONS), &["skos:ConceptScheme"])
        .word("dct:title", "en", "Codes for the administrative divisions of China, GB/T 2260")
        .word("dct:title", "zh-Hans", "中华人民共和国行政区划代码（GB/T 2260）");
    iri
}

fn describe_period(
    catalogue: &Catalogue,
    days: Option<(chrono::NaiveDate, chrono::NaiveDate)>,
    name: &str,
    graph: &mut Graph,
) -> Option<String> {
    let (first, last) = days?;
    let iri = iri(catalogue, name);
    graph.resource(&iri, &["dct:PeriodOfTime"]).typed("dcat:startDate", "xsd:date", &first.to_string()).typed(
        "dcat:endDate",
        "xsd:date",
        &last.to_string(),
    );
    Some(iri)
}

/// What many refer to: licence, contact, home page, and the terms of other vocabularies, each with its class
/// and label, so that the graph can be judged without fetching them.
fn describe_shared(catalogue: &Catalogue, graph: &mut Graph) {
    let licence = catalogue.licence;
    let terms = known::licence_type(&licence.name);
    let mut node = graph.resource(&licence.url, &["dct:LicenseDocument"]);
    node.text("dct:title", &licence.name);
    if let Some(terms) = &terms {
        node.link("dct:type", &terms.iri());
    }
    graph.resource(&format!("{}/", catalogue.base), &["foaf:Document"]);
    graph.resource(known::PROFILE, &["dct:Standard"]).text("dct:title", "DCAT-AP 3.0");
    graph.resource(known::OPENAPI, &["dct:Standard"]).text("dct:title", "OpenAPI 3.1");
    describe_contact(catalogue, graph);
    let concepts: Vec<&Concept> = known::ALL.iter().copied().filter(|concept| graph.mentions(&concept.iri())).collect();
    for concept in concepts {
        let scheme = concept.scheme();
        graph
            .resource(&concept.iri(), &[concept.class])
            .word("skos:prefLabel", "en", concept.label)
            .link("skos:inScheme", &scheme);
        graph.resource(&scheme, &["skos:ConceptScheme"]).word("dct:title", "en", concept.list);
    }
}

fn describe_contact(catalogue: &Catalogue, graph: &mut Graph) {
    let operator = catalogue.operator;
    let publisher = catalogue.facts.publisher.as_ref();
    let mut node = graph.resource(&lasting(catalogue, "contact"), &["vcard:Kind", "vcard:Organization"]);
    match (&operator.contact_name, publisher.and_then(|agent| agent.name.as_ref())) {
        (Some(name), _) => node.text("vcard:fn", name),
        (None, Some(name)) => node.human("vcard:fn", name),
        (None, None) => node.text("vcard:fn", "Open Commitments"),
    };
    node.link("vcard:hasURL", &format!("{}/", catalogue.base));
    if let Some(email) = &operator.contact_email {
        node.link("vcard:hasEmail", &format!("mailto:{email}"));
    }
}
