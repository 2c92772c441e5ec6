//! Charts say what the data says, whatever the data is; figures come in every shape from one address.

use open_commitments::model::codes::{Comparator, ObsStatus, Qualifier, Status, TimeBasis};
use open_commitments::model::message::Language;
use open_commitments::model::period::Period;
use open_commitments::model::text::Decimal;
use open_commitments::site::chart::numbers::{self, Fixed};
use open_commitments::site::chart::{
    About, Cell, Point, Series, Size, Strip, Target, Theme, Unit, bar, figure, line, part, periods, progress, strip,
    svg,
};
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::support::Service;
use crate::support::data::{self, observation, publication};

/// An element of a drawing with its text.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn number(&self, name: &str) -> f64 {
        self.attribute(name).parse().unwrap_or_else(|_| panic!("{name} of {self:?}"))
    }
}

/// What a drawing is made of; it is well-formed, has no scripts, links or numbers that are none.
fn elements(svg: &str) -> Vec<Element> {
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error}: {svg}"));
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.expect("an attribute");
                    let value = quick_xml::escape::unescape(&attribute.value).expect("a value").into_owned();
                    (attribute.key.as_ref().to_owned(), value)
                });
                let name = start.name().as_ref().to_owned();
                found.push(Element { name, attributes: attributes.collect(), text: String::new() });
                if matches!(event, Event::Start(_)) {
                    open.push(found.len() - 1);
                }
            }
            Event::End(_) => drop(open.pop().expect("open")),
            Event::Text(text) => {
                let index = *open.last().expect("an element");
                found[index].text.push_str(text);
            }
            Event::GeneralRef(name) => {
                let index = *open.last().expect("an element");
                let text = quick_xml::escape::unescape(&format!("&{};", &**name)).expect("an entity").into_owned();
                found[index].text.push_str(&text);
            }
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(open.is_empty());
    for element in &found {
        let known = ["svg", "title", "desc", "style", "rect", "text", "line", "path", "circle"];
        assert!(known.contains(&element.name.as_str()), "{element:?}");
        for (name, value) in &element.attributes {
            assert!(!name.starts_with("on") && name != "href", "{element:?}");
            assert!(!value.contains("NaN") && !value.contains("inf"), "{element:?}");
        }
    }
    found
}

/// Texts of a drawing, in order.
fn texts(svg: &str) -> Vec<String> {
    elements(svg).into_iter().filter(|element| element.name == "text").map(|element| element.text).collect()
}

fn named<'a>(elements: &'a [Element], name: &str) -> Vec<&'a Element> {
    elements.iter().filter(|element| element.name == name).collect()
}

fn description(svg: &str) -> String {
    let elements = elements(svg);
    let root = &elements[0];
    assert_eq!((root.name.as_str(), root.attribute("role")), ("svg", "img"));
    let ids: Vec<&str> = root.attribute("aria-labelledby").split(' ').collect();
    let (title, desc) = (named(&elements, "title"), named(&elements, "desc"));
    assert_eq!(ids, [title[0].attribute("id"), desc[0].attribute("id")]);
    assert!(!title[0].text.is_empty() && !desc[0].text.is_empty());
    desc[0].text.clone()
}

/// No text lies on another, none leaves the picture.
fn assert_apart(svg: &str, size: Size) {
    let areas: Vec<(String, svg::Area)> = elements(svg)
        .into_iter()
        .filter(|element| element.name == "text")
        .map(|element| {
            let anchor = match element.attribute("text-anchor") {
                "middle" => svg::Anchor::Middle,
                "end" => svg::Anchor::End,
                _ => svg::Anchor::Start,
            };
            let area = svg::Area::of(
                element.number("x"),
                element.number("y"),
                element.number("font-size"),
                anchor,
                &element.text,
            );
            (element.text, area)
        })
        .collect();
    for (index, (text, area)) in areas.iter().enumerate() {
        assert!(
            area.left >= -1.0 && area.right <= f64::from(size.width) + 1.0,
            "{text} leaves the picture: {area:?} {size:?}"
        );
        for (other_text, other) in &areas[..index] {
            let apart = area.left >= other.right
                || other.left >= area.right
                || area.top >= other.bottom - 1.0
                || other.top >= area.bottom - 1.0;
            assert!(apart, "“{text}” lies on “{other_text}”: {area:?} {other:?} {size:?}");
        }
    }
}

fn decimal(text: &str) -> Decimal {
    Decimal(text.parse().expect("a number"))
}

fn about(language: Language) -> About {
    About {
        title: "线上调解纠纷".into(),
        source: "山东省司法厅".into(),
        revision: Some(12),
        language,
        theme: Theme::Auto,
        id: "oc".into(),
    }
}

fn point(period: &str, value: &str, language: Language) -> Point {
    let days = Period::parse(period).expect("a period");
    Point {
        label: periods::long(days.start, days.end, language),
        start: days.start,
        end: days.end,
        value: decimal(value),
        qualifier: None,
        obs_status: None,
        computed: false,
    }
}

fn series(points: &[(&str, &str)], language: Language) -> Series {
    let label = if language == Language::Chinese { "件" } else { "cases" };
    Series {
        about: about(language),
        metric: "线上调解纠纷".into(),
        unit: Unit { code: "case".into(), label: Some(label.into()) },
        time_basis: TimeBasis::PeriodFlow,
        points: points.iter().map(|(period, value)| point(period, value, language)).collect(),
        targets: Vec::new(),
    }
}

const HALVES: [(&str, &str); 6] = [
    ("2017-S2", "12000"),
    ("2018-S1", "15000"),
    ("2018-S2", "18500"),
    // The first half of 2019 is missing.
    ("2019-S2", "26100"),
    ("2020-S1", "29456"),
    ("2020-S2", "31000"),
];

#[test]
fn a_line_has_its_points_breaks_at_gaps_and_says_all_values() {
    let drawn = line::draw(&series(&HALVES, Language::Chinese), Size::default()).expect("drawn");
    let elements = elements(&drawn);
    assert_eq!(named(&elements, "circle").len(), 6);
    let steps: Vec<usize> =
        named(&elements, "path").iter().map(|path| path.attribute("d").matches(['M', 'L']).count()).collect();
    assert_eq!(steps, [3, 3], "the missing half year breaks the line");
    let texts = texts(&drawn);
    for expected in [
        "线上调解纠纷",
        "0",
        "1万",
        "2万",
        "3万",
        "3.1万件",
        "29,456",
        "1.85万",
        "2019上半年",
        "来源：山东省司法厅 · 修订 12",
    ] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
    let said = description(&drawn);
    for expected in ["折线图", "2017年下半年：12,000件", "2020年上半年：29,456件", "2020年下半年：31,000件"]
    {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    assert!(!said.contains("2019年上半年"));
    // Higher is larger, and equal steps in time are equally wide.
    let heights: Vec<f64> = named(&elements, "circle").iter().map(|circle| circle.number("cy")).collect();
    assert!(heights.windows(2).all(|pair| pair[0] > pair[1]), "{heights:?}");
    let places: Vec<f64> = named(&elements, "circle").iter().map(|circle| circle.number("cx")).collect();
    assert!(((places[3] - places[2]) - 2.0 * (places[1] - places[0])).abs() < 0.3, "{places:?}");
}

#[test]
fn numbers_are_written_as_each_language_writes_them() {
    let number = |text: &str| Fixed::of(&decimal(text)).expect("a number");
    for (text, exact_zh, exact_en, short_zh, short_en) in [
        ("0", "0", "0", "0", "0"),
        ("1035", "1035", "1,035", "1035", "1,035"),
        ("29456", "29,456", "29,456", "29,456", "29,456"),
        ("320000", "320,000", "320,000", "32万", "320,000"),
        ("12500", "12,500", "12,500", "1.25万", "12,500"),
        ("123456789", "123,456,789", "123,456,789", "1.23亿", "123,456,789"),
        ("1250000", "1,250,000", "1,250,000", "125万", "1.25M"),
        ("999999999999999", "999,999,999,999,999", "999,999,999,999,999", "10,000,000亿", "1,000,000bn"),
        ("-0.5", "−0.5", "−0.5", "−0.5", "−0.5"),
        ("-12345678.9012", "−12,345,678.9012", "−12,345,678.9012", "−12,345,678.9012", "−12,345,678.9012"),
        ("93.7466", "93.7466", "93.7466", "93.7466", "93.7466"),
    ] {
        let n = number(text);
        assert_eq!(
            (numbers::exact(n, Language::Chinese), numbers::exact(n, Language::English)),
            (exact_zh.into(), exact_en.into()),
            "{text}"
        );
        assert_eq!(
            (numbers::short(n, Language::Chinese), numbers::short(n, Language::English)),
            (short_zh.into(), short_en.into()),
            "{text}"
        );
    }
    let tick = |value: &str, largest: &str, language| numbers::tick(number(value), number(largest), language);
    assert_eq!(tick("5000", "30000", Language::Chinese), "0.5万");
    assert_eq!(tick("150000000", "200000000", Language::Chinese), "1.5亿");
    assert_eq!(tick("20000", "30000", Language::English), "20,000");
    assert_eq!(tick("5000000", "20000000", Language::English), "5M");
    assert_eq!(numbers::percent(number("1"), number("8")), Some(number("12.5")));
    assert_eq!(numbers::percent(number("1"), number("2000")), Some(number("0")), "half to even");
    assert_eq!(numbers::percent(number("3"), number("2000")), Some(number("0.2")), "half to even");
    assert_eq!(numbers::percent(number("1"), number("0")), None);
    let drawn = line::draw(&series(&HALVES, Language::English), Size::default()).expect("drawn");
    let texts = texts(&drawn);
    for expected in ["10,000", "30,000", "31,000 cases", "H1 2019", "Source: 山东省司法厅 · Revision 12"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
}

#[test]
fn qualifiers_statuses_targets_and_a_cut_axis_are_shown() {
    let mut data = series(&[("2018", "9100"), ("2019", "9300"), ("2020", "9500")], Language::Chinese);
    data.points[0].qualifier = Some(Qualifier::About);
    data.points[2].qualifier = Some(Qualifier::AtLeast);
    data.points[1].obs_status = Some(ObsStatus::P);
    let due = "2021-12-31".parse().expect("a day");
    data.targets.push(Target { value: decimal("9800"), comparator: Some(Comparator::AtLeast), due_on: Some(due) });
    let drawn = line::draw(&data, Size::default()).expect("drawn");
    let texts = texts(&drawn);
    for expected in
        ["约9100", "至少9500件", "目标：2021年12月31日前不少于9800件", "纵轴不从0开始", "2021", "9300（初步）"]
    {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
    let said = description(&drawn);
    assert!(said.contains("2019年：9300件（初步）") && said.contains("2018年：约9100件"), "{said}");
    let elements = elements(&drawn);
    assert_eq!(
        named(&elements, "line").iter().filter(|line| !line.attribute("stroke-dasharray").is_empty()).count(),
        1
    );
    assert_eq!(
        named(&elements, "circle").iter().filter(|circle| circle.attribute("class") == "paper edge").count(),
        1,
        "provisional is hollow"
    );

    let mut missing = series(&[("2018", "5"), ("2019", "6"), ("2020", "7")], Language::English);
    missing.points[1].obs_status = Some(ObsStatus::M);
    let drawn = line::draw(&missing, Size::default()).expect("drawn");
    let elements = self::elements(&drawn);
    assert_eq!((named(&elements, "circle").len(), named(&elements, "path").len()), (2, 0), "a missing value is a gap");
    let mut totals =
        series(&[("2019-Q3", "5"), ("2019-Q4", "6"), ("2020-Q1", "2"), ("2020-Q2", "4")], Language::English);
    totals.time_basis = TimeBasis::YearToDate;
    let drawn = line::draw(&totals, Size::default()).expect("drawn");
    assert_eq!(named(&self::elements(&drawn), "path").len(), 2, "running totals begin anew with the year");
}

#[test]
fn bars_are_as_long_as_their_values_and_sorted() {
    let mut data = series(&[("2020", "40"), ("2020", "100"), ("2020", "-20")], Language::English);
    for (point, label) in data.points.iter_mut().zip(["Jinan", "Qingdao", "Zibo"]) {
        point.label = label.into();
    }
    let drawn = bar::draw(&data, Size::default()).expect("drawn");
    let elements = elements(&drawn);
    let widths: Vec<f64> = named(&elements, "rect").iter().skip(1).map(|rect| rect.number("width")).collect();
    assert!((widths[0] / widths[1] - 2.5).abs() < 0.02 && (widths[0] / widths[2] - 5.0).abs() < 0.1, "{widths:?}");
    let texts = texts(&drawn);
    let place =
        |text: &str| texts.iter().position(|known| known == text).unwrap_or_else(|| panic!("{text} in {texts:?}"));
    assert!(place("Qingdao") < place("Jinan") && place("Jinan") < place("Zibo"));
    assert!(place("−20") > place("40"));
    let many: Vec<(&str, String)> = (0..90).map(|n| ("2020", n.to_string())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(period, value)| (*period, value.as_str())).collect();
    let drawn = bar::draw(&series(&many, Language::Chinese), Size::default()).expect("drawn");
    assert!(self::texts(&drawn).iter().any(|text| text.starts_with("另有")), "what does not fit is counted");
    assert!(description(&drawn).contains("：0件"), "and is in the description");
}

#[test]
fn progress_parts_and_statuses_say_what_the_data_says() {
    let mut data = series(&[("2020-S1", "11")], Language::Chinese);
    let due = "2020-12-31".parse().expect("a day");
    data.targets.push(Target { value: decimal("16"), comparator: None, due_on: Some(due) });
    let drawn = progress::draw(&data, Size::default()).expect("drawn");
    let elements = elements(&drawn);
    let rects = named(&elements, "rect");
    let mark = named(&elements, "line")[0].number("x1");
    let (track, bar) = (rects[1].number("x"), rects[2].number("width"));
    assert!((bar / (mark - track) - 11.0 / 16.0).abs() < 0.005, "the bar is 11/16 of the way to the target");
    let texts = texts(&drawn);
    for expected in ["11件", "2020年上半年，为目标的68.8%", "目标：2020年12月31日前16件"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }

    let whole = point("2020-S1", "29456", Language::English);
    let mut settled = series(&[("2020-S1", "27614")], Language::English);
    settled.points[0].label = "Settled".into();
    let drawn = part::draw(&settled, &whole, Size::default()).expect("drawn");
    let texts = self::texts(&drawn);
    for expected in ["Settled", "27,614 cases", "93.7%", "The rest", "1,842 cases", "6.3%"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
    let above =
        part::draw(&series(&[("2020-S1", "30000")], Language::English), &whole, Size::default()).expect("drawn");
    assert!(
        self::texts(&above).iter().any(|text| text.contains("more than the whole")),
        "parts above the whole are not drawn as parts"
    );

    let cells = Status::CODES.iter().map(|code| {
        let status = Status::parse(code).expect("a status");
        Cell { label: format!("2020 {code}"), status, wording: None }
    });
    let drawn = strip::draw(
        &Strip { about: about(Language::Chinese), cells: cells.collect() },
        Size { width: 1600, height: 300 },
    );
    let drawn = drawn.expect("drawn");
    let texts = self::texts(&drawn);
    for expected in ["未启动", "正在推进", "基本完成", "已完成", "延期", "暂停", "未完成", "取消"]
    {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
        assert!(description(&drawn).contains(expected));
    }
}

/// Every chart of a series.
fn every_chart(data: &Series, size: Size) -> Vec<String> {
    let whole = point("2020-S1", "50000", data.about.language);
    let first = data.points.first().map(|point| point.label.clone()).unwrap_or_default();
    let cells = data.points.iter().map(|point| Cell {
        label: point.label.clone(),
        status: Status::InProgress,
        wording: Some(first.clone()),
    });
    let strip = Strip { about: data.about.clone(), cells: cells.collect() };
    [
        line::draw(data, size),
        bar::draw(data, size),
        progress::draw(data, size),
        part::draw(data, &whole, size),
        strip::draw(&strip, size),
        figure::draw(data, "29,456", &[first.clone(), first], size),
    ]
    .map(|drawn| drawn.expect("drawn"))
    .into()
}

#[test]
fn hostile_texts_are_text_and_nothing_overlaps_at_any_size() {
    let long = "x调<&>\"'".repeat(1500);
    let hostile = [
        "<script>alert(1)</script>",
        "\"><svg onload=alert(1)>",
        "]]><!-- -->&amp;&#x3c;",
        "\u{202e}evil\u{202c}\u{200f}",
        "a\u{0}b\u{8}c\u{ffff}d",
        "</style><style>*{display:none}",
        long.as_str(),
        "",
    ];
    for text in hostile {
        for language in [Language::English, Language::Chinese] {
            let mut data = series(&HALVES, language);
            data.about.title = format!("T{text}");
            data.about.source = text.into();
            data.about.id = text.into();
            data.metric = text.into();
            data.unit = Unit { code: "case".into(), label: Some(text.chars().take(300).collect()) };
            data.points[2].label = text.into();
            data.targets.push(Target { value: decimal("30000"), comparator: None, due_on: None });
            for (width, height) in [(720, 405), (200, 200), (360, 640), (1080, 460), (2000, 2000)] {
                let size = Size { width, height };
                for drawn in every_chart(&data, size) {
                    let elements = elements(&drawn);
                    let expected = format!("T{text}").replace(['\u{0}', '\u{8}', '\u{ffff}'], "\u{fffd}");
                    assert_eq!(named(&elements, "title")[0].text, expected);
                    if size.width > 300 && text != long {
                        assert_apart(&drawn, size);
                    }
                }
            }
        }
    }
}

#[test]
fn charts_of_nothing_of_one_and_of_extremes_are_drawn() {
    let extremes = [("0001", "-999999999999999"), ("2020-06-30", "0.0001"), ("9999", "999999999999999")];
    let same = [("2019", "7"), ("2020", "7")];
    let open = [("../2020-06-30", "3"), ("2020-07-01/..", "4"), ("2020-01-15/2020-06-02", "5")];
    for points in [&[][..], &[("2020-S1", "29456")], &[("2020", "0")], &extremes, &same, &open] {
        for language in [Language::English, Language::Chinese] {
            for size in [Size::default(), Size { width: 200, height: 200 }, Size { width: 1080, height: 1080 }] {
                for drawn in every_chart(&series(points, language), size) {
                    assert!(!description(&drawn).is_empty());
                }
            }
        }
    }
}

#[test]
fn a_fixed_theme_has_no_query_and_text_stays_text_in_fonts_with_chinese() {
    for (theme, queries) in [(Theme::Auto, 1), (Theme::Light, 0), (Theme::Dark, 0)] {
        let mut data = series(&HALVES, Language::Chinese);
        data.about.theme = theme;
        let drawn = line::draw(&data, Size::default()).expect("drawn");
        let style = elements(&drawn).into_iter().find(|element| element.name == "style").expect("a style").text;
        assert_eq!(style.matches("prefers-color-scheme:dark").count(), queries, "{theme:?}");
        assert!(style.contains("Noto Sans SC") && style.contains("PingFang SC") && !style.contains("url("), "{style}");
        assert!(
            style
                .split('}')
                .filter(|rule| rule.contains('{'))
                .all(|rule| rule.contains(&format!(".oc-{}", theme.code()))),
            "{style}"
        );
    }
}

const FIGURE: &str = "/v1/metrics/mediation-cases/figure";

#[actix_web::test]
async fn the_real_figure_comes_in_every_shape() {
    let service = Service::shandong().await;
    for query in ["", "?period=2020-S1", "?revision=1", "?division=370000"] {
        let figure = service.get(&format!("{FIGURE}.json{query}")).await.json();
        assert_eq!(
            (&figure["value"], &figure["period"], &figure["observation"], &figure["changed_in"]),
            (&json!(29456), &json!("2020-S1"), &json!("mediation-cases-2020-s1"), &json!(1)),
            "{query}: {figure}"
        );
        assert_eq!(figure["text"]["value"], "29,456 cases");
        assert_eq!(figure["reported_by"]["name"]["zh-Hans"], "山东省司法厅");
        assert!(figure.get("change").is_none());
    }
    let chinese = service.get(&format!("{FIGURE}.json?lang=zh-Hans")).await.json();
    assert_eq!((&chinese["text"]["value"], &chinese["text"]["period"]), (&json!("29,456件"), &json!("2020年上半年")));
    let badge = service.get(&format!("{FIGURE}.json?shape=shields&lang=zh-Hans")).await.json();
    assert_eq!(badge, json!({"schemaVersion": 1, "label": "线上调解纠纷", "message": "29,456件（2020上半年）"}));

    let text = service.get(&format!("{FIGURE}.txt?lang=zh-Hans")).await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(text.text, "29,456件\n线上调解纠纷\n2020年上半年\n山东省司法厅\n");
    let table = service.get(&format!("{FIGURE}.csv")).await;
    let mut rows = csv::Reader::from_reader(table.text.as_bytes());
    let header = rows.headers().expect("a header").clone();
    let row = rows.records().next().expect("a row").expect("a row");
    let cell = |name: &str| &row[header.iter().position(|known| known == name).expect("a column")];
    assert_eq!((cell("value"), cell("period"), cell("as_published")), ("29456", "2020-S1", "29456件"));

    let picture = service.get(&format!("{FIGURE}.svg?lang=zh-Hans&theme=dark&width=480&height=270")).await;
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    let elements = elements(&picture.text);
    assert_eq!((elements[0].attribute("width"), elements[0].attribute("class")), ("480", "oc-dark"));
    let said = texts(&picture.text);
    for expected in ["线上调解纠纷", "29,456件", "2020年上半年", "来源：山东省司法厅 · 修订 1"] {
        assert!(said.iter().any(|text| text == expected), "{expected} in {said:?}");
    }
    let page = service.get(&format!("{FIGURE}.html?lang=zh-Hans")).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text.starts_with("<!DOCTYPE html><html lang=\"zh-Hans\">"), "{}", page.text);
    assert!(
        page.text.contains("<data value=\"29456\">29,456件</data>") && !page.text.contains("<script"),
        "{}",
        page.text
    );

    let rate = service.get("/v1/metrics/mediation-settlement-rate/figure.json").await.json();
    assert_eq!(
        (&rate["value"], &rate["computed"], &rate["text"]["value"]),
        (&json!(93.7466), &json!(true), &json!("93.7466%"))
    );
    let bars = service.get("/v1/metrics/supervisors-appointed/figure.svg?shape=bar&lang=zh-Hans").await;
    let said = texts(&bars.text);
    assert!(said.iter().any(|text| text == "全省16市") && said.iter().any(|text| text == "1166"), "{said:?}");
    let target = service.get("/v1/metrics/smart-prisons-built/figure.svg?shape=progress&lang=zh-Hans").await;
    let said = texts(&target.text);
    assert!(
        said.iter().any(|text| text == "尚无数字")
            && said.iter().any(|text| text.contains("目标：2020年12月31日前4所")),
        "{said:?}"
    );
}

#[actix_web::test]
async fn what_is_not_there_is_a_404_that_names_what_there_is() {
    let service = Service::shandong().await;
    let answer = service.get(&format!("{FIGURE}.svg?period=2019-S1")).await;
    assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-figure"));
    let problem = answer.json();
    assert_eq!(problem["available"]["period"], json!(["2020-S1"]));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("2020-S1")), "{problem}");
    let answer = service.get("/v1/metrics/supervisors-appointed/figure.json?scope=nobody&subject=nobody").await;
    assert_eq!(answer.problem(), "no-such-figure");
    assert_eq!(answer.json()["available"]["scope"].as_array().map(Vec::len), Some(2));
    for (path, status, problem) in [
        ("/v1/metrics/nothing/figure.json", 404, "no-such-record"),
        ("/v1/metrics/smart-prisons-built/figure.txt", 404, "no-such-figure"),
        ("/v1/metrics/mediation-cases/figure.svg?shape=progress", 404, "no-such-figure"),
        ("/v1/metrics/mediation-centres/figure.svg?shape=part", 404, "no-such-figure"),
        ("/v1/metrics/mediation-cases/figure.png", 404, "no-such-path"),
        ("/v1/metrics/mediation-cases/figure.json?shape=line", 400, "invalid-parameter"),
        ("/v1/metrics/mediation-cases/figure.svg?shape=pie", 400, "invalid-parameter"),
        ("/v1/metrics/mediation-cases/figure.svg?width=20", 400, "invalid-parameter"),
        ("/v1/metrics/mediation-cases/figure.json?division=37", 400, "invalid-parameter"),
        ("/v1/metrics/mediation-cases/figure.json?lang=fr", 400, "invalid-parameter"),
        ("/v1/metrics/mediation-cases/figure.json?revision=9", 404, "no-such-revision"),
    ] {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{path}");
    }
}

#[actix_web::test]
async fn a_figure_is_compared_with_the_period_before_and_stays_as_it_was_at_its_revision() {
    let service = Service::small().await;
    let with = |id: &str, metric: &str, period: &str, value: Value, more: Value| {
        let mut record = observation(id, metric, period, value);
        for (name, value) in more.as_object().expect("members") {
            record[name] = value.clone();
        }
        record
    };
    service.publishes(&publication(
        "new_data",
        json!({
            "observations": [
                observation("cases-2019-s2", "cases", "2019-S2", json!(240)),
                // Another length of period, and somebody else's figures: not what is compared with.
                observation("cases-2019", "cases", "2019", json!(900)),
                with("cases-other", "cases", "2019-S2", json!(1), json!({"scope": "elsewhere"})),
                with("cases-part", "cases", "2020-S1", json!(10), json!({"scope": "elsewhere"})),
                with("settled-2019-s2", "settled", "2019-S2", json!(190), json!({"qualifier": "about"})),
            ],
            "targets": [{"id": "goal", "metric": "cases", "value": 400, "due_on": "2020-12-31"}],
        }),
    ));
    let figure = service.get("/v1/metrics/cases/figure.json").await.json();
    assert_eq!((&figure["value"], &figure["subject"]["id"]), (&json!(300), &json!("org")));
    let change = &figure["change"];
    assert_eq!(
        (&change["observation"], &change["difference"], &change["percent"], &change["approximate"]),
        (&json!("cases-2019-s2"), &json!(60), &json!(25), &json!(false))
    );
    assert_eq!(figure["text"]["change"], "up 60 case (25%) from the second half of 2019");
    assert_eq!(figure["targets"][0]["value"], 400);
    let settled = service.get("/v1/metrics/settled/figure.json?lang=zh-Hans").await.json();
    assert_eq!(settled["text"]["change"], "比2019年下半年增加约10 case（5.3%）");
    let rate = service.get("/v1/metrics/rate/figure.json").await.json();
    assert_eq!(rate["text"]["change"], "down 12.5 percentage points from the second half of 2019");
    assert!(rate["change"].get("percent").is_none(), "{rate}");
    let part = service.get("/v1/metrics/cases/figure.json?scope=elsewhere").await.json();
    assert_eq!((&part["value"], &part["change"]["difference"]), (&json!(10), &json!(9)));
    let year = service.get("/v1/metrics/cases/figure.json?period=2019").await.json();
    assert_eq!((&year["value"], year.get("change")), (&json!(900), None));
    let line = service.get("/v1/metrics/cases/figure.svg?shape=line").await.text;
    assert_eq!(named(&elements(&line), "circle").len(), 2);
    assert!(description(&line).contains("Target: 400 case by 31 December 2020"), "{line}");
    let shares = service.get("/v1/metrics/cases/figure.svg?shape=bar").await.text;
    assert!(texts(&shares).iter().any(|text| text.contains("elsewhere")));

    let path = "/v1/metrics/cases/figure.json";
    let (before, etag) =
        (service.get(&format!("{path}?revision=2")).await.text, service.get(path).await.header("etag").to_owned());
    service.publishes(&publication(
        "new_data",
        json!({"programmes": [{"id": "other", "organization": "org", "year": 2021, "title": {"en": "Other"}}]}),
    ));
    assert_eq!(service.get(path).await.header("etag"), etag, "what does not touch the figure leaves its validator");
    service.publishes(&publication(
        "source_correction",
        json!({"observations": [observation("cases-s1", "cases", "2020-S1", json!(310))]}),
    ));
    let after = service.get(path).await;
    assert_eq!((after.json()["value"].as_i64(), after.json()["changed_in"].as_i64()), (Some(310), Some(4)));
    assert_ne!(after.header("etag"), etag);
    assert_eq!(service.get(&format!("{path}?revision=2")).await.text, before);
    service
        .publishes(&publication("new_data", json!({"targets": [{"id": "goal-2", "metric": "cases", "value": 500}]})));
    assert_eq!(service.get(path).await.json()["targets"].as_array().map(Vec::len), Some(2));
    service.publishes(&data::redaction("observation", "cases-s1"));
    let redacted = service.get(&format!("{path}?revision=2")).await.json();
    assert_ne!(redacted["observation"], "cases-s1", "a redacted figure is gone from the past");
}

#[actix_web::test]
async fn hostile_names_are_text_in_every_shape() {
    let service = Service::small().await;
    let name = "<script>alert(1)</script>\"'&\u{202e}=cmd|調".to_owned() + &"x".repeat(10_000);
    service.publishes(&publication(
        "source_correction",
        json!({"metrics": [{"id": "cases", "name": {"en": name}, "unit": {"code": "case", "label": {"en": "<b>\"'"}}, "time_basis": "period_flow"}]}),
    ));
    for format in ["json", "txt", "csv", "html", "svg", "svg?shape=line", "svg?shape=bar", "json?shape=shields"] {
        let answer = service.get(&format!("/v1/metrics/cases/figure.{format}")).await;
        assert_eq!(answer.status, 200, "{format}");
        let markup = answer.header("content-type").contains("html") || answer.header("content-type").contains("svg");
        assert_eq!(answer.text.contains("<script"), !markup, "{format}");
        if format.starts_with("svg") {
            assert_eq!(
                named(&elements(&answer.text), "title")[0].text.split(", first half").next(),
                Some(name.as_str()),
                "{format}"
            );
        }
    }
}
