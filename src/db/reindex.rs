//! Indexing for search anew, where this release folds texts otherwise than the one that wrote them.

use diesel::QueryableByName;
use diesel::RunQueryDsl;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Text};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

use super::statement::{Bind, Statement};
use crate::model::kinds::KINDS;
use crate::model::search;

/// Rows indexed at a time. Each batch stands by itself: where the program ends midway, the next
/// start begins again.
const BATCH: i64 = 500;

#[derive(QueryableByName)]
struct Folding {
    #[diesel(sql_type = BigInt)]
    folding: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    revision_from: i64,
    #[diesel(sql_type = Text)]
    body: String,
}

/// Brings the search columns to the folding of this release; returns how many rows it indexed.
/// Called under the lock of migrations. Records published meanwhile are indexed by who publishes them.
pub fn run(connection: &mut AsyncConnectionWrapper<AsyncPgConnection>) -> QueryResult<usize> {
    let there: Vec<Folding> = Statement::of("SELECT folding FROM search_index", []).load(connection)?;
    if there.iter().all(|row| row.folding == search::FOLDING) {
        return Ok(0);
    }
    let mut indexed = 0;
    for kind in KINDS {
        log::info!("indexing {} for search", kind.collection);
        let (mut id, mut revision) = (String::new(), 0);
        loop {
            let sql = format!(
                "SELECT id, revision_from, body FROM {} WHERE (id, revision_from) > (?, ?) ORDER BY id, revision_from LIMIT ?",
                kind.collection
            );
            let binds = [Bind::Text(id.clone()), Bind::BigInt(revision), Bind::BigInt(BATCH)];
            let rows: Vec<Row> = Statement::of(&sql, binds).load(connection)?;
            let Some(last) = rows.last() else { break };
            (id, revision) = (last.id.clone(), last.revision_from);
            indexed += update(connection, kind.collection, rows)?;
        }
    }
    Statement::of("UPDATE search_index SET folding = ?", [Bind::BigInt(search::FOLDING)]).execute(connection)?;
    Ok(indexed)
}

fn update(
    connection: &mut AsyncConnectionWrapper<AsyncPgConnection>,
    table: &str,
    rows: Vec<Row>,
) -> QueryResult<usize> {
    let (mut ids, mut revisions, mut documents) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let body = serde_json::from_str(&row.body).unwrap_or_default();
        documents.push(search::document(&body));
        ids.push(row.id);
        revisions.push(row.revision_from);
    }
    let sql = format!(
        "UPDATE {table} t SET search = d.document::tsvector FROM unnest(?, ?, ?) d(id, revision_from, document) \
         WHERE t.id = d.id AND t.revision_from = d.revision_from AND t.search <> d.document::tsvector"
    );
    let binds = [Bind::Texts(ids), Bind::BigInts(revisions), Bind::Texts(documents)];
    Statement::of(&sql, binds).execute(connection)
}
