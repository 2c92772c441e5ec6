//! Files as answers: whole or in part (RFC 9110, 14), with their digest (RFC 9530).

use std::ops::Range;
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{Error, HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;

use super::answer;
use super::problem::{Failure, RANGE_NOT_SATISFIABLE};
use crate::db::read::Moment;
use crate::export::format::Format;
use crate::export::spool::Spooled;

/// Bytes read and sent at a time.
const PIECE: usize = 1 << 18;

/// What a file is.
pub struct About {
    pub name: String,
    pub media_type: String,
    /// What its validator begins with.
    pub tag: String,
    pub moment: Moment,
}

impl About {
    /// The package of everything.
    pub fn package(moment: &Moment) -> About {
        About {
            name: format!("open-commitments-r{}.zip", moment.n),
            media_type: Format::Zip.media_type().to_owned(),
            tag: answer::tag(moment, None, Format::Zip),
            moment: moment.clone(),
        }
    }
}

/// A response to a request for a file.
pub fn begin(http: &HttpRequest, about: &About, pinned: bool, etag: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::ETAG, etag))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", about.name)));
    answer::frame(&mut response, &about.moment, pinned, http);
    response
}

/// Answers with a finished file, or the part of it that was asked for.
pub fn respond(http: &HttpRequest, about: &About, pinned: bool, file: Arc<Spooled>) -> Result<HttpResponse, Failure> {
    // Strong: parts of two files with the same tag fit together. So it is made of the bytes, too.
    let etag = format!("\"{}-{}\"", about.tag, hex::encode(file.digest.get(..8).unwrap_or_default()));
    let mut response = begin(http, about, pinned, &etag);
    response
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header(("repr-digest", format!("sha-256=:{}:", STANDARD.encode(file.digest))))
        // Length, digest and parts are of these bytes; the frame takes this out again.
        .insert_header((header::CONTENT_ENCODING, "identity"));
    if answer::matches_etag(http.headers(), &etag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    response.insert_header((header::CONTENT_TYPE, about.media_type.as_str()));
    let part = match part(http, &etag, file.length) {
        Part::Whole => 0..file.length,
        Part::Of(part) => {
            let range = format!("bytes {}-{}/{}", part.start, part.end.saturating_sub(1), file.length);
            response.status(StatusCode::PARTIAL_CONTENT).insert_header((header::CONTENT_RANGE, range));
            part
        }
        Part::None => {
            let length = format!("bytes */{}", file.length);
            return Err(Failure::plain(&RANGE_NOT_SATISFIABLE).with_header(header::CONTENT_RANGE, length));
        }
    };
    let length = part.end.saturating_sub(part.start);
    Ok(response.body(SizedStream::new(length, Box::pin(pieces(file, part)))))
}

enum Part {
    Whole,
    Of(Range<u64>),
    None,
}

/// The part that `Range` asks for. Several parts, other units and what is malformed get the whole, as does
/// who holds a part of another file (`If-Range`).
fn part(http: &HttpRequest, etag: &str, length: u64) -> Part {
    let text = |name| http.headers().get(name).and_then(|field| field.to_str().ok());
    let Some(range) = text(header::RANGE) else { return Part::Whole };
    if text(header::IF_RANGE).is_some_and(|known| known.trim() != etag) {
        return Part::Whole;
    }
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::Whole;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return Part::Whole;
    }
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    match (first, last) {
        ("", "") => Part::Whole,
        ("", last) => match number(last).min(length) {
            0 => Part::None,
            suffix => Part::Of(length - suffix..length),
        },
        (first, _) if number(first) >= length => Part::None,
        (first, "") => Part::Of(number(first)..length),
        (first, last) if number(last) < number(first) => Part::Whole,
        (first, last) => Part::Of(number(first)..number(last).saturating_add(1).min(length)),
    }
}

/// The bytes of a part, read when the last ones are gone.
fn pieces(file: Arc<Spooled>, part: Range<u64>) -> impl futures_util::Stream<Item = Result<Bytes, Error>> {
    stream::unfold(part, move |part| {
        let file = file.clone();
        async move {
            let left = part.end.saturating_sub(part.start);
            if left == 0 {
                return None;
            }
            let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let at = part.start;
            let read = web::block(move || file.read(at, most)).await;
            Some(match read {
                Ok(Ok(bytes)) if !bytes.is_empty() => {
                    let next = at + bytes.len() as u64..part.end;
                    (Ok(Bytes::from(bytes)), next)
                }
                other => {
                    log::error!("an export file cannot be read: {other:?}");
                    (Err(actix_web::error::ErrorInternalServerError("broken off")), part.end..part.end)
                }
            })
        }
    })
}
