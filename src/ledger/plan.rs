//! Deciding, against the state of the ledger, what a publication does: every entry creates, changes,
//! withdraws or is already there, or it has a problem.

mod references;
mod reports;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel_async::AsyncPgConnection;
use futures_util::future::join_all;
use serde_json::Value;

use super::figures::{self, Beside};
use super::state::{self, History, Key, Last};
use crate::db::Error;
use crate::model::codes::RevisionKind;
use crate::model::draft::Draft;
use crate::model::kinds;
use crate::model::message::Message;
use crate::model::problem::{Problem, Problems};
use crate::model::publication::{Publication, Redaction, Withdrawal};
use crate::say;

/// What happens to one record.
pub struct Upsert {
    pub draft: Draft,
    /// The body it replaces, where it was open.
    pub before: Option<Value>,
    /// Whether it was there once, and is gone.
    pub reinstates: bool,
}

/// What a publication does.
#[derive(Default)]
pub struct Plan {
    pub upserts: Vec<Upsert>,
    pub withdrawals: Vec<Withdrawal>,
    pub redactions: Vec<Redaction>,
    pub notices: Vec<Notice>,
    /// Whether it is known that no ratio follows from it.
    pub no_ratio: bool,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.upserts.is_empty() && self.withdrawals.is_empty() && self.redactions.is_empty()
    }
}

/// An entry that changes nothing.
pub struct Notice {
    pub pointer: String,
    pub kind: &'static str,
    pub id: String,
    pub detail: Message,
}

/// Plans a publication against what was loaded under the head lock, so that the state stays as it is until the commit.
pub async fn plan(
    connection: &mut AsyncPgConnection,
    mut planner: Planner,
    publication: Publication,
    problems: &mut Problems,
) -> Result<Plan, Error> {
    let Publication { kind, publisher, records, patches, withdrawals, redactions, named, .. } = publication;
    let patched = planner.patched(patches, &publisher, problems);
    for draft in records.into_iter().chain(patched) {
        planner.decide(draft, kind, problems);
    }
    for withdrawal in withdrawals {
        planner.withdraw(withdrawal, &publisher, &named, problems);
    }
    for redaction in redactions {
        planner.redact(redaction, &publisher, problems);
    }
    planner.check_publisher(&publisher, kind, &named, problems);
    planner.check_references(connection, &named, problems).await?;
    planner.check_dependents(connection, problems).await?;
    planner.check_self_reports(connection, problems).await?;
    let beside = match planner.beside {
        Some(beside) => beside,
        None => {
            let drafts = planner.plan.upserts.iter().map(|upsert| &upsert.draft);
            Beside::load(connection, drafts, figures::moved(&planner.plan)).await?
        }
    };
    figures::check(&mut planner.plan, beside, problems);
    Ok(planner.plan)
}

/// What a publication is planned with.
pub struct Planner {
    histories: HashMap<Key, History>,
    bodies: HashMap<Key, String>,
    /// None where it depends on what the publication does.
    beside: Option<Beside>,
    plan: Plan,
    /// Records skipped that are open all the same.
    unchanged: BTreeSet<Key>,
}

impl Planner {
    /// Loads the records that a publication names, in one round trip where it patches none.
    pub async fn load(connection: &AsyncPgConnection, publication: &Publication) -> Result<Planner, Error> {
        let mut named: BTreeSet<Key> = publication.named.clone();
        named.extend(publication.withdrawals.iter().map(|withdrawal| (withdrawal.kind.name, withdrawal.id.clone())));
        named.extend(publication.redactions.iter().map(|redaction| (redaction.kind.name, redaction.id.clone())));
        let mut keys = named.clone();
        keys.insert(("organization", publication.publisher.clone()));
        keys.extend(publication.records.iter().flat_map(targets));
        let mut by_kind: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for (kind, id) in named {
            by_kind.entry(kind).or_default().push(id);
        }
        let by_kind = by_kind.into_iter().filter_map(|(name, ids)| Some((kinds::named(name)?, ids)));
        let found = by_kind.map(async |(kind, ids)| {
            let found = state::bodies(connection, kind, ids).await?;
            Ok::<_, Error>(found.into_iter().map(move |(id, body)| ((kind.name, id), body)))
        });
        let records = publication.records.iter();
        let is_known = publication.patches.is_empty() && records.clone().all(|draft| draft.kind.name != "metric");
        let beside = async {
            match is_known {
                true => Beside::load(connection, records, Vec::new()).await.map(Some),
                false => Ok(None),
            }
        };
        let (found, histories, beside) =
            tokio::join!(biased; join_all(found), state::histories(connection, &keys), beside);
        let mut bodies = HashMap::new();
        for found in found {
            bodies.extend(found?);
        }
        let (mut histories, beside) = (histories?, beside?);
        // A patched record may name others than the publication does.
        let mut more = BTreeSet::new();
        for patch in &publication.patches {
            if let Some(draft) = bodies.get(&(patch.kind.name, patch.id.clone())).and_then(|body| merged(body, patch)) {
                more.extend(
                    Draft::read(patch.kind, draft, &publication.publisher, String::new(), patch.change_kind)
                        .iter()
                        .flat_map(targets),
                );
            }
        }
        more.retain(|key| !keys.contains(key));
        if !more.is_empty() {
            histories.extend(state::histories(connection, &more).await?);
        }
        Ok(Planner { histories, bodies, beside, plan: Plan::default(), unchanged: BTreeSet::new() })
    }

    fn is_open(&self, key: &Key) -> bool {
        self.histories.get(key).is_some_and(|history| history.last == Last::Upserted)
    }

    /// The whole records that patches make.
    fn patched(
        &self,
        patches: Vec<crate::model::publication::Patch>,
        publisher: &str,
        problems: &mut Problems,
    ) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for patch in patches {
            let (kind, id) = (patch.kind.name, &patch.id);
            let key = (kind, id.clone());
            self.check_seen(&key, patch.if_revision, &patch.pointer, problems);
            let Some(value) = self.bodies.get(&key).and_then(|body| merged(body, &patch)) else {
                problems.push(Problem::at(
                    format!("{}/id", patch.pointer),
                    "not-there",
                    say!(
                        "There is no {kind} {id} to change. Publish it whole.",
                        "没有可修改的 {kind} {id}，请发布完整记录。"
                    ),
                ));
                continue;
            };
            match Draft::read(patch.kind, value, publisher, patch.pointer.clone(), patch.change_kind) {
                Ok(draft) => drafts.push(draft),
                Err(found) => problems.extend(found.into_iter().map(|mut problem| {
                    // What is wrong stands under `set` in a patch.
                    if let crate::model::problem::Place::Pointer(pointer) = &mut problem.place {
                        pointer.insert_str(patch.pointer.len(), "/set");
                    }
                    problem
                })),
            }
        }
        drafts
    }

    fn decide(&mut self, draft: Draft, revision: RevisionKind, problems: &mut Problems) {
        let key = (draft.kind.name, draft.id.clone());
        let corrects = draft.change_kind.corrects();
        let Some(history) = self.histories.get(&key) else {
            if revision != RevisionKind::Withdrawal {
                self.plan.upserts.push(Upsert { draft, before: None, reinstates: false });
            }
            return;
        };
        let (kind, id, owner) = (draft.kind.name, &draft.id, &history.owner);
        if Some(owner.as_str()) != draft.value["publisher"].as_str() {
            problems.push(Problem::at(
                format!("{}/publisher", draft.pointer),
                "other-publisher",
                say!(
                    "{kind} {id} belongs to {owner}. Only its publisher changes it.",
                    "{kind} {id} 属于 {owner}，只有其发布者可以修改。"
                ),
            ));
            return;
        }
        let open = history.last == Last::Upserted;
        let same = self.bodies.get(&key).is_some_and(|body| *body == draft.body);
        let detail = match history.last {
            Last::Upserted if same => Some(say!("already there", "已存在")),
            Last::Redacted if !corrects => Some(say!("redacted; nothing new is said about it", "已涂删，不再新建")),
            Last::Withdrawn if !corrects && history.held(&draft.body) => {
                Some(say!("already there, withdrawn since", "曾经发布，后已撤回"))
            }
            _ if !corrects && history.held(&draft.body) => {
                Some(say!("already there, changed since", "曾经发布，后已更改"))
            }
            _ => None,
        };
        if let Some(detail) = detail {
            if open {
                self.unchanged.insert(key);
            }
            self.plan.notices.push(Notice { pointer: draft.pointer, kind, id: draft.id, detail });
        } else if corrects {
            let before = self.bodies.get(&key).and_then(|body| serde_json::from_str(body).ok());
            let reinstates = before.is_none();
            self.plan.upserts.push(Upsert { draft, before, reinstates });
        } else {
            problems.push(Problem::at(draft.pointer.clone(), "change-needs-correction", say!(
                "{kind} {id} is already there and says something else. Changing it takes a correction kind: source_revision, source_correction, transcription_correction or methodology.",
                "{kind} {id} 已存在且内容不同。修改须用更正类：source_revision、source_correction、transcription_correction 或 methodology。"
            )));
        }
    }

    fn withdraw(&mut self, withdrawal: Withdrawal, publisher: &str, named: &BTreeSet<Key>, problems: &mut Problems) {
        let (kind, id) = (withdrawal.kind.name, &withdrawal.id);
        let key = (kind, id.clone());
        let pointer = withdrawal.pointer.clone();
        let mut refuse = |code, detail| problems.push(Problem::at(pointer.clone(), code, detail));
        if named.contains(&key) {
            return refuse(
                "duplicate-id",
                say!(
                    "{kind} {id} is both published and withdrawn here. Choose one.",
                    "{kind} {id} 在本次发布中既发布又撤回，请择其一。"
                ),
            );
        }
        match self.histories.get(&key) {
            None => refuse("not-there", say!("There is no {kind} {id} to withdraw.", "没有可撤回的 {kind} {id}。")),
            Some(history) if history.owner != publisher => {
                let owner = &history.owner;
                refuse(
                    "other-publisher",
                    say!(
                        "{kind} {id} belongs to {owner}. Only its publisher withdraws it.",
                        "{kind} {id} 属于 {owner}，只有其发布者可以撤回。"
                    ),
                );
            }
            Some(history) if history.last != Last::Upserted => {
                let detail = say!("already gone", "已撤回或涂删");
                self.plan.notices.push(Notice { pointer, kind, id: id.clone(), detail });
            }
            Some(_) => {
                self.check_seen(&key, withdrawal.if_revision, &pointer, problems);
                self.plan.withdrawals.push(withdrawal);
            }
        }
    }

    fn redact(&mut self, redaction: Redaction, publisher: &str, problems: &mut Problems) {
        let (kind, id, pointer) = (redaction.kind.name, &redaction.id, redaction.pointer.clone());
        match self.histories.get(&(kind, id.clone())) {
            None => problems.push(Problem::at(
                pointer,
                "not-there",
                say!("There never was a {kind} {id} to redact.", "从未有过可涂删的 {kind} {id}。"),
            )),
            Some(history) if history.owner != publisher => {
                let owner = &history.owner;
                problems.push(Problem::at(
                    pointer,
                    "other-publisher",
                    say!(
                        "{kind} {id} belongs to {owner}. Only its publisher redacts it.",
                        "{kind} {id} 属于 {owner}，只有其发布者可以涂删。"
                    ),
                ));
            }
            Some(history) if history.last == Last::Redacted => {
                let detail = say!("already redacted", "已涂删");
                self.plan.notices.push(Notice { pointer, kind, id: id.clone(), detail });
            }
            Some(_) => self.plan.redactions.push(redaction),
        }
    }

    /// Refuses an edit of a record that somebody else has changed meanwhile.
    fn check_seen(&self, key: &Key, seen: Option<i64>, pointer: &str, problems: &mut Problems) {
        let (Some(seen), Some(history)) = (seen, self.histories.get(key)) else { return };
        let (kind, id, changed_in) = (key.0, &key.1, history.changed_in);
        if seen != changed_in {
            problems.push(Problem::at(format!("{pointer}/if_revision"), STALE, say!(
                "{kind} {id} was changed in revision {changed_in}, after the {seen} you saw. Read it again and decide anew.",
                "{kind} {id} 已在修订 {changed_in} 中更改，晚于您所见的 {seen}。请重新读取后再决定。"
            )));
        }
    }

    fn withdrawn(&self) -> BTreeSet<Key> {
        self.plan.withdrawals.iter().map(|withdrawal| (withdrawal.kind.name, withdrawal.id.clone())).collect()
    }

    fn check_publisher(&self, publisher: &str, revision: RevisionKind, named: &BTreeSet<Key>, problems: &mut Problems) {
        if revision == RevisionKind::Redaction {
            // What is redacted has its owner's name, who may be gone.
            return;
        }
        let key = ("organization", publisher.to_owned());
        let leaving = self.plan.withdrawals.iter().find(|entry| entry.kind.name == key.0 && entry.id == key.1);
        if let (Some(withdrawal), false) = (leaving, self.plan.upserts.is_empty()) {
            problems.push(Problem::at(withdrawal.pointer.clone(), "still-referred-to", say!(
                "organization {publisher} is withdrawn here, and records are published in its name. Withdraw it alone, once its records are withdrawn.",
                "organization {publisher} 在本次发布中被撤回，同时又以其名义发布记录。请待其记录全部撤回后，再单独撤回该机构。"
            )));
        }
        let skipped = self.plan.notices.iter().any(|notice| notice.kind == key.0 && notice.id == key.1);
        if !self.is_open(&key) && (skipped || !named.contains(&key)) {
            problems.push(Problem::at("/publisher", "dangling-reference", say!(
                "There is no organization {publisher}. Create it in this publication, which may be made in its own name.",
                "没有机构 {publisher}。请在本次发布中新建它；可以用它自己的名义发布。"
            )));
        }
    }
}

/// Code of a problem: the record is not as the editor saw it.
pub const STALE: &str = "changed-since";

fn targets(draft: &Draft) -> impl Iterator<Item = Key> {
    draft.references.iter().map(|reference| (reference.kind, reference.id.clone()))
}

fn merged(body: &str, patch: &crate::model::publication::Patch) -> Option<Value> {
    let mut value: Value = serde_json::from_str(body).ok()?;
    let members = value.as_object_mut()?;
    for (name, set) in &patch.set {
        if set.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), set.clone());
        }
    }
    Some(value)
}
