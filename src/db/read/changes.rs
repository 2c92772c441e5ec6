//! The change feed: changes in the order in which they were made. A page looks at a bounded window of
//! changes, whatever the filter, so that a sparse one costs no more than any other.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Bytea, Nullable, Text};

use super::revisions::{Header, header};
use super::{At, MOMENT, Moment, moment, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::ledger::verify::body_of_change;
use crate::model::kind::Kind;
use crate::model::kinds::{KINDS, commitment};

/// Changes that one page looks at where a filter may leave most of them out.
const WINDOW: i64 = 5000;
/// Bytes of bodies after which a page ends; one change is always on it.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Where a follower is: after this change, and after what follows from it up to `part`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    pub revision: i64,
    pub seq: i64,
    /// Empty at the change itself; kind and id of a record that moved with it; [`Position::PAST`] after all.
    pub part: String,
}

impl Position {
    /// Sorts after every kind and id.
    pub const PAST: &str = "~";

    /// The end of a revision.
    pub fn end_of(revision: i64) -> Position {
        Position { revision, seq: i64::MAX, part: Position::PAST.to_owned() }
    }
}

/// What a follower wants to hear of; empty lists are everything.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    pub kinds: Vec<String>,
    pub publishers: Vec<String>,
    pub programmes: Vec<String>,
}

impl Filters {
    fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.publishers.is_empty() && self.programmes.is_empty()
    }
}

/// A row of a page; the first has the moment even where there are no changes.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    /// Whether the ledger is a copy that will get what it does not have yet.
    #[diesel(sql_type = Bool)]
    pub behind: bool,
    /// Digest of the revision the page begins after; none if there is no such revision.
    #[diesel(sql_type = Nullable<Text>)]
    pub start_digest: Option<String>,
    /// On the row that ends the page: changes looked at, and entries that are due.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub scanned: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub due: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub revision: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub seq: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub part: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub op: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub change_kind: Option<String>,
    #[diesel(sql_type = Nullable<Bytea>)]
    pub record_digest: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Bytea>)]
    pub salt: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub redacted_in: Option<i64>,
    /// Revision of the record's own change, where it moved with another record's.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub own_revision: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    /// Of the row's revision: on its first row, and on the row that ends the page.
    #[diesel(embed)]
    pub header: Header,
}

/// Columns of every page before those of its rows.
fn labels(start: i64) -> Statement {
    let mut statement = Statement::of(&format!("SELECT {MOMENT}, "), []);
    statement.push(
        "(pg_is_in_recovery() OR EXISTS (SELECT FROM mirror WHERE restored OR upstream_head >= ?)) AS behind, \
         encode(CASE WHEN ?::bigint = 0 THEN (SELECT sha256(convert_to(uuid::text, 'UTF8')) FROM ledger) \
         ELSE (SELECT digest FROM revisions WHERE revision = ? AND revision <= at.n) END, 'hex') AS start_digest, x.* ",
        [Bind::BigInt(start), Bind::BigInt(start), Bind::BigInt(start)],
    );
    statement
}

/// The changes after a position: at most `rows`, then the row that ends the page.
pub async fn read(
    database: &Database,
    after: &Position,
    filters: &Filters,
    rows: i64,
    at: At,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, Error> {
    database.rows(statement(after, filters, rows, at, now)).await
}

/// Most changes that a page with these filters looks at.
pub fn window(filters: &Filters, rows: i64) -> i64 {
    if filters.is_empty() { rows } else { WINDOW.max(rows) }
}

/// The one statement of a page.
pub fn statement(after: &Position, filters: &Filters, rows: i64, at: At, now: DateTime<Utc>) -> Statement {
    let Position { revision, seq, part } = after;
    let start = || [Bind::BigInt(*revision), Bind::BigInt(*seq)];
    // What moved with a change comes after it, so the change is looked at again.
    let operator = if filters.programmes.is_empty() || part == Position::PAST { ">" } else { ">=" };
    let mut statement = moment(at, now, Statement::of("b.n", []));
    // Where it is not the primary that lacks it, a server that has it says whether it is of this history.
    statement.read_with(*revision);
    statement.push(
        &format!(
            ", w AS MATERIALIZED (SELECT c.* FROM at CROSS JOIN LATERAL (SELECT * FROM changes \
             WHERE (revision, seq) {operator} (?, ?) AND revision <= at.n ORDER BY revision, seq LIMIT ?) c), a AS ("
        ),
        [Bind::BigInt(*revision), Bind::BigInt(*seq), Bind::BigInt(window(filters, rows))],
    );
    statement.append(own(filters));
    if !filters.programmes.is_empty() {
        for kind in KINDS.iter().filter(|kind| kind.follows_commitment() && wants(filters, kind)) {
            statement.sql(" UNION ALL ").append(moved(kind, filters));
        }
    }
    // Sums of bytes end a page of long records early; a record alone is never too long.
    statement.push(
        "), e AS (SELECT * FROM a WHERE (a.revision, a.seq, a.part) > (?, ?, ? COLLATE \"C\") \
         ORDER BY revision, seq, part LIMIT ?), p AS (SELECT * FROM (SELECT e.*, b.body, \
         sum(octet_length(coalesce(b.body, ''))) OVER (ORDER BY e.revision, e.seq, e.part) - octet_length(coalesce(b.body, '')) AS before, \
         row_number() OVER (PARTITION BY e.revision ORDER BY e.seq, e.part) AS nth FROM e CROSS JOIN LATERAL (SELECT ",
        [Bind::BigInt(*revision), Bind::BigInt(*seq), Bind::Text(part.clone()), Bind::BigInt(rows)],
    );
    statement
        .sql("CASE WHEN e.salt IS NOT NULL THEN ")
        .sql(&body_of_change())
        .sql(&format!(
            " END AS body FROM (SELECT e.kind, e.id, coalesce(e.own_revision, e.revision) AS revision, e.kept AS body) c) b) q \
             WHERE before < {MAX_BYTES}) "
        ))
        .append(labels(*revision));
    statement.sql(&format!(
        "FROM at LEFT JOIN LATERAL (SELECT NULL::bigint AS scanned, NULL::bigint AS due, p.revision, p.seq, p.part, p.kind, p.id, p.op, p.change_kind, \
         p.record_digest, p.salt, p.redacted_in, p.own_revision, p.body, {} FROM p JOIN revisions r ON r.revision = p.revision \
         UNION ALL SELECT z.scanned, (SELECT count(*) FROM e), z.revision, z.seq, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, {} FROM (",
        header("p.nth = 1"),
        header("true"),
    ));
    statement.push(
        "SELECT count(*) AS scanned, coalesce(max(w.revision), ?::bigint) AS revision, \
         coalesce((SELECT v.seq FROM w v ORDER BY v.revision DESC, v.seq DESC LIMIT 1), ?::bigint) AS seq FROM w) z \
         LEFT JOIN revisions r ON r.revision = z.revision AND r.revision <= at.n) x ON true \
         ORDER BY x.scanned IS NOT NULL, x.revision, x.seq, x.part",
        start(),
    );
    statement
}

fn wants(filters: &Filters, kind: &Kind) -> bool {
    filters.kinds.is_empty() || filters.kinds.iter().any(|wanted| wanted == kind.name)
}

/// SQL for the programme that record `id` of one of the kinds belongs to at a revision, by its kind.
fn programme(kind: &str, id: &str, revision: &str) -> String {
    let cases: String = KINDS
        .iter()
        .filter_map(|known| {
            let programme = known.programme?.replace("{revision}", revision);
            let (name, table) = (known.name, known.collection);
            Some(format!(
                " WHEN '{name}' THEN (SELECT {programme} FROM {table} t WHERE t.id = {id} \
                 AND t.revision_from <= {revision} AND t.revision_to > {revision})"
            ))
        })
        .collect();
    format!("CASE {kind}{cases} END")
}

/// Changes `w` that the filters let through.
fn own(filters: &Filters) -> Statement {
    let mut conditions = Statement::of(" WHERE true", []);
    if !filters.kinds.is_empty() {
        conditions.push(" AND w.kind = ANY(?)", [Bind::Texts(filters.kinds.clone())]);
    }
    if !filters.publishers.is_empty() {
        // A record changes in the name of its owner only, and this holds for what is redacted, too.
        conditions.push(
            " AND (SELECT r.publisher FROM revisions r WHERE r.revision = w.revision) = ANY(?)",
            [Bind::Texts(filters.publishers.clone())],
        );
    }
    let columns = "'' COLLATE \"C\" AS part, w.kind, w.id";
    let rest = "w.change_kind, w.record_digest";
    if filters.programmes.is_empty() {
        let mut statement = Statement::of(
            &format!(
                "SELECT * FROM (SELECT w.revision, w.seq, {columns}, w.op, {rest}, w.salt, w.redacted_in, \
                 NULL::bigint AS own_revision, w.body AS kept FROM w"
            ),
            [],
        );
        statement.append(conditions);
        return statement.sql(") o").clone();
    }
    let (is, was) = (programme("w.kind", "w.id", "w.revision"), programme("w.kind", "w.id", "(w.revision - 1)"));
    let programmes = || Bind::Texts(filters.programmes.clone());
    let within: Vec<String> =
        KINDS.iter().filter(|kind| kind.programme.is_some()).map(|kind| format!("'{}'", kind.name)).collect();
    let mut statement = Statement::of(
        &format!(
            "SELECT o.revision, o.seq, o.part, o.kind, o.id, CASE WHEN o.leaves THEN 'leave' ELSE o.op END AS op, o.change_kind, o.record_digest, \
             CASE WHEN NOT o.leaves THEN o.salt END AS salt, o.redacted_in, o.own_revision, o.kept FROM (SELECT w.revision, w.seq, {columns}, \
             w.op, {rest}, w.salt, w.redacted_in, NULL::bigint AS own_revision, w.body AS kept, w.op = 'upsert' AND NOT s.is AS leaves, s.* FROM w \
             CROSS JOIN LATERAL (SELECT coalesce({is} = ANY(?), false) AS is, coalesce({was} = ANY(?), false) AS was) s"
        ),
        [programmes(), programmes()],
    );
    statement.append(conditions);
    // What a redacted record belonged to is gone with it, so everybody hears of it.
    statement.sql(&format!(") o WHERE o.is OR o.was OR (o.op = 'redact' AND o.kind IN ({}))", within.join(", ")));
    statement
}

/// Records that came into the programmes, or left them, with the commitment they belong to.
fn moved(kind: &Kind, filters: &Filters) -> Statement {
    let (name, table, commitment) = (kind.name, kind.collection, commitment::KIND.name);
    let (is, was) = (
        programme(&format!("'{commitment}'"), "w.id", "w.revision"),
        programme(&format!("'{commitment}'"), "w.id", "(w.revision - 1)"),
    );
    let still = programme(&format!("'{name}'"), "b.id", "w.revision");
    let programmes = || Bind::Texts(filters.programmes.clone());
    let owned = |statement: &mut Statement, row: &str| {
        if !filters.publishers.is_empty() {
            statement.push(&format!(" AND {row}.publisher = ANY(?)"), [Bind::Texts(filters.publishers.clone())]);
        }
    };
    let mut statement = Statement::of(
        &format!(
            "SELECT w.revision, w.seq, '{name} ' || t.id AS part, '{name}' AS kind, t.id, CASE WHEN s.is THEN 'upsert' ELSE 'leave' END AS op, \
             c.change_kind, c.record_digest, CASE WHEN s.is THEN c.salt END AS salt, NULL::bigint AS redacted_in, c.revision AS own_revision, NULL AS kept \
             FROM w CROSS JOIN LATERAL (SELECT coalesce({is} = ANY(?), false) AS is, coalesce({was} = ANY(?), false) AS was) s \
             JOIN {table} t ON t.commitment = w.id AND t.revision_from <= w.revision AND t.revision_to > w.revision AND t.changed_in < w.revision \
             JOIN changes c ON c.kind = '{name}' AND c.id = t.id AND c.revision = t.changed_in \
             WHERE w.kind = '{commitment}' AND w.op = 'upsert' AND s.is <> s.was"
        ),
        [programmes(), programmes()],
    );
    owned(&mut statement, "t");
    // What belonged to a redacted commitment, and when, is gone with it: whoever read of it before and reads of
    // what came between only now is not told there what was withdrawn or moved. So it all leaves here, at the latest.
    statement.push(
        &format!(
            " UNION ALL SELECT w.revision, w.seq, '{name} ' || b.id, '{name}', b.id, 'leave', c.change_kind, c.record_digest, NULL, \
             NULL::bigint, c.revision, NULL FROM w CROSS JOIN LATERAL (SELECT DISTINCT t.id, t.publisher FROM {table} t \
             WHERE t.commitment = w.id AND t.revision_from < w.revision) b CROSS JOIN LATERAL (SELECT c.* FROM changes c \
             WHERE c.kind = '{name}' AND c.id = b.id AND c.revision < w.revision ORDER BY c.revision DESC LIMIT 1) c \
             WHERE w.kind = '{commitment}' AND w.op = 'redact' AND NOT coalesce({still} = ANY(?), false)"
        ),
        [programmes()],
    );
    owned(&mut statement, "b");
    statement
}

/// The records there are, by kind and id, each with the change that made it what it is.
pub async fn snapshot(
    database: &Database,
    after: Option<&(usize, String)>,
    filters: &Filters,
    rows: i64,
    at: At,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, Error> {
    let mut statement = moment(at, now, Statement::of("b.n", []));
    statement.sql(", e AS (SELECT * FROM (");
    let first = after.map_or(0, |(rank, _)| *rank);
    let kinds = KINDS.iter().filter(|kind| {
        kind.rank() >= first && wants(filters, kind) && (filters.programmes.is_empty() || kind.programme.is_some())
    });
    let mut any = false;
    for kind in kinds {
        if any {
            statement.sql(" UNION ALL ");
        }
        any = true;
        statement.append(current(kind, after.filter(|(rank, _)| *rank == kind.rank()), filters, rows));
    }
    if !any {
        // A filter by programme together with kinds that have none.
        statement.sql(
            "SELECT 0 AS rank, id, revision, seq, kind, op, change_kind, record_digest, salt, body FROM changes WHERE false",
        );
    }
    statement.push(
        " ) k ORDER BY rank, id LIMIT ?), p AS (SELECT * FROM (SELECT e.*, \
         sum(octet_length(e.body)) OVER (ORDER BY e.rank, e.id) - octet_length(e.body) AS before FROM e) q ",
        [Bind::BigInt(rows)],
    );
    statement.sql(&format!("WHERE before < {MAX_BYTES}) ")).append(labels(0));
    statement.sql(&format!(
        "FROM at LEFT JOIN LATERAL (SELECT NULL::bigint AS scanned, NULL::bigint AS due, p.revision, p.seq, '' AS part, p.kind, p.id, p.op, p.change_kind, \
         p.record_digest, p.salt, NULL::bigint AS redacted_in, NULL::bigint AS own_revision, p.body, {}, p.rank FROM p LEFT JOIN revisions r ON false \
         UNION ALL SELECT 0, (SELECT count(*) FROM e), at.n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, {}, NULL FROM (SELECT) z \
         LEFT JOIN revisions r ON r.revision = at.n) x ON true ORDER BY x.scanned IS NOT NULL, x.rank, x.id",
        header("false"),
        header("true"),
    ));
    database.rows(statement).await
}

/// The records of one kind at `at.n`, after an id.
fn current(kind: &Kind, after: Option<&(usize, String)>, filters: &Filters, rows: i64) -> Statement {
    let (name, table, rank) = (kind.name, kind.collection, kind.rank());
    let mut statement = Statement::of(
        &format!(
            "(SELECT {rank} AS rank, t.id, c.revision, c.seq, c.kind, c.op, c.change_kind, c.record_digest, c.salt, t.body FROM at \
             CROSS JOIN {table} t JOIN changes c ON c.kind = '{name}' AND c.id = t.id AND c.revision = t.changed_in WHERE {}",
            there("t")
        ),
        [],
    );
    if let Some((_, id)) = after {
        statement.push(" AND t.id > ?", [Bind::Text(id.clone())]);
    }
    if !filters.publishers.is_empty() {
        statement.push(" AND t.publisher = ANY(?)", [Bind::Texts(filters.publishers.clone())]);
    }
    if let (false, Some(programme)) = (filters.programmes.is_empty(), kind.programme) {
        let programme = programme.replace("{revision}", "at.n");
        statement.push(&format!(" AND {programme} = ANY(?)"), [Bind::Texts(filters.programmes.clone())]);
    }
    statement.push(" ORDER BY t.id LIMIT ?)", [Bind::BigInt(rows)]);
    statement
}
