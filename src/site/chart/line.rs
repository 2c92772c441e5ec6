//! A metric over its periods. A period without a figure breaks the line.

use std::io;

use chrono::Datelike;

use super::labels::{self, Placed};
use super::scale::{self, Scale, Time};
use super::svg::{Anchor, Area, Canvas, Text};
use super::words::{self, either};
use super::{Point, Series, Size, Target, axis, frame, periods};
use crate::model::amount::Amount;
use crate::model::codes::{ObsStatus, TimeBasis};
use crate::model::message::Language;

pub fn draw(series: &Series, size: Size) -> io::Result<String> {
    let (about, language) = (&series.about, series.about.language);
    let points = shown(series);
    let targets = targets(series);
    let all = points.iter().map(|(_, value)| *value).chain(targets.iter().map(|(_, value)| *value));
    let (min, max) = scale::ends(all);
    let (mut canvas, area) = frame::begin(about, size, &subtitle(series, &points), &description(series, &points))?;
    let letters = frame::letters(size);
    let bottom = (area.bottom - letters * 2.2).max(area.top + 20.0);
    let most = ((bottom - area.top) / (letters * 4.0)).clamp(2.0, 6.0) as usize;
    // Room for the label of the highest point.
    let scale = Scale::new(min, max, most, (bottom, area.top + letters * 1.4));
    let left = area.left + axis::room(&scale, letters, language);
    let plot = Area { left, top: area.top, right: area.right, bottom };
    let due = targets.iter().filter_map(|(target, _)| target.due_on);
    let owned: Vec<Point> = points.iter().map(|(point, _)| (*point).clone()).collect();
    let Some(time) = Time::new(&owned, due, (plot.left, plot.right)) else {
        nothing(&mut canvas, &area, letters, language)?;
        return canvas.finish();
    };
    axis::upright(&mut canvas, &scale, &plot, letters, language)?;
    axis::time(&mut canvas, &time, &owned, &plot, letters, language)?;
    let placed = placed(&points, &time, &scale);
    for (target, value) in &targets {
        mark_target(&mut canvas, target, scale.at(*value), &time, &plot)?;
    }
    for run in runs(series, &placed, &time) {
        canvas.path(&run, 2.2, "edge", "")?;
    }
    for (index, Placed { point, at, .. }) in placed.iter().enumerate() {
        let radius = if index + 1 == placed.len() { 4.5 } else { 3.2 };
        // Hollow where the figure is not a final one.
        let firm = words::status_note(point.obs_status, language).is_none() || point.obs_status == Some(ObsStatus::B);
        canvas.circle(*at, radius, if firm { "accent" } else { "paper edge" }, if firm { 0.0 } else { 2.0 })?;
        canvas.keep_free(Area { left: at.0 - radius, top: at.1 - radius, right: at.0 + radius, bottom: at.1 + radius });
    }
    labels::write(&mut canvas, series, &placed, &targets, &scale, &plot, letters)?;
    if !scale.begins_at_zero() {
        let note = either(language, "The axis does not begin at 0", "纵轴不从0开始");
        let note = Text {
            x: plot.left + 4.0,
            y: plot.bottom - 6.0,
            size: letters * 0.9,
            anchor: Anchor::Start,
            class: "soft halo",
            text: note,
        };
        canvas.text_if_free(note, &plot)?;
    }
    canvas.finish()
}

/// Says that there is nothing to show.
pub fn nothing(canvas: &mut Canvas, area: &Area, size: f64, language: Language) -> io::Result<()> {
    let (x, y) = ((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
    let text = either(language, "No figures", "没有数字");
    canvas.text(Text { x, y, size: size * 1.1, anchor: Anchor::Middle, class: "soft", text })
}

/// Whether there are figures to join.
pub fn has_line(series: &Series) -> bool {
    shown(series).len() > 1
}

/// The line alone, without axes.
pub fn spark(canvas: &mut Canvas, series: &Series, area: &Area) -> io::Result<()> {
    let points = shown(series);
    let (min, max) = scale::ends(points.iter().map(|(_, value)| *value));
    let scale = Scale::new(min, max, 50, (area.bottom, area.top));
    let owned: Vec<Point> = points.iter().map(|(point, _)| (*point).clone()).collect();
    let Some(time) = Time::new(&owned, std::iter::empty(), (area.left, area.right)) else { return Ok(()) };
    let placed = placed(&points, &time, &scale);
    for run in runs(series, &placed, &time) {
        canvas.path(&run, 1.8, "edge", "")?;
    }
    for (index, Placed { at, .. }) in placed.iter().enumerate() {
        canvas.circle(*at, if index + 1 == placed.len() { 4.0 } else { 2.0 }, "accent", 0.0)?;
    }
    Ok(())
}

fn placed<'a>(points: &[(&'a Point, Amount)], time: &Time, scale: &Scale) -> Vec<Placed<'a>> {
    let place = |(point, value): &(&'a Point, Amount)| {
        let at = (time.at(point.end.or(point.start)?)?, scale.at(*value));
        Some(Placed { point, value: *value, at })
    };
    points.iter().filter_map(place).collect()
}

/// The figures that have a value and a day, oldest first.
fn shown(series: &Series) -> Vec<(&Point, Amount)> {
    let mut shown: Vec<(&Point, Amount)> = series
        .points
        .iter()
        .filter(|point| !point.is_missing() && (point.end.is_some() || point.start.is_some()))
        .filter_map(|point| Some((point, Amount::of(&point.value)?)))
        .collect();
    shown.sort_by_key(|(point, _)| point.end.or(point.start));
    shown
}

/// Targets with their values.
pub fn targets(series: &Series) -> Vec<(&Target, Amount)> {
    series.targets.iter().filter_map(|target| Some((target, Amount::of(&target.value)?))).collect()
}

/// Unit and span.
fn subtitle(series: &Series, points: &[(&Point, Amount)]) -> String {
    let language = series.about.language;
    let span = match points {
        [(only, _)] => Some(only.label.clone()),
        [(first, _), .., (last, _)] => {
            let ends = [first, last].map(|point| periods::short(point.start, point.end, language));
            Some(ends.join("–"))
        }
        [] => None,
    };
    [frame::subtitle(series)].into_iter().chain(span).collect::<Vec<_>>().join(either(language, ", ", "，"))
}

fn description(series: &Series, points: &[(&Point, Amount)]) -> String {
    let language = series.about.language;
    let mut said = vec![match language {
        Language::English => format!("Line chart: {}", series.metric),
        Language::Chinese => format!("折线图：{}", series.metric),
    }];
    said.extend(points.iter().map(|(point, value)| words::spoken(point, *value, &series.unit, language)));
    said.extend(targets(series).iter().map(|(target, value)| words::target(target, *value, &series.unit, language)));
    words::sentences(&said, language)
}

/// The points that a line joins. It breaks where a period is missing, where the series breaks (SDMX B), and where
/// running totals of a year begin anew.
fn runs(series: &Series, placed: &[Placed<'_>], time: &Time) -> Vec<Vec<(f64, f64)>> {
    let missing = |before: &Point, after: &Point| {
        series.points.iter().any(|point| point.is_missing() && point.end > before.end && point.end < after.end)
    };
    let mut runs: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut before: Option<&Point> = None;
    for Placed { point, at, .. } in placed {
        let breaks = before.is_none_or(|before| {
            let years = [before, *point].map(|point| point.end.map(|day| day.year()));
            time.is_gap(before, point)
                || missing(before, point)
                || point.obs_status == Some(ObsStatus::B)
                || (series.time_basis == TimeBasis::YearToDate && years[0] != years[1])
        });
        match runs.last_mut().filter(|_| !breaks) {
            Some(run) => run.push(*at),
            None => runs.push(vec![*at]),
        }
        before = Some(point);
    }
    runs.retain(|run| run.len() > 1);
    runs
}

/// A dashed line: at the period that the target is due in, or all along.
fn mark_target(canvas: &mut Canvas, target: &Target, y: f64, time: &Time, plot: &Area) -> io::Result<()> {
    let (left, right) = target_ends(target, time, plot);
    canvas.line((left, y), (right, y), 1.6, "mark", "5 4")
}

fn target_ends(target: &Target, time: &Time, plot: &Area) -> (f64, f64) {
    match target.due_on.and_then(|due| time.at(due)) {
        Some(x) if time.months.is_some() => (x - time.slot() * 0.42, x + time.slot() * 0.42),
        Some(x) => (x - time.slot() / 2.0, x + time.slot() / 2.0),
        None => (plot.left, plot.right),
    }
}
