//! Which pages an index serves in their order.

use super::Page;

/// Whether an index serves the page in its order.
pub fn is_indexed(page: &Page<'_>) -> bool {
    let filter = match page.filters {
        [] => "",
        [(filter, values)] if values.len() == 1 => filter.name,
        _ => return false,
    };
    // Read from either end, an index serves both directions; the id at the end follows.
    let descends = page.sorts.first().is_some_and(|(_, descends)| *descends);
    let names: Vec<&str> = page.sorts.iter().map(|(sort, _)| sort.name).collect();
    let names = match names.split_last() {
        Some((&"id", rest)) if !rest.is_empty() => rest,
        _ => &names,
    };
    page.sorts.iter().all(|(_, other)| *other == descends)
        && INDEXED.iter().any(|(collection, by, sort)| {
            let served = sort.trim_start_matches('-').split(',');
            *collection == page.kind.collection && *by == filter && served.eq(names.iter().copied())
        })
}

/// Filter and sort pairs that an index serves, as `(collection, filter, sort)`; an empty filter is
/// none. Checked against the plans PostgreSQL makes; other pairs sort what the filter leaves.
pub const INDEXED: &[(&str, &str, &str)] = &[
    ("organizations", "", "id"),
    ("organizations", "", "changed_in"),
    ("organizations", "", "division_code"),
    ("organizations", "parent", "id"),
    ("programmes", "", "-year"),
    ("programmes", "", "announced_on"),
    ("programmes", "organization", "id"),
    ("programmes", "year", "id"),
    ("commitments", "", "programme,number"),
    ("commitments", "", "number"),
    ("commitments", "", "due_on"),
    ("commitments", "", "status"),
    ("commitments", "programme", "number"),
    ("commitments", "status", "id"),
    ("commitments", "publisher", "id"),
    ("reports", "", "-period_end"),
    ("reports", "", "-reported_on"),
    ("reports", "commitment", "-reported_on"),
    ("reports", "status", "id"),
    ("metrics", "", "id"),
    ("metrics", "unit", "id"),
    ("observations", "", "-period_end"),
    ("observations", "", "value"),
    ("observations", "metric", "-period_end"),
    ("observations", "commitment", "-period_end"),
    ("observations", "subject", "-period_end"),
    ("observations", "report", "id"),
    ("targets", "", "-due_on"),
    ("targets", "metric", "-due_on"),
    ("targets", "commitment", "id"),
    ("sources", "", "-published_on"),
];
