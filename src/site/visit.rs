//! A request for a page: its language, and reads that are all of one revision.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};
use serde_json::Value;

use super::since::{self, Shown, Since};
use crate::api::State;
use crate::api::answer;
use crate::api::endpoint::{self, check_moment};
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::api::query::Query;
use crate::api::record::gone;
use crate::db::read::{At, Moment, figures_of, list, record};
use crate::model::kind::{Filter, Include, Kind, Sort};
use crate::model::message::Language;

/// Parameters of every page.
const COMMON: [&str; 3] = ["lang", "revision", "as_of"];

/// A request for a page.
pub struct Visit {
    pub state: web::Data<State>,
    pub http: HttpRequest,
    pub language: Language,
    pub now: DateTime<Utc>,
    pub query: Query,
    /// What was asked for, kept in links to other pages.
    kept: Vec<(String, String)>,
    /// Every parameter that the page knows.
    given: Vec<(String, String)>,
    /// The page's path below the top.
    path: String,
    /// How many folders the page lies below the top.
    depth: usize,
    /// Where reads are evaluated as it was asked for, and as it turned out.
    asked: At,
    at: At,
    prefix: Option<String>,
    moment: Option<Moment>,
    /// Today in the ledger's zone, where the page says it.
    pub today: Option<NaiveDate>,
    /// Whether the page's picture is asked for, and not the page.
    pub as_picture: bool,
}

/// What a list on a page is of.
pub struct Wanted<'a> {
    pub kind: &'static Kind,
    pub filters: &'a [(&'a str, Vec<String>)],
    /// As the parameter `sort`; empty is the kind's own order.
    pub sort: &'a str,
    pub includes: &'a [&'a str],
    pub rows: i64,
}

impl Visit {
    /// A page may have parameters of its own; strangers' parameters (of a messenger, of a campaign) are let be.
    pub fn new(state: web::Data<State>, http: HttpRequest, path: String, own: &[&str]) -> Result<Visit, Failure> {
        let known = |name: &str| COMMON.contains(&name) || own.contains(&name);
        let given: Vec<(String, String)> = url::form_urlencoded::parse(http.query_string().as_bytes())
            // A form sends what was left open as empty.
            .filter(|(name, value)| known(name) && !value.is_empty())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let encoded = |wanted: &dyn Fn(&str) -> bool| {
            let chosen = given.iter().filter(|(name, _)| wanted(name));
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(chosen).finish()
        };
        let mut common = Query::parse(&encoded(&|name| COMMON.contains(&name)), COMMON.into_iter());
        let query = Query::parse(&encoded(&|name| own.contains(&name)), own.iter().copied());
        let language = spoken_in(common.text("lang").as_deref(), &http);
        let (at, prefix) = common.at().unwrap_or((At::Head, None));
        common.finish()?;
        endpoint::check_at(at)?;
        Ok(Visit { query, ..Visit::elsewhere(state, http, path, language, (at, prefix), given) })
    }

    /// A visit to what stands on somebody else's page. `given` are parameters that were found right, in one spelling.
    pub fn elsewhere(
        state: web::Data<State>,
        http: HttpRequest,
        path: String,
        language: Language,
        asked: (At, Option<String>),
        given: Vec<(String, String)>,
    ) -> Visit {
        let depth = path.matches('/').count();
        let kept = given.iter().filter(|(name, _)| COMMON.contains(&name.as_str())).cloned().collect();
        let (now, (at, prefix), query) = ((state.clock)(), asked, Query::default());
        Visit {
            state,
            http,
            language,
            now,
            query,
            kept,
            given,
            path,
            depth,
            asked: at,
            at,
            prefix,
            moment: None,
            today: None,
            as_picture: false,
        }
    }

    /// The same thing said in the visitor's language.
    pub fn say<'a>(&self, en: &'a str, zh: &'a str) -> &'a str {
        match self.language {
            Language::English => en,
            Language::Chinese => zh,
        }
    }

    /// Whether a revision was asked for, or a time of the past.
    pub fn is_pinned(&self) -> bool {
        self.moment.as_ref().is_some_and(|moment| answer::is_pinned(self.asked, moment))
    }

    /// A parameter of the page's own, as it was given.
    pub fn own(&self, name: &str) -> Option<&str> {
        let own = self.given.iter().find(|(given, _)| given == name && !COMMON.contains(&given.as_str()));
        own.map(|(_, value)| value.as_str())
    }

    /// The revision that was asked for, as it was asked for: what forms keep.
    pub fn pinned(&self) -> impl Iterator<Item = (&str, &str)> {
        self.kept.iter().filter(|(name, _)| name != "lang").map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The moment that the page is of, once something was read.
    pub fn moment(&self) -> Result<&Moment, Failure> {
        self.moment.as_ref().ok_or_else(|| Failure::plain(&INTERNAL_ERROR))
    }

    /// The same, where something was read.
    pub fn known_moment(&self) -> Option<&Moment> {
        self.moment.as_ref()
    }

    /// A link to a page or a file from here, keeping language and revision.
    pub fn link(&self, path: &str) -> String {
        self.link_with(path, &[])
    }

    /// The same, with other parameters; an empty value takes one out.
    pub fn link_with(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let kept = self.kept.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, _)| !parameters.iter().any(|(other, _)| other == name));
        self.address(path, kept.chain(parameters.iter().copied()))
    }

    /// This page with other parameters.
    pub fn here(&self, parameters: &[(&str, &str)]) -> String {
        let given = self.given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let given = given.filter(|(name, _)| !parameters.iter().any(|(other, _)| other == name));
        self.address(&self.path, given.chain(parameters.iter().copied()))
    }

    /// A link to data, keeping the revision.
    pub fn program(&self, path: &str) -> String {
        let kept = self.kept.iter().filter(|(name, _)| name != "lang");
        self.address(path, kept.map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// A link to what has no language and no revision.
    pub fn file(&self, path: &str) -> String {
        self.address(path, [])
    }

    /// Language and revision as they were asked for.
    pub fn asked(&self) -> &[(String, String)] {
        &self.kept
    }

    /// The address of a page, with language and revision, as others see it.
    pub fn absolute(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let below = self.link_with(path, parameters);
        format!("{}/{}", self.state.public_url, below.trim_start_matches("./").trim_start_matches("../"))
    }

    fn address<'a>(&self, path: &str, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters.into_iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        let up = if self.depth == 0 && path.is_empty() { "./".to_owned() } else { "../".repeat(self.depth) };
        let mark = match (query.is_empty(), path.contains('?')) {
            (true, _) => "",
            (false, true) => "&",
            (false, false) => "?",
        };
        format!("{up}{path}{mark}{query}")
    }

    /// Everything read from now on is of the same revision.
    pub fn settle(&mut self, moment: &Moment) -> Result<(), Failure> {
        if self.moment.is_none() {
            check_moment(moment, self.prefix.as_deref(), self.now)?;
            if moment.n > 0 {
                self.at = At::Revision(moment.n);
            }
            self.moment = Some(moment.clone());
        }
        Ok(())
    }

    /// A line on what became of what is shown since, with a link to what is said now; nothing at head.
    pub async fn since(&self, shown: &[Shown<'_>]) -> Result<Markup, Failure> {
        Ok(self.became(since::read(&self.state.database, shown, self.moment()?, self.now).await?.as_ref()))
    }

    /// The same of what was read already.
    pub fn became(&self, since: Option<&Since>) -> Markup {
        let newest = self.here(&[("revision", ""), ("as_of", "")]);
        html! { @if let Some(since) = since { (since.line(&newest, false, self.language)) } }
    }

    /// Refuses what is wrong with the parameters.
    pub fn finish(&mut self) -> Result<(), Failure> {
        std::mem::take(&mut self.query).finish()
    }

    /// A record, or why it is not there.
    pub async fn record(&mut self, kind: &'static Kind, id: &str, includes: &[&str]) -> Result<Value, Failure> {
        if !endpoint::is_record_id(id) || id.is_empty() {
            return Err(Failure::plain(&crate::api::problem::NO_SUCH_RECORD));
        }
        let includes = named(kind, includes);
        let row = record::read(&self.state.database, kind, id, &includes, self.at, self.now).await?;
        let row = row.ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
        self.settle(&row.moment)?;
        let Some(body) = &row.body else { return Err(gone(kind, id, &row, &self.up_to(kind))) };
        parsed(body, row.included.as_deref())
    }

    /// Where records stand, for [`gone`]: of embeds, oEmbed alone says it.
    fn up_to(&self, kind: &Kind) -> String {
        if self.path.starts_with("embed/") { format!("{}/", kind.collection) } else { String::new() }
    }

    /// A record that may not be there.
    pub async fn maybe(&mut self, kind: &'static Kind, id: Option<&str>) -> Result<Option<Value>, Failure> {
        let Some(id) = id else { return Ok(None) };
        match self.record(kind, id, &[]).await {
            Ok(record) => Ok(Some(record)),
            Err(failure) if matches!(failure.problem_type.status, 404 | 410) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The first records of a list, and whether it has more.
    pub async fn first(&mut self, wanted: &Wanted<'_>) -> Result<(Vec<Value>, bool), Failure> {
        let mut records = self.list(&Wanted { rows: wanted.rows + 1, ..*wanted }).await?;
        let most = usize::try_from(wanted.rows).unwrap_or(usize::MAX);
        let more = records.len() > most;
        records.truncate(most);
        Ok((records, more))
    }

    /// Figures of commitments with their metrics, and how many others of the same metric each commitment has.
    pub async fn figures(&mut self, wanted: &figures_of::Wanted<'_>) -> Result<Vec<(Value, i64)>, Failure> {
        let rows = figures_of::read(&self.state.database, wanted, self.at, self.now).await?;
        if let Some(first) = rows.first() {
            self.settle(&first.moment.clone())?;
        }
        let figure = |row: figures_of::Row| {
            let included = format!("{{\"metric\":{}}}", row.metric.as_deref().unwrap_or("null"));
            Some(parsed(&row.body?, Some(&included)).map(|figure| (figure, row.others.unwrap_or_default())))
        };
        rows.into_iter().filter_map(figure).collect()
    }

    /// Some records.
    pub async fn list(&mut self, wanted: &Wanted<'_>) -> Result<Vec<Value>, Failure> {
        let kind = wanted.kind;
        let filters: Vec<(&'static Filter, Vec<String>)> =
            wanted.filters.iter().filter_map(|(name, values)| Some((kind.filter(name)?, values.clone()))).collect();
        let sort = if wanted.sort.is_empty() { kind.default_sort } else { wanted.sort };
        let sorts: Vec<(&'static Sort, bool)> = sort
            .split(',')
            .filter_map(|word| {
                let name = word.trim_start_matches('-');
                Some((kind.sort(name)?, word.starts_with('-')))
            })
            .collect();
        let includes = named(kind, wanted.includes);
        let page = list::Page {
            kind,
            filters: &filters,
            sorts: &sorts,
            includes: &includes,
            after: None,
            rows: wanted.rows,
            count: false,
        };
        let found = list::read(&self.state.database, &page, self.at, self.now).await?;
        let Some(found) = found else { return Err(Failure::plain(&INTERNAL_ERROR)) };
        self.settle(&found.moment)?;
        found.items.iter().map(|item| parsed(&item.body, item.included.as_deref())).collect()
    }

    /// Where reads are evaluated: what was asked for, then the revision that it turned out to be.
    pub fn at(&self) -> At {
        self.at
    }
}

/// The language of a page: the one that `lang` names, else the one that the visitor prefers.
pub fn spoken_in(lang: Option<&str>, http: &HttpRequest) -> Language {
    match lang {
        Some(tag) if tag.starts_with("zh") => Language::Chinese,
        Some(tag) if tag.starts_with("en") => Language::English,
        _ => endpoint::language(http),
    }
}

fn named(kind: &'static Kind, names: &[&str]) -> Vec<&'static Include> {
    kind.includes.iter().filter(|include| names.contains(&include.name)).collect()
}

/// A served record as a value, with what is included under `included`.
fn parsed(body: &str, included: Option<&str>) -> Result<Value, Failure> {
    let broken =
        |error: serde_json::Error| Failure { cause: Some(error.to_string()), ..Failure::plain(&INTERNAL_ERROR) };
    let mut record: Value = serde_json::from_str(body).map_err(broken)?;
    if let Some(included) = included {
        record["included"] = serde_json::from_str(included).map_err(broken)?;
    }
    Ok(record)
}
