//! Keys that publish over HTTP. The secret is shown once; what is stored is its hash, which is enough
//! for 256 random bits.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use sha2::{Digest, Sha256};

use super::authority::Authority;
use crate::db::Error;
use crate::db::statement::{Bind, Statement};
use crate::model::codes::Scope;

/// What every key begins with, so that scanners for leaked secrets find it.
const PREFIX: &str = "oc";
/// Characters of the public half.
const ID_LENGTH: usize = 12;

/// A key to make.
pub struct New {
    pub name: String,
    pub organization: String,
    pub below: bool,
    pub scopes: Vec<Scope>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key as it is listed.
#[derive(QueryableByName, Debug)]
pub struct Key {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Bytea)]
    secret_digest: Vec<u8>,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub organization: String,
    #[diesel(sql_type = Bool)]
    pub below: bool,
    #[diesel(sql_type = Array<Text>)]
    pub scopes: Vec<String>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub expires_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub revoked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_used_at: Option<DateTime<Utc>>,
    /// Revisions it published.
    #[diesel(sql_type = BigInt)]
    pub revisions: i64,
}

/// Makes a key; returns the whole of it, which is not stored.
pub async fn create(connection: &mut AsyncPgConnection, new: &New, now: DateTime<Utc>) -> Result<String, Error> {
    let random = |bytes: &mut [u8]| {
        getrandom::fill(bytes).map_err(|error| Error::Unavailable(format!("no random numbers: {error}")))
    };
    let (mut id, mut secret) = ([0; ID_LENGTH / 2], [0; 32]);
    random(&mut id)?;
    random(&mut secret)?;
    let (id, secret) = (hex::encode(id), hex::encode(secret));
    let scopes = new.scopes.iter().map(|scope| scope.code().to_owned()).collect();
    Statement::of(
        "INSERT INTO keys (id, secret_digest, name, organization, below, scopes, created_at, expires_at) \
         VALUES (?, ?, ?, ?, ?::bigint = 1, ?, ?, ?)",
        [
            Bind::Text(id.clone()),
            Bind::Bytes(Sha256::digest(&secret).to_vec()),
            Bind::Text(new.name.clone()),
            Bind::Text(new.organization.clone()),
            Bind::BigInt(new.below.into()),
            Bind::Texts(scopes),
            Bind::Instant(Some(now)),
            Bind::Instant(new.expires_at),
        ],
    )
    .execute(connection)
    .await?;
    Ok(format!("{PREFIX}_{id}_{secret}"))
}

/// Every key, the newest first.
pub async fn list(connection: &mut AsyncPgConnection) -> Result<Vec<Key>, Error> {
    let sql = "SELECT k.*, (SELECT count(*) FROM revision_keys r WHERE r.key_id = k.id) AS revisions FROM keys k \
               ORDER BY k.created_at DESC, k.id";
    Ok(Statement::of(sql, []).get_results(connection).await?)
}

/// Ends a key. False if there is none of this id, or it was ended before.
pub async fn revoke(connection: &mut AsyncPgConnection, id: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    let statement = Statement::of(
        "UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
        [Bind::Instant(Some(now)), Bind::Text(id.to_owned())],
    );
    Ok(statement.execute(connection).await? > 0)
}

/// What a key may do, if it is good now. Notes that it was used, once an hour.
pub async fn authenticate(
    connection: &mut AsyncPgConnection,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Option<Authority>, Error> {
    let mut parts = key.splitn(3, '_');
    let (Some(PREFIX), Some(id), Some(secret)) = (parts.next(), parts.next(), parts.next()) else { return Ok(None) };
    if id.len() != ID_LENGTH || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    // How many revisions a key published would take the longer to count the more they are.
    let sql = "SELECT k.*, 0::bigint AS revisions FROM keys k WHERE k.id = ?";
    let rows: Vec<Key> = Statement::of(sql, [Bind::Text(id.to_owned())]).get_results(connection).await?;
    let Some(found) = rows.into_iter().next() else { return Ok(None) };
    // Digests of random secrets are compared: how long that takes tells nothing of use.
    let good = Sha256::digest(secret).as_slice() == found.secret_digest
        && found.revoked_at.is_none()
        && found.expires_at.is_none_or(|end| end > now);
    if !good {
        return Ok(None);
    }
    if found.last_used_at.is_none_or(|last| last < now - TimeDelta::hours(1)) {
        let binds = [Bind::Instant(Some(now)), Bind::Text(found.id.clone())];
        Statement::of("UPDATE keys SET last_used_at = ? WHERE id = ?", binds).execute(connection).await?;
    }
    let scopes = found.scopes.iter().filter_map(|code| Scope::parse(code)).collect();
    Ok(Some(Authority { key: found.id, organization: found.organization, below: found.below, scopes }))
}

/// Notes which key published a revision.
pub fn published(key: &str, revision: i64) -> Statement {
    let binds = [Bind::BigInt(revision), Bind::Text(key.to_owned())];
    Statement::of("INSERT INTO revision_keys (revision, key_id) VALUES (?, ?)", binds)
}
