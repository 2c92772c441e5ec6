//! `openapi`: writes the committed documents, or checks them.

use std::fs;
use std::path::Path;

use super::{Failed, tell};
use crate::api::compatibility::breaking_changes;
use crate::api::{openapi, openapi_3_0};
use crate::config::Openapi;
use crate::say;

/// Server of the committed documents: where `./dev run` serves.
const SERVER: &str = "http://127.0.0.1:8080";

pub fn run(settings: Openapi) -> Result<(), Failed> {
    let json = openapi::json(SERVER).map_err(Failed::of)?;
    let yaml = openapi::yaml(SERVER).map_err(Failed::of)?;
    let lowered = openapi_3_0::json(SERVER).map_err(Failed::of)?;
    let path = settings.folder.join("openapi.json");
    refuse_breaking(&path, &json)?;
    for (name, text) in [("openapi.json", &json), ("openapi.yaml", &yaml), ("openapi-3.0.json", &lowered)] {
        let path = settings.folder.join(name);
        if !settings.check {
            fs::create_dir_all(&settings.folder).and_then(|()| fs::write(&path, text)).map_err(Failed::of)?;
        } else if fs::read_to_string(&path).ok().as_ref() != Some(text) {
            let path = path.display();
            return Err(Failed(say!(
                "{path} is not the document of this code. Write it anew with: cargo run -- openapi; then commit it.",
                "{path} 与代码不符。请运行 cargo run -- openapi 重新生成并提交。"
            )));
        }
    }
    let folder = settings.folder.display();
    tell(say!(
        "{folder}: openapi.json, openapi.yaml and openapi-3.0.json are up to date.",
        "{folder}：openapi.json、openapi.yaml 与 openapi-3.0.json 已是最新。"
    ));
    Ok(())
}

/// Version 1 only ever grows: what is committed is what clients were promised.
fn refuse_breaking(path: &Path, json: &str) -> Result<(), Failed> {
    let Ok(committed) = fs::read_to_string(path) else { return Ok(()) };
    let (old, new) =
        (serde_json::from_str(&committed).map_err(Failed::of)?, serde_json::from_str(json).map_err(Failed::of)?);
    let changes = breaking_changes(&old, &new);
    if changes.is_empty() {
        return Ok(());
    }
    let lines: String = changes.iter().map(|change| format!("\n  {change}")).collect();
    Err(Failed(say!(
        "This would break clients of version 1. Keep what was there and add beside it:{lines}",
        "这会破坏第 1 版的客户端。请保留原有内容，在旁边新增：{lines}"
    )))
}
