//! Charts: the series of a metric goes in, SVG 1.1 comes out. Nothing here reads anything. Text stays text, any
//! text is safe, and what a chart shows is also said in its `title` and `desc` for those who do not see it
//! (SVG accessibility: `role="img"` with `aria-labelledby`).

pub mod article;
pub mod axis;
pub mod bar;
pub mod card;
pub mod figure;
pub mod frame;
mod labels;
pub mod line;
mod measure;
pub mod numbers;
pub mod part;
pub mod periods;
pub mod progress;
pub mod scale;
pub mod strip;
pub mod svg;
pub mod theme;
pub mod words;

use chrono::NaiveDate;

use crate::model::codes::{Comparator, ObsStatus, Qualifier, Status, TimeBasis};
use crate::model::message::Language;
use crate::model::text::Decimal;

pub use article::{Article, Ratio};
pub use theme::Theme;

/// Width and height of a chart in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    /// Smallest and largest of both.
    pub const RANGE: std::ops::RangeInclusive<u32> = 200..=2000;
}

impl Default for Size {
    fn default() -> Size {
        Size { width: 720, height: 405 }
    }
}

/// What a figure counts in.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Code of the unit; `percent` is written %.
    pub code: String,
    /// The unit in the chart's language, where it has a label.
    pub label: Option<String>,
}

/// One figure.
#[derive(Clone, Debug)]
pub struct Point {
    /// What stands beside it: the period, or whose figure it is.
    pub label: String,
    /// First and last day of its period, where known.
    pub start: Option<NaiveDate>,
    pub end: Option<NaiveDate>,
    pub value: Decimal,
    pub qualifier: Option<Qualifier>,
    pub obs_status: Option<ObsStatus>,
    /// Whether this service computed it.
    pub computed: bool,
}

impl Point {
    /// Whether it stands for a figure that there is not.
    pub fn is_missing(&self) -> bool {
        self.obs_status.is_some_and(ObsStatus::is_missing)
    }
}

/// A promised figure.
#[derive(Clone, Debug)]
pub struct Target {
    pub value: Decimal,
    pub comparator: Option<Comparator>,
    pub due_on: Option<NaiveDate>,
}

/// What stands around every chart.
#[derive(Clone, Debug)]
pub struct About {
    pub title: String,
    /// Whose figures they are, where all are of one whose name is to be said.
    pub whose: Option<String>,
    /// Who says so.
    pub source: String,
    /// Revision that last changed what is shown; none leaves it out.
    pub revision: Option<i64>,
    pub language: Language,
    pub theme: Theme,
    /// What the ids in the SVG begin with: different for charts on one page.
    pub id: String,
    /// The frame of a picture for an article, where it is one; its ratio is the size then.
    pub article: Option<Article>,
}

/// Figures of one metric: over periods, or of one period by whose they are.
#[derive(Clone, Debug)]
pub struct Series {
    pub about: About,
    /// Name of the metric.
    pub metric: String,
    pub unit: Unit,
    pub time_basis: TimeBasis,
    pub points: Vec<Point>,
    pub targets: Vec<Target>,
}

/// Statuses of one commitment, oldest first.
#[derive(Clone, Debug)]
pub struct Strip {
    pub about: About,
    pub cells: Vec<Cell>,
}

/// The status at a period.
#[derive(Clone, Debug)]
pub struct Cell {
    pub label: String,
    /// None before the first report.
    pub status: Option<Status>,
    /// The official wording, where it is to be shown instead of ours.
    pub wording: Option<String>,
}
