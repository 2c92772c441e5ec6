//! Who reports on a commitment as its own: a self-report decides its status.

use std::collections::BTreeMap;

use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Planner;
use crate::db::statement::{Bind, Statement};
use crate::db::{Error, OPEN};
use crate::model::codes::Assessor;
use crate::model::draft::Draft;
use crate::model::problem::{Problem, Problems};
use crate::say;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: String,
    /// Its lead organization, or else the programme's.
    #[diesel(sql_type = Nullable<Text>)]
    answerable: Option<String>,
}

impl Planner {
    /// On another publisher's commitment only who answers for it reports as itself; anybody else says who assessed.
    pub(super) async fn check_self_reports(
        &self,
        connection: &mut AsyncPgConnection,
        problems: &mut Problems,
    ) -> Result<(), Error> {
        let mut foreign: BTreeMap<String, Vec<&Draft>> = BTreeMap::new();
        for draft in self.plan.upserts.iter().map(|upsert| &upsert.draft).filter(|draft| is_self_report(draft)) {
            let commitment = draft.value["commitment"].as_str().unwrap_or_default().to_owned();
            let owner = self.histories.get(&("commitment", commitment.clone())).map(|history| history.owner.as_str());
            if owner.is_some_and(|owner| draft.value["publisher"] != owner) {
                foreign.entry(commitment).or_default().push(draft);
            }
        }
        if foreign.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "SELECT c.id, coalesce(c.lead_organization, p.organization) AS answerable FROM commitments c \
             LEFT JOIN programmes p ON p.id = c.programme AND p.revision_to = {OPEN} WHERE c.id = ANY(?) AND c.revision_to = {OPEN}"
        );
        let ids = foreign.keys().cloned().collect();
        let rows: Vec<Row> = Statement::of(&sql, [Bind::Texts(ids)]).get_results(connection).await?;
        for Row { id, answerable } in rows {
            let drafts = foreign.remove(&id).unwrap_or_default();
            let who = answerable.unwrap_or_default();
            problems.extend(drafts.into_iter().filter(|draft| draft.value["publisher"] != *who).map(|draft| {
                Problem::at(format!("{}/assessor", draft.pointer), "not-answerable", say!(
                    "commitment {id} is another publisher's, and {who} answers for it: only they report on it as itself. Say who assessed: superior_body, audit, independent or media.",
                    "承诺 {id} 属于其他发布者，由 {who} 负责：只有他们可以自报。请注明评定者：superior_body、audit、independent 或 media。"
                ))
            }));
        }
        Ok(())
    }
}

fn is_self_report(draft: &Draft) -> bool {
    draft.kind.name == "report" && draft.columns["assessor"] == Assessor::SelfReported.code()
}
