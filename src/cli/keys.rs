//! `keys`: who may publish over HTTP.

use std::io::{self, Write};

use chrono::{DateTime, NaiveDate, Utc};

use super::{Failed, connect, open, print, tell};
use crate::config::{CreateKey, KeysCommand};
use crate::ledger::digest::instant;
use crate::ledger::keys::{self, Key, New};
use crate::model::codes::Scope;
use crate::model::publication::is_id;
use crate::say;

pub async fn run(command: KeysCommand) -> Result<(), Failed> {
    match command {
        KeysCommand::Create(settings) => create(settings).await,
        KeysCommand::List(database) => {
            let opened = open(&database).await?;
            for key in keys::list(&mut connect(&opened).await?).await.map_err(Failed::of)? {
                print(line(&key));
            }
            Ok(())
        }
        KeysCommand::Revoke { database, id } => {
            let opened = open(&database).await?;
            // A whole key is taken for its public half, so that what was leaked can be pasted.
            let id = id.split('_').nth(1).unwrap_or(&id).to_owned();
            let ended = keys::revoke(&mut connect(&opened).await?, &id, Utc::now()).await.map_err(Failed::of)?;
            if !ended {
                return Err(Failed(say!("There is no key {id} that could be revoked.", "没有可吊销的密钥 {id}。")));
            }
            tell(say!("Key {id} is revoked.", "密钥 {id} 已吊销。"));
            Ok(())
        }
    }
}

async fn create(settings: CreateKey) -> Result<(), Failed> {
    let CreateKey { database, organization, name, scopes, below, expires } = settings;
    if !is_id(&organization) {
        return Err(Failed(say!(
            "“{organization}” is not the id of an organization: a slug such as sd-justice.",
            "“{organization}”不是机构 id，应为 sd-justice 这样的短名。"
        )));
    }
    let expires_at = expires.as_deref().map(end).transpose()?;
    let opened = open(&database).await?;
    let name = name.unwrap_or_else(|| organization.clone());
    let new = New { name, organization, below, scopes, expires_at };
    let key = keys::create(&mut connect(&opened).await?, &new, Utc::now()).await.map_err(Failed::of)?;
    // The key alone on standard output, for scripts.
    writeln!(io::stdout(), "{key}").map_err(Failed::of)?;
    let said = say!(
        "This key is shown once and not kept. Send it as Authorization: Bearer …, by HTTPS.",
        "此密钥只显示这一次，服务不保存原文。请经 HTTPS 以 Authorization: Bearer … 发送。"
    );
    eprintln!("{said}");
    Ok(())
}

/// When a key ends: an instant, or the end of a day in UTC.
fn end(text: &str) -> Result<DateTime<Utc>, Failed> {
    let day = || text.parse::<NaiveDate>().ok()?.succ_opt()?.and_hms_opt(0, 0, 0).map(|midnight| midnight.and_utc());
    text.parse().ok().or_else(day).filter(|end| *end > Utc::now()).ok_or_else(|| {
        Failed(say!(
            "“{text}” is not a day or time to come, such as 2027-12-31 or 2027-12-31T00:00:00Z.",
            "“{text}”不是将来的日期或时刻，例如 2027-12-31 或 2027-12-31T00:00:00Z。"
        ))
    })
}

fn line(key: &Key) -> String {
    let Key {
        id, name, organization, below, scopes, created_at, expires_at, revoked_at, last_used_at, revisions, ..
    } = key;
    let mut parts = vec![
        id.clone(),
        format!("{organization}{}", if *below { "/*" } else { "" }),
        scopes.join(","),
        format!("“{name}”"),
        format!("created {}", instant(*created_at)),
        format!("revisions {revisions}"),
    ];
    for (what, when) in [("expires", expires_at), ("last used", last_used_at), ("REVOKED", revoked_at)] {
        parts.extend(when.map(|when| format!("{what} {}", instant(when))));
    }
    parts.join("  ")
}

/// A scope on the command line.
pub fn scope(code: &str) -> Result<Scope, String> {
    Scope::parse(code).ok_or_else(|| Scope::CODES.join(", "))
}
