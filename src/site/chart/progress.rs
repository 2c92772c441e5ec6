//! The newest figure against its targets.

use std::io;

use super::measure::{BOLD, fitted};
use super::numbers;
use super::scale::Scale;
use super::svg::{Anchor, Area, Canvas, Text};
use super::words::{self, either};
use super::{Point, Series, Size, Target, frame, line};
use crate::model::amount::Amount;
use crate::model::codes::Comparator;
use crate::model::message::Language;

pub fn draw(series: &Series, size: Size) -> io::Result<String> {
    let language = series.about.language;
    let newest = series
        .points
        .iter()
        .filter(|point| !point.is_missing())
        .filter_map(|point| Some((point, Amount::of(&point.value)?)))
        .max_by_key(|(point, _)| point.end.or(point.start));
    let targets = line::targets(series);
    let said = said(series, newest, &targets);
    let name = if series.metric == series.about.title { "" } else { &series.metric };
    let (mut canvas, area) = frame::begin(&series.about, size, name, &words::sentences(&said, language))?;
    let letters = frame::letters(size);
    let tall = area.bottom - area.top;
    // The figure itself, large.
    let large = (tall * 0.2).clamp(letters * 1.4, 44.0);
    let number = newest.map(|(point, value)| {
        let number = numbers::with_unit(&numbers::exact(value), &series.unit, language);
        words::qualified(&number, point.qualifier, language)
    });
    let number = number.unwrap_or_else(|| either(language, "No figure yet", "尚无数字").to_owned());
    let most = area.right - area.left;
    let y = area.top + large;
    let number = fitted(&number, large * BOLD, most);
    canvas.text(Text { x: area.left, y, size: large, anchor: Anchor::Start, class: "accent bold", text: &number })?;
    let beside = newest.map(|(point, value)| beside(point, value, &targets, language)).unwrap_or_default();
    let below = y + large * 0.27 + letters * 1.2;
    let beside = fitted(&beside, letters, most);
    canvas.text(Text { x: area.left, y: below, size: letters, anchor: Anchor::Start, class: "soft", text: &beside })?;
    let values = || targets.iter().map(|(_, value)| *value).chain(newest.map(|(_, value)| value)).chain([Amount(0)]);
    let (min, max) = (values().min().unwrap_or_default(), values().max().unwrap_or_default());
    let track_top = (below + letters * 3.0).max(area.top + tall * 0.52);
    let thick = (tall * 0.12).clamp(10.0, 30.0);
    let track = Area { left: area.left, top: track_top, right: area.right, bottom: track_top + thick };
    let scale = Scale::new(min, max, 5, (track.left, track.right));
    canvas.rect(track, "rule")?;
    if let Some((_, value)) = newest {
        let (zero, end) = (scale.zero(), scale.at(value));
        canvas.rect(Area { left: zero.min(end), right: zero.max(end), ..track }, "accent")?;
    }
    let page = Area { left: 0.0, top: 0.0, right: f64::from(size.width), bottom: area.bottom };
    for (target, value) in &targets {
        let x = scale.at(*value);
        canvas.line((x, track.top - 7.0), (x, track.bottom + 3.0), 2.0, "mark", "")?;
        let text = words::target(target, *value, &series.unit, language);
        for (x, anchor) in
            [(x, Anchor::Middle), (x + 1.0, Anchor::End), (x - 1.0, Anchor::Start), (area.right, Anchor::End)]
        {
            let bounds = Area { left: area.left - 1.0, right: area.right + 2.0, ..page };
            let y = track.top - 12.0;
            if canvas.text_if_free(Text { x, y, size: letters, anchor, class: "ink", text: &text }, &bounds)? {
                break;
            }
        }
    }
    ticks(&mut canvas, &scale, &track, letters, language, &page)?;
    canvas.finish()
}

fn ticks(
    canvas: &mut Canvas,
    scale: &Scale,
    track: &Area,
    size: f64,
    language: Language,
    page: &Area,
) -> io::Result<()> {
    let y = track.bottom + size * 1.7;
    for value in scale.ticks() {
        let x = scale.at(value);
        canvas.line((x, track.bottom), (x, track.bottom + 4.0), 1.0, "faint", "")?;
        let text = numbers::tick(value, scale.largest(), language);
        let half = super::measure::width(&text, size) / 2.0;
        let x = x.clamp(track.left + half, (track.right - half).max(track.left + half));
        let text = Text { x, y, size, anchor: Anchor::Middle, class: "soft", text: &text };
        canvas.text_if_free(text, page)?;
    }
    Ok(())
}

/// The share of a target reached; none of an upper limit, which is nothing to reach.
fn share(value: Amount, target: &Target, promised: Amount) -> Option<String> {
    let reachable = target.comparator != Some(Comparator::AtMost) && promised > Amount(0) && value >= Amount(0);
    let share = value.percent_of(promised).filter(|_| reachable)?;
    Some(format!("{}%", numbers::exact(share)))
}

fn beside(point: &Point, value: Amount, targets: &[(&Target, Amount)], language: Language) -> String {
    let share = match targets {
        [(target, promised)] => share(value, target, *promised),
        _ => None,
    };
    let share = share.map(|share| match language {
        Language::English => format!("{share} of the target"),
        Language::Chinese => format!("为目标的{share}"),
    });
    let note = words::status_note(point.obs_status, language).map(str::to_owned);
    let said = [point.label.clone()].into_iter().filter(|label| !label.is_empty()).chain(note).chain(share);
    said.collect::<Vec<_>>().join(either(language, ", ", "，"))
}

fn said(series: &Series, newest: Option<(&Point, Amount)>, targets: &[(&Target, Amount)]) -> Vec<String> {
    let language = series.about.language;
    let mut said = vec![match language {
        Language::English => format!("Progress: {}", series.metric),
        Language::Chinese => format!("进度：{}", series.metric),
    }];
    said.extend(newest.map(|(point, value)| words::spoken(point, value, &series.unit, language)));
    for (target, promised) in targets {
        let text = words::target(target, *promised, &series.unit, language);
        let reached = newest.and_then(|(_, value)| share(value, target, *promised));
        said.push(match (reached, language) {
            (Some(share), Language::English) => format!("{text} ({share} of it)"),
            (Some(share), Language::Chinese) => format!("{text}（达到{share}）"),
            (None, _) => text,
        });
    }
    said
}
