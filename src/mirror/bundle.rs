//! Revisions in a file, for networks that only files get into, and as a backup that proves itself. A line of
//! JSON each: first whose they are and after which revision, then for each revision its header and its changes as
//! the change feed has them, last where they end. A name that ends in `.gz` is compressed.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use chrono::Utc;
use diesel_async::AsyncPgConnection;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::wire::{Entry, Header};
use super::{Divergence, Fault, local};
use crate::api::changes::page::{Ask, Page};
use crate::api::changes::place::Place;
use crate::db::pool::Database;
use crate::db::read::At;
use crate::ledger::copy;
use crate::say;

/// What a bundle begins with.
const FORMAT: &str = "open-commitments bundle 1";
/// Changes read at a time.
const LIMIT: i64 = 500;
/// Bytes of the longest line: a body and what is around it.
const MAX_LINE: u64 = 8 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct First {
    format: String,
    ledger: Uuid,
    time_zone: String,
    /// The bundle begins after this revision, which has this digest.
    after: i64,
    digest: String,
}

#[derive(Serialize, Deserialize)]
struct Last {
    through: i64,
    digest: String,
}

/// A line after the first, told apart by the member it begins with.
enum Line {
    Revision(Header),
    Change(Box<Entry>),
    End(Last),
}

impl Line {
    fn read(text: &str) -> Result<Line, serde_json::Error> {
        #[derive(Deserialize)]
        struct Revision {
            header: Header,
        }
        if text.starts_with("{\"header\"") {
            return Ok(Line::Revision(serde_json::from_str::<Revision>(text)?.header));
        }
        if text.starts_with("{\"through\"") {
            return Ok(Line::End(serde_json::from_str(text)?));
        }
        Ok(Line::Change(serde_json::from_str(text)?))
    }
}

/// What was written, or taken in.
pub struct Bundled {
    pub after: i64,
    pub through: i64,
    pub digest: String,
    /// Revisions that were new here.
    pub new: i64,
}

/// Writes the revisions after `after` to a file, which is there only when it is whole.
pub async fn write(
    connection: &mut AsyncPgConnection,
    database: &Database,
    after: i64,
    path: &Path,
) -> Result<Bundled, Fault> {
    let head = local::head(connection).await?;
    let (ledger, time_zone) = local::identity(connection).await?;
    let Some(digest) = local::digest(connection, after).await? else {
        let head = head.revision;
        return Err(Fault::Lasting(say!(
            "There is no revision {after}: head is {head}.",
            "没有修订 {after}，头部为 {head}。"
        )));
    };
    let through = Last { through: head.revision, digest: hex::encode(&head.digest) };
    let partial = path.with_file_name(format!("{}.partial", path.file_name().unwrap_or_default().to_string_lossy()));
    let written = async {
        let mut out = Output::create(&partial, path)?;
        out.line(&First { format: FORMAT.into(), ledger, time_zone, after, digest: digest.clone() })?;
        let mut ask = Ask {
            place: Place::end_of(after, digest),
            filters: Default::default(),
            fingerprint: String::new(),
            limit: LIMIT,
            at: if head.revision == 0 { At::Head } else { At::Revision(head.revision) },
            prefix: None,
            now: Utc::now(),
        };
        let mut open = after;
        loop {
            let page = Page::read(database, &ask, Utc::now()).await.map_err(|failure| failed(&failure))?;
            for (revision, entry) in &page.entries {
                if *revision != open {
                    open = *revision;
                    let header = page.revisions.iter().find(|header| header.number == open);
                    out.text(&format!("{{\"header\":{}}}", header.map_or("null", |header| header.json.as_str())))?;
                }
                out.text(entry)?;
            }
            if page.caught_up {
                break;
            }
            ask.place = page.next;
        }
        out.line(&through)?;
        out.finish()
    };
    let done: Result<(), Fault> = written.await;
    let renamed = done.and_then(|()| std::fs::rename(&partial, path).map_err(|error| unwritable(path, &error)));
    if let Err(fault) = renamed {
        // What is left of it is of no use to anybody.
        let _ = std::fs::remove_file(&partial);
        return Err(fault);
    }
    Ok(Bundled { after, through: through.through, digest: through.digest, new: through.through - after })
}

fn failed(failure: &crate::api::problem::Failure) -> Fault {
    Fault::Lasting(failure.detail.as_ref().clone())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Fault {
    let path = path.display();
    Fault::Lasting(say!("{path} cannot be written: {error}.", "无法写入 {path}：{error}。"))
}

/// A file being written, compressed or not.
enum Output {
    Plain(BufWriter<File>),
    Compressed(Box<GzEncoder<BufWriter<File>>>),
}

impl Output {
    /// Writes to `partial` what is to be `path`.
    fn create(partial: &Path, path: &Path) -> Result<Output, Fault> {
        let file = File::create(partial).map_err(|error| unwritable(path, &error))?;
        let file = BufWriter::new(file);
        Ok(match path.extension() {
            Some(extension) if extension == "gz" => {
                Output::Compressed(Box::new(GzEncoder::new(file, Compression::default())))
            }
            _ => Output::Plain(file),
        })
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), Fault> {
        let text = serde_json::to_string(value).map_err(|error| Fault::Lasting(say!("{error}", "{error}")))?;
        self.text(&text)
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        let written = match self {
            Output::Plain(file) => writeln!(file, "{text}"),
            Output::Compressed(file) => writeln!(file, "{text}"),
        };
        written.map_err(|error| Fault::Lasting(say!("The bundle cannot be written: {error}.", "无法写入包：{error}。")))
    }

    fn finish(self) -> Result<(), Fault> {
        let file = match self {
            Output::Plain(file) => Ok(file),
            Output::Compressed(file) => file.finish(),
        };
        let synced = file.and_then(|file| file.into_inner().map_err(|error| error.into_error())?.sync_all());
        synced.map_err(|error| Fault::Lasting(say!("The bundle cannot be written: {error}.", "无法写入包：{error}。")))
    }
}

/// A bundle being read.
pub struct Bundle {
    lines: Box<dyn BufRead + Send>,
    first: First,
    name: String,
}

impl Bundle {
    pub fn open(path: &Path) -> Result<Bundle, Fault> {
        let name = path.display().to_string();
        let unreadable = |error: std::io::Error| {
            Fault::Lasting(say!("{name} cannot be read: {error}.", "无法读取 {name}：{error}。"))
        };
        let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
        let compressed = file.fill_buf().map_err(unreadable)?.starts_with(&[0x1f, 0x8b]);
        let mut lines: Box<dyn BufRead + Send> =
            if compressed { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) };
        let first = next_line(&mut lines, &name)?.and_then(|line| serde_json::from_str::<First>(&line).ok());
        match first {
            Some(first) if first.format == FORMAT => Ok(Bundle { lines, first, name }),
            _ => Err(Fault::Lasting(say!(
                "{name} is not a bundle that this release reads. Write one with open-commitments bundle.",
                "{name} 不是本版本可读的包。请用 open-commitments bundle 生成。"
            ))),
        }
    }

    /// Ledger and time zone that it is of.
    pub fn ledger(&self) -> (Uuid, &str) {
        (self.first.ledger, &self.first.time_zone)
    }

    /// Takes the revisions in that are not here yet; those that are must be the same. The ledger is a copy of this bundle
    /// then, unless it was restored and is only filled up.
    pub async fn take_in(
        mut self,
        connection: &mut AsyncPgConnection,
        restoring: bool,
        progress: &(dyn Fn(i64) + Send + Sync),
    ) -> Result<Bundled, Fault> {
        local::same_ledger(connection, &self.name, self.first.ledger).await?;
        let (after, name) = (self.first.after, self.name.clone());
        match local::digest(connection, after).await? {
            None => {
                let head = local::head(connection).await?.revision;
                return Err(Fault::Lasting(say!(
                    "{name} begins after revision {after}, and this copy has {head}. Take in what lies between first: open-commitments bundle --after {head}.",
                    "{name} 从修订 {after} 之后开始，而此副本只到 {head}。请先导入其间的内容：open-commitments bundle --after {head}。"
                )));
            }
            Some(digest) if digest != self.first.digest => return Err(self.parted(connection, after).await?),
            Some(_) => {}
        }
        let mut bundled = Bundled { after, through: after, digest: String::new(), new: 0 };
        let mut open: Option<(Header, Vec<Entry>)> = None;
        loop {
            match self.line()? {
                Line::Revision(header) => {
                    self.close(open.replace((header, Vec::new())), connection, restoring, &mut bundled, progress)
                        .await?;
                }
                Line::Change(entry) => match &mut open {
                    Some((_, entries)) => entries.push(*entry),
                    None => return Err(self.malformed()),
                },
                Line::End(end) => {
                    self.close(open.take(), connection, restoring, &mut bundled, progress).await?;
                    if end.through != bundled.through
                        || local::digest(connection, end.through).await? != Some(end.digest.clone())
                    {
                        return Err(self.malformed());
                    }
                    local::reached(connection, end.through, Utc::now()).await?;
                    return Ok(Bundled { digest: end.digest, ..bundled });
                }
            }
        }
    }

    /// Takes in one whole revision.
    async fn close(
        &self,
        revision: Option<(Header, Vec<Entry>)>,
        connection: &mut AsyncPgConnection,
        restoring: bool,
        bundled: &mut Bundled,
        progress: &(dyn Fn(i64) + Send + Sync),
    ) -> Result<(), Fault> {
        let Some((header, entries)) = revision else { return Ok(()) };
        let (number, expected) = (header.revision, bundled.through + 1);
        if number != expected {
            let name = &self.name;
            return Err(Fault::Lasting(say!(
                "{name} has revision {number} where {expected} is due. It is damaged; have it written anew.",
                "{name} 中应为修订 {expected}，却是 {number}。文件已损坏，请重新生成。"
            )));
        }
        match local::digest(connection, number).await? {
            Some(digest) if digest == header.digest => {}
            Some(_) => return Err(self.parted(connection, number).await?),
            None => {
                if bundled.new == 0 && !restoring {
                    // Until here the histories are the same; one that gains nothing stays what it is.
                    local::become_copy(connection, &self.name).await?;
                }
                copy::append(connection, &header.with(entries)?).await?;
                bundled.new += 1;
                progress(number);
            }
        }
        bundled.through = number;
        Ok(())
    }

    async fn parted(&self, connection: &mut AsyncPgConnection, first: i64) -> Result<Fault, Fault> {
        let divergence = Divergence {
            agreed: (first - 1).max(0),
            our_head: local::head(connection).await?.revision,
            their_head: first,
            our_digest: local::digest(connection, first).await?,
            their_digest: None,
        };
        local::diverged(connection, &divergence).await?;
        Ok(Fault::Diverged(divergence))
    }

    fn line(&mut self) -> Result<Line, Fault> {
        let Some(text) = next_line(&mut self.lines, &self.name)? else { return Err(self.malformed()) };
        Line::read(&text).map_err(|_| self.malformed())
    }

    fn malformed(&self) -> Fault {
        let name = &self.name;
        Fault::Lasting(say!(
            "{name} ends early or is damaged. The revisions before the damage were taken in; have it written anew.",
            "{name} 不完整或已损坏。损坏处之前的修订已导入，请重新生成。"
        ))
    }
}

fn next_line(lines: &mut (impl BufRead + ?Sized), name: &str) -> Result<Option<String>, Fault> {
    let mut text = String::new();
    let read = lines.take(MAX_LINE).read_line(&mut text);
    let read =
        read.map_err(|error| Fault::Lasting(say!("{name} cannot be read: {error}.", "无法读取 {name}：{error}。")))?;
    Ok((read > 0 && text.ends_with('\n')).then_some(text))
}
