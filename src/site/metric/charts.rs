//! The charts that suit a metric. Drawn by the service; the table below them says the same.

use maud::{Markup, html};

use super::{Read, of_observation};
use crate::model::message::Language;
use crate::site::visit::Visit;

/// A line for several periods, or else progress towards what was promised; bars where figures of several bodies
/// or areas stand beside each other; parts within their whole.
fn shapes(read: &Read) -> Vec<&'static str> {
    let facts = &read.facts;
    if facts.figure.is_none() && facts.targets.is_empty() {
        return Vec::new();
    }
    let told_apart = facts.beside.iter().filter(|one| one.subject.is_some() || one.scope.is_some()).count();
    let areas = facts.beside.iter().filter(|one| one.division_code.is_some()).count();
    let wanted = [
        ("line", facts.series.len() > 1),
        ("progress", facts.series.len() < 2 && !facts.targets.is_empty()),
        ("bar", facts.figure.is_some() && (told_apart > 1 || areas > 2)),
        ("part", facts.whole.is_some() || !facts.parts.is_empty()),
    ];
    wanted.into_iter().filter(|(_, suits)| *suits).map(|(shape, _)| shape).collect()
}

pub fn charts(read: &Read, visit: &Visit) -> Markup {
    let shapes = shapes(read);
    html! {
        @for shape in &shapes {
            section {
                h2 { (heading(shape, visit)) }
                (chart(read, shape, visit))
            }
        }
    }
}

fn heading<'a>(shape: &str, visit: &Visit) -> &'a str {
    let [en, zh] = match shape {
        "line" => ["Over time", "历期变化"],
        "progress" => ["Against what was promised", "与目标相比"],
        "bar" => ["Side by side", "横向比较"],
        _ => ["Part of the whole", "占整体的份额"],
    };
    if visit.language == Language::Chinese { zh } else { en }
}

/// One for wide and one for narrow screens, so that its letters can be read on both.
fn chart(read: &Read, shape: &str, visit: &Visit) -> Markup {
    let (language, id) = (visit.language, read.facts.metric.id.as_str());
    let (tag, of) = (language.tag(), of_observation(visit));
    let drawn = |size: &str| visit.program(&format!("v1/metrics/{id}/figure.svg?shape={shape}&lang={tag}{of}{size}"));
    // Bars are of several, and say themselves of whom.
    let name = read.facts.named(read.facts.figure.as_ref().filter(|_| shape != "bar"), language);
    let alt = match language {
        Language::English => format!("{}: {name}. The table of all figures says the same.", heading(shape, visit)),
        Language::Chinese => format!("{}：{name}。内容见全部数字表格。", heading(shape, visit)),
    };
    html! {
        picture {
            source media="(max-width: 34rem)" srcset=(drawn("&width=340&height=300"));
            img.chart width="720" height="405" loading="lazy" src=(drawn("")) alt=(alt);
        }
    }
}
