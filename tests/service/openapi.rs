//! The OpenAPI document is complete, and true.

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::Validator;
use open_commitments::api::compatibility::breaking_changes;
use open_commitments::api::openapi;
use open_commitments::api::problem::TYPES;
use open_commitments::api::routes::ENDPOINTS;
use open_commitments::model::kinds::KINDS;
use serde_json::{Value, json};

use crate::support::data;
use crate::support::{Answer, Service, command, path_of};

const SERVER: &str = "http://127.0.0.1:8080";

fn document() -> Value {
    openapi::document(SERVER).expect("a document")
}

/// Validates against a schema of the document.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    jsonschema::options().should_validate_formats(false).build(&whole).expect("a schema")
}

fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().map(|(path, item)| (path.clone(), item["get"].clone())).collect()
}

#[test]
fn every_operation_parameter_field_and_response_is_described_with_an_example_for_each_success() {
    let document = document();
    let mut ids = BTreeSet::new();
    let described = |value: &Value| value["description"].as_str().is_some_and(|text| text.len() > 5);
    for (path, operation) in operations(&document) {
        assert!(described(&operation) && operation["summary"].is_string(), "{path}");
        assert!(ids.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{path}: its id is taken");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(described(parameter), "{path} {}", parameter["name"]);
        }
        for (status, response) in operation["responses"].as_object().expect("responses") {
            assert!(response.get("$ref").is_some() || described(response), "{path} {status}");
            for (media_type, content) in response["content"].as_object().into_iter().flatten() {
                assert!(content["schema"].is_object(), "{path} {status} {media_type} has no schema");
                if status == "200" {
                    let example =
                        content.get("example").unwrap_or_else(|| panic!("{path} {media_type} has no example"));
                    let errors: Vec<String> = validator(&document, &content["schema"])
                        .iter_errors(example)
                        .map(|error| error.to_string())
                        .collect();
                    assert!(errors.is_empty(), "{path} {media_type}: {errors:?}");
                }
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        assert!(described(schema), "schema {name}");
        for (member, property) in schema["properties"].as_object().into_iter().flatten() {
            let referred = property["$ref"]
                .as_str()
                .map(|name| &document["components"]["schemas"][name.rsplit('/').next().expect("a name")]);
            assert!(described(property) || referred.is_some_and(described), "{name}.{member}");
        }
    }
}

#[test]
fn the_document_names_every_problem_that_can_be_answered() {
    let text = document().to_string();
    for known in TYPES.iter().filter(|known| known.slug != "no-such-path") {
        assert!(text.contains(known.slug), "{}", known.slug);
    }
}

/// Real answers against the document that the same service serves.
#[actix_web::test]
async fn real_answers_are_what_the_document_says() {
    let service = Service::shandong().await;
    service.publishes(&data::small());
    service.publishes(&data::withdrawal(&[("commitment", "two")]));
    let document = service.get("/openapi.json").await.json();
    assert_eq!(document["servers"][0]["url"], service.url);
    let check = |path: &str, template: &str, answer: &Answer| {
        let response = &document["paths"][template]["get"]["responses"][answer.status.to_string()];
        let schema = match response["$ref"].as_str() {
            Some(_) => json!({"$ref": "#/components/schemas/Problem"}),
            None => {
                let media_type = answer.header("content-type").split(';').next().expect("a type");
                response["content"][media_type]["schema"].clone()
            }
        };
        assert!(schema.is_object(), "{path}: {} is not in the document", answer.status);
        // What is not JSON is one text to the document.
        let json = answer.header("content-type").contains("json");
        let answered = if json { answer.json() } else { json!(answer.text) };
        let errors: Vec<String> = validator(&document, &schema)
            .iter_errors(&answered)
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{path}: {errors:#?}");
    };
    let mut checked = 0;
    for endpoint in ENDPOINTS.iter() {
        let mut paths = Vec::new();
        match (endpoint.id, endpoint.kind) {
            _ if endpoint.path.contains("{format}") => {
                let path = endpoint.path.replace("{format}", "json").replace("{id}", "mediation-cases");
                paths.extend([path.clone(), format!("{path}?revision=1"), format!("{path}?labels=zh")]);
            }
            _ if endpoint.path.ends_with(".zip") => paths.push(format!("{}?limit=1", endpoint.path)),
            (None, Some(kind)) => {
                let includes: Vec<&str> = kind.includes.iter().map(|include| include.name).collect();
                let include =
                    if includes.is_empty() { String::new() } else { format!("&include={}", includes.join(",")) };
                paths.push(format!("{}?limit=1000&count=exact{include}", endpoint.path));
                paths.push(format!("{}?limit=1&revision=1", endpoint.path));
                paths.push(format!("{}?limit=0", endpoint.path));
            }
            (None, None) => paths.push(path_of(endpoint)),
            (Some("revision"), _) => paths.extend(["1", "3", "9"].map(|id| endpoint.path.replace("{id}", id))),
            (Some(parent), _) => {
                let parent = KINDS.iter().find(|kind| kind.name == parent).expect("a kind");
                let ids = service.get(&format!("/v1/{}?limit=1000&fields=id", parent.collection)).await.ids();
                let ids = ids.iter().map(String::as_str).chain(["two", "nobody"]);
                paths.extend(ids.map(|id| endpoint.path.replace("{id}", id)));
            }
        }
        for path in paths {
            check(&path, &endpoint.path, &service.get(&path).await);
            checked += 1;
        }
    }
    assert!(checked > 150, "{checked} answers");
    for path in ["/health/live", "/health/ready"] {
        check(path, path, &service.get(path).await);
    }
    let refused = service.request("POST", "/v1/summary", &[]).await;
    check("POST /v1/summary", "/v1/summary", &refused);
}

#[test]
fn the_committed_document_breaks_no_client_and_is_the_one_of_this_code() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(committed).expect("committed")).expect("JSON");
    let changes = breaking_changes(&committed, &document());
    assert!(changes.is_empty(), "this would break clients of version 1, so add beside what there is: {changes:#?}");
    assert!(committed == document(), "openapi/ is out of date: run cargo run -- openapi, and commit what it writes");
}

#[test]
fn what_would_break_a_client_is_told_from_what_would_not() {
    let old = document();
    let list = "/paths/~1v1~1commitments/get";
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut new = old.clone();
        change(&mut new);
        breaking_changes(&old, &new)
    };
    let remove = |value: &mut Value, name: &str| {
        value.as_object_mut().expect("an object").remove(name);
    };
    let at = |value: &mut Value, pointer: &str| value.pointer_mut(pointer).expect("there").clone();
    assert!(broken(&|_| ()).is_empty());
    assert!(!broken(&|new| remove(&mut new["paths"], "/v1/summary")).is_empty(), "a path");
    assert!(
        !broken(&|new| remove(&mut new["components"]["schemas"]["Report"]["properties"], "status")).is_empty(),
        "a member"
    );
    assert!(!broken(&|new| new["components"]["schemas"]["Report"]["required"] = json!([])).is_empty(), "a promise");
    assert!(
        !broken(&|new| new["components"]["schemas"]["Programme"]["properties"]["year"]["type"] = json!("string"))
            .is_empty(),
        "a type"
    );
    assert!(!broken(&|new| remove(&mut new["components"]["schemas"], "Unit")).is_empty(), "a schema");
    assert!(
        !broken(&|new| new.pointer_mut(list).expect("there")["parameters"].as_array_mut().expect("some").truncate(3))
            .is_empty(),
        "a parameter"
    );
    assert!(
        !broken(&|new| new.pointer_mut(list).expect("there")["parameters"][0]["required"] = json!(true)).is_empty(),
        "a requirement"
    );
    assert!(
        !broken(&|new| remove(&mut new.pointer_mut(list).expect("there")["responses"]["200"]["content"], "text/csv"))
            .is_empty(),
        "a format"
    );
    let narrower = |new: &mut Value| {
        let parameters = new.pointer_mut(list).expect("there")["parameters"].as_array_mut().expect("some");
        let status = parameters.iter_mut().find(|parameter| parameter["name"] == "status").expect("status");
        status["schema"]["items"]["enum"].as_array_mut().expect("codes").pop();
    };
    assert!(!broken(&narrower).is_empty(), "a code");
    let sent = |pointer: &str, value: Value| {
        let found = broken(&|new| {
            let (schema, member) = pointer.rsplit_once('/').expect("a member");
            new.pointer_mut(&format!("/components/schemas/{schema}")).expect("there")[member] = value.clone();
        });
        assert!(!found.is_empty(), "{pointer}");
    };
    sent("Publication/required", json!(["kind", "message", "publisher", "records"]));
    sent("ReportBody/required", json!(["id", "publisher", "commitment", "reported_on"]));
    sent("RecordId/pattern", json!("^[a-z]+$"));
    sent("RecordId/maxLength", json!(10));
    let figure = "FeedChange/properties/record/anyOf";
    sent(&format!("{figure}/0/$ref"), json!("#/components/schemas/Unit"));
    sent(figure, json!([]));
    let grown = |new: &mut Value| {
        let summary = at(new, "/paths/~1v1~1summary");
        new["paths"]["/v1/overview"] = summary;
        new["components"]["schemas"]["Report"]["properties"]["mood"] = json!({"type": "string"});
        let parameters = new.pointer_mut(list).expect("there")["parameters"].as_array_mut().expect("some");
        parameters.push(json!({"name": "mood", "in": "query", "required": false, "schema": {"type": "string"}}));
    };
    assert!(broken(&grown).is_empty(), "version 1 may grow");
}

#[test]
fn the_command_writes_checks_and_refuses() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a path");
    let run = |words: &[&str]| {
        let output = command(words, &[], "");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&["openapi", "--check", "--folder", path]);
    assert_eq!(code, Some(1));
    assert!(said.contains("cargo run -- openapi"), "{said}");
    assert_eq!(run(&["openapi", "--folder", path]).0, Some(0));
    assert_eq!(run(&["openapi", "--check", "--folder", path]).0, Some(0));
    let file = folder.path().join("openapi.json");
    let text = std::fs::read_to_string(&file).expect("written");
    std::fs::write(&file, text.replace("\"/v1/summary\"", "\"/v1/overview\"")).expect("written");
    let (code, said) = run(&["openapi", "--folder", path]);
    assert_eq!(code, Some(1));
    assert!(said.contains("GET /v1/overview is gone"), "{said}");
}

#[actix_web::test]
async fn swagger_ui_works_offline() {
    let service = Service::empty().await;
    let page = service.get("/docs/").await;
    assert_eq!(page.status, 200);
    for part in
        page.text.split("src=\"").chain(page.text.split("href=\"")).skip(1).filter_map(|rest| rest.split('"').next())
    {
        assert!(!part.starts_with("http") && !part.starts_with("//"), "{part} is elsewhere");
        if let Some(name) = part.strip_prefix("./") {
            assert_eq!(service.get(&format!("/docs/{name}")).await.status, 200, "{part}");
        }
    }
    assert!(service.get("/docs/swagger-initializer.js").await.text.contains("../openapi.json"));
    let yaml = service.get("/openapi.yaml").await;
    let parsed: Value = yaml_serde::from_str(&yaml.text).expect("YAML");
    assert_eq!(parsed, service.get("/openapi.json").await.json());
}
