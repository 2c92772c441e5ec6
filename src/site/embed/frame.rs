//! What all embeds share: the head, the foot, the style and the headers.

use std::sync::LazyLock;

use actix_web::HttpResponseBuilder;
use actix_web::http::header;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::ask::Ask;
use crate::api::problem::Failure;
use crate::site::chart::theme::{self, Theme};
use crate::site::since::{MAX_NAME, Since, clipped};
use crate::site::visit::Visit;

/// Characters of a title.
pub const MAX_TITLE: usize = 160;

const SHEET: &str = include_str!("embed.css");
const SIZE: &str = include_str!("size.js");

/// What is shown.
pub struct Embed {
    pub title: String,
    /// Whether a picture has the title already.
    pub is_title_drawn: bool,
    /// Whether what is shown has the period already.
    pub is_period_said: bool,
    /// Whether the source is who answers for a promise, rather than who states a figure.
    pub is_answerable: bool,
    pub body: Markup,
    pub since: Option<Since>,
    /// Who says so.
    pub source: String,
    pub period: String,
}

/// Style and policy of a theme.
struct Dress {
    sheet: String,
    policy: String,
}

impl Dress {
    fn of(theme: Theme) -> Dress {
        let sheet = format!("{}{}", theme::sheet(theme), SHEET);
        let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        // The second style is that of charts.
        let policy = format!(
            "default-src 'none'; style-src {} {}; script-src {}; base-uri 'none'; form-action 'none'; frame-ancestors *",
            digest(&sheet),
            digest(&theme::style(theme)),
            digest(SIZE)
        );
        Dress { sheet, policy }
    }
}

static DRESSES: LazyLock<[Dress; 3]> = LazyLock::new(|| [Theme::Auto, Theme::Light, Theme::Dark].map(Dress::of));

fn dress(theme: Theme) -> &'static Dress {
    let [auto, light, dark] = &*DRESSES;
    match theme {
        Theme::Auto => auto,
        Theme::Light => light,
        Theme::Dark => dark,
    }
}

/// The headers of every embed. Frames are allowed here, and nowhere else.
pub fn dressed<'a>(response: &'a mut HttpResponseBuilder, ask: &Ask) -> &'a mut HttpResponseBuilder {
    if !ask.is_language_given {
        response.insert_header((header::VARY, "Accept-Language"));
    }
    response
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_LANGUAGE, ask.language.tag()))
        .insert_header((header::CONTENT_SECURITY_POLICY, dress(ask.theme).policy.as_str()))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
}

/// A whole page around what is in `main`.
pub fn document(title: &str, canonical: Option<&str>, ask: &Ask, main: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang=(ask.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                @if let Some(canonical) = canonical { link rel="canonical" href=(canonical); }
                style { (PreEscaped(&dress(ask.theme).sheet)) }
            }
            body {
                main { (main) }
                script { (PreEscaped(SIZE)) }
            }
        }
    }
    .into_string()
}

/// An embed as a page.
pub fn page(embed: &Embed, ask: &Ask, visit: &Visit) -> Result<String, Failure> {
    let moment = visit.moment()?;
    let site = visit.state.site.name(ask.language);
    let here = visit.link(&ask.page());
    let newest = visit.link_with(&ask.page(), &[("revision", ""), ("as_of", "")]);
    let number = moment.n.to_string();
    let pinned = visit.link_with(&ask.page(), &[("revision", &number), ("as_of", "")]);
    let title = clipped(&embed.title, MAX_TITLE);
    let label = if embed.is_answerable {
        visit.say("Answerable: ", "责任单位：")
    } else {
        visit.say("Source: ", "来源：")
    };
    let main = html! {
        h1 class=[embed.is_title_drawn.then_some("hidden")] { a href=(here) target="_blank" rel="noopener" { (title) } }
        (embed.body)
        @if let Some(since) = &embed.since { (since.line(&newest, true, ask.language)) }
        footer {
            p {
                @if !embed.source.is_empty() { (label) (clipped(&embed.source, MAX_NAME)) " · " }
                @if !embed.period.is_empty() && !embed.is_period_said { (embed.period) " · " }
                a href=(pinned) target="_blank" rel="noopener" { (visit.say("Revision ", "修订 ")) (number) } " · "
                a href=(here) target="_blank" rel="noopener" { (site) }
            }
        }
    };
    let canonical = format!("{}/{}", visit.state.public_url, ask.page());
    let title = if embed.period.is_empty() { title } else { format!("{title} · {}", embed.period) };
    Ok(document(&title, Some(&canonical), ask, &main))
}
