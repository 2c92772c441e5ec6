//! Pages of a collection.

pub mod indexed;

use std::fmt::Write;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text};

use super::{At, MOMENT, Moment, kind_changed_in, moment, served, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::{Accepts, Filter, Include, Kind, MAX_INCLUDED, Sort, Test};
use crate::model::search;
use indexed::is_indexed;

/// What a page is of.
pub struct Page<'a> {
    pub kind: &'static Kind,
    pub filters: &'a [(&'static Filter, Vec<String>)],
    /// Sorts with whether they descend; the last one is by id.
    pub sorts: &'a [(&'static Sort, bool)],
    pub includes: &'a [&'static Include],
    /// Values of the sorts at the row before the page.
    pub after: Option<&'a [String]>,
    /// Rows to read; one more than the page has tells whether there are more.
    pub rows: i64,
    pub count: bool,
}

/// A page.
pub struct Found {
    pub moment: Moment,
    pub count: Option<i64>,
    pub items: Vec<Item>,
}

/// A record of a page.
pub struct Item {
    pub body: String,
    /// Values of the sorts, as text.
    pub keys: Vec<String>,
    /// Embedded records, a JSON object.
    pub included: Option<String>,
}

/// A page's row; the first has the moment even where there are no rows.
#[derive(QueryableByName)]
struct Row {
    #[diesel(embed)]
    moment: Moment,
    #[diesel(sql_type = Nullable<BigInt>)]
    count: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    body: Option<String>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    keys: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Text>)]
    included: Option<String>,
}

fn item(body: Option<String>, keys: Option<Vec<String>>, included: Option<String>) -> Option<Item> {
    Some(Item { body: body?, keys: keys.unwrap_or_default(), included })
}

/// Reads a page; none without an answer of the database.
pub async fn read(database: &Database, page: &Page<'_>, at: At, now: DateTime<Utc>) -> Result<Option<Found>, Error> {
    if let Some(found) = at_known(database, page, at).await {
        return Ok(Some(found));
    }
    let mut statement = statement(page, at, now);
    if page.count || !is_indexed(page) {
        statement.slowly();
    }
    let rows: Vec<Row> = database.rows(statement).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (moment, count) = (first.moment.clone(), first.count);
    database.known().learn_from(&moment);
    let items = rows.into_iter().filter_map(|row| item(row.body, row.keys, row.included)).collect();
    Ok(Some(Found { moment, count, items }))
}

/// A page that an index serves, at a revision that is known; none where it has to be looked up.
async fn at_known(database: &Database, page: &Page<'_>, at: At) -> Option<Found> {
    let known = database.known();
    let moment = known.moment(at).filter(|_| !page.count && page.includes.is_empty() && is_indexed(page))?;
    let told = |kind| match known.changed_in([kind], moment.n) {
        Some(revision) => Statement::of("?::bigint", [Bind::BigInt(revision)]),
        None => Statement::of(&kind_changed_in(kind), []),
    };
    let rests = rests_on(page, told, (1..=moment.n).contains(&moment.last_redaction));
    let mut statement = Statement::of(
        "WITH b AS (SELECT ?::bigint AS n, ?::bigint AS last_redaction), at AS MATERIALIZED (SELECT b.n, ",
        [Bind::BigInt(moment.n), Bind::BigInt(moment.last_redaction)],
    );
    let mut columns = "t.changed_in, t.derived, t.body".to_owned();
    for (place, (sort, _)) in page.sorts.iter().enumerate() {
        // Writing to a String does not fail.
        let _ = write!(columns, ", ({})::text AS sort_{place}", sort.expression);
    }
    // What is needed of one row only comes with every row: to find out which row it is takes longer.
    statement
        .append(rests)
        .sql(" AS rests FROM b) SELECT at.rests, page.* FROM at LEFT JOIN LATERAL ")
        .append(items(page, &columns, moment.n == moment.head))
        .sql(" page ON true");
    let rows = database.quick_rows(statement.read_with(moment.n)).await?;
    let moment = known.rests(moment, rows.first()?.try_get(0).ok()?)?;
    let mut items = Vec::with_capacity(rows.len());
    let last = usize::try_from(page.rows - 2);
    for (place, row) in rows.iter().enumerate() {
        // Without records there is one row, which has none.
        let Some(changed_in) = row.try_get(1).ok()? else { break };
        let body = served(changed_in, row.try_get(2).ok()?, row.try_get(3).ok()?);
        let mut item = Item { body, keys: Vec::new(), included: None };
        if last == Ok(place) {
            item.keys = (4..4 + page.sorts.len()).map(|key| row.try_get(key).ok()).collect::<Option<_>>()?;
        }
        items.push(item);
    }
    Some(Found { moment, count: None, items })
}

/// The one statement of a page.
pub fn statement(page: &Page<'_>, at: At, now: DateTime<Utc>) -> Statement {
    let table = page.kind.collection;
    let mut statement = moment(at, now, changed_in(page));
    statement.sql(&format!("SELECT {MOMENT}, page.*, "));
    if page.count {
        statement.sql(&format!("(SELECT count(*) FROM {table} t WHERE ")).append(conditions(page)).sql(")");
    } else {
        statement.sql("NULL::bigint");
    }
    let keys: Vec<String> = page.sorts.iter().map(|(sort, _)| format!("({})::text", sort.expression)).collect();
    let columns = format!(
        "served(t.changed_in, t.derived, t.body) AS body, ARRAY[{}] AS keys, {} AS included",
        keys.join(", "),
        included(page.includes)
    );
    statement
        .sql(" AS count FROM at LEFT JOIN LATERAL ")
        .append(items(page, &columns, matches!(at, At::Head | At::HeadWith(_))))
        .sql(" page ON true");
    statement
}

/// The items of a page as a subquery of `at`, which is head or not.
fn items(page: &Page<'_>, columns: &str, is_head: bool) -> Statement {
    let table = page.kind.collection;
    let direction = |descends: bool| if descends { " DESC" } else { "" };
    let order: Vec<String> =
        page.sorts.iter().map(|(sort, descends)| format!("{}{}", sort.expression, direction(*descends))).collect();
    let mut statement = Statement::of(&format!("(SELECT {columns} FROM {table} t WHERE "), []);
    statement.append(conditions(page));
    match page.after {
        Some(after) => {
            statement.sql(" AND ").append(seek(page.sorts, after));
        }
        None if !is_head => {
            statement.sql(&beginning(page));
        }
        None => {}
    }
    statement.push(&format!(" ORDER BY {} LIMIT ?)", order.join(", ")), [Bind::BigInt(page.rows)]);
    statement
}

/// Where a first page of the past begins that runs from the latest date: not among what was published since.
fn beginning(page: &Page<'_>) -> String {
    match page.sorts.first() {
        Some((sort, true)) if sort.sql_type == "date" => no_later(page.kind, sort),
        _ => String::new(),
    }
}

/// That row `t` has no later date than there was at the revision of `at`.
pub(super) fn no_later(kind: &Kind, sort: &Sort) -> String {
    format!(
        " AND {} <= (SELECT m.latest FROM date_marks m WHERE m.kind = '{}' AND m.sort = '{}' AND m.revision <= at.n \
         ORDER BY m.revision DESC LIMIT 1)",
        sort.expression, kind.name, sort.name
    )
}

fn conditions(page: &Page<'_>) -> Statement {
    let mut conditions = Statement::of(&there("t"), []);
    for (filter, values) in page.filters {
        conditions.sql(" AND ").append(condition(filter, values));
    }
    conditions
}

/// The one record that the page's rows refer to, where there is one: its kind and id.
fn narrow<'a>(page: &'a Page<'_>) -> Option<(&'static str, &'a String)> {
    page.filters.iter().find_map(|(filter, values)| match (filter.accepts, filter.test, values.as_slice()) {
        (Accepts::Id(to), Test::Is(_), [id]) if !to.is_empty() => Some((to, id)),
        _ => None,
    })
}

/// SQL over `b`: what last changed the kinds that the page reads. A filter by one record it refers
/// to narrows its own kind down to rows that refer to that record.
pub fn changed_in(page: &Page<'_>) -> Statement {
    rests_on(page, |kind| Statement::of(&kind_changed_in(kind), []), true)
}

/// The same from what is told of each kind as a whole, where something may have been redacted up to `b` or not.
fn rests_on(page: &Page<'_>, told: impl Fn(&'static str) -> Statement, redacted: bool) -> Statement {
    let kind = page.kind.name;
    let own = if let Some((to, id)) = narrow(page) {
        let newest = |column: &str| {
            Statement::of(
                &format!(
                    // Not max(), which one plan for all ids would look at every reference for.
                    "(SELECT {column} FROM record_references WHERE to_kind = '{to}' AND to_id = ? \
                     AND from_kind = '{kind}' AND {column} <= b.n ORDER BY {column} DESC LIMIT 1)"
                ),
                [Bind::Text(id.clone())],
            )
        };
        let mut own = Statement::of("greatest(", []);
        own.append(newest("revision_from")).sql(", ").append(newest("revision_to")).sql(", 0");
        if redacted {
            // A redaction takes references out of the past, so it may have changed the list as well.
            let mut least = Statement::of("least(", []);
            least.append(own).sql(", CASE WHEN b.last_redaction <= b.n THEN b.last_redaction ELSE 0 END), ");
            least.append(told(kind));
            own = least;
        }
        own.sql(")");
        own
    } else {
        told(kind)
    };
    let mut others: Vec<&str> = kinds_beside(page).collect();
    others.sort_unstable();
    others.dedup();
    let mut statement = Statement::of("greatest(0, ", []);
    statement.append(own);
    for other in others {
        statement.sql(", ").append(told(other));
    }
    statement.sql(")");
    statement
}

/// Kinds that the page reads beside its own.
fn kinds_beside<'a>(page: &'a Page<'_>) -> impl Iterator<Item = &'static str> + 'a {
    let included = page.includes.iter().flat_map(|include| include.reads.iter().copied());
    page.filters.iter().flat_map(|(filter, _)| filter.reads.iter().copied()).chain(included)
}

/// Kinds that the page reads.
pub fn kinds<'a>(page: &'a Page<'_>) -> impl Iterator<Item = &'static str> + 'a {
    kinds_beside(page).chain([page.kind.name])
}

/// A filter as a condition on row `t`.
pub fn condition(filter: &Filter, values: &[String]) -> Statement {
    let sql_type = filter.accepts.sql_type();
    let first = || Bind::Text(values.first().cloned().unwrap_or_default());
    let all = || Bind::Texts(values.to_vec());
    match filter.test {
        // One value keeps the order of an index, which an array would not.
        Test::Is(expression) if values.len() == 1 => Statement::of(&format!("{expression} = ?::{sql_type}"), [first()]),
        Test::Is(expression) => Statement::of(&format!("{expression} = ANY(?::{sql_type}[])"), [all()]),
        Test::Shares(expression) => Statement::of(&format!("{expression} && ?"), [all()]),
        // A range, so that the index serves it under COLLATE "C".
        Test::Under(expression) => {
            let prefix = values.first().cloned().unwrap_or_default();
            // ':' is the character after '9'.
            let upper = format!("{prefix}:");
            Statement::of(&format!("({expression} >= ? AND {expression} < ?)"), [Bind::Text(prefix), Bind::Text(upper)])
        }
        Test::AtLeast(expression) => Statement::of(&format!("{expression} >= ?::{sql_type}"), [first()]),
        Test::AtMost(expression) => Statement::of(&format!("{expression} <= ?::{sql_type}"), [first()]),
        Test::Holds(sql) => {
            let mut statement = Statement::new();
            for (index, part) in sql.split("{}").enumerate() {
                if index > 0 {
                    statement.push("?", [all()]);
                }
                statement.sql(part);
            }
            statement
        }
        Test::Matches => {
            let query = values.first().and_then(|words| search::query(words)).unwrap_or_default();
            let mut statement = Statement::of("t.search @@ ?::tsquery", [Bind::Text(query)]);
            statement.plan_anew();
            statement
        }
    }
}

/// The condition that a row comes after these sort values.
pub fn seek(sorts: &[(&'static Sort, bool)], after: &[String]) -> Statement {
    let descends = sorts.first().is_some_and(|(_, descends)| *descends);
    if sorts.iter().all(|(_, other)| *other == descends) {
        return compared(sorts, if descends { "<" } else { ">" }, after);
    }
    let mut statement = Statement::of("(", []);
    for (index, ((sort, descends), key)) in sorts.iter().zip(after).enumerate() {
        statement.sql(if index > 0 { " OR (" } else { "(" });
        for ((equal, _), key) in sorts.iter().zip(after).take(index) {
            statement.sql(equal.expression).sql(" = ").append(value(equal, key)).sql(" AND ");
        }
        statement.sql(sort.expression).sql(if *descends { " < " } else { " > " }).append(value(sort, key)).sql(")");
    }
    statement.sql(")");
    statement
}

/// A comparison of a row's sort values with others, which is one range of an index.
pub fn compared(sorts: &[(&'static Sort, bool)], operator: &str, keys: &[String]) -> Statement {
    let expressions: Vec<&str> = sorts.iter().map(|(sort, _)| sort.expression).collect();
    let mut statement = Statement::of(&format!("({}) {operator} (", expressions.join(", ")), []);
    for (index, ((sort, _), key)) in sorts.iter().zip(keys).enumerate() {
        statement.sql(if index > 0 { ", " } else { "" }).append(value(sort, key));
    }
    statement.sql(")");
    statement
}

fn value(sort: &Sort, key: &str) -> Statement {
    Statement::of(&format!("?::{}", sort.sql_type), [Bind::Text(key.to_owned())])
}

/// SQL for the embedded records of row `t`, as the text of a JSON object; NULL without any.
pub fn included(includes: &[&'static Include]) -> String {
    if includes.is_empty() {
        return "NULL::text".to_owned();
    }
    let members: Vec<String> = includes
        .iter()
        .map(|include| {
            let (condition, order) = include.from.split_once(" ORDER BY ").unwrap_or((include.from, "i.id"));
            let limit = if include.many { MAX_INCLUDED } else { 1 };
            let rows = format!(
                "SELECT served(i.changed_in, i.derived, i.body) AS body FROM {condition} AND {} ORDER BY {order} LIMIT {limit}",
                there("i")
            );
            if include.many {
                format!("'\"{}\":[' || array_to_string(ARRAY({rows}), ',') || ']'", include.name)
            } else {
                format!("'\"{}\":' || ({rows})", include.name)
            }
        })
        .collect();
    format!("'{{' || concat_ws(',', {}) || '}}'", members.join(", "))
}

/// The same statement, explained.
pub fn explained(page: &Page<'_>, at: At, now: DateTime<Utc>) -> Statement {
    let mut statement = Statement::of("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ", []);
    statement.append(self::statement(page, at, now));
    statement
}
