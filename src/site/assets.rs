//! Files of the pages, each named with its digest so that caches keep it for good.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use sha2::{Digest, Sha256};

use crate::api::cache::basis::Basis;

use super::chart::theme::{self, Theme};

/// A file: its name without the digest, its content.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: LazyLock<String>,
    digest: LazyLock<String>,
}

macro_rules! asset {
    ($name:literal, $media_type:literal, $sent:expr) => {
        Asset {
            name: $name,
            media_type: $media_type,
            content: LazyLock::new(|| $sent(include_str!(concat!("assets/", $name)))),
            digest: LazyLock::new(|| hex::encode(&Sha256::digest($sent(include_str!(concat!("assets/", $name))))[..6])),
        }
    };
}

static ASSETS: [Asset; 2] = [
    asset!("style.css", "text/css; charset=utf-8", sheet),
    asset!("builder.js", "text/javascript; charset=utf-8", str::to_owned),
];

/// A style sheet as it is sent: with the style of charts that stand within pages, and without what only its authors
/// need.
fn sheet(file: &str) -> String {
    let lines = file.lines().map(str::trim).collect::<String>();
    let close = [(" { ", "{"), (" }", "}"), ("; ", ";"), (": ", ":"), (", ", ",")];
    let text = close.iter().fold(lines, |text, (from, to)| text.replace(from, to));
    format!("{text}{}\n", theme::style(Theme::Auto))
}

/// Where a file is, below the top.
pub fn path(name: &str) -> String {
    let digest = ASSETS.iter().find(|asset| asset.name == name).map(|asset| asset.digest.as_str());
    format!("assets/{}/{name}", digest.unwrap_or("0"))
}

/// Serves a file, also under the digest of another release: better another style than none.
pub async fn serve(path: web::Path<(String, String)>) -> HttpResponse {
    let (digest, name) = path.into_inner();
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else { return HttpResponse::NotFound().finish() };
    let cache = if *asset.digest == digest { "public, max-age=31536000, immutable" } else { "public, max-age=60" };
    let mut response = HttpResponse::Ok();
    response.extensions_mut().insert(Basis::release(asset.content.len()));
    response.insert_header((header::CACHE_CONTROL, cache)).content_type(asset.media_type).body(asset.content.as_str())
}
