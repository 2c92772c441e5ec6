//! The words of a source that records quote, and where they stand in its text.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::site::parts::{anchor, member};

/// Quotations that are looked at: a page of more would be heavy.
const MOST: usize = 600;

/// Words that something rests on.
#[derive(Debug, PartialEq)]
pub struct Quote {
    /// Names its place on the page.
    pub anchor: String,
    pub exact: String,
    pub prefix: String,
    pub suffix: String,
    /// Where evidence says that it begins.
    start: Option<i64>,
    /// First code point in the text and the one after the last, where they were found.
    pub place: Option<(usize, usize)>,
    /// Positions of the records that rest on it, in the list given.
    pub rests: Vec<usize>,
}

/// The words that these records quote from a source, in the order of the text, or else of the records; and whether
/// they quote more than are looked at.
pub fn quotes<'a>(records: impl Iterator<Item = &'a Value>, source: &str) -> (Vec<Quote>, bool) {
    let mut found: Vec<Quote> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let evidence = records.enumerate().flat_map(|(position, record)| {
        let entries = record["evidence"].as_array().into_iter().flatten();
        entries.filter(|entry| member(entry, "source") == source).map(move |entry| (position, entry))
    });
    for (count, (position, entry)) in evidence.enumerate() {
        if count == MOST {
            return (sorted(found), true);
        }
        let anchor = anchor(entry);
        let index = *known.entry(anchor.clone()).or_insert(found.len());
        if index == found.len() {
            let [exact, prefix, suffix] = ["exact", "prefix", "suffix"].map(|name| member(entry, name).to_owned());
            let start = entry["start"].as_i64();
            found.push(Quote { anchor, exact, prefix, suffix, start, place: None, rests: Vec::new() });
        }
        if let Some(quote) = found.get_mut(index).filter(|quote| quote.rests.last() != Some(&position)) {
            quote.rests.push(position);
        }
    }
    (sorted(found), false)
}

fn sorted(mut quotes: Vec<Quote>) -> Vec<Quote> {
    quotes.sort_by_key(|quote| quote.start.unwrap_or(i64::MAX));
    quotes
}

/// Finds the words in a text (W3C Web Annotation, TextQuoteSelector): where evidence says, if they stand there, and
/// else by themselves with what is around them. Says how many were found.
pub fn place(quotes: &mut [Quote], text: &str) -> usize {
    let letters: Vec<char> = text.chars().collect();
    for quote in quotes.iter_mut() {
        let length = quote.exact.chars().count();
        let told = quote.start.and_then(|start| usize::try_from(start).ok()).filter(|start| {
            let there = start.checked_add(length).and_then(|end| letters.get(*start..end));
            there.is_some_and(|there| there.iter().copied().eq(quote.exact.chars()))
        });
        quote.place = told.or_else(|| searched(quote, text)).map(|start| (start, start + length));
    }
    quotes.iter().filter(|quote| quote.place.is_some()).count()
}

/// The first code point of the words, found with as much of what is around them as it takes.
fn searched(quote: &Quote, text: &str) -> Option<usize> {
    let [prefix, exact, suffix] = [&quote.prefix, &quote.exact, &quote.suffix].map(String::as_str);
    let around = [(prefix, suffix), (prefix, ""), ("", suffix)];
    let known = around.iter().filter(|(before, after)| !before.is_empty() || !after.is_empty());
    let by_context = known.filter_map(|(before, after)| {
        let found = text.find(&format!("{before}{exact}{after}"))?;
        Some(found + before.len())
    });
    let alone = || Some(text.find(exact)?).filter(|found| text.rfind(exact) == Some(*found));
    let byte = by_context.take(1).next().or_else(alone)?;
    Some(text.get(..byte)?.chars().count())
}

/// A stretch of text that the same words cover.
#[derive(Debug, PartialEq)]
pub struct Piece {
    pub text: String,
    /// Positions of the quotes that cover it, that begin with it, and that end with it.
    pub covering: Vec<usize>,
    pub beginning: Vec<usize>,
    pub ending: Vec<usize>,
}

/// Cuts a text where quotes begin and end, so that those that overlap can be marked.
pub fn pieces(text: &str, quotes: &[Quote]) -> Vec<Piece> {
    let letters: Vec<char> = text.chars().collect();
    let places: Vec<(usize, (usize, usize))> = quotes
        .iter()
        .enumerate()
        .filter_map(|(index, quote)| Some((index, quote.place?)))
        .filter(|(_, (start, end))| start < end && *end <= letters.len())
        .collect();
    let mut cuts: Vec<usize> = places.iter().flat_map(|(_, (start, end))| [*start, *end]).collect();
    cuts.extend([0, letters.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    let of = |wanted: &dyn Fn(usize, usize) -> bool| -> Vec<usize> {
        places.iter().filter(|(_, (start, end))| wanted(*start, *end)).map(|(index, _)| *index).collect()
    };
    cuts.windows(2)
        .filter_map(|cut| {
            let (from, to) = (*cut.first()?, *cut.last()?);
            Some(Piece {
                text: letters.get(from..to)?.iter().collect(),
                covering: of(&|start, end| start <= from && end >= to),
                beginning: of(&|start, _| start == from),
                ending: of(&|_, end| end == to),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evidence(exact: &str, start: Option<i64>, prefix: &str) -> Value {
        let mut entry = json!({"source": "s", "exact": exact, "prefix": prefix});
        if let Some(start) = start {
            entry["start"] = start.into();
            entry["end"] = (start + i64::try_from(exact.chars().count()).expect("short")).into();
        }
        json!({ "evidence": [entry] })
    }

    #[test]
    fn words_are_found_where_evidence_says_or_by_what_is_around_them() {
        let text = "调解29456件，另29456件";
        let records = [
            evidence("29456件", Some(2), ""),
            evidence("29456件", None, "另"),
            evidence("29456件", Some(3), "另"),
            evidence("不在", None, ""),
        ];
        let (mut found, _) = quotes(records.iter(), "s");
        assert_eq!(place(&mut found, text), 3);
        let places: Vec<_> = found.iter().map(|quote| quote.place).collect();
        assert_eq!(places, [Some((2, 8)), Some((10, 16)), Some((10, 16)), None]);
    }

    #[test]
    fn words_that_overlap_are_cut_where_each_begins_and_ends() {
        let text = "一二三四五六";
        let records =
            [evidence("二三四", Some(1), ""), evidence("三四五", Some(2), ""), evidence("三四五", Some(2), "")];
        let (mut found, _) = quotes(records.iter(), "s");
        place(&mut found, text);
        assert_eq!(found.len(), 2, "the same words are one quote, on which two records rest");
        assert_eq!(found[1].rests, [1, 2]);
        let pieces = pieces(text, &found);
        let texts: Vec<_> = pieces.iter().map(|piece| (piece.text.as_str(), piece.covering.clone())).collect();
        assert_eq!(texts, [("一", vec![]), ("二", vec![0]), ("三四", vec![0, 1]), ("五", vec![1]), ("六", vec![])]);
        assert_eq!((pieces[2].beginning.clone(), pieces[2].ending.clone()), (vec![1], vec![0]));
    }
}
