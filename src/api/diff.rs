//! `/v1/diff`: what changed between two revisions, member by member.

use serde_json::Value;

use super::answer::{Answer, to_text};
use super::cursor::{self, Cursor};
use super::documents::Difference;
use super::endpoint::{Asked, Request};
use super::list::{check_cursor, envelope, evaluated_at};
use super::problem::{Failure, INTERNAL_ERROR, INVALID_PARAMETER};
use crate::db::read::At;
use crate::db::read::diff::{self, Row, Selection};
use crate::ledger::outcome::member_changes;
use crate::model::codes::{Effect, RevisionKind};
use crate::model::kinds;
use crate::model::problem::Problem;
use crate::model::text::RecordId;
use crate::say;

pub async fn read(mut request: Request) -> Result<Answer, Failure> {
    let from = request.query.number("from");
    let to = request.query.revision("to");
    let kinds = request.query.code("kind", &kinds::KINDS.map(|kind| kind.name)).unwrap_or_default();
    let publishers = request.query.ids("publisher").unwrap_or_default();
    let limit = request.query.limit();
    let since: Vec<String> = from.iter().map(ToString::to_string).collect();
    let fingerprint =
        cursor::fingerprint(&request.path, &[("from", &since), ("kind", &kinds), ("publisher", &publishers)], &[]);
    let cursor =
        super::list::cursor(&mut request, |cursor| cursor.fingerprint == fingerprint && seen(cursor).is_some());
    let mut asked = request.at();
    if let Some((number, prefix)) = to {
        if asked.explicit {
            let detail =
                say!("to is another name of revision: give one of them.", "to 与 revision 同义，只能给出一个。");
            request.query.refuse("to", "conflicting-parameters", detail);
        }
        asked = Asked { at: At::Revision(number), prefix, explicit: true };
    }
    request.finish(&asked)?;
    let at = evaluated_at(&asked, cursor.as_ref());
    let selection = Selection { from, kinds, publishers, after: cursor.as_ref().and_then(seen), rows: limit + 1 };
    let mut rows = diff::read(&request.state.database, &selection, at, request.now).await?;
    let Some(moment) = rows.first().map(|row| row.moment.clone()) else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    check_cursor(&request, &asked, cursor.as_ref(), &moment)?;
    let from = from.unwrap_or((moment.n - 1).max(0));
    if from > moment.n {
        let n = moment.n;
        let detail = say!("from is to be at most to, which is {n}.", "from 不得大于 to（{n}）。");
        let problem = Problem::parameter("from", "invalid-value", detail.clone());
        return Err(Failure { errors: vec![problem], ..Failure::new(&INVALID_PARAMETER, detail) });
    }
    rows.retain(|row| row.id.is_some());
    let more = i64::try_from(rows.len()).is_ok_and(|read| read > limit);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|last| {
        let keys = vec![last.kind.clone().unwrap_or_default(), last.id.clone().unwrap_or_default()];
        Cursor::after(&moment, fingerprint, keys).encode()
    });
    let items: Vec<Difference> = rows.into_iter().filter_map(item).collect();
    let mut json = format!("{{\"from\":{from},\"to\":{},\"data\":{}", moment.n, to_text(&items)?);
    envelope(&mut json, moment.changed_in, next.as_deref(), None);
    let next = next.map(|next| request.next(&next));
    Ok(Answer { next, ..Answer::json(json, moment, at) })
}

fn seen(cursor: &Cursor) -> Option<[String; 2]> {
    cursor.keys.clone().try_into().ok()
}

/// A difference as it is served; none where the row has the moment alone.
pub fn item(row: Row) -> Option<Difference> {
    let parse = |text: &Option<String>| serde_json::from_str::<Value>(text.as_deref()?).ok();
    let (before, after) = (parse(&row.before), parse(&row.after));
    let (effect, changed) = match (&before, &after) {
        _ if row.op.as_deref() == Some("redact") => (Effect::Redact, None),
        (Some(before), Some(after)) => (Effect::Change, Some(member_changes(before, after))),
        (None, _) if row.known == Some(true) => (Effect::Reinstate, None),
        (None, _) => (Effect::Create, None),
        (Some(_), None) => (Effect::Withdraw, None),
    };
    let reason = parse(&row.withdrawal).and_then(|body| serde_json::from_value(body["reason"].clone()).ok());
    Some(Difference {
        kind: row.kind?,
        id: RecordId(row.id?),
        effect,
        revision: row.revision?,
        change_kind: RevisionKind::parse(row.change_kind.as_deref()?)?,
        message: serde_json::from_str(row.message.as_deref()?).ok()?,
        reason: (effect == Effect::Withdraw).then_some(reason).flatten(),
        changed,
        record: if matches!(effect, Effect::Create | Effect::Reinstate) { after } else { None },
    })
}
