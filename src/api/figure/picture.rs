//! A figure as a picture.

use std::io;

use super::Shown;
use super::facts::{Facts, Figure, Measured, Observed, day, in_language};
use crate::model::message::Language;
use crate::site::chart::{self, About, Point, Series, Target};

/// The figure, large, with its series as a small line.
pub fn figure(facts: &Facts, figure: &Figure, shown: &Shown) -> io::Result<String> {
    let text = &figure.text;
    let lines: Vec<String> =
        [Some(text.period.clone()), text.change.clone(), text.subject.clone()].into_iter().flatten().collect();
    chart::figure::draw(&series(facts, over_time(facts, shown.language), shown), &text.value, &lines, shown.size)
}

pub fn line(facts: &Facts, shown: &Shown) -> io::Result<String> {
    chart::line::draw(&series(facts, over_time(facts, shown.language), shown), shown.size)
}

pub fn progress(facts: &Facts, shown: &Shown) -> io::Result<String> {
    let newest = facts.figure.iter().map(|observed| observed.point(observed.period_name(shown.language))).collect();
    chart::progress::draw(&series(facts, newest, shown), shown.size)
}

/// Figures of the period by whose they are; the figure of all stands not beside its parts.
pub fn bar(facts: &Facts, figure: &Observed, shown: &Shown) -> io::Result<String> {
    let language = shown.language;
    let labelled: Vec<(Option<String>, &Observed)> = facts
        .beside
        .iter()
        .filter(|observed| facts.time_basis(observed) == facts.time_basis(figure))
        .map(|observed| (label(facts, observed, language), observed))
        .collect();
    let narrower = labelled.iter().any(|(label, _)| label.is_some());
    let name = || in_language(&facts.metric.name, language);
    let points = labelled
        .into_iter()
        .filter(|(label, _)| label.is_some() || !narrower)
        .map(|(label, observed)| observed.point(label.unwrap_or_else(name)));
    let mut series = series(facts, points.collect(), shown);
    series.about.title =
        format!("{}{}{}", series.about.title, chart::words::either(language, ", ", "，"), figure.period_name(language));
    chart::bar::draw(&series, shown.size)
}

fn label(facts: &Facts, observed: &Observed, language: Language) -> Option<String> {
    let subject = observed.subject.as_ref().map(|id| facts.organization_name(id, language));
    let parts: Vec<String> = subject.into_iter().chain(observed.scope.clone()).collect();
    if !parts.is_empty() {
        return Some(parts.join(chart::words::either(language, ", ", "，")));
    }
    observed.division_code.as_ref().map(|code| code.0.clone())
}

/// The figure in the whole that it is part of, or the parts that it has.
pub fn part(facts: &Facts, figure: &Observed, shown: &Shown) -> Option<io::Result<String>> {
    let language = shown.language;
    let (whole, points): (Point, Vec<Point>) = match &facts.whole {
        Some((metric, whole)) => {
            let own = figure.point(in_language(&facts.metric.name, language));
            (whole.point(named(metric, whole, language)), vec![own])
        }
        None if facts.parts.is_empty() => return None,
        None => {
            let points = facts.parts.iter().map(|(name, part)| part.point(in_language(name, language)));
            (figure.point(named(&facts.metric, figure, language)), points.collect())
        }
    };
    Some(chart::part::draw(&series(facts, points, shown), &whole, shown.size))
}

fn named(metric: &Measured, observed: &Observed, language: Language) -> String {
    let name = in_language(&metric.name, language);
    format!("{name}{}{}", chart::words::either(language, ", ", "，"), observed.period_name(language))
}

fn over_time(facts: &Facts, language: Language) -> Vec<Point> {
    facts.series.iter().rev().map(|observed| observed.point(observed.period_name(language))).collect()
}

fn series(facts: &Facts, points: Vec<Point>, shown: &Shown) -> Series {
    let language = shown.language;
    let name = in_language(&facts.metric.name, language);
    let source = facts.figure.as_ref().map(|observed| facts.source(observed, language)).unwrap_or_default();
    let target = |target: &super::facts::FigureTarget| Target {
        value: target.value.clone(),
        comparator: target.comparator,
        due_on: target.due_on.as_ref().and_then(day),
    };
    Series {
        about: About {
            title: name.clone(),
            source,
            revision: Some(facts.changed_in),
            language,
            theme: shown.theme,
            id: format!("oc-{}", facts.metric.id.as_str()),
        },
        metric: name,
        unit: facts.unit(language),
        time_basis: facts.figure.as_ref().map_or(facts.metric.time_basis, |observed| facts.time_basis(observed)),
        points,
        targets: facts.targets.iter().map(target).collect(),
    }
}
