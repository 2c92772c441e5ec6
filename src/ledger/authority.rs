//! What a key may do: checked against what a publication actually does, entry by entry.

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::plan::Plan;
use crate::db::statement::{Bind, Statement};
use crate::db::{Error, OPEN};
use crate::model::codes::Scope;
use crate::model::problem::{Problem, Problems};
use crate::say;

/// Codes of the problems that are a matter of rights.
pub const FORBIDDEN: [&str; 2] = ["scope-missing", "other-organization"];

/// Whom a key speaks for, and what it may do.
#[derive(Clone, Debug)]
pub struct Authority {
    pub key: String,
    pub organization: String,
    /// Whether it speaks for the organizations under that one as well.
    pub below: bool,
    pub scopes: Vec<Scope>,
}

impl Authority {
    /// Lists what the key may not do of this plan.
    pub async fn check(
        &self,
        connection: &mut AsyncPgConnection,
        publisher: &str,
        plan: &Plan,
        problems: &mut Problems,
    ) -> Result<(), Error> {
        if !self.speaks_for(connection, publisher, plan).await? {
            let own = &self.organization;
            problems.push(Problem::at("/publisher", FORBIDDEN[1], say!(
                "This key publishes for {own}, not for {publisher}. Publish in its name, or ask the operator for another key.",
                "此密钥代表 {own} 发布，不代表 {publisher}。请以前者的名义发布，或向运营者申请其他密钥。"
            )));
        }
        for upsert in &plan.upserts {
            let draft = &upsert.draft;
            let needed = match (&upsert.before, upsert.reinstates) {
                (None, false) if draft.kind.name == "organization" => Scope::Admin,
                (None, false) => Scope::Publish,
                _ => Scope::Correct,
            };
            self.require(needed, &draft.pointer, problems);
        }
        for withdrawal in &plan.withdrawals {
            self.require(Scope::Withdraw, &withdrawal.pointer, problems);
        }
        for redaction in &plan.redactions {
            self.require(Scope::Redact, &redaction.pointer, problems);
        }
        Ok(())
    }

    fn require(&self, scope: Scope, pointer: &str, problems: &mut Problems) {
        if !self.scopes.contains(&scope) {
            let scope = scope.code();
            problems.push(Problem::at(
                pointer,
                FORBIDDEN[0],
                say!(
                    "This takes a key with the scope {scope}, which this one does not have.",
                    "此操作需要具有 {scope} 权限的密钥，当前密钥没有此权限。"
                ),
            ));
        }
    }

    /// By the organizations as they are in the ledger; only one that is new is taken at the publication's word.
    async fn speaks_for(
        &self,
        connection: &mut AsyncPgConnection,
        publisher: &str,
        plan: &Plan,
    ) -> Result<bool, Error> {
        if publisher == self.organization {
            return Ok(true);
        }
        if !self.below {
            return Ok(false);
        }
        let new = plan.upserts.iter().find(|upsert| {
            upsert.before.is_none()
                && !upsert.reinstates
                && upsert.draft.kind.name == "organization"
                && upsert.draft.id == publisher
        });
        let from = match new {
            Some(upsert) => upsert.draft.value["parent"].as_str().unwrap_or_default(),
            None => publisher,
        };
        Ok(ancestors(connection, from).await?.contains(&self.organization))
    }
}

/// An organization and all above it, at head.
async fn ancestors(connection: &mut AsyncPgConnection, organization: &str) -> Result<Vec<String>, Error> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = Text)]
        id: String,
    }
    // UNION, so that a circle of parents ends.
    let sql = format!(
        "WITH RECURSIVE up(id) AS (SELECT ?::text COLLATE \"C\" UNION SELECT o.parent FROM up JOIN organizations o ON o.id = up.id \
         AND o.revision_to = {OPEN} WHERE o.parent IS NOT NULL) SELECT id FROM up"
    );
    let rows: Vec<Id> = Statement::of(&sql, [Bind::Text(organization.to_owned())]).get_results(connection).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
