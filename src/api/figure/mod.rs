//! `/v1/metrics/{id}/figure.{format}`: one figure of a metric in the shape that is asked for.

mod beside;
pub mod document;
pub(crate) mod facts;
mod picture;
mod text;

use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::endpoint::{Endpoint, Request, answered};
use super::parameters::ParameterSet;
use super::problem::{
    FONT_MISSING, Failure, INTERNAL_ERROR, NO_SUCH_FIGURE, NO_SUCH_RECORD, PICTURE_BUSY, ProblemType, RECORD_REDACTED,
    RECORD_WITHDRAWN,
};
use super::query::Query;
use super::{record, schemas};
use crate::db::read::figure::{self, Row, Wanted};
use crate::export::format::Format;
use crate::model::kinds::metric;
use crate::model::message::{Language, Message};
use crate::picture::MOST_PIXELS;
use crate::say;
use crate::site::chart::{Ratio, Size, Theme};

use facts::Facts;

const FORMATS: &[Format] =
    &[Format::Json, Format::Txt, Format::Svg, Format::Png, Format::Jpg, Format::Csv, Format::Html];
static PROBLEMS: &[&ProblemType] =
    &[&NO_SUCH_FIGURE, &NO_SUCH_RECORD, &RECORD_WITHDRAWN, &RECORD_REDACTED, &FONT_MISSING, &PICTURE_BUSY];

/// Values of `lang`.
pub const LANGUAGES: &[&str] = &["en", "zh-Hans"];
/// Values of `shape`.
pub const SHAPES: &[&str] = &["figure", "shields", "line", "bar", "progress", "part"];

pub fn endpoint() -> Endpoint {
    Endpoint {
        path: "/v1/metrics/{id}/figure.{format}".into(),
        operation_id: "get_metric_figure".into(),
        tag: metric::KIND.collection,
        summary: "One figure of a metric".into(),
        description: "The metric's newest actual figure, or the one of period, subject, division and scope, with its change since the period \
                      before. Of several figures of the newest period it is the one of the whole: without a scope, or with an area beside it, of nobody else than its \
                      publisher, of the largest area, said by its publisher itself, of the longest period. The period before is the last one of \
                      the same kind that has a figure; a running total of a year is compared within the year alone. What is said in words is \
                      in the language of lang."
            .into(),
        id: Some(metric::KIND.name),
        parameters: ParameterSet::new().figure().at().build(),
        formats: FORMATS,
        answer: json!({"anyOf": [schemas::reference("Figure"), schemas::reference("Badge")]}),
        example: document::example(),
        problems: PROBLEMS,
        kind: Some(&metric::KIND),
        handler: |request| answered(read(request)),
    }
}

/// How the figure is shown.
pub(crate) struct Shown {
    pub shape: String,
    pub language: Language,
    pub theme: Theme,
    pub size: Size,
    /// Of a picture within a page, which says itself who says so and at which revision: what its ids end in.
    pub within: Option<&'static str>,
    /// Pixels to a pixel of the drawing.
    pub scale: u8,
    /// The frame of a picture for an article.
    pub frame: Option<Frame>,
}

/// What frames a picture for an article.
pub(crate) struct Frame {
    pub ratio: Ratio,
    /// Name of the site, and where it is.
    pub site: String,
    pub public_url: String,
}

async fn read(mut request: Request) -> Result<Answer, Failure> {
    let shown = shown(&mut request);
    let wanted = Wanted {
        metric: request.id.clone(),
        period: request.query.text("period"),
        subject: request.query.one_id("subject"),
        division_code: division(&mut request.query),
        scope: request.query.text("scope"),
        observation: None,
        beside: shown.shape == "bar",
        parts: shown.shape == "part",
    };
    let asked = request.at();
    request.finish(&asked)?;
    let row = figure::read(&request.state.database, &wanted, asked.at, request.now).await?;
    let Some(row) = row else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    request.check(&row.metric.moment, asked.prefix.as_deref())?;
    if row.metric.body.is_none() {
        return Err(record::gone(request.kind, &request.id, &row.metric, "../"));
    }
    let facts = Facts::of(&row).ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
    let body = body(&request, &wanted, &row, &facts, &shown)?;
    let settings = shown.frame.as_ref().map(|frame| format!("{} {}", frame.site, frame.public_url));
    let answer = Answer::json(body.clone(), row.metric.moment, asked.at);
    let mut answer = Answer { format: request.format, settings, ..answer };
    if let Some(image) = request.format.image()
        && !answer.is_unchanged(&request.http)
    {
        answer.body = request.state.pictures.draw(body, image, shown.scale).await?;
    }
    Ok(answer)
}

fn body(request: &Request, wanted: &Wanted, row: &Row, facts: &Facts, shown: &Shown) -> Result<String, Failure> {
    // A promise can be shown before there is any figure.
    if is_picture(request.format) || shown.shape == "progress" {
        return drawn(wanted, row, facts, shown);
    }
    let (Some(figure), Some(observed)) = (facts.document(shown.language), facts.figure.as_ref()) else {
        return Err(no_such_figure(wanted, row));
    };
    match (request.format, shown.shape.as_str()) {
        (Format::Json, "shields") => answer::to_text(&facts.badge(observed, shown.language)),
        (Format::Txt, _) => Ok(text::plain(&figure)),
        (Format::Csv, _) => text::csv(&figure).map_err(broken),
        (Format::Html, _) => text::html(&figure, shown.language, shown.theme).map_err(broken),
        _ => answer::to_text(&figure),
    }
}

/// The figure as an svg of the shape asked for, or what there is instead.
pub(crate) fn drawn(wanted: &Wanted, row: &Row, facts: &Facts, shown: &Shown) -> Result<String, Failure> {
    let none = || no_such_figure(wanted, row);
    if shown.shape == "progress" {
        let known = !facts.targets.is_empty() && (facts.figure.is_some() || wanted.period.is_none());
        return if known { picture::progress(facts, shown).map_err(broken) } else { Err(none()) };
    }
    let (Some(figure), Some(observed)) = (facts.document(shown.language), facts.figure.as_ref()) else {
        return Err(none());
    };
    match shown.shape.as_str() {
        "line" => picture::line(facts, shown),
        "bar" => picture::bar(facts, observed, shown),
        "part" => picture::part(facts, observed, shown).ok_or_else(none)?,
        _ => picture::figure(facts, &figure, shown),
    }
    .map_err(broken)
}

fn broken(error: std::io::Error) -> Failure {
    Failure { cause: Some(error.to_string()), ..Failure::plain(&INTERNAL_ERROR) }
}

fn shown(request: &mut Request) -> Shown {
    let (query, format) = (&mut request.query, request.format);
    let language = match query.one_code("lang", LANGUAGES).as_deref() {
        Some("zh-Hans") => Language::Chinese,
        _ => Language::English,
    };
    let is_picture = is_picture(format);
    let shapes: &[&str] = match format {
        Format::Json => &["figure", "shields"],
        _ if is_picture => &["figure", "line", "bar", "progress", "part"],
        _ => &["figure"],
    };
    let shape = query.one_code("shape", shapes).unwrap_or_else(|| "figure".to_owned());
    let theme = query.one_code("theme", Theme::CODES).and_then(|code| Theme::parse(&code)).unwrap_or_default();
    let theme = if format.image().is_some() { theme.in_pixels() } else { theme };
    let ratio = query.one_code("ratio", Ratio::CODES).and_then(|code| Ratio::parse(&code));
    if ratio.is_some() && !is_picture {
        query.refuse(
            "ratio",
            "invalid-value",
            say!("ratio is for svg, png and jpg.", "ratio 只用于 svg、png 和 jpg。"),
        );
    }
    let size = size(query, ratio);
    let scale = scale(query, format, ratio.map_or(size, Ratio::pixels));
    let state = &request.state;
    let frame = ratio.map(|ratio| Frame {
        ratio,
        site: state.site.name(language).to_owned(),
        public_url: state.public_url.clone(),
    });
    Shown { shape, language, theme, size, within: None, scale, frame }
}

fn is_picture(format: Format) -> bool {
    matches!(format, Format::Svg | Format::Png | Format::Jpg)
}

/// As asked for; a picture for an article has the size of its ratio.
fn size(query: &mut Query, ratio: Option<Ratio>) -> Size {
    let default = Size::default();
    let asked = Size { width: side(query, "width", default.width), height: side(query, "height", default.height) };
    let Some(ratio) = ratio else { return asked };
    if asked != default {
        query.refuse(
            "ratio",
            "invalid-value",
            say!(
                "A picture with a ratio is 1080 pixels wide: leave out width and height.",
                "指定 ratio 的图片宽 1080 像素，请不要再写 width 和 height。"
            ),
        );
    }
    ratio.size()
}

/// Values of `scale`.
const SCALES: &[&str] = &["1", "2", "3"];

fn scale(query: &mut Query, format: Format, size: Size) -> u8 {
    let Some(scale) = query.one_code("scale", SCALES).and_then(|code| code.parse().ok()) else { return 1 };
    let largest = size.width.max(size.height) * u32::from(scale);
    if format.image().is_none() {
        query.refuse("scale", "invalid-value", say!("scale is for png and jpg.", "scale 只用于 png 和 jpg。"));
    } else if largest > MOST_PIXELS {
        query.refuse(
            "scale",
            "invalid-value",
            say!(
                "The longer side would have {largest} pixels; it has at most {MOST_PIXELS}.",
                "较长一边将有 {largest} 像素，最多为 {MOST_PIXELS} 像素。"
            ),
        );
    }
    scale
}

fn side(query: &mut Query, name: &'static str, unless_told: u32) -> u32 {
    let Some(asked) = query.number(name) else { return unless_told };
    let pixels = u32::try_from(asked).ok().filter(|pixels| Size::RANGE.contains(pixels));
    pixels.unwrap_or_else(|| {
        let (least, most) = (Size::RANGE.start(), Size::RANGE.end());
        query.refuse(
            name,
            "invalid-value",
            say!("{name} is from {least} to {most} pixels.", "{name} 应为 {least} 到 {most} 像素。"),
        );
        unless_told
    })
}

/// A whole division code: a figure is of one area.
pub(crate) fn division(query: &mut Query) -> Option<String> {
    let code = query.text("division")?;
    let valid = matches!(code.len(), 6 | 9 | 12) && code.bytes().all(|byte| byte.is_ascii_digit());
    if !valid {
        query.refuse(
            "division",
            "invalid-value",
            say!(
                "division is a whole division code (GB/T 2260): 6, 9 or 12 digits.",
                "division 应为完整的区划代码（GB/T 2260）：6、9 或 12 位数字。"
            ),
        );
    }
    Some(code)
}

/// A 404 that names what there is.
pub(crate) fn no_such_figure(wanted: &Wanted, row: &Row) -> Failure {
    let available: Value =
        row.available.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let n = row.metric.moment.n;
    let metric = &wanted.metric;
    let failure = |detail: Message| Failure::new(&NO_SUCH_FIGURE, detail);
    if row.figure.is_some() {
        return failure(say!(
            "{metric} lacks what this shape shows at revision {n}: progress takes a target; part takes a figure of the same period in the metric that it is part of, or in its parts.",
            "在修订 {n} 中，{metric} 没有此图形所需的内容：progress 需要目标；part 需要所属指标或其组成指标在同一期间的数字。"
        ));
    }
    let asked = [
        ("period", &wanted.period),
        ("subject", &wanted.subject),
        ("division", &wanted.division_code),
        ("scope", &wanted.scope),
    ];
    let there_is = asked
        .iter()
        .filter(|(_, value)| value.is_some())
        .map(|(name, _)| {
            let values = available[*name].as_array().into_iter().flatten().filter_map(Value::as_str);
            format!("{name} {}", values.collect::<Vec<_>>().join(", "))
        })
        .collect::<Vec<_>>()
        .join("; ");
    if there_is.is_empty() {
        return failure(say!("{metric} has no figure at revision {n}.", "在修订 {n} 中，{metric} 没有数字。"));
    }
    failure(say!(
        "{metric} has no such figure at revision {n}. There is: {there_is}.",
        "在修订 {n} 中，{metric} 没有这样的数字。现有：{there_is}。"
    ))
    .with("available", available)
}
