//! Reading a publication member by member, noting every problem with its pointer.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{MAX_WORDS, Patch, Publication, Redaction, Withdrawal, is_id};
use crate::model::codes::RevisionKind;
use crate::model::draft::Draft;
use crate::model::kind::Kind;
use crate::model::message::Message;
use crate::model::problem::{Problem, Problems, token};
use crate::model::{json, kinds, schema};
use crate::say;

/// What an entry of `patch`, `withdraw` or `redact` begins with, and what else it has.
struct Entry {
    kind: &'static Kind,
    id: String,
    change_kind: RevisionKind,
    if_revision: Option<i64>,
    rest: Map<String, Value>,
}

/// What was read so far, and what was wrong.
pub struct Reader {
    pub problems: Problems,
}

impl Reader {
    fn problem(&mut self, pointer: &str, code: &'static str, detail: Message) {
        self.problems.push(Problem::at(pointer, code, detail));
    }

    pub fn publication(mut self, mut members: Map<String, Value>) -> (Option<Publication>, Problems) {
        let kind = self.revision_kind(members.remove("kind"), "/kind", true);
        let publisher = self.publisher(members.remove("publisher"));
        let message =
            self.human_text(members.remove("message"), "/message").and_then(|text| json::canonical(&text).ok());
        // Stands in for a missing one, so that the records are checked all the same.
        let owner = publisher.clone().unwrap_or_default();
        let default = kind.unwrap_or(RevisionKind::NewData);
        let mut named = BTreeSet::new();
        let records =
            self.records(members.remove("records"), publisher.is_some().then_some(&owner), default, &mut named);
        let patches = self.patches(members.remove("patch"), default, &mut named);
        let withdrawals = self.withdrawals(members.remove("withdraw"), default);
        let redactions = self.redactions(members.remove("redact"), default);
        for name in members.keys() {
            self.problem(
                &token(name),
                "unknown-member",
                say!(
                    "A publication has kind, message, publisher, records, patch, withdraw and redact. Take this one out.",
                    "发布内容的成员为 kind、message、publisher、records、patch、withdraw、redact，请删去此成员。"
                ),
            );
        }
        if let Some(kind) = kind {
            self.fits_kind(kind, &named, &withdrawals, &redactions);
        }
        let (Some(kind), Some(publisher), false) = (kind, publisher, self.problems.are_too_many()) else {
            return (None, self.problems);
        };
        let message = message.unwrap_or_default();
        (
            Some(Publication { kind, message, publisher, records, patches, withdrawals, redactions, named }),
            self.problems,
        )
    }

    /// What each kind of revision may hold.
    fn fits_kind(
        &mut self,
        kind: RevisionKind,
        named: &BTreeSet<(&'static str, String)>,
        withdrawals: &[Withdrawal],
        redactions: &[Redaction],
    ) {
        if !redactions.is_empty() && kind != RevisionKind::Redaction {
            self.problem("/redact", "redaction", say!(
                "Only a publication of kind redaction redacts. It takes content out of all history; to take a record back, withdraw it.",
                "只有 redaction 类的发布可以涂删。涂删会从全部历史中移除内容；若要收回记录，请用撤回。"
            ));
        }
        match kind {
            RevisionKind::Redaction if redactions.is_empty() || !named.is_empty() || !withdrawals.is_empty() => {
                self.problem(
                    "/kind",
                    "redaction",
                    say!(
                        "A redaction has the records to redact under redact, and nothing else.",
                        "涂删的发布只含 redact 下要涂删的记录，不含其他内容。"
                    ),
                );
            }
            RevisionKind::NewData if !withdrawals.is_empty() => self.problem(
                "/withdraw",
                "new-data-only-creates",
                say!(
                    "new_data only creates. Withdraw in a publication of kind withdrawal, or of a correction kind.",
                    "new_data 只能新建。请在 withdrawal 或更正类的发布中撤回。"
                ),
            ),
            RevisionKind::Withdrawal if !named.is_empty() => self.problem(
                "/records",
                "withdrawal-only-withdraws",
                say!(
                    "withdrawal only withdraws. Publish records separately, or choose a correction kind.",
                    "withdrawal 只能撤回。请另行发布记录，或选用更正类。"
                ),
            ),
            _ => {}
        }
    }

    fn revision_kind(&mut self, sent: Option<Value>, pointer: &str, required: bool) -> Option<RevisionKind> {
        if sent.is_none() && !required {
            return None;
        }
        let kind = sent.as_ref().and_then(Value::as_str).and_then(RevisionKind::parse);
        if kind.is_none() {
            let codes = RevisionKind::CODES.join(", ");
            self.problem(
                pointer,
                "unknown-code",
                say!("The kind of a revision is one of {codes}.", "修订种类应为：{codes}。"),
            );
        }
        kind
    }

    fn publisher(&mut self, sent: Option<Value>) -> Option<String> {
        let id = sent.as_ref().and_then(Value::as_str).filter(|id| is_id(id)).map(str::to_owned);
        if id.is_none() {
            self.problem(
                "/publisher",
                "invalid-id",
                say!(
                    "Name the organization in whose name this is published, by its id.",
                    "请以 id 写明以哪个机构的名义发布。"
                ),
            );
        }
        id
    }

    fn human_text(&mut self, sent: Option<Value>, pointer: &str) -> Option<Value> {
        let Some(text) = sent else {
            self.problem(
                pointer,
                "missing-member",
                say!(
                    "Say why, in one language at least: {{\"en\": \"…\"}}.",
                    "请至少用一种语言说明：{{\"zh-Hans\": \"…\"}}。"
                ),
            );
            return None;
        };
        let mut found = schema::check_human_text(&text);
        if found.is_empty() {
            if json::canonical(&text).is_ok_and(|words| words.len() <= MAX_WORDS) {
                return Some(text);
            }
            found.push(Problem::at(
                "",
                "too-long",
                say!(
                    "All languages together have at most {MAX_WORDS} bytes. Shorten the text.",
                    "各语言合计最多 {MAX_WORDS} 字节，请缩短文本。"
                ),
            ));
        }
        self.problems.extend(found.into_iter().map(|problem| problem.below(pointer)));
        None
    }

    fn records(
        &mut self,
        sent: Option<Value>,
        publisher: Option<&String>,
        change_kind: RevisionKind,
        named: &mut BTreeSet<(&'static str, String)>,
    ) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (collection, records) in self.object(sent, "/records").unwrap_or_default() {
            let place = format!("/records{}", token(&collection));
            let Some(kind) = kinds::collected(&collection) else {
                let collections = kinds::KINDS.map(|kind| kind.collection).join(", ");
                self.problem(
                    &place,
                    "unknown-member",
                    say!("The collections are {collections}.", "记录集合有：{collections}。"),
                );
                continue;
            };
            for (index, record) in self.array(Some(records), &place).into_iter().enumerate() {
                if self.problems.are_too_many() {
                    break;
                }
                let pointer = format!("{place}/{index}");
                if let Some(id) = record.get("id").and_then(Value::as_str) {
                    self.name(kind, id, &pointer, named);
                }
                // Without a publisher there is one problem, not one for each record.
                let fallback = record.get("publisher").and_then(Value::as_str).unwrap_or("publisher").to_owned();
                let publisher = publisher.unwrap_or(&fallback);
                match Draft::read(kind, record, publisher, pointer, change_kind) {
                    Ok(draft) => drafts.push(draft),
                    Err(problems) => self.problems.extend(problems),
                }
            }
        }
        drafts
    }

    fn name(&mut self, kind: &'static Kind, id: &str, pointer: &str, named: &mut BTreeSet<(&'static str, String)>) {
        if !named.insert((kind.name, id.to_owned())) {
            let name = kind.name;
            self.problem(
                &format!("{pointer}/id"),
                "duplicate-id",
                say!(
                    "The publication names {name} {id} more than once. Keep one.",
                    "本次发布中 {name} {id} 出现多次，请只保留一个。"
                ),
            );
        }
    }

    fn patches(
        &mut self,
        sent: Option<Value>,
        default: RevisionKind,
        named: &mut BTreeSet<(&'static str, String)>,
    ) -> Vec<Patch> {
        let mut patches = Vec::new();
        for (index, entry) in self.array(sent, "/patch").into_iter().enumerate() {
            let pointer = format!("/patch/{index}");
            let Some(entry) = self.entry(entry, &pointer, default) else { continue };
            let Entry { kind, id, change_kind, if_revision, mut rest } = entry;
            self.name(kind, &id, &pointer, named);
            if !change_kind.corrects() || !default.corrects() {
                self.problem(&pointer, "change-needs-correction", say!(
                    "Changing a record takes a correction kind: source_revision, source_correction, transcription_correction or methodology.",
                    "修改记录须用更正类：source_revision、source_correction、transcription_correction 或 methodology。"
                ));
            }
            let set = rest.remove("set");
            if set.is_none() {
                self.problem(
                    &format!("{pointer}/set"),
                    "missing-member",
                    say!("Say which members to set.", "请写明要设置的成员。"),
                );
            }
            let set = self.object(set, &format!("{pointer}/set")).unwrap_or_default();
            for name in ["id", "publisher"].into_iter().filter(|name| set.contains_key(*name)) {
                self.problem(
                    &format!("{pointer}/set/{name}"),
                    "fixed-member",
                    say!(
                        "The id and the publisher of a record are fixed. Take this out.",
                        "记录的 id 与发布者不可更改，请删去。"
                    ),
                );
            }
            self.nothing_else(&rest, &pointer);
            patches.push(Patch { kind, id, pointer, set, change_kind, if_revision });
        }
        patches
    }

    fn withdrawals(&mut self, sent: Option<Value>, default: RevisionKind) -> Vec<Withdrawal> {
        let (mut withdrawals, mut named) = (Vec::new(), BTreeSet::new());
        for (index, entry) in self.array(sent, "/withdraw").into_iter().enumerate() {
            let pointer = format!("/withdraw/{index}");
            let Some(entry) = self.entry(entry, &pointer, default) else { continue };
            let Entry { kind, id, change_kind, if_revision, mut rest } = entry;
            self.name(kind, &id, &pointer, &mut named);
            let reason = self.human_text(rest.remove("reason"), &format!("{pointer}/reason"));
            self.nothing_else(&rest, &pointer);
            let body = serde_json::json!({"id": id, "reason": reason});
            if let Ok(body) = json::canonical(&body) {
                withdrawals.push(Withdrawal { kind, id, pointer, body, change_kind, if_revision });
            }
        }
        withdrawals
    }

    fn redactions(&mut self, sent: Option<Value>, default: RevisionKind) -> Vec<Redaction> {
        let (mut redactions, mut named) = (Vec::new(), BTreeSet::new());
        for (index, entry) in self.array(sent, "/redact").into_iter().enumerate() {
            let pointer = format!("/redact/{index}");
            let Some(Entry { kind, id, rest, .. }) = self.entry(entry, &pointer, default) else { continue };
            self.name(kind, &id, &pointer, &mut named);
            self.nothing_else(&rest, &pointer);
            redactions.push(Redaction { kind, id, pointer });
        }
        redactions
    }

    fn entry(&mut self, entry: Value, pointer: &str, default: RevisionKind) -> Option<Entry> {
        if self.problems.are_too_many() {
            return None;
        }
        let mut rest = self.object(Some(entry), pointer)?;
        let kind = rest.remove("kind").as_ref().and_then(Value::as_str).and_then(kinds::named);
        if kind.is_none() {
            let names = kinds::KINDS.map(|kind| kind.name).join(", ");
            self.problem(
                &format!("{pointer}/kind"),
                "unknown-code",
                say!("The kind of a record is one of {names}.", "记录种类应为：{names}。"),
            );
        }
        let id = rest.remove("id").as_ref().and_then(Value::as_str).filter(|id| is_id(id)).map(str::to_owned);
        if id.is_none() {
            self.problem(
                &format!("{pointer}/id"),
                "invalid-id",
                say!("Name the record by its id.", "请写明记录的 id。"),
            );
        }
        let change_kind = self.revision_kind(rest.remove("change_kind"), &format!("{pointer}/change_kind"), false);
        let change_kind = change_kind.unwrap_or(default);
        if matches!(change_kind, RevisionKind::Redaction) && default != change_kind {
            self.problem(
                &format!("{pointer}/change_kind"),
                "redaction",
                say!("A change is no redaction.", "更改不是涂删。"),
            );
        }
        let if_revision = rest.remove("if_revision").map(|sent| {
            let number = sent.as_i64().filter(|number| *number > 0);
            if number.is_none() {
                self.problem(
                    &format!("{pointer}/if_revision"),
                    "wrong-type",
                    say!(
                        "if_revision is the changed_in of the record that you saw.",
                        "if_revision 应为您所见记录的 changed_in。"
                    ),
                );
            }
            number.unwrap_or_default()
        });
        Some(Entry { kind: kind?, id: id?, change_kind, if_revision, rest })
    }

    fn nothing_else(&mut self, entry: &Map<String, Value>, pointer: &str) {
        for name in entry.keys() {
            self.problem(
                &format!("{pointer}{}", token(name)),
                "unknown-member",
                say!("There is no such member. Take it out, or correct its name.", "没有此成员，请删去或改正名称。"),
            );
        }
    }

    fn object(&mut self, sent: Option<Value>, pointer: &str) -> Option<Map<String, Value>> {
        match sent {
            None => None,
            Some(Value::Object(members)) => Some(members),
            Some(_) => {
                self.problem(pointer, "wrong-type", say!("This is to be an object.", "此处应为对象。"));
                None
            }
        }
    }

    fn array(&mut self, sent: Option<Value>, pointer: &str) -> Vec<Value> {
        match sent {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.problem(pointer, "wrong-type", say!("This is to be an array.", "此处应为数组。"));
                Vec::new()
            }
        }
    }
}
