//! Scales: from numbers and days to places on paper.

use crate::model::spoken;
use chrono::{Datelike, NaiveDate};

use super::{Point, periods};
use crate::model::amount::{Amount, ONE};

/// A linear scale whose ends are ticks.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    low: i128,
    high: i128,
    step: i128,
    from: f64,
    to: f64,
}

impl Scale {
    /// A scale for values from `min` to `max` with at most `most` steps of 1, 2 or 5 times a power of ten. Numbers
    /// without decimals get no ticks with decimals.
    pub fn new(min: Amount, max: Amount, most: usize, (from, to): (f64, f64)) -> Scale {
        let (min, max) = (min.0.min(max.0), max.0.max(min.0));
        let smallest = if min % ONE == 0 && max % ONE == 0 { ONE } else { 1 };
        let most = i128::try_from(most.max(1)).unwrap_or(1);
        let ends = |step: i128| (min.div_euclid(step) * step, -(-max).div_euclid(step) * step);
        let mut step = smallest;
        let mut power = smallest;
        let steps = |step: i128| {
            let (low, high) = ends(step);
            (high - low) / step
        };
        while steps(step) > most {
            // 1, 2, 5, 10, …
            step = if step == power {
                2 * power
            } else if step == 2 * power {
                5 * power
            } else {
                power *= 10;
                power
            };
        }
        let (low, high) = ends(step);
        let high = if high == low { low + step } else { high };
        Scale { low, high, step, from, to }
    }

    pub fn ticks(&self) -> impl Iterator<Item = Amount> + use<> {
        let Scale { low, high, step, .. } = *self;
        (0..=(high - low) / step).map(move |index| Amount(low + index * step))
    }

    /// The end that is farther from 0.
    pub fn largest(&self) -> Amount {
        Amount(self.low.abs().max(self.high.abs()))
    }

    pub fn begins_at_zero(&self) -> bool {
        self.low <= 0 && self.high >= 0
    }

    pub fn at(&self, value: Amount) -> f64 {
        let share = (value.0 - self.low) as f64 / (self.high - self.low) as f64;
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Where 0 is, or the end next to it.
    pub fn zero(&self) -> f64 {
        self.at(Amount(0))
    }
}

/// The ends of a line chart's values: 0 belongs to them unless they are all far from it.
pub fn ends(values: impl Iterator<Item = Amount> + Clone) -> (Amount, Amount) {
    let (min, max) = (values.clone().min().unwrap_or_default(), values.max().unwrap_or_default());
    let far = if min.0 > 0 { min.0 * 10 > max.0 * 7 } else { max.0 < 0 && max.0 * 10 < min.0 * 7 };
    if far && min != max { (min, max) } else { (min.min(Amount(0)), max.max(Amount(0))) }
}

/// Time along the bottom of a chart: slots of equal width where all periods are equally long ones of the
/// calendar, else days.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// Months of a slot.
    pub months: Option<u32>,
    first: i32,
    last: i32,
    left: f64,
    right: f64,
}

/// Slots beside the figures that a target may add.
const MOST_ADDED: i32 = 4;

impl Time {
    pub fn new(points: &[Point], due: impl Iterator<Item = NaiveDate>, (left, right): (f64, f64)) -> Option<Time> {
        let mut lengths = points.iter().map(|point| spoken::months(point.start, point.end));
        let first_length = lengths.next()?;
        let months = first_length.filter(|_| lengths.all(|length| length == first_length));
        let mut time = Time { months, first: 0, last: 0, left, right };
        let places: Vec<i32> = points.iter().filter_map(|point| time.place(point.end.or(point.start)?)).collect();
        time.first = *places.iter().min()?;
        time.last = *places.iter().max()?;
        let added = MOST_ADDED.max((time.last - time.first) / 2);
        let added = if months.is_some() { added } else { added.max(400) };
        let last_due = due.filter_map(|due| time.place(due)).filter(|place| *place <= time.last + added).max();
        time.last = time.last.max(last_due.unwrap_or(time.last));
        Some(time)
    }

    /// The slot, or day, that a day belongs to.
    fn place(&self, day: NaiveDate) -> Option<i32> {
        match self.months {
            Some(months) => {
                Some((day.year() * 12 + i32::try_from(day.month0()).ok()?).div_euclid(months.try_into().ok()?))
            }
            None => Some(day.num_days_from_ce()),
        }
    }

    /// Width of a slot; half of it is left free at both ends.
    pub fn slot(&self) -> f64 {
        match self.months {
            Some(_) => (self.right - self.left) / f64::from(self.last - self.first + 1),
            None => ((self.right - self.left) / 8.0).min(60.0),
        }
    }

    /// Where a day is, if it is in the chart.
    pub fn at(&self, day: NaiveDate) -> Option<f64> {
        let place = self.place(day)?;
        (self.first..=self.last).contains(&place).then(|| self.at_place(place))
    }

    fn at_place(&self, place: i32) -> f64 {
        let half = self.slot() / 2.0;
        if self.first == self.last {
            return (self.left + self.right) / 2.0;
        }
        let share = f64::from(place - self.first) / f64::from(self.last - self.first);
        self.left + half + share * (self.right - self.left - 2.0 * half)
    }

    /// Whether a period is missing between two.
    pub fn is_gap(&self, before: &Point, after: &Point) -> bool {
        let place = |point: &Point| self.place(point.end.or(point.start)?);
        self.months.is_some() && place(before).zip(place(after)).is_none_or(|(before, after)| after - before > 1)
    }

    /// Slots from left to right, with the first and last day of each; none where days count.
    pub fn slots(&self) -> Vec<(f64, Option<NaiveDate>, Option<NaiveDate>)> {
        let Some(months) = self.months else { return Vec::new() };
        let length = i32::try_from(months).unwrap_or(1);
        (self.first..=self.last)
            .map(|place| {
                let (start, end) = periods::ending((place + 1) * length - 1, months);
                (self.at_place(place), start, end)
            })
            .collect()
    }
}
