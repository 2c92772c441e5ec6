//! The embed builder of a page: a form, a preview, and code to copy. It works without JavaScript, as the form asks
//! for the page anew; a script does the same at once, from the same templates.

use maud::{Markup, html};
use serde_json::Value;

use super::assets;
use super::chart::Theme;
use super::embed::ask::{Ask, SHAPES, STYLES, Style};
use super::embed::iframe;
use super::parts::plain;
use super::since::clipped;
use super::visit::Visit;
use crate::api::problem::Failure;
use crate::model::kind::Kind;
use crate::model::kinds::metric;
use crate::model::message::Language;

/// Parameters of pages that have a builder.
pub const PARAMETERS: [&str; 5] = ["style", "shape", "theme", "embed_lang", "mode"];
/// Characters of a title in code.
const MAX_TITLE: usize = 120;

/// What is embedded.
pub struct Of<'a> {
    pub kind: &'static Kind,
    pub id: &'a str,
    /// Its title, human text.
    pub title: &'a Value,
    /// The observation that a pinned figure is of.
    pub observation: Option<&'a str>,
    /// The style that is shown unless another is chosen: one that there is.
    pub style: Style,
}

/// What was chosen.
struct Chosen {
    style: Style,
    shape: String,
    theme: String,
    language: Language,
    pinned: bool,
}

/// The builder's section; `visit` has [`PARAMETERS`]. A choice that there is not is passed over.
pub fn section(of: &Of<'_>, visit: &mut Visit) -> Result<Markup, Failure> {
    let chosen = chosen(of, visit);
    let revision = visit.moment()?.n.to_string();
    let base = visit.state.public_url.clone();
    let pinned: Vec<(&str, &str)> = [("revision", Some(revision.as_str())), ("observation", of.observation)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    let mut asked = url::form_urlencoded::Serializer::new(String::new());
    asked.append_pair("style", chosen.style.code()).append_pair("theme", &chosen.theme);
    asked.append_pair("lang", chosen.language.tag());
    if of.kind.name == metric::KIND.name && !chosen.shape.is_empty() {
        asked.append_pair("shape", &chosen.shape);
    }
    if chosen.pinned {
        asked.extend_pairs(&pinned);
    }
    let ask = Ask::parse(of.kind, of.id, &asked.finish(), chosen.language).map_err(|refused| refused.0)?;
    let titles = [Language::English, Language::Chinese].map(|language| clipped(&plain(of.title, language), MAX_TITLE));
    let [en, zh] = &titles;
    let title = if chosen.language == Language::Chinese { zh } else { en };
    let heights: serde_json::Map<String, Value> =
        STYLES.iter().filter_map(|code| Some(((*code).to_owned(), Style::parse(code)?.height().into()))).collect();
    Ok(html! {
        section.builder #embed data-base=(base) data-path=(ask.page()) data-title-en=(en) data-title-zh-hans=(zh)
            data-heights=(Value::Object(heights)) data-revision=(revision) data-observation=[of.observation]
            data-copy=(visit.say("Copy", "复制")) data-copied=(visit.say("Copied", "已复制")) {
            h2 { (visit.say("Embed", "嵌入")) }
            (form(of, &chosen, visit))
            iframe.preview src=(visit.file(&ask.address())) title=(visit.say("Preview of the embed", "嵌入效果预览")) loading="lazy" height=(ask.style.height()) {}
            @for (id, label, code) in [
                ("embed-frame", visit.say("Frame (HTML)", "框架代码（HTML）"), iframe(&format!("{base}/{}", ask.address()), title, "100%", ask.style.height())),
                ("embed-script", visit.say("Script: as high as its content", "脚本代码：高度随内容调整"), script(&ask, title, &base)),
                ("embed-oembed", visit.say("oEmbed address, for content management systems", "oEmbed 地址，供内容管理系统使用"), oembed(&ask, &base)),
            ] {
                p.code {
                    label for=(id) { (label) }
                    textarea id=(id) readonly rows="4" { (code) }
                }
            }
            p.sub { (visit.say(
                "Live follows what is published. Pinned keeps what is said now; when that is corrected, a line below it says so.",
                "实时：随发布更新。固定：保留当前内容，日后如有更正，会在下方注明。",
            )) }
            script src=(visit.file(&assets::path("builder.js"))) defer {}
        }
    })
}

fn chosen(of: &Of<'_>, visit: &mut Visit) -> Chosen {
    let mut one = |name: &str, codes: &[&str]| visit.query.text(name).filter(|code| codes.contains(&code.as_str()));
    let style = one("style", STYLES).and_then(|code| Style::parse(&code)).unwrap_or(of.style);
    let shape = one("shape", SHAPES).unwrap_or_default();
    let theme = one("theme", Theme::CODES).unwrap_or_else(|| "auto".to_owned());
    let language = one("embed_lang", &["en", "zh-Hans"]).map(|tag| Language::of_locale(&tag));
    let mode = one("mode", &["live", "pinned"]);
    let pinned = mode.map_or(visit.is_pinned(), |mode| mode == "pinned");
    Chosen { style, shape, theme, language: language.unwrap_or(visit.language), pinned }
}

fn form(of: &Of<'_>, chosen: &Chosen, visit: &Visit) -> Markup {
    let mode = if chosen.pinned { "pinned" } else { "live" };
    let say = |en, zh| visit.say(en, zh).to_owned();
    let style = [
        ("card", say("Card", "卡片")),
        ("chart", say("Chart", "图")),
        ("table", say("Table", "表格")),
        ("progress", say("Progress", "进度")),
    ];
    let shape = [
        ("", say("What suits it", "自动")),
        ("line", say("Line over time", "折线（各期）")),
        ("bar", say("Bars side by side", "条形（并列）")),
        ("progress", say("Against its target", "与目标相比")),
        ("part", say("Part of the whole", "占总体")),
        ("figure", say("The figure", "数字")),
    ];
    let theme = [
        ("auto", say("As the reader's device", "随读者设备")),
        ("light", say("Light", "浅色")),
        ("dark", say("Dark", "深色")),
    ];
    let language = [("zh-Hans", "中文".to_owned()), ("en", "English".to_owned())];
    let modes = [("live", say("Live", "实时")), ("pinned", say("Pinned to this revision", "固定为当前修订"))];
    html! {
        form method="get" action=(format!("{}#embed", visit.file(&format!("{}/{}", of.kind.collection, of.id)))) {
            @for (name, value) in visit.asked() { input type="hidden" name=(name) value=(value); }
            (select("style", visit.say("Style", "样式"), chosen.style.code(), &style))
            @if of.kind.name == metric::KIND.name { (select("shape", visit.say("Shape of the chart", "图形"), &chosen.shape, &shape)) }
            (select("theme", visit.say("Colours", "配色"), &chosen.theme, &theme))
            (select("embed_lang", visit.say("Language", "语言"), chosen.language.tag(), &language))
            (select("mode", visit.say("Content", "内容"), mode, &modes))
            button { (visit.say("Show", "显示")) }
        }
    }
}

fn select(name: &str, label: &str, chosen: &str, options: &[(&str, String)]) -> Markup {
    let id = format!("embed-{}", name.trim_start_matches("embed_"));
    html! {
        span.field {
            label for=(id) { (label) }
            select id=(id) name=(name) {
                @for (value, text) in options { option value=(value) selected[*value == chosen] { (text) } }
            }
        }
    }
}

/// A link that the script of embeds turns into one; without the script it stays.
fn script(ask: &Ask, title: &str, base: &str) -> String {
    let in_link = |name: &str| matches!(name, "lang" | "revision" | "as_of");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(ask.given().iter().filter(|(name, _)| in_link(name)))
        .finish();
    let others: String = ask
        .given()
        .iter()
        .filter(|(name, _)| !in_link(name))
        .map(|(name, value)| format!(" data-{name}=\"{}\"", html! { (value) }.into_string()))
        .collect();
    let link = html! { a href=(format!("{base}/{}?{query}", ask.page())) { (title) } };
    let script = html! { script async src=(format!("{base}/embed.js")) {} };
    format!(
        "<blockquote class=\"open-commitments\"{others}>{}</blockquote>\n{}",
        link.into_string(),
        script.into_string()
    )
}

fn oembed(ask: &Ask, base: &str) -> String {
    let address = format!("{base}/{}", ask.address());
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("url", &address).finish();
    format!("{base}/oembed?{query}")
}
