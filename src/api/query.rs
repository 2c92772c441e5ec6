//! Query parameters: every one is declared, typed and refused with what is allowed.

mod values;

use std::collections::BTreeMap;

use values::{excerpt, filter_value, filter_values, id, instant, one_of, revision, sorts, values};

use super::problem::Failure;
use crate::db::read::At;
use crate::model::kind::{Accepts, Filter, Include, Kind, Sort};
use crate::model::message::Message;
use crate::model::period;
use crate::model::problem::{Place, Problem, Problems};
use crate::say;

/// Characters of the longest value.
pub const MAX_VALUE: usize = 4000;
/// Most values of one parameter.
pub const MAX_VALUES: usize = 100;
/// Items on a page unless told, and at most.
pub const LIMIT: i64 = 50;
pub const MAX_LIMIT: i64 = 1000;
/// Problems of one request that are told.
const MAX_PROBLEMS: usize = 50;

/// The parameters of a request. What is wrong is gathered, and refused all at once by [`Query::finish`].
#[derive(Default)]
pub struct Query {
    values: BTreeMap<String, String>,
    problems: Problems<MAX_PROBLEMS>,
}

impl Query {
    /// Reads a query string; `allowed` are the parameters of the endpoint.
    pub fn parse<'a>(raw: &str, allowed: impl Iterator<Item = &'a str> + Clone) -> Query {
        let mut query = Query::default();
        for (name, value) in url::form_urlencoded::parse(raw.as_bytes()) {
            let (name, value) = (name.into_owned(), value.into_owned());
            if !allowed.clone().any(|known| known == name) {
                query.refuse_unknown(&name, allowed.clone());
            } else if value.contains(['\0', '\u{fffd}']) || value.chars().count() > MAX_VALUE {
                query.refuse(
                    &name,
                    "invalid-text",
                    say!(
                        "The value is not UTF-8, holds U+0000, or has more than {MAX_VALUE} characters.",
                        "参数值不是 UTF-8，或含有 U+0000，或超过 {MAX_VALUE} 个字符。"
                    ),
                );
            } else if query.values.insert(name.clone(), value).is_some() {
                query.refuse(
                    &name,
                    "repeated-parameter",
                    say!(
                        "The parameter is given more than once. Give it once, several values separated by commas.",
                        "参数出现多次。请只写一次，多个值以逗号分隔。"
                    ),
                );
            }
        }
        query
    }

    /// The names that are allowed are told once.
    fn refuse_unknown<'a>(&mut self, name: &str, allowed: impl Iterator<Item = &'a str>) {
        const UNKNOWN: &str = "unknown-parameter";
        let detail = if self.problems.iter().any(|problem| problem.code == UNKNOWN) {
            say!("There is no such parameter here, either.", "此处也没有这个参数。")
        } else {
            let names = allowed.collect::<Vec<_>>().join(", ");
            let names = if names.is_empty() { "–".to_owned() } else { names };
            say!("There is no such parameter here. Allowed are: {names}.", "此处没有这个参数。允许的参数：{names}。")
        };
        self.refuse(name, UNKNOWN, detail);
    }

    /// Notes what is wrong with a parameter, however often it comes.
    pub fn refuse(&mut self, name: &str, code: &'static str, detail: Message) {
        let problem = Problem::parameter(name.chars().take(100).collect::<String>(), code, detail);
        if !self.problems.iter().any(|known| (&known.place, known.code) == (&problem.place, code)) {
            self.problems.push(problem);
        }
    }

    /// A parameter read by `parse`, whose error says what is allowed.
    fn take<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, Message>) -> Option<T> {
        let value = self.values.remove(name)?;
        match parse(&value) {
            Ok(parsed) => Some(parsed),
            Err(detail) => {
                self.refuse(name, "invalid-value", detail);
                None
            }
        }
    }

    /// Refuses everything that was wrong.
    pub fn finish(self) -> Result<(), Failure> {
        if self.problems.is_empty() { Ok(()) } else { Err(Failure::parameters(self.problems.into_vec())) }
    }

    /// Sets a parameter that came another way.
    pub fn replace(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, |value| Ok(value.to_owned()))
    }

    /// Whether something was wrong with this parameter.
    pub fn is_refused(&self, name: &str) -> bool {
        self.problems.iter().any(|problem| problem.place == Place::Parameter(name.to_owned()))
    }

    /// A period in its one spelling.
    pub fn period(&mut self, name: &str) -> Option<String> {
        self.take(name, |value| {
            let shown = excerpt(value);
            period::Period::parse(value).map(|_| value.to_owned()).ok_or_else(|| {
                say!(
                    "“{shown}” is not a period: 2020, 2020-S1, 2020-Q2, 2020-06, 2020-06-30, or first/last day.",
                    "“{shown}”不是期间：应为 2020、2020-S1、2020-Q2、2020-06、2020-06-30，或起止日期 first/last。"
                )
            })
        })
    }

    pub fn limit(&mut self) -> i64 {
        self.take("limit", |value| {
            value
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or_else(|| say!("limit is a number from 1 to {MAX_LIMIT}.", "limit 应为 1 到 {MAX_LIMIT} 的整数。"))
        })
        .unwrap_or(LIMIT)
    }

    pub fn count(&mut self) -> bool {
        self.take("count", |value| match value {
            "exact" => Ok(true),
            _ => Err(say!("count can only be exact.", "count 只能是 exact。")),
        })
        .unwrap_or(false)
    }

    /// A whole number from 0 on.
    pub fn number(&mut self, name: &str) -> Option<i64> {
        self.take(name, |value| {
            value
                .parse()
                .ok()
                .filter(|number| *number >= 0)
                .ok_or_else(|| say!("This is to be a whole number from 0 on.", "此处应为从 0 起的整数。"))
        })
    }

    /// A revision: its number, and digits of its digest where given.
    pub fn revision(&mut self, name: &str) -> Option<(i64, Option<String>)> {
        self.take(name, revision)
    }

    /// A flag: true or false, false unless told.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.refuse(name, "invalid-value", say!("{name} is true or false.", "{name} 应为 true 或 false。"));
                false
            }
        }
    }

    /// Words to search for.
    pub fn words(&mut self, name: &str) -> Option<String> {
        self.take(name, |value| filter_value(Accepts::Words, value))
    }

    /// Values that must be in a list.
    pub fn code(&mut self, name: &str, codes: &[&str]) -> Option<Vec<String>> {
        self.take(name, |value| values(value, true)?.into_iter().map(|value| one_of(value, codes)).collect())
    }

    /// A value that must be in a list.
    pub fn one_code(&mut self, name: &str, codes: &[&str]) -> Option<String> {
        self.take(name, |value| one_of(value, codes))
    }

    pub fn one_id(&mut self, name: &str) -> Option<String> {
        self.take(name, id)
    }

    pub fn ids(&mut self, name: &str) -> Option<Vec<String>> {
        self.take(name, |value| values(value, true)?.into_iter().map(id).collect())
    }

    /// An instant, RFC 3339 with an offset.
    pub fn instant(&mut self, name: &str) -> Option<chrono::DateTime<chrono::Utc>> {
        self.take(name, |value| {
            instant(value).ok_or_else(|| {
                say!(
                    "{name} is an instant with an offset (RFC 3339), such as 2020-07-01T00:00:00%2B08:00.",
                    "{name} 应为带时差的时刻（RFC 3339），例如 2020-07-01T00:00:00%2B08:00。"
                )
            })
        })
    }

    /// `revision` or `as_of`, and the digits of a digest that go with a revision.
    pub fn at(&mut self) -> Option<(At, Option<String>)> {
        let revision = self.revision("revision");
        let as_of = self.take("as_of", |value| {
            let time = instant(value).map(At::Instant).or_else(|| period::parse_day(value).map(At::Day));
            time.ok_or_else(|| say!(
                "as_of is an instant with an offset (RFC 3339), such as 2020-07-01T00:00:00Z, or a day that exists, such as 2020-06-30.",
                "as_of 应为带时差的时刻（RFC 3339，例如 2020-07-01T00:00:00Z）或存在的日期（例如 2020-06-30）。"
            ))
        });
        match (revision, as_of) {
            (Some(_), Some(_)) => {
                self.refuse(
                    "as_of",
                    "conflicting-parameters",
                    say!("Give revision or as_of, not both.", "revision 与 as_of 只能给出一个。"),
                );
                None
            }
            (Some((number, prefix)), None) => Some((At::Revision(number), prefix)),
            (None, as_of) => as_of.map(|at| (at, None)),
        }
    }

    /// Head, and in `min_revision` what it has to reach.
    pub fn head(&mut self) -> At {
        self.number("min_revision").map_or(At::Head, At::HeadWith)
    }

    pub fn filters(&mut self, kind: &'static Kind) -> Vec<(&'static Filter, Vec<String>)> {
        kind.all_filters()
            .filter_map(|filter| Some((filter, self.take(filter.name, |value| filter_values(filter, value))?)))
            .collect()
    }

    /// The sorts asked for, or the kind's own; always ended by the id.
    pub fn sorts(&mut self, kind: &'static Kind) -> Vec<(&'static Sort, bool)> {
        let parsed = self.take("sort", |value| sorts(kind, value));
        parsed.or_else(|| sorts(kind, kind.default_sort).ok()).unwrap_or_default()
    }

    pub fn includes(&mut self, kind: &'static Kind) -> Vec<&'static Include> {
        let names: Vec<&str> = kind.includes.iter().map(|include| include.name).collect();
        let parsed = self.take("include", |value| {
            let chosen: Vec<String> =
                values(value, true)?.into_iter().map(|name| one_of(name, &names)).collect::<Result<_, _>>()?;
            Ok(kind.includes.iter().filter(|include| chosen.iter().any(|name| name == include.name)).collect())
        });
        parsed.unwrap_or_default()
    }

    /// Top-level members to keep.
    pub fn fields(&mut self, members: &[String]) -> Option<Vec<String>> {
        let names: Vec<&str> = members.iter().map(String::as_str).collect();
        self.take("fields", |value| values(value, true)?.into_iter().map(|name| one_of(name, &names)).collect())
    }
}
