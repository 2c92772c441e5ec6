//! `publish`: files into revisions.

use std::io::Read;
use std::path::Path;

use chrono::Utc;
use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::{Failed, connect, open, print, tell};
use crate::config::Publish;
use crate::ledger::outcome::{Outcome, RecordName};
use crate::ledger::publish::{self, Published, Refusal, Terms};
use crate::model::codes::Effect;
use crate::model::message::{Language, Message};
use crate::model::problem::Problem;
use crate::model::publication::{self, MAX_BYTES};
use crate::model::text::HumanText;
use crate::say;

pub async fn run(settings: Publish) -> Result<(), Failed> {
    // Read before anything is touched, so that a missing file changes nothing.
    let files = settings
        .files
        .iter()
        .map(|path| Ok((path.as_path(), read(path)?)))
        .collect::<Result<Vec<(&Path, Vec<u8>)>, Failed>>()?;
    let opened = open(&settings.database).await?;
    let mut connection = connect(&opened).await?;
    for (path, bytes) in files {
        let outcome = file(&mut connection, path, &bytes, settings.dry_run).await?;
        report(path, &outcome, settings.dry_run);
    }
    Ok(())
}

/// The bytes of a file, or of standard input for `-`.
pub fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    read_at_most(path, MAX_BYTES)
}

/// The same, and one byte more than `most` where there are more.
pub fn read_at_most(path: &Path, most: usize) -> Result<Vec<u8>, Failed> {
    let limit = most as u64 + 1;
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    let path = path.display();
    read.map_err(|error| Failed(say!("{path} cannot be read: {error}.", "无法读取 {path}：{error}。")))?;
    Ok(bytes)
}

/// Publishes one file; a refusal becomes lines, one for each problem.
pub async fn file(
    connection: &mut AsyncPgConnection,
    path: &Path,
    bytes: &[u8],
    dry_run: bool,
) -> Result<Outcome, Failed> {
    match publish::publish(connection, publication::parse(bytes), &Terms::local(dry_run, Utc::now)).await {
        Ok(Published::Now(outcome)) => Ok(outcome),
        Err(Refusal::Problems(problems)) => Err(Failed(refused(path, &problems))),
        Err(Refusal::Database(error)) => Err(Failed::of(error)),
        Err(Refusal::Copy(upstream)) => Err(Failed(say!(
            "This ledger is a copy of {upstream}. Publish there; to make it a ledger of its own for good, run open-commitments mirror --promote.",
            "本账本是 {upstream} 的副本，请在那里发布。若要使它成为独立账本，请运行 open-commitments mirror --promote。"
        ))),
        Err(Refusal::Restored) => Err(Failed(say!(
            "This ledger was restored from a backup, and nothing was published: what came after the backup would be lost. Run open-commitments restore --mirror URL with any mirror's address, or restore --without-mirror if there is none.",
            "本账本由备份恢复，没有发布任何内容，否则备份之后的修订将会丢失。请运行 open-commitments restore --mirror URL（任一镜像的地址）；没有镜像时运行 restore --without-mirror。"
        ))),
        // These take terms that the command line does not set.
        Ok(Published::Before(_)) | Err(Refusal::HeadMoved(_) | Refusal::KeyReused | Refusal::Unwritten) => {
            Err(Failed::of("nothing was written"))
        }
    }
}

fn refused(path: &Path, problems: &[Problem]) -> Message {
    let path = path.display();
    let count = problems.len();
    let lines = |language| problems.iter().map(|problem| format!("\n  {}", problem.line(language))).collect::<String>();
    let (en, zh) = (lines(Language::English), lines(Language::Chinese));
    say!(
        "{path} was refused; nothing was changed. Problems, by place: {count}{en}",
        "{path} 被拒绝，没有任何更改。问题（按位置）共 {count} 处：{zh}"
    )
}

/// Says what was done, or in a dry run what would be.
pub fn report(path: &Path, outcome: &Outcome, dry_run: bool) {
    let path = path.display();
    if dry_run {
        show(outcome);
    }
    let changes = outcome.changes.len();
    let noun = if changes == 1 { "change" } else { "changes" };
    let head = publish::citation(outcome.head, outcome.digest.as_str());
    for notice in outcome.notices.iter().filter(|_| dry_run || !outcome.changes.is_empty()) {
        print(format_args!("= {} {}: {}", notice.kind, notice.id.as_str(), worded(&notice.detail)));
    }
    for warning in outcome.warnings.iter().filter(|_| dry_run || !outcome.changes.is_empty()) {
        print(format_args!("! {} {}: {}", warning.kind, warning.id.as_str(), worded(&warning.detail)));
    }
    for RecordName { kind, id } in &outcome.quoted_by {
        let id = id.as_str();
        tell(say!(
            "? {kind} {id} quotes what is redacted, and stays as it is.",
            "? {kind} {id} 引用了被涂删的内容，保持不变。"
        ));
    }
    match outcome.revision {
        Some(number) => tell(say!(
            "{path}: published {changes} {noun} as revision {number} ({head}).",
            "{path}：已发布 {changes} 项变更，修订 {number}（{head}）。"
        )),
        None if changes == 0 => tell(say!(
            "{path}: all of it is already there; head stays {head}.",
            "{path}：内容均已存在，头部仍为 {head}。"
        )),
        None => tell(say!(
            "{path}: {changes} {noun} would be published; nothing was changed.",
            "{path}：将发布 {changes} 项变更；本次未作更改。"
        )),
    }
}

fn worded(text: &HumanText) -> &str {
    text.0.get(Language::of_terminal().tag()).map(String::as_str).unwrap_or_default()
}

/// The diff: + created or reinstated, ~ changed member by member, - withdrawn, x redacted.
fn show(outcome: &Outcome) {
    for change in &outcome.changes {
        let sign = match change.effect {
            Effect::Create | Effect::Reinstate => '+',
            Effect::Change => '~',
            Effect::Withdraw => '-',
            Effect::Redact => 'x',
        };
        print(format_args!("{sign} {} {}", change.kind, change.id.as_str()));
        for member in change.changed.iter().flatten() {
            print(format_args!("    {}: {} → {}", member.pointer, shown(&member.before), shown(&member.after)));
        }
    }
}

fn shown(value: &Option<Value>) -> String {
    value.as_ref().map_or_else(|| "∅".to_owned(), Value::to_string)
}
