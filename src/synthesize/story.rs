//! What happens in each revision: a department announces, reports and counts, or corrects what it said. Few
//! departments publish much and most little; a few records are corrected again and again.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, TimeZone, Utc};
use serde_json::{Value, json};

use super::words::{FIELDS, PROMISES, STATUSES, of};
use super::world::{MINISTRY, World, organization};
use super::{Error, Plan};
use crate::model::codes::RevisionKind;
use crate::model::draft::Draft;
use crate::model::json::canonical;
use crate::model::kinds;

/// Days that the revisions are spread over, from the first one on.
const DAYS: i64 = 3_400;
/// One revision in so many corrects.
const CORRECTIONS: u64 = 8;
/// Commitments of a programme.
const PROGRAMME: u64 = 15;
/// Figures of a department that may be corrected later.
const CORRECTABLE: usize = 40;

/// A revision to write.
pub struct Revision {
    pub number: u64,
    pub kind: RevisionKind,
    pub publisher: String,
    /// Canonical JSON.
    pub message: String,
    pub published_at: DateTime<Utc>,
    pub rows: Vec<Row>,
}

/// A row of a record that opens, and whether an earlier one closes.
pub struct Row {
    pub draft: Draft,
    pub closes: bool,
    /// Of commitments, what is derived from their reports.
    pub status: Option<&'static str>,
    /// The earlier revision that changed the record itself; none where this one does.
    pub changed_in: Option<u64>,
}

pub struct Story<'a> {
    world: &'a World,
    plan: Plan,
    random: fastrand::Rng,
    /// Chances of the departments, summed up.
    chances: Vec<f64>,
    departments: HashMap<usize, Department>,
    commitments: u64,
    observations: u64,
}

/// What a department has going on.
#[derive(Default)]
struct Department {
    programmes: u64,
    /// Commitments that will be reported on.
    open: VecDeque<Open>,
    /// Figures that may turn out wrong.
    figures: Vec<Value>,
    /// Which metric was counted where, for which period of this year.
    counted: HashSet<(usize, usize, u32)>,
    year: i32,
}

/// A commitment that is not done with.
struct Open {
    record: Value,
    /// Revision that announced it.
    announced: u64,
    /// Reports there were.
    told: usize,
}

impl<'a> Story<'a> {
    pub fn new(world: &'a World, plan: Plan) -> Story<'a> {
        let mut sum = 0.0;
        let chances = (1..=world.organizations.len()).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Story {
            world,
            plan,
            chances: chances.collect(),
            random: fastrand::Rng::with_seed(plan.seed),
            departments: HashMap::new(),
            commitments: 0,
            observations: 0,
        }
    }

    pub fn revision(&mut self, number: u64) -> Result<Revision, Error> {
        let published_at = self.time(number);
        if number == 1 {
            let rows = self.world.records().map(|(kind, record)| changed(kind, record, RevisionKind::NewData, false));
            let rows = rows.collect::<Result<_, _>>()?;
            return revision(number, RevisionKind::NewData, MINISTRY, published_at, rows);
        }
        let skewed = number.is_multiple_of(CORRECTIONS) && number < self.plan.revisions;
        let place = self.department(skewed);
        let mut department = self.departments.remove(&place).unwrap_or_default();
        let kind = if skewed && !department.figures.is_empty() {
            RevisionKind::SourceCorrection
        } else {
            RevisionKind::NewData
        };
        let mut rows = Vec::new();
        if kind == RevisionKind::NewData {
            self.announce(number, place, &mut department, published_at, &mut rows)?;
            let reports = self.report(place, &mut department, published_at, &mut rows)?;
            self.count(number, place, &mut department, published_at, &reports, &mut rows)?;
        }
        if rows.is_empty() {
            self.correct(&mut department, place, &mut rows)?;
        }
        let kind = if rows.iter().any(|row| row.closes && row.changed_in.is_none()) {
            RevisionKind::SourceCorrection
        } else {
            kind
        };
        self.departments.insert(place, department);
        let publisher = organization(&self.world.organizations[place]);
        revision(number, kind, &publisher, published_at, rows)
    }

    /// Later with each revision, within office hours.
    fn time(&self, number: u64) -> DateTime<Utc> {
        let start = Utc.with_ymd_and_hms(2017, 1, 3, 1, 0, 0).single().unwrap_or_default();
        let share = number as f64 / self.plan.revisions as f64;
        start + TimeDelta::microseconds((share * DAYS as f64 * 86_400e6) as i64)
    }

    /// A department, by its chances; of those who correct, rather the first.
    fn department(&mut self, skewed: bool) -> usize {
        if skewed && self.random.bool() {
            return 0;
        }
        let most = self.chances.last().copied().unwrap_or_default();
        let drawn = self.random.f64() * most;
        self.chances.partition_point(|sum| *sum < drawn).min(self.chances.len() - 1)
    }

    /// So many of all that should be there by this revision as are not yet.
    fn due(&self, number: u64, all: u64, made: u64) -> u64 {
        let share = (number - 1) as f64 / (self.plan.revisions - 1) as f64;
        ((share * all as f64).round() as u64).saturating_sub(made)
    }

    /// New programmes with their commitments.
    fn announce(
        &mut self,
        number: u64,
        place: usize,
        department: &mut Department,
        now: DateTime<Utc>,
        rows: &mut Vec<Row>,
    ) -> Result<(), Error> {
        let last = number == self.plan.revisions;
        let mut due = self.due(number, self.plan.commitments, self.commitments);
        while due >= PROGRAMME || (last && due > 0) {
            let size = due.min(PROGRAMME);
            due -= size;
            self.commitments += size;
            department.programmes += 1;
            self.programme(number, place, department, size, now, rows)?;
        }
        Ok(())
    }

    fn programme(
        &mut self,
        number: u64,
        place: usize,
        department: &mut Department,
        size: u64,
        now: DateTime<Utc>,
        rows: &mut Vec<Row>,
    ) -> Result<(), Error> {
        let division = &self.world.organizations[place];
        let publisher = organization(division);
        let (year, day) = (now.year(), now.date_naive());
        let id = format!("plan-{}-{}-{}", division.code, year, department.programmes);
        let title = format!("{}{year}年公开承诺（虚构）", division.name);
        let record = json!({"id": id, "publisher": publisher, "organization": publisher, "year": year,
            "announced_on": day.to_string(), "title": {"en": format!("Commitments of {year}, made up"), "zh-Hans": title}});
        rows.push(new("programme", record)?);
        for n in 1..=size {
            let (topic, field) = FIELDS[self.random.usize(..FIELDS.len())];
            let (en, zh) = of(PROMISES[self.random.usize(..PROMISES.len())], field);
            let due = NaiveDate::from_ymd_opt(year, self.random.u32(6..=12), 28).unwrap_or(day);
            let record = json!({"id": format!("{id}-{n}"), "publisher": publisher, "programme": id, "number": n, "topics": [topic],
                "lead_organization": publisher, "due_on": due.to_string(), "title": {"en": en, "zh-Hans": zh},
                "summary": {"en": format!("{en}, within {year}."), "zh-Hans": format!("{year}年内{zh}。")}});
            department.open.push_back(Open { record: record.clone(), announced: number, told: 0 });
            rows.push(new("commitment", record)?);
        }
        Ok(())
    }

    /// Reports on commitments that were announced before; the ids of reports and commitments.
    fn report(
        &mut self,
        place: usize,
        department: &mut Department,
        now: DateTime<Utc>,
        rows: &mut Vec<Row>,
    ) -> Result<Vec<(String, String)>, Error> {
        let publisher = organization(&self.world.organizations[place]);
        let fresh = rows.iter().filter(|row| row.draft.kind.name == "commitment").count();
        let known = department.open.len().saturating_sub(fresh);
        let mut said = Vec::new();
        for _ in 0..known.min(self.random.usize(1..=2 * PROGRAMME as usize)) {
            let Some(open) = department.open.pop_front() else { break };
            let Some(status) = STATUSES.get(open.told).copied() else { continue };
            let id = open.record["id"].as_str().unwrap_or_default().to_owned();
            let report = format!("{id}-r{}", open.told + 1);
            let record = json!({"id": report, "publisher": publisher, "commitment": id, "period": period(now.date_naive(), 6).0,
                "reported_on": now.date_naive().to_string(), "status": status,
                "narrative": {"en": "Work went on as planned (made up).", "zh-Hans": "工作按计划推进（虚构）。"}});
            rows.push(new("report", record)?);
            // Its status follows from its newest report; the commitment itself is as it was.
            if open.told == 0 || STATUSES.get(open.told - 1) != Some(&status) {
                let mut row = changed("commitment", open.record.clone(), RevisionKind::NewData, true)?;
                (row.status, row.changed_in) = (Some(status), Some(open.announced));
                rows.push(row);
            }
            said.push((report, id));
            if open.told + 1 < STATUSES.len() {
                department.open.push_back(Open { told: open.told + 1, ..open });
            }
        }
        Ok(said)
    }

    /// Figures of the period that is over, in the division and those within it.
    fn count(
        &mut self,
        number: u64,
        place: usize,
        department: &mut Department,
        now: DateTime<Utc>,
        reports: &[(String, String)],
        rows: &mut Vec<Row>,
    ) -> Result<(), Error> {
        let (metrics, divisions) = (&self.world.metrics, &self.world.organizations);
        if department.year != now.year() {
            department.year = now.year();
            department.counted.clear();
        }
        let most = metrics.len() * divisions.len();
        for _ in 0..self.due(number, self.plan.observations, self.observations) {
            if department.counted.len() >= most / 2 {
                break;
            }
            // Metrics that stand first are counted most.
            let metric = (self.random.f64().powi(3) * metrics.len() as f64) as usize;
            let mut pair = (metric.min(metrics.len() - 1), self.random.usize(..divisions.len()));
            while !department.counted.insert((pair.0, pair.1, now.month0() / metrics[pair.0].months)) {
                pair.1 = (pair.1 + 1) % divisions.len();
                if pair.1 == 0 {
                    pair.0 = (pair.0 + 1) % metrics.len();
                }
            }
            self.observations += 1;
            let said = (!reports.is_empty()).then(|| &reports[self.random.usize(..reports.len())]);
            let record = self.figure(pair, place, now, said);
            if department.figures.len() < CORRECTABLE {
                department.figures.push(record.clone());
            }
            rows.push(new("observation", record)?);
        }
        Ok(())
    }

    fn figure(
        &mut self,
        pair: (usize, usize),
        place: usize,
        now: DateTime<Utc>,
        said: Option<&(String, String)>,
    ) -> Value {
        let (metric, division) = (&self.world.metrics[pair.0], &self.world.organizations[pair.1]);
        let publisher = organization(&self.world.organizations[place]);
        let (period, ends) = period(now.date_naive(), metric.months);
        // A place has a size of its own, which grows slowly; no two figures of a series are tenfold apart.
        let size = metric.size * (1.0 + (pair.1 % 13) as f64 / 4.0) * (1.0 + f64::from(ends.year() - 2016) / 20.0);
        let value = (size * (0.9 + self.random.f64() / 5.0)).round() as i64;
        let own = format!("{}-{}", self.world.organizations[place].code, now.format("%y%m"));
        let mut record = json!({
            "id": format!("{}-{}-{}-{own}", metric.id, division.code, period.to_lowercase()), "publisher": publisher, "metric": metric.id,
            "reported_by": publisher, "division_code": division.code, "period": period, "value": value,
            "as_published": format!("{value}{}", metric.unit),
        });
        if let Some((report, commitment)) = said {
            record["report"] = report.as_str().into();
            record["commitment"] = commitment.as_str().into();
        }
        record
    }

    /// Corrects a few figures: the first of a department again and again, the others now and then.
    fn correct(&mut self, department: &mut Department, place: usize, rows: &mut Vec<Row>) -> Result<(), Error> {
        for (index, figure) in department.figures.iter_mut().enumerate() {
            if self.random.usize(..=index) == 0 {
                let value = figure["value"].as_i64().unwrap_or_default();
                let change = 1 + self.random.i64(0..=value / 20 + 1);
                figure["value"] =
                    (if self.random.bool() || value <= change { value + change } else { value - change }).into();
                rows.push(changed("observation", figure.clone(), RevisionKind::SourceCorrection, true)?);
            }
        }
        if rows.is_empty() {
            // Nothing was said yet that could be wrong: an announcement of nothing but a year.
            department.programmes += 1;
            let division = &self.world.organizations[place];
            let publisher = organization(division);
            let id = format!("plan-{}-early-{}", division.code, department.programmes);
            let title = json!({"zh-Hans": format!("{}公开承诺预告（虚构）", division.name)});
            rows.push(new(
                "programme",
                json!({"id": id, "publisher": publisher, "organization": publisher, "year": 2017, "title": title}),
            )?);
        }
        Ok(())
    }
}

fn new(kind: &str, record: Value) -> Result<Row, Error> {
    changed(kind, record, RevisionKind::NewData, false)
}

fn changed(kind: &str, record: Value, change_kind: RevisionKind, closes: bool) -> Result<Row, Error> {
    let known = kinds::KINDS.into_iter().find(|known| known.name == kind);
    let kind = known.ok_or_else(|| Error::Record(format!("{kind} is no kind")))?;
    Ok(Row { draft: Draft::copied(kind, canonical(&record)?, change_kind)?, closes, status: None, changed_in: None })
}

fn revision(
    number: u64,
    kind: RevisionKind,
    publisher: &str,
    published_at: DateTime<Utc>,
    rows: Vec<Row>,
) -> Result<Revision, Error> {
    let message = canonical(
        &json!({"en": format!("Made up, revision {number}"), "zh-Hans": format!("虚构的第 {number} 次修订")}),
    )?;
    Ok(Revision { number, kind, publisher: publisher.to_owned(), message, published_at, rows })
}

/// The last period of so many months that is over on a day, and its last day.
fn period(day: NaiveDate, months: u32) -> (String, NaiveDate) {
    let begun = day.month0() / months * months;
    let next = NaiveDate::from_ymd_opt(day.year(), begun + 1, 1).unwrap_or(day);
    let first = next.checked_sub_months(Months::new(months)).unwrap_or(day);
    let number = first.month0() / months + 1;
    let name = match months {
        3 => format!("{}-Q{number}", first.year()),
        6 => format!("{}-S{number}", first.year()),
        _ => first.year().to_string(),
    };
    (name, next.checked_sub_days(Days::new(1)).unwrap_or(next))
}
