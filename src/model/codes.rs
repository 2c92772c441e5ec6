//! Code lists. Their codes are the same in database, JSON and parameters.

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! code_list {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[doc = $doc])* #[serde(rename = $code)] $variant),+ }

        impl $name {
            /// Every code of the list, in order.
            pub const CODES: &'static [&'static str] = &[$($code),+];

            pub fn code(self) -> &'static str {
                match self { $($name::$variant => $code),+ }
            }

            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some($name::$variant),)+ _ => None }
            }
        }

        // By hand: the derive macro does not see codes that come through this one.
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let about = [$($about.trim()),+].join(" ");
                let codes: &[(&str, &[&str])] = &[$(($code, &[$($doc),*])),+];
                let explained: String = codes
                    .iter()
                    .filter(|(_, about)| !about.is_empty())
                    .map(|(code, about)| format!(" `{code}`: {}", about.concat().trim()))
                    .collect();
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(about + &explained))
                    .enum_values(Some(Self::CODES.iter().copied()))
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

code_list! {
    /// Level of government of an organization.
    Level { Central = "central", Province = "province", Prefecture = "prefecture", County = "county", Township = "township" }
}
code_list! {
    /// How often progress is reported: yearly, half-yearly, quarterly, monthly (SDMX CL_FREQ) or irregularly.
    Cadence { Annual = "A", HalfYearly = "S", Quarterly = "Q", Monthly = "M", Irregular = "irregular" }
}
code_list! {
    /// What a key may do.
    Scope {
        /// Create records.
        Publish = "publish",
        /// Change records, and reinstate withdrawn ones.
        Correct = "correct",
        /// Withdraw records.
        Withdraw = "withdraw",
        /// Take content out of all history.
        Redact = "redact",
        /// Create organizations.
        Admin = "admin",
    }
}
code_list! {
    /// What a publication does to a record.
    Effect { Create = "create", Change = "change", Reinstate = "reinstate", Withdraw = "withdraw", Redact = "redact" }
}
code_list! {
    /// What does not add up.
    WarningCode {
        /// A part is more than its whole.
        PartAboveWhole = "part-above-whole",
        /// A running total falls.
        FallingTotal = "falling-total",
        /// A rate is over 100 %.
        RateOver100 = "rate-over-100",
        /// A figure is ten times the one before, or a tenth.
        TenTimesNeighbour = "ten-times-neighbour",
        /// The printed unit is not the metric's.
        UnitMismatch = "unit-mismatch",
        /// A report is dated before one on an earlier period.
        ReportOlder = "report-older",
        /// Next steps still promise what is said to be completed.
        CompletedWithNextSteps = "completed-with-next-steps",
    }
}
code_list! {
    /// How far a commitment has come.
    Status {
        NotStarted = "not_started", InProgress = "in_progress", SubstantiallyCompleted = "substantially_completed",
        Completed = "completed", Delayed = "delayed", Suspended = "suspended", NotCompleted = "not_completed",
        Cancelled = "cancelled",
    }
}
code_list! {
    /// Who judged the progress.
    Assessor {
        SelfReported = "self_reported", SuperiorBody = "superior_body", Audit = "audit",
        Independent = "independent", Media = "media",
    }
}
code_list! {
    /// What span of time a figure counts over.
    TimeBasis {
        PeriodFlow = "period_flow", YearToDate = "year_to_date", SinceStart = "since_start", PointInTime = "point_in_time",
    }
}
code_list! {
    /// Which way a metric is meant to go.
    Direction { Higher = "higher", Lower = "lower", Neutral = "neutral" }
}
code_list! {
    /// A dimension over which figures of a metric may be added up.
    Dimension { Division = "division", Subject = "subject", Period = "period" }
}
code_list! {
    /// What a figure is compared with.
    Change {
        /// The same period a year before.
        YearOnYear = "year_on_year",
        /// The period of the same length right before.
        Previous = "previous",
    }
}
code_list! {
    /// Whether a figure is what happened or what it is compared with.
    Role { Actual = "actual", Baseline = "baseline" }
}
code_list! {
    /// How exactly a figure was stated.
    Qualifier {
        Exact = "exact", About = "about", Nearly = "nearly", MoreThan = "more_than", AtLeast = "at_least", AtMost = "at_most",
    }
}
code_list! {
    /// How a target is to be met.
    Comparator { Exactly = "exactly", AtLeast = "at_least", AtMost = "at_most" }
}
code_list! {
    /// Status of an observation (SDMX CL_OBS_STATUS 2.2).
    ObsStatus {
        /// Normal
        A = "A",
        /// Time series break
        B = "B",
        /// Definition differs
        D = "D",
        /// Estimated
        E = "E",
        /// Forecast
        F = "F",
        /// Experimental
        G = "G",
        /// Missing value; holiday or weekend
        H = "H",
        /// Imputed
        I = "I",
        /// Derogation
        J = "J",
        /// Data included in another category
        K = "K",
        /// Missing value; exists but was not collected
        L = "L",
        /// Missing value; cannot exist
        M = "M",
        /// Not significant
        N = "N",
        /// Missing value
        O = "O",
        /// Provisional
        P = "P",
        /// Missing value; suppressed
        Q = "Q",
        /// Strike and other special events
        S = "S",
        /// Low reliability
        U = "U",
        /// Unvalidated
        V = "V",
        /// Includes data from another category
        W = "W",
    }
}

impl ObsStatus {
    /// Statuses of figures that stand for one that there is not.
    const MISSING: [ObsStatus; 5] = [ObsStatus::H, ObsStatus::L, ObsStatus::M, ObsStatus::O, ObsStatus::Q];

    /// Whether the figure stands for one that there is not.
    pub fn is_missing(self) -> bool {
        ObsStatus::MISSING.contains(&self)
    }

    /// The codes of those, for SQL.
    pub fn missing() -> Vec<String> {
        ObsStatus::MISSING.map(|status| status.code().to_owned()).to_vec()
    }
}

code_list! {
    /// Who read a vague period as a definite one.
    PeriodResolver { Publisher = "publisher" }
}
code_list! {
    /// Why a revision, or one change in it, was published.
    RevisionKind {
        /// New records only.
        NewData = "new_data",
        /// The source itself revised its figures.
        SourceRevision = "source_revision",
        /// The source corrected an error of its own.
        SourceCorrection = "source_correction",
        /// We had copied it wrongly.
        TranscriptionCorrection = "transcription_correction",
        /// It is counted or classified another way.
        Methodology = "methodology",
        /// Records are withdrawn.
        Withdrawal = "withdrawal",
        /// A record's content is removed from all history.
        Redaction = "redaction",
    }
}

impl RevisionKind {
    /// Whether it may change records that are there, and bring back withdrawn ones.
    pub fn corrects(self) -> bool {
        use RevisionKind::*;
        matches!(self, SourceRevision | SourceCorrection | TranscriptionCorrection | Methodology)
    }
}
