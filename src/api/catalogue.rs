//! Descriptions of the whole: `/v1/meta` and the catalogues that portals and search engines take.

use actix_web::web::{self, Bytes};
use serde_json::{Value, json};

use super::answer::{Answer, is_pinned, to_text};
use super::endpoint::{Endpoint, Handler, Request, answered};
use super::parameters::ParameterSet;
use super::problem::{Failure, INTERNAL_ERROR};
use super::schemas;
use crate::catalog::facts::{Catalogue, Facts};
use crate::catalog::graph::Fault;
use crate::catalog::meta::Meta;
use crate::catalog::{csvw, dcat, schema_org, zh};
use crate::db::read::{MOMENT, Moment, facts, kinds_changed_in, moment};
use crate::db::statement::Statement;
use crate::export::format::Format;
use crate::model::kind::Kind;
use crate::model::kinds::KINDS;

/// A description, but for what all of them share.
struct Description {
    path: &'static str,
    operation_id: &'static str,
    summary: &'static str,
    about: &'static str,
    formats: &'static [Format],
    /// Name of the answer's schema; an object as the standard has it unless named.
    schema: Option<&'static str>,
    example: fn() -> Value,
    handler: Handler,
}

const DESCRIPTIONS: &[Description] = &[
    Description {
        path: "/v1/meta",
        operation_id: "get_meta",
        summary: "What is here, how much, how new",
        about: "Counts by kind, newest revision, report and period, licence, publisher, contact, languages, years and divisions, and where \
                to go on.",
        formats: &[Format::Json],
        schema: Some("Meta"),
        example: || schemas::example("Meta"),
        handler: |request| answered(described(request, meta)),
    },
    Description {
        path: "/catalog.jsonld",
        operation_id: "get_catalog_json_ld",
        summary: "The catalogue as JSON-LD",
        about: "DCAT 3 by the rules of DCAT-AP 3.0: a dataset for each kind of record and for each programme, the newest 1000, with \
                distributions in every export format, licence, publisher, coverage and versions. Addresses are absolute.",
        formats: &[Format::JsonLd],
        schema: None,
        example: || json!({"@context": {"dcat": "http://www.w3.org/ns/dcat#"}, "@graph": [{"@id": "https://data.example/catalog.jsonld#catalog", "@type": ["dcat:Catalog"]}]}),
        handler: |request| answered(described(request, rdf)),
    },
    Description {
        path: "/catalog.ttl",
        operation_id: "get_catalog_turtle",
        summary: "The catalogue as Turtle",
        about: "The same triples as /catalog.jsonld.",
        formats: &[Format::Turtle],
        schema: None,
        example: || Value::Null,
        handler: |request| answered(described(request, rdf)),
    },
    Description {
        path: "/catalog-zh.json",
        operation_id: "get_catalog_zh_json",
        summary: "The catalogue for Chinese portals as JSON",
        about: "信息资源目录: core metadata by GB/T 21063.3 with the names that Chinese government catalogues ask for, a resource for each \
                kind of record and each programme, with its 信息项 (name, type, length).",
        formats: &[Format::Json],
        schema: None,
        example: || json!({"目录名称": "公开承诺与进展数据目录", "修订": 1, "信息资源": [{"信息资源代码": "000003", "信息资源名称": "公开承诺事项", "更新周期": "不定期"}]}),
        handler: |request| answered(described(request, chinese)),
    },
    Description {
        path: "/catalog-zh.xlsx",
        operation_id: "get_catalog_zh_workbook",
        summary: "The catalogue for Chinese portals as a workbook",
        about: "The same as /catalog-zh.json: the resources on one sheet, their items on another.",
        formats: &[Format::Xlsx],
        schema: None,
        example: || Value::Null,
        handler: |request| answered(described(request, chinese_workbook)),
    },
    Description {
        path: "/dataset.jsonld",
        operation_id: "get_dataset",
        summary: "The whole for search engines",
        about: "A schema.org Dataset with its kinds and programmes as parts, each with downloads. Addresses are absolute.",
        formats: &[Format::JsonLd],
        schema: None,
        example: || json!({"@context": "https://schema.org/", "@type": "Dataset", "name": "Public commitments and progress"}),
        handler: |request| answered(described(request, search_engines)),
    },
];

/// Where the metadata of a kind's CSV is.
fn csvw_path(kind: &Kind) -> String {
    format!("/v1/exports/{}.csv-metadata.json", kind.collection)
}

/// Every description.
pub fn endpoints() -> impl Iterator<Item = Endpoint> {
    DESCRIPTIONS.iter().map(endpoint).chain(KINDS.into_iter().map(csv_metadata))
}

fn endpoint(description: &Description) -> Endpoint {
    let object = || json!({"type": "object", "description": description.summary});
    Endpoint {
        path: description.path.into(),
        operation_id: description.operation_id.into(),
        tag: "catalogue",
        summary: description.summary.into(),
        description: description.about.into(),
        id: None,
        parameters: ParameterSet::new().at().format(description.formats).build(),
        formats: description.formats,
        answer: description.schema.map_or_else(object, schemas::reference),
        example: (description.example)(),
        problems: &[],
        kind: None,
        handler: description.handler,
    }
}

fn csv_metadata(kind: &'static Kind) -> Endpoint {
    Endpoint {
        path: csvw_path(kind),
        operation_id: format!("get_{}_csv_metadata", kind.name),
        tag: "catalogue",
        summary: format!("What the columns of {}.csv are", kind.collection),
        description:
            "Metadata by CSV on the Web (W3C): names, types, titles and descriptions in English and Chinese, dialect."
                .into(),
        id: None,
        parameters: ParameterSet::new().at().format(&[Format::Csvm]).build(),
        formats: &[Format::Csvm],
        answer: json!({"type": "object", "description": "Table metadata."}),
        example: json!({"@context": "http://www.w3.org/ns/csvw", "url": format!("{}.csv", kind.collection)}),
        problems: &[],
        kind: None,
        handler: |request| answered(columns(request)),
    }
}

/// A body, made of what is known of a revision.
type Describe = fn(&Catalogue, &Moment, Format) -> Result<Bytes, Failure>;

fn meta(catalogue: &Catalogue, moment: &Moment, _: Format) -> Result<Bytes, Failure> {
    Ok(to_text(&Meta::of(catalogue, moment.n_digest.as_deref().unwrap_or_default()))?.into())
}

fn rdf(catalogue: &Catalogue, _: &Moment, format: Format) -> Result<Bytes, Failure> {
    let graph = dcat::graph(catalogue);
    let text = if format == Format::Turtle { graph.turtle() } else { graph.json_ld() };
    text.map(Bytes::from).map_err(|Fault(fault)| internal(fault))
}

fn chinese(catalogue: &Catalogue, _: &Moment, _: Format) -> Result<Bytes, Failure> {
    Ok(zh::describe(catalogue).to_string().into())
}

fn chinese_workbook(catalogue: &Catalogue, _: &Moment, _: Format) -> Result<Bytes, Failure> {
    zh::workbook(catalogue).map(Bytes::from).map_err(|error| internal(error.to_string()))
}

fn search_engines(catalogue: &Catalogue, _: &Moment, _: Format) -> Result<Bytes, Failure> {
    Ok(schema_org::describe(catalogue).to_string().into())
}

/// Reads the facts of a revision and has them described.
async fn described(mut request: Request, describe: Describe) -> Result<Answer, Failure> {
    let asked = request.at();
    request.finish(&asked)?;
    let state = &request.state;
    let publisher = state.operator.catalog_publisher.as_deref().unwrap_or_default();
    let row = facts::read(&state.database, asked.at, request.now, publisher).await?;
    let Some(facts::Row { moment, body }) = row else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    request.check(&moment, asked.prefix.as_deref())?;
    let (shared, at, format, pinned) = (state.clone(), moment.clone(), request.format, is_pinned(asked.at, &moment));
    // A catalogue of a thousand programmes has megabytes: other requests go on meanwhile.
    let write = move || -> Result<Bytes, Failure> {
        let facts: Facts = serde_json::from_str(&body).map_err(|error| internal(error.to_string()))?;
        let (base, operator, licence) = (&shared.public_url, &shared.operator, &shared.licence);
        describe(&Catalogue { facts, base, revision: at.n, pinned, operator, licence }, &at, format)
    };
    let body = web::block(write).await.map_err(|error| internal(error.to_string()))??;
    let settings = format!("{} {:?} {:?}", state.public_url, state.operator, state.licence);
    Ok(Answer { format: request.format, settings: Some(settings), ..Answer::json(body, moment, asked.at) })
}

/// What the columns of the CSV in the path are.
async fn columns(mut request: Request) -> Result<Answer, Failure> {
    let asked = request.at();
    request.finish(&asked)?;
    let kind = KINDS.into_iter().find(|kind| csvw_path(kind) == request.path);
    let Some(kind) = kind else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    let mut statement = moment(asked.at, request.now, kinds_changed_in([kind.name]));
    statement.append(Statement::of(&format!("SELECT {MOMENT} FROM at"), []));
    let rows: Vec<Moment> = request.state.database.rows(statement).await?;
    let Some(moment) = rows.into_iter().next() else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    request.check(&moment, asked.prefix.as_deref())?;
    let revision = is_pinned(asked.at, &moment).then_some(moment.n);
    let licence = &request.state.licence;
    let body = csvw::describe(kind, revision, licence).to_string();
    let settings = Some(format!("{licence:?}"));
    Ok(Answer { format: request.format, settings, ..Answer::json(body, moment, asked.at) })
}

fn internal(cause: String) -> Failure {
    Failure { cause: Some(cause), ..Failure::plain(&INTERNAL_ERROR) }
}
