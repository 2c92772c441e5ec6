//! What an embed is asked for, in one spelling.

use actix_web::{HttpRequest, web};

use crate::api::State;
use crate::api::endpoint;
use crate::api::figure::{self, Shown};
use crate::api::problem::Failure;
use crate::api::query::Query;
use crate::db::read::At;
use crate::db::read::figure::Wanted;
use crate::model::kind::Kind;
use crate::model::kinds::metric;
use crate::model::message::Language;
use crate::site::chart::{Size, Theme};
use crate::site::visit::Visit;

/// Values of `style`.
pub const STYLES: &[&str] = &["card", "chart", "table", "progress"];
/// Values of `shape`, which a chart of a metric has.
pub const SHAPES: &[&str] = &["figure", "line", "bar", "progress", "part"];
/// Values of `lang`.
pub const LANGUAGES: &[&str] = &["zh-Hans", "zh", "en"];
/// Parameters of every embed.
const COMMON: &[&str] = &["style", "theme", "lang", "revision", "as_of"];
/// Parameters of a metric's.
const OF_METRICS: &[&str] =
    &["style", "theme", "lang", "revision", "as_of", "shape", "period", "subject", "division", "scope", "observation"];

/// How it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Card,
    Chart,
    Table,
    Progress,
}

impl Style {
    pub fn parse(code: &str) -> Option<Style> {
        match code {
            "card" => Some(Style::Card),
            "chart" => Some(Style::Chart),
            "table" => Some(Style::Table),
            "progress" => Some(Style::Progress),
            _ => None,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Style::Card => "card",
            Style::Chart => "chart",
            Style::Table => "table",
            Style::Progress => "progress",
        }
    }

    /// Height in pixels that it needs about, where nothing tells the page around it how high it is.
    pub fn height(self) -> u32 {
        match self {
            Style::Card => 300,
            Style::Chart => 480,
            Style::Table => 420,
            Style::Progress => 460,
        }
    }
}

/// An embed.
#[derive(Clone)]
pub struct Ask {
    pub kind: &'static Kind,
    pub id: String,
    pub style: Style,
    /// Of a chart of a metric; what suits it unless told.
    pub shape: Option<String>,
    pub theme: Theme,
    pub language: Language,
    pub is_language_given: bool,
    pub at: At,
    prefix: Option<String>,
    pub wanted: Wanted,
    /// Parameters as they were given, in one order.
    given: Vec<(String, String)>,
}

/// The parameters that embeds of a kind take.
pub fn parameters(kind: &Kind) -> &'static [&'static str] {
    if kind.name == metric::KIND.name { OF_METRICS } else { COMMON }
}

impl Ask {
    /// What a request asks for. Where something is wrong with it, still how to say so.
    pub fn of(kind: &'static Kind, http: &HttpRequest) -> Result<Ask, Box<(Failure, Ask)>> {
        let id = http.match_info().query("id");
        Ask::parse(kind, id, http.query_string(), endpoint::language(http))
    }

    /// The same of a path and a query string; `language` is that of who asks, unless the query tells.
    pub fn parse(kind: &'static Kind, id: &str, raw: &str, language: Language) -> Result<Ask, Box<(Failure, Ask)>> {
        let names = parameters(kind);
        let mut query = Query::parse(raw, names.iter().copied());
        let lang = query.one_code("lang", LANGUAGES);
        let language = lang.as_deref().map_or(language, Language::of_locale);
        let theme = query.one_code("theme", Theme::CODES).and_then(|code| Theme::parse(&code)).unwrap_or_default();
        let style = query.one_code("style", STYLES).and_then(|code| Style::parse(&code)).unwrap_or(Style::Card);
        let shape = query.one_code("shape", SHAPES).filter(|_| style == Style::Chart);
        let wanted = Wanted {
            metric: id.to_owned(),
            period: query.text("period"),
            subject: query.one_id("subject"),
            division_code: figure::division(&mut query),
            scope: query.text("scope"),
            observation: query.one_id("observation"),
            ..Wanted::default()
        };
        let asked = query.at();
        let (at, prefix) = asked.unwrap_or((At::Head, None));
        let mut ask = Ask {
            kind,
            id: id.to_owned(),
            style,
            shape,
            theme,
            language,
            is_language_given: lang.is_some(),
            at,
            prefix,
            wanted,
            given: Vec::new(),
        };
        ask.given = ask.spelled(raw);
        match query.finish().and_then(|()| endpoint::check_at(at)) {
            Ok(()) => Ok(ask),
            Err(failure) => Err(Box::new((failure, ask))),
        }
    }

    /// The parameters that matter, each in one spelling, in one order.
    fn spelled(&self, raw: &str) -> Vec<(String, String)> {
        let raw: Vec<(String, String)> = url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        let at = |name: &str| raw.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let Wanted { period, subject, division_code, scope, observation, .. } = &self.wanted;
        let style = (self.style != Style::Card).then(|| self.style.code().to_owned());
        let theme = (self.theme != Theme::Auto).then(|| self.theme.code().to_owned());
        [
            ("style", style),
            ("shape", self.shape.clone()),
            ("theme", theme),
            ("lang", Some(self.language.tag().to_owned())),
            ("revision", at("revision")),
            ("as_of", at("as_of")),
            ("period", period.clone()),
            ("subject", subject.clone()),
            ("division", division_code.clone()),
            ("scope", scope.clone()),
            ("observation", observation.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
    }

    /// Path and query below the top, in one spelling.
    pub fn address(&self) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.given).finish();
        format!("embed/{}/{}?{query}", self.kind.collection, self.id)
    }

    /// The parameters, in one spelling and order.
    pub fn given(&self) -> &[(String, String)] {
        &self.given
    }

    /// Takes its figure to be this one, whatever comes.
    pub fn of_observation(&mut self, id: &str) {
        self.wanted.observation = Some(id.to_owned());
        self.given.retain(|(name, _)| name != "observation");
        self.given.push(("observation".to_owned(), id.to_owned()));
    }

    /// Whether it is asked for at a revision or a time.
    pub fn is_pinned(&self) -> bool {
        self.at != At::Head
    }

    /// Path of the page of the same thing, below the top.
    pub fn page(&self) -> String {
        format!("{}/{}", self.kind.collection, self.id)
    }

    pub fn visit(&self, state: web::Data<State>, http: HttpRequest) -> Visit {
        let path = format!("embed/{}", self.page());
        Visit::elsewhere(state, http, path, self.language, (self.at, self.prefix.clone()), self.given.clone())
    }

    /// How a chart is drawn; twice on one page, for narrow and wide places.
    pub(crate) fn shown(&self, shape: &str, wide: bool, height: u32) -> Shown {
        let (width, within) = if wide { (720, "-wide") } else { (360, "-narrow") };
        let size = Size { width, height };
        Shown {
            shape: shape.to_owned(),
            language: self.language,
            theme: self.theme,
            size,
            within: Some(within),
            scale: 1,
            frame: None,
        }
    }
}
