//! What all pages share: the head, the masthead, the notice that a page shows the past, the foot, and the headers.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::assets;
use super::chart::card::Card;
use super::pictures;
use super::visit::{Visit, spoken_in};
use super::words;
use crate::api::State;
use crate::api::answer::{LEDGER_REVISION, SURROGATE_KEY, matches_etag};
use crate::api::cache::basis::{Basis, Rests};
use crate::api::endpoint;
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::ledger::digest;
use crate::model::message::Language;
use crate::model::spoken;

/// Raised by a release that renders the same data differently.
const FORM: u32 = 1;
/// Pages load what is their own, and nothing else.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page without its frame.
pub struct Page {
    pub title: String,
    pub description: String,
    /// Path below the top, without a slash at its beginning.
    pub path: String,
    /// Parameters that are part of what the page is, for its canonical address.
    pub parameters: Vec<(&'static str, String)>,
    /// The same thing for programs: media type and path.
    pub alternates: Vec<(&'static str, String)>,
    /// Whether it can stand on other people's pages, as oEmbed says.
    pub is_embeddable: bool,
    /// JSON-LD (schema.org).
    pub data: Option<Value>,
    /// What its picture shows beside the title, where that is more than the description.
    pub shown: pictures::Shown,
    pub body: Markup,
    /// 200, unless the page says why it could not be had.
    pub status: StatusCode,
}

impl Page {
    pub fn new(title: impl Into<String>, path: impl Into<String>, body: Markup) -> Page {
        Page {
            title: title.into(),
            description: String::new(),
            path: path.into(),
            parameters: Vec::new(),
            alternates: Vec::new(),
            is_embeddable: false,
            data: None,
            shown: pictures::Shown::default(),
            body,
            status: StatusCode::OK,
        }
    }

    /// The answer.
    pub fn respond(self, visit: &Visit) -> Result<HttpResponse, Failure> {
        let moment = visit.moment()?;
        if self.status != StatusCode::OK {
            let mut response = HttpResponse::build(self.status);
            response
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header((header::VARY, "Accept-Language"));
            return Ok(dressed(&mut response, visit.language).body(self.render(visit)?.into_string()));
        }
        let digest = moment.n_digest.as_deref().unwrap_or(&moment.digest).get(..8).unwrap_or_default();
        // What became of the past since is said on it.
        let head = if visit.is_pinned() { format!("-{}", moment.head) } else { String::new() };
        let day = visit.today.map(|day| format!("-{day}")).unwrap_or_default();
        let settings = hex::encode(Sha256::digest(format!("{:?} {}", visit.state.site, visit.state.public_url)));
        let etag = format!(
            "W/\"{FORM}-{}-{digest}-{}{head}{day}-{}-{}\"",
            moment.n,
            moment.last_redaction,
            visit.language.tag(),
            settings.get(..8).unwrap_or_default()
        );
        let unchanged = matches_etag(visit.http.headers(), &etag);
        // A page of the past may gain a note, so it is asked for again as soon as others.
        let cache = if visit.is_pinned() {
            "public, max-age=300, s-maxage=300, stale-while-revalidate=60, stale-if-error=86400"
        } else {
            "public, max-age=0, s-maxage=5, stale-while-revalidate=30, stale-if-error=86400"
        };
        let mut response = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        let basis = Basis::of(moment, Rests::Ledger, 0);
        let basis = if visit.today.is_some() { basis.of_today(visit.now) } else { basis };
        response
            .insert_header((header::ETAG, etag))
            .insert_header((header::CACHE_CONTROL, cache))
            .insert_header((SURROGATE_KEY, if visit.is_pinned() { "pinned" } else { "head" }))
            .insert_header((LEDGER_REVISION, moment.n.to_string()))
            .insert_header((header::VARY, "Accept-Language"));
        if unchanged {
            return Ok(response.finish());
        }
        self.written(visit, &mut response, basis)
    }

    /// The answer of a page that only a release changes: it reads nothing, and so is there without a database.
    pub fn respond_fixed(self, visit: &Visit) -> Result<HttpResponse, Failure> {
        let text = self.render(visit)?.into_string();
        let etag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&text)[..8]));
        let unchanged = matches_etag(visit.http.headers(), &etag);
        let mut response = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((header::ETAG, etag))
            .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
            .insert_header((header::VARY, "Accept-Language"));
        if unchanged {
            return Ok(response.finish());
        }
        self.written(visit, &mut response, Basis::release(0))
    }

    /// The page, or the drawing of its picture.
    fn written(
        &self,
        visit: &Visit,
        response: &mut HttpResponseBuilder,
        basis: Basis,
    ) -> Result<HttpResponse, Failure> {
        if visit.as_picture {
            let broken =
                |error: std::io::Error| Failure { cause: Some(error.to_string()), ..Failure::plain(&INTERNAL_ERROR) };
            let drawing = self.card(visit).draw().map_err(broken)?;
            return Ok(response.insert_header((header::CONTENT_TYPE, "image/svg+xml")).body(drawing));
        }
        let text = self.render(visit)?.into_string();
        response.extensions_mut().insert(Basis { bytes: text.len(), ..basis });
        Ok(dressed(response, visit.language).body(text))
    }

    fn card(&self, visit: &Visit) -> Card {
        let described = || pictures::Shown { figure: None, lines: vec![self.description.clone()] };
        let shown = if self.shown.lines.is_empty() { described() } else { self.shown.clone() };
        pictures::card(&self.path, &self.title, &shown, visit)
    }

    fn render(&self, visit: &Visit) -> Result<Markup, Failure> {
        let state = &visit.state;
        let site = state.site.name(visit.language);
        let address = |language: Option<Language>| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&self.parameters);
            if let Some(language) = language {
                query.append_pair("lang", language.tag());
            }
            let query = query.finish();
            let query = if query.is_empty() { query } else { format!("?{query}") };
            format!("{}/{}{query}", state.public_url, self.path)
        };
        let title = if self.title.is_empty() { site.to_owned() } else { format!("{} · {site}", self.title) };
        Ok(html! {
            (DOCTYPE)
            html lang=(visit.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) }
                    @if !self.description.is_empty() { meta name="description" content=(self.description); }
                    link rel="stylesheet" href=(visit.file(&assets::path("style.css")));
                    link rel="icon" href="data:,";
                    link rel="canonical" href=(address(None));
                    @for language in [Language::Chinese, Language::English] {
                        link rel="alternate" hreflang=(language.tag()) href=(address(Some(language)));
                    }
                    @for (media_type, path) in &self.alternates {
                        link rel="alternate" type=(media_type) href=(visit.program(path));
                    }
                    @if self.is_embeddable { (discovery(visit, &self.path)) }
                    link rel="alternate" type="application/atom+xml" href=(visit.file("v1/revisions.atom"));
                    meta property="og:type" content="website";
                    meta property="og:site_name" content=(site);
                    meta property="og:title" content=(if self.title.is_empty() { site } else { &self.title });
                    @if !self.description.is_empty() { meta property="og:description" content=(self.description); }
                    meta property="og:url" content=(address(None));
                    (pictures::head(&self.path, &self.card(visit), visit))
                    @if let Some(data) = &self.data { script type="application/ld+json" { (json(data)) } }
                }
                body {
                    a.skip href="#content" { (visit.say("Skip to content", "跳到正文")) }
                    (masthead(visit, site))
                    @if let Some(notice) = state.site.notice() { p.notice { (notice) } }
                    main #content {
                        (past(visit))
                        (self.body)
                    }
                    (foot(visit))
                }
            }
        })
    }
}

/// Where oEmbed says how to embed the page.
fn discovery(visit: &Visit, path: &str) -> Markup {
    let page = visit.absolute(path, &[("lang", visit.language.tag())]);
    html! {
        @for (format, media_type) in [("json", "application/json+oembed"), ("xml", "text/xml+oembed")] {
            @let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("url", &page).append_pair("format", format).finish();
            link rel="alternate" type=(media_type) href=(format!("{}/oembed?{query}", visit.state.public_url));
        }
    }
}

/// JSON within HTML: no tag can end it.
fn json(data: &Value) -> PreEscaped<String> {
    PreEscaped(data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

fn masthead(visit: &Visit, site: &str) -> Markup {
    let other = visit.language.other();
    html! {
        header.masthead {
            a.brand href=(visit.link("")) { (site) }
            nav aria-label=(visit.say("Pages", "页面")) {
                a href=(visit.link("search")) { (visit.say("Search", "搜索")) }
                a href=(visit.link("compare")) { (visit.say("Compare", "比较")) }
                a href=(visit.link("revisions")) { (visit.say("Revisions", "修订")) }
                a href=(visit.link("developers")) { (visit.say("Data", "数据接口")) }
                (switch(&visit.here(&[("lang", other.tag())]), visit.language))
            }
        }
    }
}

/// Leads to the same page in the other language.
fn switch(link: &str, language: Language) -> Markup {
    let other = language.other();
    html! {
        a href=(link) hreflang=(other.tag()) lang=(other.tag()) { (if other == Language::Chinese { "中文" } else { "English" }) }
    }
}

/// What was asked for, in another language.
fn in_other_language(http: &HttpRequest, other: Language) -> String {
    let given = url::form_urlencoded::parse(http.query_string().as_bytes()).filter(|(name, _)| name != "lang");
    let mut query = url::form_urlencoded::Serializer::for_suffix(String::from("?"), 1);
    query.extend_pairs(given).append_pair("lang", other.tag()).finish()
}

/// Says plainly that a page shows the past.
fn past(visit: &Visit) -> Markup {
    let Some(moment) = visit.known_moment().filter(|moment| visit.is_pinned() && moment.n != moment.head) else {
        return html! {};
    };
    let newest = visit.here(&[("revision", ""), ("as_of", "")]);
    html! {
        p.past role="note" {
            (match visit.language {
                Language::English => format!("You are reading revision {} of {}: what was published then.", moment.n, moment.head),
                Language::Chinese => format!("您正在查看第 {} 次修订（共 {} 次）时的内容。", moment.n, moment.head),
            })
            " " a href=(newest) { (visit.say("Show the newest", "查看最新内容")) }
        }
    }
}

fn foot(visit: &Visit) -> Markup {
    let licence = &visit.state.licence;
    html! {
        footer {
            @if let Some(moment) = visit.known_moment().filter(|moment| moment.n > 0) {
                @let pinned = visit.here(&[("revision", &moment.n.to_string()), ("as_of", "")]);
                p {
                    (visit.say("Revision", "修订")) " "
                    a href=(visit.link(&format!("revisions/{}", moment.n))) { (moment.n) }
                    @if let (true, Some(time), Some(day)) = (moment.n == moment.head, moment.head_time, moment.head_on) {
                        ", " time datetime=(digest::instant(time)) { (spoken::day(day, visit.language)) }
                    }
                    " · " a href=(pinned) { (visit.say("This page for good", "本页固定链接")) }
                    " · " a href=(licence.url) { (licence.name) }
                }
            }
            @for line in visit.state.site.lines() {
                p { @match line.1 { Some(url) => { a href=(url) { (line.0) } } None => { (line.0) } } }
            }
        }
    }
}

fn dressed(response: &mut HttpResponseBuilder, language: Language) -> &mut HttpResponseBuilder {
    response
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "strict-origin-when-cross-origin"))
}

/// A page that could not be had.
pub fn refuse(failure: &Failure, state: &web::Data<State>, http: &HttpRequest, depth: usize) -> HttpResponse {
    endpoint::log_cause(failure, http);
    let asked = url::form_urlencoded::parse(http.query_string().as_bytes()).find(|(name, _)| name == "lang");
    let language = spoken_in(asked.as_ref().map(|(_, tag)| tag.as_ref()), http);
    let up = if depth == 0 { "./".to_owned() } else { "../".repeat(depth) };
    let lang = format!("lang={}", language.tag());
    let chinese = language == Language::Chinese;
    let title = failure.problem_type.title();
    let last = failure.extra.iter().find(|(name, _)| *name == "last_revision").and_then(|(_, link)| link.as_str());
    let reason = failure.extra.iter().find(|(name, _)| *name == "reason");
    let markup = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title.in_language(language)) }
                link rel="stylesheet" href=(format!("{up}{}", assets::path("style.css")));
            }
            body {
                a.skip href="#content" { (if chinese { "跳到正文" } else { "Skip to content" }) }
                header.masthead {
                    a.brand href=(format!("{up}?{lang}")) { (state.site.name(language)) }
                    nav aria-label=(if chinese { "页面" } else { "Pages" }) {
                        a href=(format!("{up}search?{lang}")) { (if chinese { "搜索" } else { "Search" }) }
                        (switch(&in_other_language(http, language.other()), language))
                    }
                }
                main #content.error {
                    p.kicker { (failure.problem_type.status) }
                    h1 { (title.in_language(language)) }
                    p { (failure.detail.in_language(language)) }
                    @if let Some((_, reason)) = reason {
                        @if let Some((tag, text)) = words::text(reason, language) {
                            p { (if chinese { "原因：" } else { "Reason: " }) span lang=(tag) { (text) } }
                        }
                    }
                    @for error in &failure.errors { p { (error.detail.in_language(language)) } }
                    @if let Some(link) = last {
                        p { a href=(link) { (if chinese { "查看撤回前的内容" } else { "Read it as it was before" }) } }
                    }
                    p.sub { a href=(format!("{up}problems/{}?{lang}", failure.problem_type.slug)) { (if chinese { "关于此错误" } else { "About this error" }) } }
                    p { a href=(format!("{up}search?{lang}")) { (if chinese { "搜索" } else { "Search" }) } }
                }
            }
        }
    };
    let status = StatusCode::from_u16(failure.problem_type.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-store")).insert_header((header::VARY, "Accept-Language"));
    if let Some((name, value)) = failure.header.as_deref() {
        response.insert_header((name.clone(), value.as_str()));
    }
    dressed(&mut response, language).body(markup.into_string())
}
