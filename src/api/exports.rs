//! `/v1/exports`: all records of a kind as one file, and everything as one package. What is asked for at a
//! revision is written to a file first, so that its length and digest are known and parts of it can be had;
//! what is asked for at head is sent while it is read.

mod style;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use style::style;

use super::State;
use super::answer::{self, Answer, LEDGER_REVISION};
use super::cursor;
use super::download;
use super::endpoint::Request;
use super::problem::{EXPORT_BUSY, EXPORT_NO_ROOM, Failure, INTERNAL_ERROR, TOO_MANY_ROWS};
use crate::catalog::datapackage::{self, Resource};
use crate::db::read::chunks::{self, Basis};
use crate::db::read::list::Item;
use crate::db::read::{At, Moment};
use crate::export::format::Format;
use crate::export::package::{self, Package};
use crate::export::rows::Rows;
use crate::export::spool::{Spool, Spooled};
use crate::export::{self, Error, File, Selection, Shared, Style, Text, xlsx};
use crate::model::kinds::KINDS;
use crate::model::schema;

/// Formats of exports.
pub const FORMATS: &[Format] =
    &[Format::Json, Format::Ndjson, Format::Csv, Format::CsvExcel, Format::Xlsx, Format::Parquet];
/// What the paths of files begin with; those of lists take their format as a parameter.
const PATH: &str = "/v1/exports/";
/// Files that are sent while they are read, at most: each holds three chunks, half a megabyte or more, for as long as its
/// reader takes.
const STREAMS: u32 = 128;
/// Times that a file is begun anew because something was redacted meanwhile.
const ATTEMPTS: usize = 3;

/// What exports share.
pub struct Exports {
    spool: Arc<Spool>,
    streams: Arc<Semaphore>,
    /// How long a request waits for its file.
    patience: Duration,
    /// Most records of a sheet.
    sheet_rows: usize,
}

impl Exports {
    /// Files in a folder, of so many bytes in all. Who asks is answered before gateways give up.
    pub fn new(folder: PathBuf, most_bytes: u64, gateway_timeout: Duration) -> Exports {
        let spool = Arc::new(Spool::new(folder, most_bytes));
        let streams = Arc::new(Semaphore::new(STREAMS as usize));
        Exports { spool, streams, patience: gateway_timeout / 2, sheet_rows: xlsx::SHEET_ROWS }
    }

    /// With smaller sheets.
    pub fn with_sheet_rows(self, sheet_rows: usize) -> Exports {
        Exports { sheet_rows, ..self }
    }

    /// Bytes of the files that are kept.
    pub fn bytes(&self) -> u64 {
        self.spool.bytes()
    }

    /// Lets go of the files from before a redaction.
    pub fn forget_before(&self, redaction: i64) {
        self.spool.forget_before(redaction);
    }

    /// Ends what is being written and nobody reads yet, so that the service can end.
    pub fn stop(&self) {
        self.spool.stop();
    }

    /// Returns once no file is sent any more that is read meanwhile. No other one begins.
    pub async fn finish(&self) {
        // Whoever asks now stands behind this in the queue.
        let _all = self.streams.acquire_many(STREAMS).await;
        self.streams.close();
    }
}

/// One file of a kind's records. A CSV says where its columns are described (CSV on the Web).
pub async fn read(request: Request) -> Result<HttpResponse, Failure> {
    let (csv, collection) = (request.format == Format::Csv, request.kind.collection);
    let given = url::form_urlencoded::parse(request.raw_query.as_bytes());
    let at_revision = { given }.any(|(name, _)| matches!(name.as_ref(), "revision" | "as_of"));
    let mut response = file_of(request).await?;
    if csv {
        let revision = response.headers().get(LEDGER_REVISION).and_then(|value| value.to_str().ok());
        let query = revision.filter(|_| at_revision).map(|n| format!("?revision={n}")).unwrap_or_default();
        let link =
            format!("<{collection}.csv-metadata.json{query}>; rel=\"describedby\"; type=\"application/csvm+json\"");
        if let Ok(link) = header::HeaderValue::from_str(&link) {
            response.headers_mut().append(header::LINK, link);
        }
    }
    Ok(response)
}

async fn file_of(mut request: Request) -> Result<HttpResponse, Failure> {
    let kind = request.kind;
    let filters = request.query.filters(kind);
    let fields = request.query.fields(schema::members(kind));
    let style = style(&mut request);
    let asked = request.at();
    request.finish(&asked)?;
    let state = request.state.clone();
    let mut attempts = ATTEMPTS;
    loop {
        let basis = chunks::basis(&state.database, Some((kind, &filters)), asked.at, request.now).await?;
        let basis = basis.ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
        request.check(&basis.moment, asked.prefix.as_deref())?;
        let pinned = answer::is_pinned(asked.at, &basis.moment);
        let selection = Selection { kind, filters: filters.clone(), fields: fields.clone(), revision: basis.moment.n };
        let file = file(&request, selection, basis, style);
        if !pinned && !file.format.is_binary() {
            return stream(&request, file, false).await;
        }
        match spooled(&state, &file).await {
            Ok(spooled) => return download::respond(&request.http, &(&file).into(), pinned, spooled),
            // What does not fit is sent as it is read, where the format allows that.
            Err(error) if matches!(*error, Error::TooLarge) && !file.format.is_binary() => {
                return stream(&request, file, pinned).await;
            }
            Err(error) if matches!(*error, Error::Redacted) && attempts > 1 => attempts -= 1,
            Err(error) => return Err(refusal(&error)),
        }
    }
}

/// Everything as one package.
pub async fn everything(mut request: Request) -> Result<HttpResponse, Failure> {
    let asked = request.at();
    request.finish(&asked)?;
    let state = request.state.clone();
    let mut attempts = ATTEMPTS;
    loop {
        let basis = chunks::basis(&state.database, None, asked.at, request.now).await?;
        let basis = basis.ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
        request.check(&basis.moment, asked.prefix.as_deref())?;
        let pinned = answer::is_pinned(asked.at, &basis.moment);
        let moment = basis.moment.clone();
        let package = Package { link: link(&request, &moment), licence: state.licence.clone(), basis };
        let key = format!("all {}", answer::tag(&moment, None, Format::Zip));
        let (database, handle, exports) = (state.database.clone(), Handle::current(), &state.exports);
        let stopped = exports.spool.stopped();
        let last_redaction = moment.last_redaction;
        let write = move |sink: &mut _| {
            let rows = |selection: &Selection| {
                let rows = Rows::new(handle.clone(), selection.chunks(&database));
                rows.to_keep(last_redaction, stopped.clone())
            };
            package::write(&package, rows, sink)
        };
        match exports.spool.get(&key, last_redaction, exports.patience, write).await {
            Ok(spooled) => {
                let about = download::About::package(&moment);
                return download::respond(&request.http, &about, pinned, spooled);
            }
            Err(error) if matches!(*error, Error::Redacted) && attempts > 1 => attempts -= 1,
            Err(error) => return Err(refusal(&error)),
        }
    }
}

/// The descriptor of the CSV exports, all of one revision.
pub async fn descriptor(mut request: Request) -> Result<Answer, Failure> {
    let asked = request.at();
    request.finish(&asked)?;
    let basis = chunks::basis(&request.state.database, None, asked.at, request.now).await?;
    let basis = basis.ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
    request.check(&basis.moment, asked.prefix.as_deref())?;
    let pin = pin(&basis.moment).map(|pin| format!("?{pin}")).unwrap_or_default();
    let resource = |kind: &'static crate::model::kind::Kind| Resource {
        kind,
        path: format!("v1/exports/{}.csv{pin}", kind.collection),
        content: None,
    };
    let resources = KINDS.into_iter().map(resource).collect();
    let homepage = request.state.public_url.as_str();
    let descriptor = datapackage::describe(&basis, &request.state.licence, homepage, resources);
    let settings = Some(settings(&request.state));
    Ok(Answer { settings, ..Answer::json(answer::to_text(&descriptor)?, basis.moment, asked.at) })
}

/// An example of the descriptor.
pub fn descriptor_example() -> Value {
    serde_json::json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "open-commitments",
        "version": "1",
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "resources": [{
            "name": "sources", "type": "table", "path": "v1/exports/sources.csv?revision=1-0a1b2c3d", "format": "csv",
            "schema": {"fields": [{"name": "id", "type": "string"}], "primaryKey": ["id"]},
        }],
    })
}

/// A page of a list in a format of exports.
pub async fn page(
    request: &Request,
    moment: &Moment,
    fields: Option<Vec<String>>,
    items: Vec<Item>,
) -> Result<Bytes, Failure> {
    let selection = Selection { kind: request.kind, filters: Vec::new(), fields, revision: moment.n };
    let published_at = if request.format == Format::Xlsx { published_at(request, moment).await? } else { None };
    let basis = Basis { moment: moment.clone(), published_at };
    let file = file(request, selection, basis, Style::default());
    let records: Vec<String> = items.into_iter().map(|item| item.body).collect();
    let write = move || -> Result<Bytes, Error> {
        if file.format == Format::Xlsx {
            return Ok(xlsx::page(&file, records.iter().map(String::as_str))?.into());
        }
        let mut text = Text::new(&file)?;
        let mut bytes = text.begin()?;
        bytes.extend(text.chunk(records.join("\n"))?);
        bytes.extend_from_slice(text.end().as_bytes());
        Ok(bytes.into())
    };
    let written = web::block(write).await.map_err(|error| refusal(&Error::broken(error)))?;
    written.map_err(|error| refusal(&error))
}

/// When the revision was published that last changed the data.
async fn published_at(request: &Request, moment: &Moment) -> Result<Option<DateTime<Utc>>, Failure> {
    let basis = chunks::basis(&request.state.database, None, At::Revision(moment.changed_in), request.now).await?;
    // A server that took the primary's place may have another revision under this number.
    Ok(basis.filter(|basis| basis.moment.digest == moment.digest).and_then(|basis| basis.published_at))
}

/// What files repeat of the settings.
pub fn settings(state: &State) -> String {
    format!("{} {:?}", state.public_url, state.licence)
}

fn file(request: &Request, selection: Selection, basis: Basis, style: Style) -> File {
    File {
        link: link(request, &basis.moment),
        format: request.format,
        licence: request.state.licence.clone(),
        sheet_rows: request.state.exports.sheet_rows,
        selection,
        basis,
        style,
    }
}

/// The parameter that pins the revision which last changed the data, and names its history.
fn pin(moment: &Moment) -> Option<String> {
    let digest = moment.digest.get(..8).unwrap_or_default();
    (moment.changed_in > 0).then(|| format!("revision={}-{digest}", moment.changed_in))
}

/// Where the same is for good.
fn link(request: &Request, moment: &Moment) -> String {
    let given = url::form_urlencoded::parse(request.raw_query.as_bytes());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in
        given.filter(|(name, _)| !matches!(name.as_ref(), "revision" | "as_of" | "min_revision" | "format"))
    {
        query.append_pair(&name, &value);
    }
    if !request.path.starts_with(PATH) {
        query.append_pair("format", request.format.name());
    }
    let query = query.finish();
    let query: Vec<String> = [query].into_iter().filter(|query| !query.is_empty()).chain(pin(moment)).collect();
    let path = request.path.replace("{format}", request.format.name()).replace("{id}", &request.id);
    format!("{}{path}{}{}", request.state.public_url, if query.is_empty() { "" } else { "?" }, query.join("&"))
}

/// The finished file, written unless it is there.
async fn spooled(state: &web::Data<State>, file: &File) -> Result<Arc<Spooled>, Shared> {
    let exports = &state.exports;
    let moment = &file.basis.moment;
    let rows = (file.selection.chunks(&state.database), Handle::current(), exports.spool.stopped());
    let (written, last_redaction) = (file.clone(), moment.last_redaction);
    let write = move |sink: &mut _| {
        let (chunks, handle, stopped) = rows;
        // Said at once, rather than after a million rows.
        let full = |most| Ok::<bool, Error>(handle.block_on(chunks.count(most + 1))? > most);
        if written.format == Format::Xlsx && full(written.sheet_rows)? {
            return Err(Error::TooManyRows);
        }
        let mut rows = Rows::new(handle, chunks).to_keep(last_redaction, stopped);
        export::write(&written, &mut rows, sink)
    };
    exports.spool.get(&key(file), last_redaction, exports.patience, write).await
}

/// Names a file by all that it depends on.
fn key(file: &File) -> String {
    let Selection { kind, filters, fields, .. } = &file.selection;
    let filters: Vec<(&str, &[String])> =
        filters.iter().map(|(filter, values)| (filter.name, values.as_slice())).collect();
    let fingerprint = cursor::fingerprint(kind.collection, &filters, &[]);
    let tag = answer::tag(&file.basis.moment, None, file.format);
    format!("{} {tag} {fingerprint} {fields:?} {:?} {}", kind.collection, file.style, file.link)
}

/// Sends a file while it is read, once there is a place for it: what has begun goes on to its end.
async fn stream(request: &Request, file: File, pinned: bool) -> Result<HttpResponse, Failure> {
    let about = download::About::from(&file);
    let etag = format!("W/\"{}\"", answer::tag(&about.moment, None, file.format));
    let mut response = download::begin(&request.http, &about, pinned, &etag);
    if answer::matches_etag(request.http.headers(), &etag) {
        return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
    }
    response.insert_header((header::CONTENT_TYPE, about.media_type.as_str()));
    let exports = &request.state.exports;
    let place = tokio::time::timeout(exports.patience / 2, exports.streams.clone().acquire_owned()).await;
    let place = place.ok().and_then(Result::ok).ok_or_else(|| refusal(&Error::Busy))?;
    let chunks = file.selection.chunks(&request.state.database);
    let mut text = Text::new(&file).map_err(|error| refusal(&error))?;
    let begin = text.begin().map_err(|error| refusal(&error))?;
    let rows = Rows::new(Handle::current(), chunks);
    let path = request.http.path().to_owned();
    let body = stream::unfold(Some((rows, text, place)), move |reading| {
        let path = path.clone();
        async move {
            let (mut rows, mut text, place) = reading?;
            let chunk = match rows.read().await {
                Ok(None) => return Some((Ok(Bytes::from(text.end())), None)),
                Ok(Some(records)) => text.chunk(records),
                Err(error) => Err(error),
            };
            match chunk {
                Ok(bytes) => Some((Ok(Bytes::from(bytes)), Some((rows, text, place)))),
                Err(error) => {
                    // The answer has begun: ending it early is all that is left to say.
                    log::error!("{path}: {error}");
                    Some((Err(actix_web::error::ErrorInternalServerError("broken off")), None))
                }
            }
        }
    });
    let begin = stream::iter([Ok(Bytes::from(begin))]);
    let body = begin.chain(body).filter(|bytes| std::future::ready(!matches!(bytes, Ok(bytes) if bytes.is_empty())));
    Ok(response.streaming(Box::pin(body)))
}

/// A file that could not be had, as an answer.
pub fn refusal(error: &Error) -> Failure {
    let busy = |seconds: &str| Failure::plain(&EXPORT_BUSY).with_header(header::RETRY_AFTER, seconds);
    match error {
        Error::Database(error) => error.into(),
        Error::TooManyRows => Failure::plain(&TOO_MANY_ROWS),
        Error::Busy => busy("10"),
        Error::Preparing | Error::Redacted | Error::Stopped => busy("5"),
        Error::TooLarge | Error::Storage(_) => {
            let failure = Failure::plain(&EXPORT_NO_ROOM).with_header(header::RETRY_AFTER, "60");
            Failure { cause: Some(error.to_string()), ..failure }
        }
        Error::Broken(why) => Failure { cause: Some(why.clone()), ..Failure::plain(&INTERNAL_ERROR) },
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        refusal(&error)
    }
}

/// What a request is for, where it is a file.
impl From<&File> for download::About {
    fn from(file: &File) -> download::About {
        let moment = file.basis.moment.clone();
        let name = format!("{}-r{}.{}", file.selection.kind.collection, moment.n, file.format.extension());
        let media_type = if file.style.gb18030 {
            file.format.media_type().replace("utf-8", "gb18030")
        } else {
            file.format.media_type().to_owned()
        };
        download::About { name, media_type, tag: answer::tag(&moment, None, file.format), moment }
    }
}
