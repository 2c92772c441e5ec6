//! No reference dangles: what a publication names is there, and what it withdraws nobody names.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::AsyncPgConnection;

use super::{Planner, Upsert};
use crate::db::Error;
use crate::ledger::state::{self, Key, Last};
use crate::model::message::Message;
use crate::model::problem::{Problem, Problems};
use crate::say;

/// How many dependents a problem names.
const SHOWN: usize = 10;

impl Planner {
    /// Every reference must be to a record that is there at the resulting revision. A reference to a
    /// redacted record stays where it stood before.
    pub(super) async fn check_references(
        &self,
        connection: &mut AsyncPgConnection,
        named: &BTreeSet<Key>,
        problems: &mut Problems,
    ) -> Result<(), Error> {
        let withdrawn = self.withdrawn();
        let skipped: BTreeSet<Key> = self
            .plan
            .notices
            .iter()
            .map(|notice| (notice.kind, notice.id.clone()))
            .filter(|key| !self.unchanged.contains(key))
            .collect();
        let from: BTreeSet<Key> =
            self.plan.upserts.iter().map(|upsert| (upsert.draft.kind.name, upsert.draft.id.clone())).collect();
        let redacted = self.histories.values().any(|history| history.last == Last::Redacted);
        let before = if redacted { state::named_by(connection, &from).await? } else { BTreeMap::new() };
        for Upsert { draft, .. } in &self.plan.upserts {
            let stood = before.get(&(draft.kind.name, draft.id.clone()));
            for reference in &draft.references {
                let key = (reference.kind, reference.id.clone());
                let there = if named.contains(&key) { !skipped.contains(&key) } else { self.is_open(&key) };
                if there && !withdrawn.contains(&key) {
                    continue;
                }
                let last = self.histories.get(&key).map(|history| history.last);
                if last == Some(Last::Redacted) && stood.is_some_and(|stood| stood.contains(&key)) {
                    continue;
                }
                problems.push(Problem::at(
                    format!("{}{}", draft.pointer, reference.pointer),
                    "dangling-reference",
                    dangling(reference.kind, &reference.id, last, withdrawn.contains(&key)),
                ));
            }
        }
        Ok(())
    }

    /// Records that others refer to are withdrawn with their dependents or not at all.
    pub(super) async fn check_dependents(
        &self,
        connection: &mut AsyncPgConnection,
        problems: &mut Problems,
    ) -> Result<(), Error> {
        let withdrawn = self.withdrawn();
        if withdrawn.is_empty() {
            return Ok(());
        }
        let upserted = self.plan.upserts.iter().map(|upsert| (upsert.draft.kind.name, upsert.draft.id.as_str()));
        let going: BTreeSet<(&str, &str)> =
            withdrawn.iter().map(|(kind, id)| (*kind, id.as_str())).chain(upserted).collect();
        let mut staying: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for row in state::dependents(connection, &withdrawn).await? {
            if !going.contains(&(row.from_kind.as_str(), row.from_id.as_str())) {
                staying.entry((row.to_kind, row.to_id)).or_default().push(format!("{} {}", row.from_kind, row.from_id));
            }
        }
        for withdrawal in &self.plan.withdrawals {
            let (kind, id) = (withdrawal.kind.name, &withdrawal.id);
            if let Some(names) = staying.get(&(kind.to_owned(), id.clone())) {
                let more = if names.len() > SHOWN { ", …" } else { "" };
                let names = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
                problems.push(Problem::at(withdrawal.pointer.clone(), "still-referred-to", say!(
                    "{kind} {id} is still referred to by {names}{more}. Withdraw these with it, or correct them first.",
                    "{kind} {id} 仍被引用：{names}{more}。请一并撤回，或先更正这些记录。"
                )));
            }
        }
        Ok(())
    }
}

fn dangling(kind: &str, id: &str, last: Option<Last>, leaving: bool) -> Message {
    match last {
        _ if leaving => say!(
            "{kind} {id} is withdrawn in this publication. Name another one, or withdraw this record too.",
            "{kind} {id} 在本次发布中被撤回，请改为其他记录，或一并撤回本记录。"
        ),
        Some(Last::Withdrawn) => say!(
            "{kind} {id} has been withdrawn. Reinstate it in a publication of a correction kind, or name another one.",
            "{kind} {id} 已撤回。请用更正类发布恢复它，或改为其他记录。"
        ),
        Some(Last::Redacted) => {
            say!("{kind} {id} has been redacted. Name another one.", "{kind} {id} 已涂删，请改为其他记录。")
        }
        _ => say!(
            "There is no {kind} {id}, neither in the ledger nor in this publication. Create it here, or correct the id.",
            "账本与本次发布中都没有 {kind} {id}。请在此新建，或改正 id。"
        ),
    }
}
