//! Parameters of the endpoints, as the document describes them.

pub mod values;

use serde_json::{Value, json};

use super::changes::MAX_WAIT;
use super::endpoint::Parameter;
use super::figure;
use super::query::{LIMIT, MAX_LIMIT};
use super::warnings;
use crate::export::format::Format;
use crate::model::codes::{RevisionKind, WarningCode};
use crate::model::kind::{Accepts, Filter, Kind, MAX_INCLUDED, Test};
use crate::model::kinds::KINDS;
use crate::model::schema;
use crate::picture::MOST_PIXELS;
use crate::site::chart::{Ratio, Size, Theme};
use values::list_of;

/// Parameters of an endpoint, put together from sets that go together.
#[derive(Default)]
pub struct ParameterSet(pub(super) Vec<Parameter>);

impl ParameterSet {
    pub fn new() -> ParameterSet {
        ParameterSet::default()
    }

    pub(super) fn add(
        mut self,
        name: &'static str,
        about: impl Into<String>,
        schema: Value,
        example: Value,
    ) -> ParameterSet {
        let example = (!example.is_null()).then_some(example);
        self.0.push(Parameter { name, about: about.into(), schema, example, required: false });
        self
    }

    /// `revision`, `as_of` and `min_revision`.
    pub fn at(self) -> ParameterSet {
        self.add(
            "revision",
            "Answer as of this revision: its number, or the number, a hyphen and four or more digits of its digest, which refuses another history with a 410.",
            values::revision(),
            json!("1"),
        )
        .add(
            "as_of",
            "Answer as of this time: an instant with an offset (RFC 3339), or a day, which means its end in the ledger's time zone, or now if it is today.",
            values::time(),
            Value::Null,
        )
        .add(
            "min_revision",
            "Answer at this revision or a later one, such as the one just published; a 503 while no server has it. Beside revision, as_of or cursor it \
             changes nothing.",
            json!({"type": "integer", "minimum": 0}),
            json!(1),
        )
    }

    pub fn format(self, formats: &[Format]) -> ParameterSet {
        let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        self.add(
            "format",
            "Format of the answer; wins over Accept.",
            json!({"type": "string", "enum": names}),
            json!(names.first()),
        )
    }

    pub fn paging(self) -> ParameterSet {
        self.add(
            "limit",
            format!("Items on a page, {LIMIT} unless told."),
            json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT}),
            json!(LIMIT),
        )
        .add(
            "cursor",
            "Where to go on: next of the page before, as it was. Opaque.",
            values::cursor(),
            Value::Null,
        )
    }

    pub fn count(self) -> ParameterSet {
        self.add(
            "count",
            "exact adds count, how many items all pages have.",
            json!({"type": "string", "enum": ["exact"]}),
            json!("exact"),
        )
    }

    /// Which members the items of a kind have.
    pub fn fields(self, kind: &Kind) -> ParameterSet {
        self.add(
            "fields",
            "Members to keep, separated by commas; all unless told.",
            list_of(json!({"type": "string", "enum": schema::members(kind)})),
            json!(["id"]),
        )
    }

    /// How tables are written.
    pub fn tables(self) -> ParameterSet {
        self.add(
            "labels",
            "zh puts Chinese titles above the columns instead of their names; for csv, csv-excel and xlsx.",
            json!({"type": "string", "enum": ["zh"]}),
            Value::Null,
        )
        .add(
            "charset",
            "Encoding of csv and csv-excel, utf-8 unless told; gb18030 (GB 18030) is for older Chinese programs.",
            json!({"type": "string", "enum": ["utf-8", "gb18030"], "default": "utf-8"}),
            Value::Null,
        )
    }

    /// What shapes the items of a kind.
    pub fn members(self, kind: &Kind) -> ParameterSet {
        let set = self.fields(kind);
        if kind.includes.is_empty() {
            return set;
        }
        let names: Vec<&str> = kind.includes.iter().map(|include| include.name).collect();
        let each: String =
            kind.includes.iter().map(|include| format!(" {}: {}", include.name, include.about)).collect();
        set.add(
            "include",
            format!("Related records to embed under included, at most {MAX_INCLUDED} of each.{each}"),
            list_of(json!({"type": "string", "enum": names})),
            json!([names.first()]),
        )
    }

    /// What makes a page of a kind.
    pub fn page(self, kind: &Kind) -> ParameterSet {
        let sorts: Vec<&str> = kind.all_sorts().map(|sort| sort.name).collect();
        let both: Vec<String> = sorts.iter().flat_map(|name| [name.to_string(), format!("-{name}")]).collect();
        let default: Vec<&str> = kind.default_sort.split(',').collect();
        self.add(
            "sort",
            format!("What to sort by, separated by commas, - before a name to descend; ties go by id. {} unless told. Absent dates sort oldest.", kind.default_sort),
            list_of(json!({"type": "string", "enum": both})),
            json!(default),
        )
        .members(kind)
        .paging()
        .count()
    }

    /// The filters of a kind, but for one that the path stands for.
    pub fn filters(mut self, kind: &'static Kind, without: Option<&str>) -> ParameterSet {
        for filter in kind.all_filters().filter(|filter| Some(filter.name) != without) {
            self = self.filter(filter);
        }
        self
    }

    /// Which figure of a metric, and how it is shown.
    pub fn figure(self) -> ParameterSet {
        let side = || json!({"type": "integer", "minimum": Size::RANGE.start(), "maximum": Size::RANGE.end()});
        self.add(
            "period",
            "Period of the figure, as published; the newest unless told.",
            values::period(),
            json!("2020-S1"),
        )
        .add("subject", "Organization measured.", values::id(), Value::Null)
        .add(
            "division",
            "Division code (GB/T 2260) of the area covered, this one alone.",
            json!({"type": "string", "pattern": "^([0-9]{6}|[0-9]{9}|[0-9]{12})$"}),
            Value::Null,
        )
        .add("scope", "Whose figure it is, as printed.", values::text(), Value::Null)
        .add(
            "lang",
            "Language of the words; en unless told.",
            json!({"type": "string", "enum": figure::LANGUAGES, "default": "en"}),
            json!("zh-Hans"),
        )
        .add(
            "shape",
            "What is made of it, the figure itself unless told. json: shields is an answer for the endpoint badge of shields.io. \
             svg, png and jpg: line is the series up to the period; bar all figures of the period, by whose they are; progress the figure against its \
             targets; part the figure in its whole, or its parts in it.",
            json!({"type": "string", "enum": figure::SHAPES, "default": "figure"}),
            Value::Null,
        )
        .add(
            "theme",
            "Colours of pictures and html: light, dark, or as the reader's device has it (light in png and jpg).",
            json!({"type": "string", "enum": Theme::CODES, "default": "auto"}),
            Value::Null,
        )
        .add(
            "ratio",
            "svg, png and jpg: a picture for an article, 1080 pixels wide, with period, source, revision and a QR code that leads to the page at \
             that revision; instead of width and height.",
            json!({"type": "string", "enum": Ratio::CODES}),
            json!("16:9"),
        )
        .add("width", "Width of a picture in pixels, 720 unless told.", side(), Value::Null)
        .add("height", "Height of a picture in pixels, 405 unless told.", side(), Value::Null)
        .add(
            "scale",
            format!(
                "Of png and jpg: so many times as many pixels as width and height say, for fine screens and print; {MOST_PIXELS} on a side at most."
            ),
            json!({"type": "integer", "minimum": 1, "maximum": 3, "default": 1}),
            Value::Null,
        )
    }

    pub(super) fn filter(self, filter: &Filter) -> ParameterSet {
        let (many, texts) = (filter.test.takes_many(), matches!(filter.accepts, Accepts::Exact | Accepts::Words));
        let value = match filter.accepts {
            Accepts::Code(codes) => json!({"type": "string", "enum": codes}),
            Accepts::Integer => json!({"type": "integer", "format": "int64"}),
            Accepts::Decimal => json!({"type": "number"}),
            Accepts::Date => json!({"type": "string", "format": "date"}),
            Accepts::Division => {
                json!({"type": "string", "pattern": "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$"})
            }
            Accepts::Id(_) => values::id(),
            Accepts::Topic => values::slug(),
            Accepts::Address => values::address(),
            Accepts::Exact | Accepts::Words => values::text(),
        };
        let about =
            if many { format!("{} Several are separated by commas.", filter.about) } else { filter.about.to_owned() };
        let example = if filter.test == Test::Matches { json!("调解") } else { Value::Null };
        let schema = match (many, texts) {
            (true, true) => values::texts(),
            (true, false) => list_of(value),
            (false, _) => value,
        };
        self.add(filter.name, about, schema, example)
    }

    pub fn search(self) -> ParameterSet {
        self.add(
            "q",
            "Words to find, all of them, in any text of a record; traditional or simplified characters, width and case do not matter. A \
             record whose id it is comes first. Without it, the newest records.",
            values::text(),
            json!("人民監督員"),
        )
        .add(
            "kind",
            "Kinds of records. Several are separated by commas.",
            list_of(json!({"type": "string", "enum": KINDS.map(|kind| kind.name)})),
            Value::Null,
        )
        .add(
            "publisher",
            "Owners of the records. Several are separated by commas.",
            list_of(values::id()),
            Value::Null,
        )
    }

    pub fn sitemap(self, parts: &[&str]) -> ParameterSet {
        self.add(
            "part",
            "What the map is of; an index of all maps unless told.",
            json!({"type": "string", "enum": parts}),
            json!("commitments"),
        )
        .add("from", "Id of the first record on the map.", values::id(), Value::Null)
    }

    pub fn revisions(self) -> ParameterSet {
        let instant = || json!({"type": "string", "format": "date-time"});
        self.add(
            "kind",
            "Kinds of revisions. Several are separated by commas.",
            list_of(json!({"type": "string", "enum": RevisionKind::CODES})),
            Value::Null,
        )
        .add(
            "publisher",
            "Organizations in whose name they were published. Several are separated by commas.",
            list_of(values::id()),
            Value::Null,
        )
        .add("published_from", "Published at this time or later.", instant(), Value::Null)
        .add("published_to", "Published at this time or earlier.", instant(), Value::Null)
    }

    pub fn feed(self) -> ParameterSet {
        let ids = || list_of(values::id());
        self.add(
            "after",
            "Begin after this revision, 0 (the beginning) unless told: its number, or the number, a hyphen and digits of its digest, which refuses another history.",
            values::revision(),
            json!("0"),
        )
        .add(
            "snapshot",
            "true begins with the records there are, as of one revision that through names, and goes on with what changes after it.",
            json!({"type": "boolean", "default": false}),
            Value::Null,
        )
        .paging()
        .add(
            "wait",
            "Seconds to wait for something new where there is nothing yet. The answer may come earlier, before gateways give up.",
            json!({"type": "integer", "minimum": 0, "maximum": MAX_WAIT, "default": 0}),
            Value::Null,
        )
        .add(
            "kind",
            "Kinds of records. Several are separated by commas.",
            list_of(json!({"type": "string", "enum": KINDS.map(|kind| kind.name)})),
            Value::Null,
        )
        .add("publisher", "Owners of the records. Several are separated by commas.", ids(), Value::Null)
        .add(
            "programme",
            "Programmes: themselves, their commitments, and the reports, observations and targets of these. What moves out of them is sent as leave, what moves in as upsert. Several are separated by commas.",
            ids(),
            Value::Null,
        )
    }

    pub fn warnings(self) -> ParameterSet {
        let many = |codes: &[&str]| list_of(json!({"type": "string", "enum": codes}));
        let ids = || list_of(values::id());
        self.add("code", "Kinds of oddity. Several are separated by commas.", many(WarningCode::CODES), Value::Null)
            .add(
                "kind",
                "Kinds of the records that are odd. Several are separated by commas.",
                many(&warnings::KINDS),
                Value::Null,
            )
            .add("id", "Ids of the records that are odd. Several are separated by commas.", ids(), Value::Null)
            .add(
                "publisher",
                "Owners of the records that are odd. Several are separated by commas.",
                ids(),
                Value::Null,
            )
    }

    pub fn diff(self) -> ParameterSet {
        let ids = || list_of(values::id());
        self.add(
            "from",
            "Revision to compare with, 0 for the empty ledger; the one before to unless told.",
            json!({"type": "integer", "format": "int64", "minimum": 0}),
            json!(1),
        )
        .add("to", "Revision to compare; head unless told. Another name of revision.", values::revision(), Value::Null)
        .add(
            "kind",
            "Kinds of records. Several are separated by commas.",
            list_of(json!({"type": "string", "enum": KINDS.map(|kind| kind.name)})),
            Value::Null,
        )
        .add("publisher", "Owners of the records. Several are separated by commas.", ids(), Value::Null)
    }

    /// Of which language a text is.
    pub fn language(self) -> ParameterSet {
        self.add(
            "lang",
            "Language of title, author and text, where they are there in it: zh-Hans (or zh) or en; zh-Hans unless told.",
            json!({"type": "string", "enum": ["zh-Hans", "zh", "en"], "default": "zh-Hans"}),
            json!("en"),
        )
    }

    /// The figure that a citation of a metric quotes.
    pub fn quoted(self) -> ParameterSet {
        self.add(
            "observation",
            "Figure to quote, an observation of the metric; the newest actual one unless told.",
            values::id(),
            Value::Null,
        )
    }

    pub fn build(self) -> Vec<Parameter> {
        self.0
    }
}
