//! What is known of a figure.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::beside;
use super::document::{Badge, Figure, FigureChange, FigureOrganization, FigureTarget, FigureText};
use crate::db::read::figure::Row;
use crate::model::amount::Amount;
use crate::model::codes::{ObsStatus, Qualifier, TimeBasis};
use crate::model::division;
use crate::model::kinds::metric::Unit;
use crate::model::message::Language;
use crate::model::spoken;
use crate::model::text::{Day, Decimal, DivisionCode, HumanText, PeriodText, RecordId};
use crate::site::chart::numbers;
use crate::site::chart::words::{either, qualified};
use crate::site::chart::{self, periods};
use crate::site::since::clipped;

/// An observation as it is served, as far as figures need it.
#[derive(Deserialize, Clone)]
pub struct Observed {
    pub id: RecordId,
    publisher: RecordId,
    pub metric: RecordId,
    reported_by: Option<RecordId>,
    pub subject: Option<RecordId>,
    pub division_code: Option<DivisionCode>,
    pub scope: Option<String>,
    period: PeriodText,
    period_start: Option<Day>,
    period_end: Option<Day>,
    pub value: Decimal,
    as_published: Option<String>,
    pub qualifier: Option<Qualifier>,
    time_basis: Option<TimeBasis>,
    obs_status: Option<ObsStatus>,
    computed: bool,
}

/// A metric, as far as figures need it.
#[derive(Deserialize)]
pub struct Measured {
    pub id: RecordId,
    pub name: HumanText,
    pub unit: Unit,
    pub time_basis: TimeBasis,
}

/// An organization, as far as figures need it.
#[derive(Deserialize)]
struct Body {
    name: Option<HumanText>,
    division_code: Option<DivisionCode>,
}

/// Everything that was read.
pub struct Facts {
    pub metric: Measured,
    pub figure: Option<Observed>,
    /// Newest first; the figure is the first.
    pub series: Vec<Observed>,
    pub targets: Vec<FigureTarget>,
    pub beside: Vec<Observed>,
    pub whole: Option<(Measured, Observed)>,
    pub parts: Vec<(HumanText, Observed)>,
    organizations: BTreeMap<String, Body>,
    /// Observations of the series that were printed in another unit.
    other_units: Vec<String>,
    pub changed_in: i64,
    /// Day of that revision.
    pub published_on: Option<NaiveDate>,
}

impl Facts {
    /// None where the ledger holds what it cannot hold.
    pub fn of(row: &Row) -> Option<Facts> {
        let whole = match (&row.whole_metric, &row.whole) {
            (Some(metric), Some(figure)) => Some((parsed(metric)?, parsed::<Observed>(figure)?)),
            _ => None,
        };
        let whole = whole.filter(|(_, whole)| !whole.is_missing());
        let part_metrics: Vec<Measured> = all(&row.part_metrics)?;
        let parts: Vec<Observed> = all(&row.parts)?;
        let named = |part: Observed| {
            if part.is_missing() {
                return None;
            }
            let metric = part_metrics.iter().find(|metric| metric.id == part.metric)?;
            Some((metric.name.clone(), part))
        };
        let figure = match &row.figure {
            Some(text) => Some(parsed(text)?),
            None => None,
        };
        Some(Facts {
            metric: parsed(row.metric.body.as_deref()?)?,
            figure,
            series: all(&row.series)?,
            targets: all(&row.targets)?,
            beside: all(&row.beside)?,
            whole,
            parts: parts.into_iter().filter_map(named).collect(),
            organizations: parsed(&row.organizations)?,
            other_units: row.other_units.clone(),
            changed_in: row.metric.moment.changed_in,
            published_on: row.published_on,
        })
    }

    /// Cuts names to so many characters, for small places.
    pub fn shorten(&mut self, most: usize) {
        let metrics = self.whole.iter_mut().map(|(metric, _)| metric).chain([&mut self.metric]);
        let labels = metrics.flat_map(|metric| [Some(&mut metric.name), metric.unit.label.as_mut()]).flatten();
        let organizations = self.organizations.values_mut().filter_map(|body| body.name.as_mut());
        let names = labels.chain(self.parts.iter_mut().map(|(name, _)| name)).chain(organizations);
        for text in names.flat_map(|name| name.0.values_mut()) {
            *text = clipped(text, most);
        }
    }

    /// The metric's unit, for charts.
    pub fn unit(&self, language: Language) -> chart::Unit {
        let Unit { code, label } = &self.metric.unit;
        chart::Unit { code: code.0.clone(), label: label.as_ref().map(|label| in_language(label, language)) }
    }

    pub fn organization(&self, id: &RecordId) -> FigureOrganization {
        FigureOrganization { id: id.clone(), name: self.name(id).cloned() }
    }

    fn name(&self, id: &RecordId) -> Option<&HumanText> {
        self.organizations.get(id.as_str())?.name.as_ref()
    }

    fn organization_name(&self, id: &RecordId, language: Language) -> String {
        self.name(id).map_or_else(|| id.0.clone(), |name| in_language(name, language))
    }

    /// Who says a figure.
    pub fn source(&self, observed: &Observed, language: Language) -> String {
        self.organization_name(observed.says(), language)
    }

    pub fn time_basis(&self, observed: &Observed) -> TimeBasis {
        observed.time_basis.unwrap_or(self.metric.time_basis)
    }

    pub fn document(&self, language: Language) -> Option<Figure> {
        let observed = self.figure.clone()?;
        let reported_by = self.organization(observed.says());
        let change = self.change(&observed);
        let text = self.text(&observed, change.as_ref(), language);
        Some(Figure {
            metric: self.metric.id.clone(),
            name: self.metric.name.clone(),
            unit: Unit { code: self.metric.unit.code.clone(), label: self.metric.unit.label.clone() },
            time_basis: self.time_basis(&observed),
            subject: observed.subject.as_ref().map(|id| self.organization(id)),
            reported_by,
            change,
            targets: self.targets.clone(),
            text,
            changed_in: self.changed_in,
            observation: observed.id,
            value: observed.value,
            qualifier: observed.qualifier,
            as_published: observed.as_published,
            obs_status: observed.obs_status,
            computed: observed.computed,
            period: observed.period,
            period_start: observed.period_start,
            period_end: observed.period_end,
            division_code: observed.division_code,
            scope: observed.scope,
        })
    }

    /// It says whose figure it is, where that is not everybody's.
    pub fn badge(&self, observed: &Observed, language: Language) -> Badge {
        let (start, end) = observed.days();
        let [open, close] = if language == Language::Chinese { ["（", "）"] } else { [" (", ")"] };
        let message =
            format!("{}{open}{}{close}", self.value(observed, language), periods::short(start, end, language));
        Badge { schema_version: 1, label: self.named(Some(observed), language), message }
    }

    /// What the metric is called, and whose figure of it this is.
    pub fn named(&self, observed: Option<&Observed>, language: Language) -> String {
        let whose = observed.and_then(|observed| self.whose(observed, language));
        let name = [in_language(&self.metric.name, language)];
        name.into_iter().chain(whose).collect::<Vec<_>>().join(either(language, ", ", "，"))
    }

    pub fn value(&self, observed: &Observed, language: Language) -> String {
        if observed.is_missing() {
            return spoken::no_figure(language).to_owned();
        }
        let number = numbers::exact(Amount::of(&observed.value).unwrap_or_default());
        qualified(&numbers::with_unit(&number, &self.unit(language), language), observed.qualifier, language)
    }

    /// Whose figure it is: the organization measured, its area unless that is the one of whom it is of or of who
    /// says it, and its scope.
    pub fn whose(&self, observed: &Observed, language: Language) -> Option<String> {
        let subject = observed.subject.as_ref().map(|id| self.organization_name(id, language));
        let body = self.organizations.get(observed.subject.as_ref().unwrap_or(observed.says()).as_str());
        let own = body.and_then(|body| body.division_code.as_ref());
        let area = observed
            .division_code
            .as_ref()
            .filter(|code| own.is_none_or(|own| !division::is_same(own.as_str(), code.as_str())));
        let area = area.map(|code| spoken::area(code.as_str(), language));
        let said: Vec<String> = subject.into_iter().chain(area).chain(observed.scope.clone()).collect();
        (!said.is_empty()).then(|| said.join(either(language, ", ", "，")))
    }

    fn text(&self, observed: &Observed, change: Option<&FigureChange>, language: Language) -> FigureText {
        let mut text = FigureText {
            language: language.tag().to_owned(),
            name: in_language(&self.metric.name, language),
            value: self.value(observed, language),
            period: observed.period_name(language),
            subject: self.whose(observed, language),
            change: change.map(|change| self.change_in_words(change, language)),
            source: self.source(observed, language),
            caption: String::new(),
            alt: String::new(),
        };
        text.caption = beside::caption(&text, self.changed_in, language);
        text.alt = beside::alternative(self, &text, language);
        text
    }

    /// Against the last period of the same kind. Running totals of a year begin anew with it, and intervals of
    /// any length are not to be compared where they are counted over. Nor is what was printed in another unit.
    fn change(&self, observed: &Observed) -> Option<FigureChange> {
        let is_before =
            |other: &&Observed| other.id != observed.id && other.days().1 < observed.days().1 && !other.is_missing();
        let before = self.series.iter().find(is_before)?;
        if observed.is_missing() || [observed, before].iter().any(|one| self.other_units.contains(&one.id.0)) {
            return None;
        }
        let basis = self.time_basis(observed);
        let year = |one: &Observed| one.days().1.map(|day| day.year());
        let anew = basis == TimeBasis::YearToDate && year(before) != year(observed);
        let interval =
            matches!(basis, TimeBasis::PeriodFlow | TimeBasis::YearToDate) && observed.period.0.contains('/');
        if anew || interval {
            return None;
        }
        let (now, then) = (Amount::of(&observed.value)?, Amount::of(&before.value)?);
        let difference = now.minus(then)?;
        let counted = self.metric.unit.code.0 != "percent" && then.0 != 0;
        let percent = difference.percent_of(then.absolute()).filter(|_| counted);
        let inexact = |one: &Observed| !matches!(one.qualifier, None | Some(Qualifier::Exact));
        Some(FigureChange {
            observation: before.id.clone(),
            period: before.period.clone(),
            value: before.value.clone(),
            difference: difference.decimal()?,
            percent: percent.and_then(Amount::decimal),
            approximate: inexact(observed) || inexact(before),
        })
    }

    fn change_in_words(&self, change: &FigureChange, language: Language) -> String {
        let before = self.series.iter().find(|one| one.id == change.observation);
        let period = before.map(|one| one.compared(language)).unwrap_or_default();
        let difference = Amount::of(&change.difference).unwrap_or_default();
        if difference.0 == 0 {
            return match language {
                Language::English => format!("unchanged from {period}"),
                Language::Chinese => format!("与{period}持平"),
            };
        }
        let size = numbers::exact(difference.absolute());
        let amount = match (self.metric.unit.code.as_str(), language) {
            ("percent", Language::English) => format!("{size} percentage points"),
            ("percent", Language::Chinese) => format!("{size}个百分点"),
            _ => numbers::with_unit(&size, &self.unit(language), language),
        };
        let amount = qualified(&amount, change.approximate.then_some(Qualifier::About), language);
        let percent = change.percent.as_ref().and_then(Amount::of).map(|percent| numbers::exact(percent.absolute()));
        match language {
            Language::English => {
                let percent = percent.map(|percent| format!(" ({percent}%)")).unwrap_or_default();
                format!("{} {amount}{percent} from {period}", if difference.0 > 0 { "up" } else { "down" })
            }
            Language::Chinese => {
                let percent = percent.map(|percent| format!("（{percent}%）")).unwrap_or_default();
                format!("比{period}{}{amount}{percent}", if difference.0 > 0 { "增加" } else { "减少" })
            }
        }
    }
}

impl Observed {
    /// Who says it.
    pub fn says(&self) -> &RecordId {
        self.reported_by.as_ref().unwrap_or(&self.publisher)
    }

    /// Whether it stands for a figure that there is not.
    pub fn is_missing(&self) -> bool {
        self.obs_status.is_some_and(ObsStatus::is_missing)
    }

    /// First and last day of its period, where known.
    pub fn days(&self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        (self.period_start.as_ref().and_then(day), self.period_end.as_ref().and_then(day))
    }

    pub fn period_name(&self, language: Language) -> String {
        let (start, end) = self.days();
        spoken::period(start, end, language)
    }

    /// Its period as something else is compared with it: what counts up to a day is named by the day.
    fn compared(&self, language: Language) -> String {
        match self.days() {
            (None, Some(end)) => spoken::day(end, language),
            (start, end) => {
                let name = spoken::period(start, end, language);
                let part = language == Language::English && matches!(spoken::months(start, end), Some(6 | 3));
                if part { format!("the {name}") } else { name }
            }
        }
    }

    /// As charts take it.
    pub fn point(&self, label: String) -> chart::Point {
        let (start, end) = self.days();
        let (qualifier, obs_status, computed) = (self.qualifier, self.obs_status, self.computed);
        chart::Point { label, start, end, value: self.value.clone(), qualifier, obs_status, computed }
    }
}

pub fn day(day: &Day) -> Option<NaiveDate> {
    crate::model::period::parse_day(day.as_str())
}

fn parsed<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

fn all<T: DeserializeOwned>(texts: &[String]) -> Option<Vec<T>> {
    texts.iter().map(|text| parsed(text)).collect()
}

/// A text in this language, or in the nearest one that it has.
pub fn in_language(text: &HumanText, language: Language) -> String {
    let wanted = either(language, "en", "zh");
    let texts = &text.0;
    let near = || texts.iter().find(|(tag, _)| tag.split('-').next() == Some(wanted)).map(|(_, text)| text);
    let found =
        texts.get(language.tag()).or_else(near).or_else(|| texts.get("zh-Hans")).or_else(|| texts.values().next());
    found.cloned().unwrap_or_default()
}
