//! A figure as a picture.

use std::io;

use super::document::{Figure, FigureTarget};
use super::facts::{Facts, Measured, Observed, day, in_language};
use super::{Frame, Shown};
use crate::model::division;
use crate::model::message::Language;
use crate::model::spoken;
use crate::site::chart::words::capital;
use crate::site::chart::{self, About, Article, Point, Series, Target};

/// The figure, large, with its series as a small line.
pub fn figure(facts: &Facts, figure: &Figure, shown: &Shown) -> io::Result<String> {
    let text = &figure.text;
    let lines: Vec<String> = [Some(&text.period), text.change.as_ref(), text.subject.as_ref()]
        .into_iter()
        .flatten()
        .map(|line| capital(line))
        .collect();
    chart::figure::draw(&series(facts, over_time(facts, shown.language), shown), &text.value, &lines, shown.size)
}

pub fn line(facts: &Facts, shown: &Shown) -> io::Result<String> {
    chart::line::draw(&series(facts, over_time(facts, shown.language), shown), shown.size)
}

pub fn progress(facts: &Facts, shown: &Shown) -> io::Result<String> {
    let newest = facts.figure.iter().map(|observed| observed.point(observed.period_name(shown.language))).collect();
    chart::progress::draw(&series(facts, newest, shown), shown.size)
}

/// Figures of the period by whose they are: of organizations and scopes, else of areas. The figure of all does
/// not stand beside its parts.
pub fn bar(facts: &Facts, figure: &Observed, shown: &Shown) -> io::Result<String> {
    let language = shown.language;
    let basis = facts.time_basis(figure);
    let all: Vec<&Observed> = facts.beside.iter().filter(|observed| facts.time_basis(observed) == basis).collect();
    let labelled: Vec<Point> =
        all.iter().filter_map(|observed| Some(observed.point(whose(facts, observed, language)?))).collect();
    let points = match (labelled.is_empty(), all.as_slice()) {
        (false, _) => labelled,
        (true, [only]) => vec![only.point(in_language(&facts.metric.name, language))],
        (true, all) => {
            let areas = all.iter().filter(|one| !is_above(one, all));
            areas
                .filter_map(|one| Some(one.point(division::name(one.division_code.as_ref()?.as_str()).to_owned())))
                .collect()
        }
    };
    let mut series = series(facts, points, shown);
    let joint = chart::words::either(language, ", ", "，");
    series.about.title = format!("{}{joint}{}", series.about.title, figure.period_name(language));
    chart::bar::draw(&series, shown.size)
}

fn whose(facts: &Facts, observed: &Observed, language: Language) -> Option<String> {
    let subject = observed.subject.as_ref().map(|id| facts.organization_name(id, language));
    let parts: Vec<String> = subject.into_iter().chain(observed.scope.clone()).collect();
    (!parts.is_empty()).then(|| parts.join(chart::words::either(language, ", ", "，")))
}

/// Whether an area holds all the others.
fn is_above(one: &Observed, all: &[&Observed]) -> bool {
    let digits = |observed: &Observed| {
        observed.division_code.as_ref().map(|code| code.0.trim_end_matches("00").to_owned()).unwrap_or_default()
    };
    let own = digits(one);
    all.iter().all(|other| other.id == one.id || (digits(other).starts_with(&own) && digits(other) != own))
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

/// What a picture for an article carries. Its code leads to the page at the revision that last changed the figure, so
/// that it is the same picture until the next one does.
fn article(facts: &Facts, frame: &Frame, language: Language) -> Article {
    let (metric, revision) = (facts.metric.id.as_str(), facts.changed_in);
    Article {
        ratio: frame.ratio,
        period: facts.figure.as_ref().map(|observed| observed.period_name(language)).filter(|name| !name.is_empty()),
        day: facts.published_on.map(|day| spoken::day(day, language)),
        site: frame.site.clone(),
        address: format!("{}/metrics/{metric}?revision={revision}&lang={}", frame.public_url, language.tag()),
    }
}

fn series(facts: &Facts, points: Vec<Point>, shown: &Shown) -> Series {
    let language = shown.language;
    let name = in_language(&facts.metric.name, language);
    let source = facts.figure.as_ref().map(|observed| facts.source(observed, language)).unwrap_or_default();
    let target = |target: &FigureTarget| Target {
        value: target.value.clone(),
        comparator: target.comparator,
        due_on: target.due_on.as_ref().and_then(day),
    };
    Series {
        about: About {
            title: name.clone(),
            source: if shown.within.is_none() { source } else { String::new() },
            revision: shown.within.is_none().then_some(facts.changed_in),
            language,
            theme: shown.theme,
            id: format!("oc-{}{}", facts.metric.id.as_str(), shown.within.unwrap_or_default()),
            article: shown.frame.as_ref().map(|frame| article(facts, frame, language)),
        },
        metric: name,
        unit: facts.unit(language),
        time_basis: facts.figure.as_ref().map_or(facts.metric.time_basis, |observed| facts.time_basis(observed)),
        points,
        targets: facts.targets.iter().map(target).collect(),
    }
}
