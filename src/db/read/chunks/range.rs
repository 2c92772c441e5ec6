//! Records between two places in the order of a kind's lists, and the statements that read them.

use crate::db::read::list::{compared, condition, seek};
use crate::db::read::there;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::{BY_ID, Filter, Kind, Sort};

/// Bytes of the table in a range: its rows are about as long again as their records.
const RANGE: i64 = 1 << 19;
/// Bytes of a table that is not worth ranges.
const LITTLE: i64 = 1 << 20;
/// Bytes of a table that are looked at for where ranges end, at least; of a large one it is a hundredth.
const SAMPLE: i64 = 1 << 19;

/// What bounds a chunk, beside the number of its records.
pub enum Bound {
    /// Bytes of each; what is larger is left out and missed.
    Each(i64),
    /// Bytes of all; the last one may go beyond.
    All(i64),
}

/// Some of a kind's records at a revision.
#[derive(Clone)]
pub struct Range {
    kind: &'static Kind,
    filters: Vec<(&'static Filter, Vec<String>)>,
    sorts: Vec<(&'static Sort, bool)>,
    revision: i64,
    /// Values of the sorts before the first record.
    pub after: Option<Vec<String>>,
    /// The same of the last one.
    until: Option<Vec<String>>,
}

impl Range {
    /// All records.
    pub fn all(kind: &'static Kind, filters: Vec<(&'static Filter, Vec<String>)>, revision: i64) -> Range {
        let mut sorts: Vec<(&'static Sort, bool)> = kind
            .default_sort
            .split(',')
            .filter_map(|name| Some((kind.sort(name.trim_start_matches('-'))?, name.starts_with('-'))))
            .collect();
        if !sorts.iter().any(|(sort, _)| sort.name == BY_ID.name) {
            let descends = sorts.first().is_some_and(|(_, descends)| *descends);
            sorts.push((&BY_ID, descends));
        }
        Range { kind, filters, sorts, revision, after: None, until: None }
    }

    /// The ranges that end at these places, and what is after the last.
    pub fn split(self, cuts: impl Iterator<Item = Vec<String>>) -> Vec<Range> {
        let mut ranges = Vec::new();
        let mut rest = self;
        for cut in cuts {
            ranges.push(Range { until: Some(cut.clone()), ..rest.clone() });
            rest.after = Some(cut);
        }
        ranges.push(rest);
        ranges
    }

    fn descends(&self) -> bool {
        self.sorts.first().is_some_and(|(_, descends)| *descends)
    }

    /// Where ranges end, by a sample of the table; none where filters leave nobody knows how much.
    pub fn cuts(&self) -> Option<Statement> {
        let alike = self.sorts.iter().all(|(_, descends)| *descends == self.descends());
        if !self.filters.is_empty() || !alike {
            return None;
        }
        let table = self.kind.collection;
        let bytes = format!("pg_relation_size('{table}')");
        let share =
            format!("CASE WHEN {bytes} > {LITTLE} THEN least(100, greatest(1, {SAMPLE}00.0 / {bytes})) ELSE 0 END");
        let keys = self.keys();
        let names: Vec<String> = (0..keys.len()).map(|index| format!("k{index}")).collect();
        let texts: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
        let order: Vec<String> =
            names.iter().zip(&self.sorts).map(|(name, (_, descends))| ordered(name, *descends)).collect();
        let mut statement = Statement::of(
            &format!(
                "SELECT s.keys, (200 * s.step / nullif({share}, 0))::bigint AS rows FROM (SELECT ARRAY[{}] AS keys, \
                 row_number() OVER (ORDER BY {}) AS place, count(*) OVER () / ({bytes} / {RANGE}) + 1 AS step FROM \
                 (SELECT {} FROM (SELECT ?::bigint AS n) at, {table} t TABLESAMPLE SYSTEM ({share}) WHERE {}) s) s \
                 WHERE s.place % s.step = 0 ORDER BY s.place",
                texts.join(", "),
                order.join(", "),
                keys.join(", "),
                there("t")
            ),
            [Bind::BigInt(self.revision)],
        );
        statement.patiently().read_with(self.revision);
        Some(statement)
    }

    fn keys(&self) -> Vec<String> {
        self.sorts.iter().enumerate().map(|(index, (sort, _))| format!("{} AS k{index}", sort.expression)).collect()
    }

    /// How many records there are, counted up to `most`.
    pub fn count(&self, most: usize) -> Statement {
        let mut statement = Statement::of("SELECT count(*) AS rows FROM (SELECT 1 FROM ", []);
        statement.append(self.from());
        statement.push(" LIMIT ?) found", [Bind::BigInt(i64::try_from(most).unwrap_or(i64::MAX))]).patiently();
        statement
    }

    fn from(&self) -> Statement {
        let table = self.kind.collection;
        let mut from = Statement::of(
            &format!("(SELECT ?::bigint AS n) at, {table} t WHERE {}", there("t")),
            [Bind::BigInt(self.revision)],
        );
        from.read_with(self.revision);
        for (filter, values) in &self.filters {
            from.sql(" AND ").append(condition(filter, values));
        }
        let (no_keys, all) = (Vec::new(), &self.sorts);
        let [after, until] = [&self.after, &self.until].map(|keys| keys.as_ref().unwrap_or(&no_keys).as_slice());
        // What both have in common is said by itself: an index is read on to where the first of the compared values changes.
        let common = after.iter().zip(until).take_while(|(after, until)| after == until).count();
        let common = common.min(all.len().saturating_sub(1));
        let (alike, sorts) = all.split_at(common);
        if common > 0 {
            from.sql(" AND ").append(compared(alike, "=", after));
        }
        if let Some(after) = after.get(common..).filter(|after| !after.is_empty()) {
            from.sql(" AND ").append(seek(sorts, after));
        }
        if let Some(until) = until.get(common..).filter(|until| !until.is_empty()) {
            from.sql(" AND ").append(compared(sorts, if self.descends() { ">=" } else { "<=" }, until));
        }
        from
    }

    /// The first records of the range, as one row.
    pub fn statement(&self, rows: i64, bound: Bound) -> Statement {
        const SIZE: &str = "octet_length(t.body) + octet_length(t.derived)";
        let order: Vec<String> =
            self.sorts.iter().map(|(sort, descends)| ordered(sort.expression, *descends)).collect();
        let (order, keys) = (order.join(", "), self.keys());
        let last: Vec<String> =
            (0..keys.len()).map(|index| format!("((array_agg(p.k{index}))[count(*)])::text")).collect();
        let mut statement = Statement::of(
            &format!(
                "SELECT string_agg(p.body, E'\\n') AS bodies, string_agg(p.derived, E'\\n') AS derived, \
                 array_agg(p.changed_in) AS changed_in, count(*) AS rows, count(p.body) AS whole, ARRAY[{}] AS keys, \
                 (SELECT last_redaction FROM head) AS last_redaction FROM (SELECT t.changed_in, {}, ",
                last.join(", "),
                keys.join(", ")
            ),
            [],
        );
        match bound {
            Bound::Each(most) => statement.push(
                &format!(
                    "CASE WHEN {SIZE} <= ? THEN t.derived END AS derived, CASE WHEN {SIZE} <= ? THEN t.body END AS body"
                ),
                [Bind::BigInt(most), Bind::BigInt(most)],
            ),
            Bound::All(_) => statement.sql(&format!(
                "t.derived, t.body, sum({SIZE}) OVER (ORDER BY {order} ROWS UNBOUNDED PRECEDING) - ({SIZE}) AS before"
            )),
        };
        statement.sql(" FROM ").append(self.from());
        statement.push(&format!(" ORDER BY {order} LIMIT ?) p"), [Bind::BigInt(rows)]).patiently();
        if let Bound::All(most) = bound {
            statement.push(" WHERE p.before < ?", [Bind::BigInt(most)]);
        }
        statement
    }
}

fn ordered(expression: &str, descends: bool) -> String {
    format!("{expression}{}", if descends { " DESC" } else { "" })
}
