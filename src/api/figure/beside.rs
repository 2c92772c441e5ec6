//! What stands beside a picture: its caption, and its text alternative (WCAG 2.2, 1.1.1).

use super::document::FigureText;
use super::facts::{Facts, Observed, day};
use crate::model::amount::Amount;
use crate::model::message::Language;
use crate::site::chart::words::{capital, either, sentences, spoken, target};
use crate::site::chart::{Point, Target};

/// Figures that are all said.
const ALL_SAID: usize = 8;

/// One sentence: the figure, its period, who says so, the revision.
pub fn caption(text: &FigureText, revision: i64, language: Language) -> String {
    let FigureText { name, value, period, subject, source, .. } = text;
    let of: Vec<&str> = [Some(name), Some(period), subject.as_ref()]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    match language {
        Language::English => format!("{}: {value} (source: {source}; revision {revision}).", of.join(", ")),
        Language::Chinese => format!("{}：{value}（来源：{source}；修订{revision}）。", of.join("，")),
    }
}

/// What a picture of the figure and its series shows.
pub fn alternative(facts: &Facts, text: &FigureText, language: Language) -> String {
    let of =
        text.subject.as_ref().map(|subject| format!("{}{subject}", either(language, ", ", "，"))).unwrap_or_default();
    let mut said = vec![format!("{}{of}", text.name)];
    let labelled = |one: &Observed| Some((one.point(capital(&one.period_name(language))), Amount::of(&one.value)?));
    // Oldest first, as they are drawn.
    let points: Vec<(Point, Amount)> =
        facts.series.iter().rev().filter_map(labelled).filter(|(point, _)| !point.is_missing()).collect();
    let unit = facts.unit(language);
    let full = |(point, value): &(Point, Amount)| spoken(point, *value, &unit, language);
    if points.len() <= ALL_SAID {
        said.extend(points.iter().map(full));
    } else {
        said.extend(ends(&points, full, language));
    }
    said.extend(facts.targets.iter().filter_map(|promised| {
        let value = Amount::of(&promised.value)?;
        let due_on = promised.due_on.as_ref().and_then(day);
        let promised = Target { value: promised.value.clone(), comparator: promised.comparator, due_on };
        Some(target(&promised, value, &unit, language))
    }));
    said.extend(text.change.as_deref().map(capital));
    sentences(&said, language)
}

/// Of many figures: how many, the first, the last, the largest and the smallest.
fn ends(points: &[(Point, Amount)], full: impl Fn(&(Point, Amount)) -> String, language: Language) -> Vec<String> {
    let count = points.len();
    let largest = points.iter().max_by_key(|(_, value)| *value);
    let smallest = points.iter().min_by_key(|(_, value)| *value);
    let named = [
        (["First", "最早"], points.first()),
        (["Last", "最近"], points.last()),
        (["Largest", "最大"], largest),
        (["Smallest", "最小"], smallest),
    ];
    let mut said = vec![match language {
        Language::English => format!("{count} figures over time"),
        Language::Chinese => format!("共{count}期"),
    }];
    said.extend(named.into_iter().filter_map(|([en, zh], point)| {
        let point = full(point?);
        Some(match language {
            Language::English => format!("{en}: {point}"),
            Language::Chinese => format!("{zh}：{point}"),
        })
    }));
    said
}
