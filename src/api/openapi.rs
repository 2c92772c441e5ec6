//! The OpenAPI 3.1 document, from the same entries that serve the paths.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, PathItem, Ref, RefOr, Required, Schema};

use super::discovery::fixed;
use super::endpoint::{Endpoint, Parameter};
use super::problem::{METHOD_NOT_ALLOWED, ProblemType, TOO_MANY_REQUESTS};
use super::routes::{self, ENDPOINTS};
use super::{oembed, plain, publish, schemas};
use crate::model::kinds::KINDS;
use crate::site::problems;

type Failure = Box<dyn std::error::Error>;

/// What the single routes say of themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Open Commitments",
        version = "1.0.0",
        description = "Public commitments, progress reports and key metrics as data, with every revision on record. \
            Every answer is evaluated at one revision, which the header Ledger-Revision names; revision= and as_of= go back in time. \
            Version 1 only ever grows: ignore members you do not know, treat cursors and ETags as opaque. \
            Absent members are unknown; nothing is ever null but next.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(plain::live, plain::ready, plain::prometheus, plain::openapi_json, plain::openapi_yaml, plain::openapi_3_0_json, fixed::api_catalog, fixed::robots, problems::problem_type, oembed::oembed, publish::post),
    tags(
        (name = "ledger", description = "The ledger and its revisions."),
        (name = "catalogue", description = "Descriptions of the whole for portals and search engines."),
        (name = "exports", description = "All records as files."),
        (name = "service", description = "Health, documents and error types."),
    )
)]
struct Single;

/// The document, with links below `server`.
pub fn document(server: &str) -> Result<Value, Failure> {
    let mut single = Single::openapi();
    for endpoint in ENDPOINTS.iter() {
        let item = PathItem::new(HttpMethod::Get, operation(endpoint)?);
        // The path that is published to is there already, with that alone.
        single.paths.paths.entry(endpoint.path.clone()).or_default().get = item.get;
    }
    let mut document = serde_json::to_value(single)?;
    document["servers"] = json!([{"url": server, "description": "This service"}]);
    let other_method = serde_json::to_value(failure(&[&METHOD_NOT_ALLOWED])?)?;
    let too_many = serde_json::to_value(refused_for_now()?)?;
    document["components"] = json!({"schemas": schemas::all(), "responses": {"MethodNotAllowed": other_method, "TooManyRequests": too_many}, "securitySchemes": {
        "key": {"type": "http", "scheme": "bearer", "description": "A publisher's key, made with open-commitments keys create."}
    }});
    if let Some(tags) = document["tags"].as_array_mut() {
        tags.extend(KINDS.iter().map(|kind| json!({"name": kind.collection, "description": kind.about})));
    }
    for item in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        item["get"]["responses"]["405"] = json!({"$ref": "#/components/responses/MethodNotAllowed"});
    }
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (_, item) in paths.filter(|(path, _)| !path.starts_with("/health/")) {
        for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
            operation["responses"]["429"] = json!({"$ref": "#/components/responses/TooManyRequests"});
        }
    }
    if let Some(body) = document.pointer_mut("/paths/~1v1~1revisions/post/requestBody") {
        body["required"] = true.into();
    }
    // Reading needs no key.
    document["security"] = json!([]);
    Ok(document)
}

/// The document as JSON, for people and diffs.
pub fn json(server: &str) -> Result<String, Failure> {
    Ok(format!("{}\n", serde_json::to_string_pretty(&document(server)?)?))
}

/// The document as YAML.
pub fn yaml(server: &str) -> Result<String, Failure> {
    Ok(yaml_serde::to_string(&document(server)?)?)
}

fn operation(endpoint: &Endpoint) -> Result<OperationBuilder, Failure> {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(&endpoint.operation_id))
        .tag(endpoint.tag)
        .summary(Some(&endpoint.summary))
        .description(Some(&endpoint.description));
    if let Some(of) = endpoint.id {
        let schema = if of == "revision" {
            json!({"type": "integer", "format": "int64", "minimum": 1})
        } else {
            schemas::reference("RecordId")
        };
        let example = if of == "revision" { json!(1) } else { example_id(of) };
        operation = operation.parameter(
            ParameterBuilder::new()
                .name("id")
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some(if of == "revision" {
                    "Number of the revision.".to_owned()
                } else {
                    format!("Id of the {of}.")
                }))
                .schema(Some(parsed(schema)?))
                .example(Some(example)),
        );
    }
    if endpoint.path.contains("{format}") {
        let names: Vec<&str> = endpoint.formats.iter().map(|format| format.name()).collect();
        operation = operation.parameter(
            ParameterBuilder::new()
                .name("format")
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some("Format of the file."))
                .schema(Some(parsed(json!({"type": "string", "enum": names}))?))
                .example(names.first().map(|name| json!(name))),
        );
    }
    for parameter in &endpoint.parameters {
        operation = operation.parameter(query(parameter)?);
    }
    operation = operation.response("200", success(endpoint)?).response("304", unchanged());
    let mut by_status: BTreeMap<u16, Vec<&ProblemType>> = BTreeMap::new();
    for problem in routes::problems(endpoint) {
        by_status.entry(problem.status).or_default().push(problem);
    }
    for (status, types) in by_status {
        operation = operation.response(status.to_string(), failure(&types)?);
    }
    Ok(operation)
}

fn example_id(kind: &str) -> Value {
    KINDS
        .iter()
        .find(|known| known.name == kind)
        .map(|kind| schemas::record_example(kind)["id"].clone())
        .unwrap_or_default()
}

fn parsed(schema: Value) -> Result<RefOr<Schema>, Failure> {
    Ok(serde_json::from_value(schema)?)
}

fn query(parameter: &Parameter) -> Result<ParameterBuilder, Failure> {
    let mut builder = ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(ParameterIn::Query)
        .required(if parameter.required { Required::True } else { Required::False })
        .description(Some(&parameter.about))
        .schema(Some(parsed(parameter.schema.clone())?))
        .example(parameter.example.clone());
    if parameter.schema["type"] == "array" {
        builder = builder.style(Some(ParameterStyle::Form)).explode(Some(false));
    }
    Ok(builder)
}

fn success(endpoint: &Endpoint) -> Result<Response, Failure> {
    let mut response = ResponseBuilder::new().description(format!("{}.", endpoint.summary));
    for format in endpoint.formats {
        let (schema, example) = match format {
            json if json.is_json() => (endpoint.answer.clone(), endpoint.example.clone()),
            other => {
                let (about, example) = other.described();
                let mut text = json!({"type": "string", "description": about});
                if other.is_binary() {
                    text["format"] = "binary".into();
                }
                (text, json!(example))
            }
        };
        // Both kinds of CSV have the same media type, and say so together.
        let content = ContentBuilder::new().schema(Some(parsed(schema)?)).example(Some(example)).build();
        response = response.content(format.essence(), content);
    }
    let headers = [
        ("ETag", "Validator, the same for all encodings; send it back in If-None-Match."),
        ("Ledger-Revision", "The revision the answer was evaluated at."),
        ("Link", "The next page, rel=\"next\" (RFC 8288), where there is one."),
    ];
    for (name, about) in headers
        .into_iter()
        .filter(|(name, _)| *name != "Link" || endpoint.parameters.iter().any(|p| p.name == "cursor"))
    {
        let schema = parsed(json!({"type": "string"}))?;
        response = response.header(name, HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build());
    }
    Ok(response.build())
}

/// What every operation answers to who asks too much.
fn refused_for_now() -> Result<Response, Failure> {
    let mut response = failure(&[&TOO_MANY_REQUESTS])?;
    for (name, about) in [
        ("Retry-After", "Seconds after which the request would be taken; never 0."),
        ("RateLimit", "Name of the limit, requests that are left, seconds until more are."),
        ("RateLimit-Policy", "Name of the limit, requests that it allows, in how many seconds."),
    ] {
        let schema = parsed(json!({"type": "string"}))?;
        let header = HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build();
        response.headers.insert(name.to_owned(), RefOr::T(header));
    }
    Ok(response)
}

fn unchanged() -> Response {
    ResponseBuilder::new().description("Unchanged since the ETag in If-None-Match.").build()
}

fn failure(types: &[&ProblemType]) -> Result<Response, Failure> {
    let each: Vec<String> = types.iter().map(|known| format!("{}: {}", known.slug, known.advice[0])).collect();
    let example = types.first().map(|known| {
        json!({"type": format!("https://example.org/problems/{}", known.slug), "title": known.title[0], "status": known.status, "detail": known.advice[0]})
    });
    let content =
        ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name("Problem")))).example(example).build();
    Ok(ResponseBuilder::new().description(each.join(" ")).content("application/problem+json", content).build())
}
