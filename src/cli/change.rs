//! `correct`, `withdraw` and `redact`: publications of one entry, made from words.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::{Map, Value, json};

use super::{Failed, connect, open, publish, tell};
use crate::config::{Change, Correct};
use crate::db::statement::{Bind, Statement};
use crate::model::message::Language;
use crate::model::{kinds, schema};
use crate::say;

pub async fn correct(settings: Correct) -> Result<(), Failed> {
    let Correct { change, kind, if_revision, set } = settings;
    let set = set.iter().map(|word| member(&change.record, word)).collect::<Result<Map<String, Value>, Failed>>()?;
    let mut entry = entry(&change);
    entry["set"] = set.into();
    if let Some(revision) = if_revision {
        entry["if_revision"] = revision.into();
    }
    one(change, json!({"kind": kind, "patch": [entry]})).await
}

pub async fn withdraw(change: Change) -> Result<(), Failed> {
    let mut entry = entry(&change);
    entry["reason"] = worded(&change);
    one(change, json!({"kind": "withdrawal", "withdraw": [entry]})).await
}

pub async fn redact(change: Change) -> Result<(), Failed> {
    let (entry, dry_run) = (entry(&change), change.dry_run);
    one(change, json!({"kind": "redaction", "redact": [entry]})).await?;
    if !dry_run {
        tell(say!(
            "Caches in front of the service still have what was redacted, for up to 7 days: empty them now, and once more in ten seconds (docs/scaling.md).",
            "服务前面的缓存仍存有被涂删的内容，最长 7 天：请立即清空，十秒后再清空一次（见 docs/scaling.md）。"
        ));
    }
    Ok(())
}

fn entry(change: &Change) -> Value {
    json!({"kind": change.record, "id": change.id})
}

fn worded(change: &Change) -> Value {
    let language = change.language.clone().unwrap_or_else(|| {
        // Chinese words are not to be labelled English because of a terminal's locale.
        let chinese = change.message.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        if chinese { Language::Chinese } else { Language::English }.tag().to_owned()
    });
    json!({language: change.message})
}

/// `name=value`: JSON where it is, else text. A member that is text takes 2020 as it stands.
fn member(kind: &str, word: &str) -> Result<(String, Value), Failed> {
    let Some((name, value)) = word.split_once('=').filter(|(name, _)| !name.is_empty()) else {
        return Err(Failed(say!(
            "“{word}” is not member=value, such as value=27641 or note='{{\"en\":\"…\"}}'.",
            "“{word}”应写作 成员=值，例如 value=27641 或 note='{{\"zh-Hans\":\"…\"}}'。"
        )));
    };
    let text = kinds::named(kind).is_some_and(|kind| schema::is_text(kind, name));
    let set = match serde_json::from_str(value) {
        Ok(set @ (Value::String(_) | Value::Null)) => set,
        Ok(set) if !text => set,
        _ => value.into(),
    };
    Ok((name.to_owned(), set))
}

/// Publishes one entry in the name of the record's owner.
async fn one(change: Change, mut publication: Value) -> Result<(), Failed> {
    let opened = open(&change.database).await?;
    let mut connection = connect(&opened).await?;
    publication["message"] = worded(&change);
    publication["publisher"] = owner(&mut connection, &change).await?.into();
    // Messages are about the record, as there is no file.
    let path = Path::new(&change.id);
    let outcome = publish::file(&mut connection, path, publication.to_string().as_bytes(), change.dry_run).await?;
    publish::report(path, &outcome, change.dry_run);
    Ok(())
}

/// Who created the record.
async fn owner(connection: &mut AsyncPgConnection, change: &Change) -> Result<String, Failed> {
    #[derive(QueryableByName)]
    struct Owner {
        #[diesel(sql_type = Text)]
        publisher: String,
    }
    let (kind, id) = (&change.record, &change.id);
    if kinds::named(kind).is_none() {
        let names = kinds::KINDS.map(|kind| kind.name).join(", ");
        return Err(Failed(say!("The kind of a record is one of {names}.", "记录种类应为：{names}。")));
    }
    let statement = Statement::of(
        "SELECT r.publisher FROM changes c JOIN revisions r USING (revision) WHERE c.kind = ? AND c.id = ? ORDER BY revision LIMIT 1",
        [Bind::Text(kind.clone()), Bind::Text(id.clone())],
    );
    let rows: Vec<Owner> = statement.get_results(connection).await.map_err(Failed::of)?;
    let owner = rows.into_iter().next().map(|row| row.publisher);
    owner.ok_or_else(|| Failed(say!("There is no {kind} {id}.", "没有 {kind} {id}。")))
}
