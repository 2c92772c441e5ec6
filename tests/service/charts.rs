//! Charts say what the data says, whatever the data is.

use open_commitments::model::amount::Amount;
use open_commitments::model::codes::{Comparator, ObsStatus, Qualifier, Status, TimeBasis};
use open_commitments::model::message::Language;
use open_commitments::model::period::Period;
use open_commitments::model::spoken;
use open_commitments::model::text::Decimal;
use open_commitments::site::chart::numbers;
use open_commitments::site::chart::{
    About, Article, Cell, Point, Ratio, Series, Size, Strip, Target, Theme, Unit, bar, figure, line, part, progress,
    strip, svg,
};

use crate::support::drawing::{self, description, named};

fn area_of(text: &drawing::Element) -> svg::Area {
    let anchor = match text.attribute("text-anchor") {
        "middle" => svg::Anchor::Middle,
        "end" => svg::Anchor::End,
        _ => svg::Anchor::Start,
    };
    svg::Area::of(text.number("x"), text.number("y"), text.number("font-size"), anchor, &text.text)
}

/// No text lies on another, none leaves the picture.
fn assert_apart(svg: &str, size: Size) {
    let areas: Vec<(String, svg::Area)> = drawing::elements(svg)
        .into_iter()
        .filter(|element| element.name == "text")
        .map(|element| (element.text.clone(), area_of(&element)))
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

/// No text lies on a picture's code, nor on the paper around it.
fn assert_code_is_clear(svg: &str) {
    let elements = drawing::elements(svg);
    let paper = elements.iter().find(|element| element.attribute("class") == "code-paper").expect("a code");
    let [left, top, width, height] = ["x", "y", "width", "height"].map(|name| paper.number(name));
    let paper = svg::Area { left, top, right: left + width, bottom: top + height };
    for text in named(&elements, "text") {
        let area = area_of(text);
        let clear = area.right <= paper.left
            || area.left >= paper.right
            || area.bottom <= paper.top
            || area.top >= paper.bottom;
        assert!(clear, "“{}” lies on the code: {area:?} {paper:?}", text.text);
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
        article: None,
    }
}

fn point(period: &str, value: &str, language: Language) -> Point {
    let days = Period::parse(period).expect("a period");
    Point {
        label: spoken::period(days.start, days.end, language),
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
    let elements = drawing::elements(&drawn);
    assert_eq!(named(&elements, "circle").len(), 6);
    let steps: Vec<usize> =
        named(&elements, "path").iter().map(|path| path.attribute("d").matches(['M', 'L']).count()).collect();
    assert_eq!(steps, [3, 3], "the missing half year breaks the line");
    let texts = drawing::texts(&drawn);
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
    let number = |text: &str| Amount::of(&decimal(text)).expect("a number");
    for (text, exact, short_zh, short_en) in [
        ("0", "0", "0", "0"),
        ("1035", "1,035", "1,035", "1,035"),
        ("29456", "29,456", "29,456", "29,456"),
        ("320000", "320,000", "32万", "320,000"),
        ("12500", "12,500", "1.25万", "12,500"),
        ("123456789", "123,456,789", "1.23亿", "123,456,789"),
        ("1250000", "1,250,000", "125万", "1.25M"),
        ("999999999999999", "999,999,999,999,999", "10,000,000亿", "1,000,000bn"),
        ("-0.5", "−0.5", "−0.5", "−0.5"),
        ("-12345678.9012", "−12,345,678.9012", "−12,345,678.9012", "−12,345,678.9012"),
        ("93.7466", "93.7466", "93.7466", "93.7466"),
    ] {
        let n = number(text);
        assert_eq!(numbers::exact(n), exact, "{text}");
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
    assert_eq!(number("1").percent_of(number("8")), Some(number("12.5")));
    assert_eq!(number("1").percent_of(number("2000")), Some(number("0")), "half to even");
    assert_eq!(number("3").percent_of(number("2000")), Some(number("0.2")), "half to even");
    assert_eq!(number("1").percent_of(number("0")), None);
    let drawn = line::draw(&series(&HALVES, Language::English), Size::default()).expect("drawn");
    let texts = drawing::texts(&drawn);
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
    let texts = drawing::texts(&drawn);
    for expected in
        ["约9,100", "至少9,500件", "目标：2021年12月31日前不少于9,800件", "纵轴不从0开始", "2021", "9,300（初步）"]
    {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
    let said = description(&drawn);
    assert!(said.contains("2019年：9,300件（初步）") && said.contains("2018年：约9,100件"), "{said}");
    let elements = drawing::elements(&drawn);
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
    let elements = drawing::elements(&drawn);
    assert_eq!((named(&elements, "circle").len(), named(&elements, "path").len()), (2, 0), "a missing value is a gap");
    let mut totals =
        series(&[("2019-Q3", "5"), ("2019-Q4", "6"), ("2020-Q1", "2"), ("2020-Q2", "4")], Language::English);
    totals.time_basis = TimeBasis::YearToDate;
    let drawn = line::draw(&totals, Size::default()).expect("drawn");
    assert_eq!(named(&drawing::elements(&drawn), "path").len(), 2, "running totals begin anew with the year");
}

#[test]
fn bars_are_as_long_as_their_values_and_sorted() {
    let mut data = series(&[("2020", "40"), ("2020", "100"), ("2020", "-20")], Language::English);
    for (point, label) in data.points.iter_mut().zip(["Jinan", "Qingdao", "Zibo"]) {
        point.label = label.into();
    }
    let drawn = bar::draw(&data, Size::default()).expect("drawn");
    let elements = drawing::elements(&drawn);
    let widths: Vec<f64> = named(&elements, "rect").iter().skip(1).map(|rect| rect.number("width")).collect();
    assert!((widths[0] / widths[1] - 2.5).abs() < 0.02 && (widths[0] / widths[2] - 5.0).abs() < 0.1, "{widths:?}");
    let texts = drawing::texts(&drawn);
    let place =
        |text: &str| texts.iter().position(|known| known == text).unwrap_or_else(|| panic!("{text} in {texts:?}"));
    assert!(place("Qingdao") < place("Jinan") && place("Jinan") < place("Zibo"));
    assert!(place("−20") > place("40"));
    let many: Vec<(&str, String)> = (0..90).map(|n| ("2020", n.to_string())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(period, value)| (*period, value.as_str())).collect();
    let drawn = bar::draw(&series(&many, Language::Chinese), Size::default()).expect("drawn");
    assert!(drawing::texts(&drawn).iter().any(|text| text.starts_with("另有")), "what does not fit is counted");
    assert!(description(&drawn).contains("：0件"), "and is in the description");
}

#[test]
fn progress_parts_and_statuses_say_what_the_data_says() {
    let mut data = series(&[("2020-S1", "11")], Language::Chinese);
    let due = "2020-12-31".parse().expect("a day");
    data.targets.push(Target { value: decimal("16"), comparator: None, due_on: Some(due) });
    let drawn = progress::draw(&data, Size::default()).expect("drawn");
    let elements = drawing::elements(&drawn);
    let rects = named(&elements, "rect");
    let mark = named(&elements, "line")[0].number("x1");
    let (track, bar) = (rects[1].number("x"), rects[2].number("width"));
    assert!((bar / (mark - track) - 11.0 / 16.0).abs() < 0.005, "the bar is 11/16 of the way to the target");
    let texts = drawing::texts(&drawn);
    for expected in ["11件", "2020年上半年，为目标的68.8%", "目标：2020年12月31日前16件"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }

    let whole = point("2020-S1", "29456", Language::English);
    let mut settled = series(&[("2020-S1", "27614")], Language::English);
    settled.points[0].label = "Settled".into();
    let drawn = part::draw(&settled, &whole, Size::default()).expect("drawn");
    let texts = drawing::texts(&drawn);
    for expected in ["Settled", "27,614 cases", "93.7%", "The rest", "1,842 cases", "6.3%"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
    let above =
        part::draw(&series(&[("2020-S1", "30000")], Language::English), &whole, Size::default()).expect("drawn");
    assert!(
        drawing::texts(&above).iter().any(|text| text.contains("more than the whole")),
        "parts above the whole are not drawn as parts"
    );

    let cells = Status::CODES.iter().map(|code| {
        let status = Status::parse(code).expect("a status");
        Cell { label: format!("2020 {code}"), status: Some(status), wording: None }
    });
    let drawn = strip::draw(
        &Strip { about: about(Language::Chinese), cells: cells.collect() },
        Size { width: 1600, height: 300 },
    );
    let drawn = drawn.expect("drawn");
    let texts = drawing::texts(&drawn);
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
        status: Some(Status::InProgress),
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
                    let elements = drawing::elements(&drawn);
                    let expected = format!("T{text}").replace(['\u{0}', '\u{8}', '\u{ffff}'], "\u{fffd}");
                    assert_eq!(named(&elements, "title")[0].text, expected);
                    if size.width > 300 && text != long {
                        assert_apart(&drawn, size);
                    }
                }
            }
            for ratio in Ratio::ALL {
                let address = "https://data.example.org/open/metrics/mediation-cases?revision=12&lang=zh-Hans".into();
                let short: String = text.chars().take(300).collect();
                let (period, day) = (Some(short), Some("2020年12月31日".into()));
                data.about.article = Some(Article { ratio, period, day, site: text.into(), address });
                for drawn in every_chart(&data, ratio.size()) {
                    assert_apart(&drawn, ratio.size());
                    assert_code_is_clear(&drawn);
                }
            }
            data.about.article = None;
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
        let style =
            drawing::elements(&drawn).into_iter().find(|element| element.name == "style").expect("a style").text;
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
