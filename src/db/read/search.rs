//! Search over all kinds.
//!
//! Of each kind the newest [`CANDIDATES`] matches are ranked, so that a word which is everywhere
//! costs what a rare one does. Which ones these are does not depend on the plan: PostgreSQL reads
//! the index of words where few rows match, and the newest rows one by one where many do.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::{At, MOMENT, Moment, kinds_changed_in, moment, there};
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::db::{Error, OPEN};
use crate::model::kind::Kind;
use crate::model::search::{self, Weight};

/// Most matches of one kind that are ranked.
pub const CANDIDATES: i64 = 1000;

/// What is searched for.
pub struct Search<'a> {
    /// Without words, the newest records are found.
    pub words: Option<&'a str>,
    pub kinds: &'a [&'static Kind],
    /// Owners; any where empty.
    pub publishers: &'a [String],
    pub after: Option<Place>,
    /// Rows to read; one more than the page has tells whether there are more.
    pub rows: i64,
}

/// Where a hit stands in the order: rank, texts matched and revision, newest first (both negative),
/// place of its kind, id.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub numbers: [i64; 4],
    pub id: String,
}

/// A hit; the first row has the moment even where there are none.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    /// Hits of all pages.
    #[diesel(sql_type = BigInt)]
    pub hits: i64,
    /// Most hits of one kind, of the exact id aside.
    #[diesel(sql_type = BigInt)]
    pub most: i64,
    /// 0 where the words are its id, 1 where its title or name has them as a phrase, 2 otherwise.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub rank: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub texts: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub revision: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub kind: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
}

impl Row {
    /// Its place in the order; none where it has the moment alone.
    pub fn place(&self) -> Option<Place> {
        Some(Place { numbers: [self.rank?, self.texts?, self.revision?, self.kind?], id: self.id.clone()? })
    }
}

pub async fn read(database: &Database, search: &Search<'_>, at: At, now: DateTime<Utc>) -> Result<Vec<Row>, Error> {
    let mut statement = statement(search, at, now);
    statement.slowly();
    database.rows(statement).await
}

/// The one statement of a page.
pub fn statement(search: &Search<'_>, at: At, now: DateTime<Utc>) -> Statement {
    let mut statement = moment(at, now, kinds_changed_in(search.kinds.iter().map(|kind| kind.name)));
    if let Some(words) = search.words {
        let all = Weight::ALL.map(|weight| search::weighted_query(words, Some(weight)));
        let [title, short, told, text] = all.map(|query| Bind::Text(query.unwrap_or_default()));
        let phrase = Bind::Text(search::phrase(words, Weight::Title).unwrap_or_default());
        statement.push(
            ", w AS MATERIALIZED (SELECT ?::tsquery AS phrase, ?::tsquery AS title, ?::tsquery AS short, ?::tsquery AS told, ?::tsquery AS text)",
            [phrase, title, short, told, text],
        );
    }
    statement.sql(", hits AS MATERIALIZED (");
    for (index, kind) in search.kinds.iter().enumerate() {
        statement.sql(if index > 0 { " UNION ALL " } else { "" }).append(of_kind(search, kind, at));
    }
    let bodies: String = search
        .kinds
        .iter()
        .map(|kind| {
            format!(
                " WHEN {} THEN (SELECT served(t.changed_in, t.derived, t.body) FROM {} t WHERE t.id = p.id AND t.revision_from = p.revision_from)",
                kind.rank(),
                kind.collection
            )
        })
        .collect();
    const ORDER: &str = "rank, texts, revision, kind, id";
    statement.sql(&format!(
        ") SELECT {MOMENT}, (SELECT count(*) FROM hits) AS hits, \
         (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM hits WHERE rank > 0 GROUP BY kind) k) AS most, \
         page.* FROM at LEFT JOIN LATERAL (SELECT p.rank, p.texts, p.revision, p.kind, p.id, CASE p.kind{bodies} END AS body \
         FROM (SELECT * FROM hits WHERE true"
    ));
    if let Some(Place { numbers: [rank, texts, revision, kind], id }) = &search.after {
        let numbers = [*rank, *texts, *revision, *kind].map(Bind::BigInt);
        let [rank, texts, revision, kind] = numbers;
        let binds = [rank, texts, revision, kind, Bind::Text(id.clone())];
        statement.push(&format!(" AND ({ORDER}) > (?, ?, ?, ?, ?)"), binds);
    }
    statement
        .push(&format!(" ORDER BY {ORDER} LIMIT ?) p ORDER BY {ORDER}) page ON true"), [Bind::BigInt(search.rows)]);
    statement.plan_anew();
    statement
}

/// Hits of one kind: the record whose id the words are, and the newest that match.
fn of_kind(search: &Search<'_>, kind: &Kind, at: At) -> Statement {
    let (rank, table) = (kind.rank(), kind.collection);
    let hit = |what: &str| {
        format!("SELECT {what}, -x.changed_in AS revision, {rank}::bigint AS kind, x.id, x.revision_from FROM at")
    };
    // changed_in is never after the revision that a row begins in: the index need not be read from its end.
    let mut conditions = Statement::of(&format!("{} AND t.changed_in <= at.n", there("t")), []);
    if let (At::Head | At::HeadWith(_), [_, ..]) = (at, search.publishers) {
        // The same, of which PostgreSQL knows how many rows it holds for: it then reads a publisher's rows
        // newest first, and never more than there are. Without a publisher it errs on the side of the words.
        conditions = Statement::of(&format!("t.revision_to = {OPEN}"), []);
    }
    match search.publishers {
        [] => {}
        [one] => {
            conditions.push(" AND t.publisher = ?", [Bind::Text(one.clone())]);
        }
        many => {
            conditions.push(" AND t.publisher = ANY(?)", [Bind::Texts(many.to_vec())]);
        }
    }
    let newest = format!(" ORDER BY t.changed_in DESC, t.id DESC LIMIT {CANDIDATES}) x");
    let columns = "t.id, t.revision_from, t.changed_in";
    let Some(words) = search.words else {
        let mut statement = Statement::of(&hit("2::bigint AS rank, 0::bigint AS texts"), []);
        statement.sql(&format!(" CROSS JOIN LATERAL (SELECT {columns} FROM {table} t WHERE "));
        statement.append(conditions).sql(&newest);
        return statement;
    };
    let id = words.trim().to_lowercase();
    let mut statement = Statement::of(&hit("0::bigint AS rank, 0::bigint AS texts"), []);
    statement.push(&format!(" JOIN {table} x ON x.id = ? AND {}", there("x")), [Bind::Text(id.clone())]);
    match search.publishers {
        [] => {}
        any => {
            statement.push(" AND x.publisher = ANY(?)", [Bind::Texts(any.to_vec())]);
        }
    }
    let texts = ["title", "short", "told", "text"].map(|column| format!("(x.search @@ w.{column})::int")).join(" + ");
    statement.sql(" UNION ALL ").sql(&hit(&format!(
        "CASE WHEN x.search @@ w.phrase THEN 1 ELSE 2 END::bigint AS rank, -({texts})::bigint AS texts"
    )));
    statement
        .sql(&format!(" CROSS JOIN w CROSS JOIN LATERAL (SELECT {columns}, t.search FROM {table} t WHERE "))
        .append(conditions)
        .push(
            " AND t.id <> ? AND t.search @@ ?::tsquery",
            [Bind::Text(id), Bind::Text(search::query(words).unwrap_or_default())],
        )
        .sql(&newest);
    statement
}

/// The same statement, explained.
pub fn explained(search: &Search<'_>, at: At, now: DateTime<Utc>) -> Statement {
    let mut statement = Statement::of("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ", []);
    statement.append(self::statement(search, at, now));
    statement
}
