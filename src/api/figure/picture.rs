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
    let lines: Vec<String> =
        [Some(&text.period), text.change.as_ref()].into_iter().flatten().map(|line| capital(line)).collect();
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
    let told_apart = all.iter().any(|one| is_told_apart(one));
    let bars: Vec<&Observed> =
        all.iter().copied().filter(|one| if told_apart { is_told_apart(one) } else { !is_above(one, &all) }).collect();
    let labels = labels(facts, &bars, language);
    let points = bars.iter().zip(labels).map(|(one, label)| one.point(label)).collect();
    let mut series = series(facts, points, shown);
    series.about.whose = None;
    let joint = chart::words::either(language, ", ", "，");
    series.about.title = format!("{}{joint}{}", series.about.title, figure.period_name(language));
    chart::bar::draw(&series, shown.size)
}

fn is_told_apart(observed: &Observed) -> bool {
    observed.subject.is_some() || observed.scope.is_some()
}

/// Whose each figure is; where that is not said, or is said of another one too, its area and who says it as well.
fn labels(facts: &Facts, bars: &[&Observed], language: Language) -> Vec<String> {
    let mut labels: Vec<Vec<String>> =
        bars.iter().map(|one| facts.whose(one, language).into_iter().collect()).collect();
    // One of all has the metric's name.
    if let ([label], [one]) = (labels.as_mut_slice(), bars)
        && label.is_empty()
        && one.division_code.is_none()
    {
        label.push(in_language(&facts.metric.name, language));
    }
    let area = |one: &Observed| one.division_code.as_ref().map(|code| spoken::area(code.as_str(), language));
    let reporter = |one: &Observed| Some(facts.source(one, language));
    for more in [&area as &dyn Fn(&Observed) -> Option<String>, &reporter] {
        let before = labels.clone();
        for (label, one) in labels.iter_mut().zip(bars) {
            let is_clear = !label.is_empty() && before.iter().filter(|other| *other == label).count() == 1;
            label.extend(more(one).filter(|text| !is_clear && !label.contains(text)));
        }
    }
    labels.into_iter().map(|label| label.join(chart::words::either(language, ", ", "，"))).collect()
}

/// Whether an area holds all the others.
fn is_above(one: &Observed, all: &[&Observed]) -> bool {
    let digits = |observed: &Observed| {
        observed.division_code.as_ref().map(|code| division::prefix(code.as_str()).to_owned()).unwrap_or_default()
    };
    let own = digits(one);
    all.iter().all(|other| digits(other).starts_with(&own)) && all.iter().any(|other| digits(other) != own)
}

/// The figure in the whole that it is part of, or the parts that it has.
pub fn part(facts: &Facts, figure: &Observed, shown: &Shown) -> Option<io::Result<String>> {
    let language = shown.language;
    if figure.is_missing() {
        return None;
    }
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
/// that it is the same picture until the next one does, and to the page of this very figure where it is not the metric's own.
fn article(facts: &Facts, frame: &Frame, language: Language) -> Article {
    let (metric, revision) = (facts.metric.id.as_str(), facts.changed_in);
    let figure = facts.figure.as_ref().filter(|_| frame.is_narrowed);
    let figure = figure.map(|observed| format!("&observation={}", observed.id.as_str())).unwrap_or_default();
    Article {
        ratio: frame.ratio,
        period: facts.figure.as_ref().map(|observed| observed.period_name(language)).filter(|name| !name.is_empty()),
        day: facts.published_on.map(|day| spoken::day(day, language)),
        site: frame.site.clone(),
        address: format!("{}/metrics/{metric}?revision={revision}&lang={}{figure}", frame.public_url, language.tag()),
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
            whose: facts.figure.as_ref().and_then(|observed| facts.whose(observed, language)),
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
