//! A ledger that was restored from a backup takes no publications before what came after the backup is back from a
//! mirror, or is known to be lost: a revision published too early would take the number of one that others hold.

use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::Error;
use crate::db::statement::{Bind, Statement};

/// Marks the ledger as restored from `source`. A copy stays what it is: what it lacks comes by itself.
pub async fn mark(connection: &mut AsyncPgConnection, source: &str) -> Result<(), Error> {
    // After whoever publishes at this moment.
    let sql = "WITH at AS MATERIALIZED (SELECT revision FROM head FOR UPDATE) \
               INSERT INTO mirror (upstream, restored) SELECT ?, true FROM at ON CONFLICT DO NOTHING";
    Statement::of(sql, [Bind::Text(source.to_owned())]).execute(connection).await?;
    Ok(())
}

/// The same in SQL, for the transaction that brings a ledger back.
pub fn mark_of(source: &str) -> String {
    let source = source.replace('\'', "''");
    format!("INSERT INTO public.mirror (upstream, restored) VALUES ('{source}', true) ON CONFLICT DO NOTHING;\n")
}

/// Lets publications in again.
pub async fn confirm(connection: &mut AsyncPgConnection) -> Result<(), Error> {
    Statement::of("DELETE FROM mirror WHERE restored", []).execute(connection).await?;
    Ok(())
}
