//! Which format an answer is in.

use actix_web::http::header::{self, HeaderMap};

use super::problem::{Failure, NOT_ACCEPTABLE};
use crate::export::format::Format;
use crate::model::message::Message;
use crate::say;

/// The format asked for by the parameter `format`, or else by `Accept` (RFC 9110, 12.5.1).
pub fn negotiate(asked: Option<String>, headers: &HeaderMap, offered: &[Format]) -> Result<Format, Refused> {
    if let Some(asked) = asked {
        let names = || offered.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
        return offered.iter().copied().find(|format| format.name() == asked).ok_or_else(|| {
            let allowed = names();
            Refused::Parameter(say!("format is one of: {allowed}.", "format 应为：{allowed}。"))
        });
    }
    let fields: Vec<&str> = headers.get_all(header::ACCEPT).filter_map(|field| field.to_str().ok()).collect();
    // Some gateways empty what they do not pass on.
    if fields.iter().all(|field| field.trim().is_empty()) {
        return offered.first().copied().ok_or(Refused::Accept);
    }
    let accept = fields.join(",");
    // The offer with the highest quality; of equals, the one offered first.
    let mut best: Option<(f32, Format)> = None;
    for format in offered {
        let quality = quality(&accept, format.essence());
        if quality > best.map_or(0.0, |(quality, _)| quality) {
            best = Some((quality, *format));
        }
    }
    best.map(|(_, format)| format).ok_or(Refused::Accept)
}

/// Why no format was found.
pub enum Refused {
    Parameter(Message),
    Accept,
}

impl Refused {
    /// A 406 that names what is offered.
    pub fn not_acceptable(offered: &[Format]) -> Failure {
        let types = offered.iter().map(|format| format.media_type()).collect::<Vec<_>>().join(", ");
        Failure::new(&NOT_ACCEPTABLE, say!("Offered here: {types}.", "此处提供：{types}。"))
    }
}

/// The quality an `Accept` field gives a media type, by its most specific range.
fn quality(accept: &str, essence: &str) -> f32 {
    let Some((kind, subtype)) = essence.split_once('/') else { return 0.0 };
    let mut best = (0, 0.0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let specificity = match media.split_once('/') {
            Some(("*", "*")) => 1,
            Some((k, "*")) if k == kind => 2,
            Some((k, s)) if k == kind && s == subtype => 3,
            _ => continue,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.trim().parse().ok()).unwrap_or(1.0);
        if specificity > best.0 {
            best = (specificity, quality);
        }
    }
    best.1
}
