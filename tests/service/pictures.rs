//! Pictures in pixels show what the drawings show.

use open_commitments::picture::{Error, Fonts, Image, Pictures};
use serde_json::json;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use crate::support::data::{observation, publication};
use crate::support::drawing;
use crate::support::{Service, Settings};

/// Pixels of a picture, three bytes each.
pub struct Pixels {
    pub width: usize,
    pub height: usize,
    pub colours: Vec<u8>,
}

impl Pixels {
    fn png(bytes: &[u8]) -> Pixels {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut colours = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut colours).expect("whole");
        assert_eq!(info.color_type, png::ColorType::Rgb);
        Pixels { width: info.width as usize, height: info.height as usize, colours }
    }

    fn jpg(bytes: &[u8]) -> Pixels {
        let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
        let colours = decoder.decode().expect("whole");
        let (width, height) = decoder.dimensions().expect("a size");
        Pixels { width, height, colours }
    }

    /// Of this type, as its address says.
    pub fn of(path: &str, bytes: &[u8]) -> Pixels {
        if path.contains(".jpg") { Pixels::jpg(bytes) } else { Pixels::png(bytes) }
    }

    /// The part that has the code: letters of nothing but W look like one to who reads it.
    fn corner(&self) -> Pixels {
        let (left, top) = (self.width * 3 / 5, self.height / 2);
        let rows = self.colours.chunks(self.width * 3).skip(top);
        let colours = rows.flat_map(|row| &row[left * 3..]).copied().collect();
        Pixels { width: self.width - left, height: self.height - top, colours }
    }

    /// Pixels that are not about as the paper, which the first one is of.
    fn ink(&self) -> usize {
        let (pixels, _) = self.colours.as_chunks::<3>();
        let paper = pixels[0];
        let differs = |pixel: &[u8; 3]| pixel.iter().zip(paper).any(|(one, other)| one.abs_diff(other) > 40);
        pixels.iter().filter(|pixel| differs(pixel)).count()
    }
}

/// The picture at a path.
async fn pixels(service: &Service, path: &str) -> Pixels {
    let answer = service.bytes(path, &[]).await;
    let media_type = answer.headers.get("content-type").expect("a type").to_str().expect("plain");
    let expected = if path.contains(".jpg") { "image/jpeg" } else { "image/png" };
    assert_eq!((answer.status, media_type), (200, expected), "{path}: {}", String::from_utf8_lossy(&answer.bytes));
    assert!(answer.bytes.len() < 1_000_000, "{path} has {} bytes", answer.bytes.len());
    Pixels::of(path, &answer.bytes)
}

#[actix_web::test]
async fn every_shape_comes_as_png_and_jpg_as_large_as_it_was_asked_for() {
    let service = Service::shandong().await;
    let figure = "/v1/metrics/mediation-cases/figure";
    for (path, size) in [
        (format!("{figure}.png"), (720, 405)),
        (format!("{figure}.jpg?lang=zh-Hans"), (720, 405)),
        (format!("{figure}.png?shape=line&scale=2&lang=zh-Hans"), (1440, 810)),
        (format!("{figure}.jpg?shape=bar&scale=3&theme=dark"), (2160, 1215)),
        (format!("{figure}.png?width=300&height=200&theme=dark&revision=1"), (300, 200)),
        ("/v1/metrics/smart-prisons-built/figure.png?shape=progress&lang=zh-Hans".into(), (720, 405)),
        ("/v1/metrics/mediation-settlement-rate/figure.jpg?lang=zh-Hans".into(), (720, 405)),
    ] {
        let pixels = pixels(&service, &path).await;
        assert_eq!((pixels.width, pixels.height), size, "{path}");
        assert!(pixels.ink() > 500, "{path}: {} pixels of ink", pixels.ink());
    }
    let light = pixels(&service, &format!("{figure}.png?theme=auto")).await;
    let dark = pixels(&service, &format!("{figure}.png?theme=dark")).await;
    assert!(light.colours[0] > 240 && dark.colours[0] < 40);
}

#[actix_web::test]
async fn what_cannot_be_drawn_is_refused() {
    let service = Service::shandong().await;
    for (path, status, problem) in [
        ("mediation-cases/figure.png?shape=shields", 400, "invalid-parameter"),
        ("mediation-cases/figure.png?scale=4", 400, "invalid-parameter"),
        ("mediation-cases/figure.svg?scale=2", 400, "invalid-parameter"),
        ("mediation-cases/figure.jpg?width=1081&scale=2", 400, "invalid-parameter"),
        ("mediation-cases/figure.png?height=1000&scale=3", 400, "invalid-parameter"),
        ("smart-prisons-built/figure.png", 404, "no-such-figure"),
        ("nothing/figure.jpg", 404, "no-such-record"),
        ("mediation-cases/figure.webp", 404, "no-such-path"),
    ] {
        let answer = service.get(&format!("/v1/metrics/{path}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{path}");
    }
}

#[actix_web::test]
async fn pictures_are_cached_as_other_figures_are() {
    let service = Service::shandong().await;
    for (path, cache) in [
        ("/v1/metrics/mediation-cases/figure.png?revision=1", "public, max-age=300, s-maxage=604800"),
        (
            "/v1/metrics/mediation-cases/figure.jpg",
            "public, max-age=0, s-maxage=5, stale-while-revalidate=30, stale-if-error=86400",
        ),
    ] {
        let answer = service.bytes(path, &[("accept-encoding", "gzip, br")]).await;
        let header =
            |name: &str| answer.headers.get(name).map(|value| value.to_str().expect("plain")).unwrap_or_default();
        assert_eq!((header("cache-control"), header("ledger-revision"), header("content-encoding")), (cache, "1", ""));
        let again = service.bytes(path, &[("if-none-match", header("etag"))]).await;
        assert_eq!((again.status, again.bytes.len()), (304, 0), "{path}");
        // The same drawing is the same picture.
        assert_eq!(service.bytes(path, &[]).await.bytes, answer.bytes);
    }
}

#[actix_web::test]
async fn a_character_that_no_font_has_is_a_503_that_names_it_and_never_a_box() {
    for fonts in [Fonts::Shipped, Fonts::System] {
        let service = Service::with(Settings { fonts, ..Settings::default() }).await;
        service.publishes(&crate::support::data::small());
        service.publishes(&publication(
            "source_correction",
            json!({"metrics": [{"id": "cases", "name": {"en": "Cases \u{ffffd}\u{10fffd} of", "zh-Hans": "件"},
                "unit": {"code": "case"}, "time_basis": "period_flow"}]}),
        ));
        let answer = service.get("/v1/metrics/cases/figure.png").await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "font-missing"), "{}", answer.text);
        let problem = answer.json();
        assert_eq!(problem["characters"], json!(["U+FFFFD", "U+10FFFD"]));
        assert!(
            problem["detail"].as_str().is_some_and(|detail| detail.contains("U+FFFFD") && detail.contains("FONTS"))
        );
        // As text it is there, and so is what is drawn without it.
        assert_eq!(service.get("/v1/metrics/cases/figure.svg").await.status, 200);
        assert_eq!(service.get("/v1/metrics/cases/figure.png?lang=zh-Hans").await.status, 200);
    }
}

/// A drawing of one line of text.
fn drawing(text: &str, class: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='400' height='60'><style>.bold{{font-weight:600}}</style>\
         <rect width='400' height='60' fill='#fff'/><text class='{class}' x='10' y='40' font-size='30'>{text}</text></svg>"
    )
}

#[actix_web::test]
async fn every_character_of_gb_2312_is_drawn_with_the_shipped_font_in_both_weights() {
    let pictures = Pictures::new(Fonts::Shipped);
    let all: Vec<char> = (0xb0..=0xf7_u8)
        .flat_map(|row| (0xa1..=0xfe_u8).map(move |cell| [row, cell]))
        .filter_map(|bytes| {
            encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(&bytes)?.chars().next()
        })
        // Five places of GB 2312 are empty; GBK has put nothing there that is in the basic block.
        .filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c))
        .collect();
    assert_eq!(all.len(), 6763);
    let signs = "，。、；：？！“”‘’（）《》〈〉【】—…·％‰℃°−×÷±≥≤≈≠→↑↓①②￥€£²³½éüāǎ";
    for class in ["", "bold"] {
        for text in all.chunks(200).map(String::from_iter).chain([signs.to_owned()]) {
            let drawn = pictures.draw(drawing(&text, class), Image::Png, 1).await;
            drawn.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        }
    }
    // Letters are ink, each of its own form.
    let mut forms = std::collections::BTreeSet::new();
    for text in ["调", "解", "件", "9", "\u{e001}"] {
        match pictures.draw(drawing(text, ""), Image::Png, 1).await {
            Ok(bytes) => {
                let pixels = Pixels::png(&bytes);
                assert!(pixels.ink() > 60, "{text}: {}", pixels.ink());
                forms.insert(pixels.colours);
            }
            Err(Error::Missing(characters)) => assert_eq!((text, characters), ("\u{e001}", vec!['\u{e001}'])),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(forms.len(), 4);
    let ink = async |text: &str, class: &str| {
        Pixels::png(&pictures.draw(drawing(text, class), Image::Png, 1).await.expect("drawn")).ink()
    };
    assert!(ink("调解", "").await * 11 < ink("调解", "bold").await * 10, "bold is bold");
    // Marks of direction, joiners and spaces show nothing, and are not missed.
    for unseen in ["\u{202e}", "\u{200f}", "\u{2066}", "\u{200d}", "\u{feff}", "\u{a0}", "\u{3000}", "\u{2028}"] {
        assert_eq!(ink(&format!("A{unseen}"), "").await, ink("A", "").await, "{unseen:?}");
    }
}

/// Where the code in a picture leads.
fn code(path: &str, pixels: &Pixels) -> String {
    let (colours, _) = pixels.colours.as_chunks::<3>();
    let grey = |x: usize, y: usize| {
        let sum: u32 = colours[y * pixels.width + x].iter().map(|part| u32::from(*part)).sum();
        u8::try_from(sum / 3).expect("a byte")
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(pixels.width, pixels.height, grey);
    // Letters may look like the corner of a code; none but a code is read.
    let codes: Vec<String> = image.detect_grids().iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect();
    assert_eq!(codes.len(), 1, "{path}: {codes:?}");
    codes[0].clone()
}

/// Width and height of each ratio.
const RATIOS: [(&str, (usize, usize)); 4] =
    [("16:9", (1080, 608)), ("1:1", (1080, 1080)), ("3:4", (1080, 1440)), ("2.35:1", (1080, 460))];

#[actix_web::test]
async fn pictures_for_articles_have_their_ratio_and_a_code_that_leads_to_the_page() {
    let public_url = Some("https://data.example.org/open".to_owned());
    let service = Service::with(Settings { public_url, ..Settings::default() }).await;
    service.publishes(&crate::support::data::shandong());
    for (metric, shape) in [
        ("mediation-cases", "figure"),
        ("supervisors-appointed", "bar"),
        ("smart-prisons-built", "progress"),
        ("mediation-settlement-rate", "line"),
    ] {
        for language in ["en", "zh-Hans"] {
            for (index, (ratio, size)) in RATIOS.into_iter().enumerate() {
                let (format, theme) = if index % 2 == 0 { ("png", "light") } else { ("jpg", "dark") };
                let query = format!("shape={shape}&ratio={ratio}&lang={language}");
                let path = format!("/v1/metrics/{metric}/figure");
                let drawn = pixels(&service, &format!("{path}.{format}?{query}&theme={theme}")).await;
                assert_eq!((drawn.width, drawn.height), size, "{metric} {query}");
                let page = format!("https://data.example.org/open/metrics/{metric}?revision=1&lang={language}");
                assert_eq!(code(&query, &drawn), page, "{metric} {query}");
                let texts = drawing::texts(&service.get(&format!("{path}.svg?{query}")).await.text).join("\n");
                for said in if language == "en" {
                    ["Source: ", "Revision 1", "Open Commitments"]
                } else {
                    ["来源：", "修订 1", "公开承诺"]
                } {
                    // A promise that has no figure yet has nobody who says one.
                    let unsaid = shape == "progress" && (said.starts_with("Source") || said.starts_with("来源"));
                    assert!(unsaid || texts.contains(said), "{said} in {texts}");
                }
            }
        }
    }
    let query = "ratio=1:1&division=370000";
    let drawn = pixels(&service, &format!("/v1/metrics/mediation-cases/figure.png?{query}")).await;
    assert!(code(query, &drawn).ends_with("&observation=mediation-cases-2020-s1"), "the page of the very figure");
    for (query, problem) in [
        ("figure.png?ratio=4:3", "invalid-parameter"),
        ("figure.png?ratio=1:1&width=300", "invalid-parameter"),
        ("figure.png?ratio=3:4&scale=2", "invalid-parameter"),
        ("figure.json?ratio=1:1", "invalid-parameter"),
    ] {
        assert_eq!(service.get(&format!("/v1/metrics/mediation-cases/{query}")).await.problem(), problem, "{query}");
    }
    let large = pixels(&service, "/v1/metrics/mediation-cases/figure.png?ratio=16:9&scale=2").await;
    assert_eq!((large.width, large.height), (2160, 1216));
}

#[actix_web::test]
async fn every_real_figure_is_a_picture_of_less_than_a_megabyte_with_the_shipped_font() {
    let service = Service::shandong().await;
    let metrics = service.get("/v1/metrics?limit=1000&fields=id").await.ids();
    assert!(metrics.len() > 20);
    let mut drawn = 0;
    for (index, metric) in metrics.iter().enumerate() {
        for (turn, shape) in ["figure", "line", "bar", "progress", "part"].into_iter().enumerate() {
            let (ratio, _) = RATIOS[(index + turn) % RATIOS.len()];
            let language = if (index + turn / 2) % 2 == 0 { "zh-Hans" } else { "en" };
            let path = format!("/v1/metrics/{metric}/figure");
            let query = format!("shape={shape}&ratio={ratio}&lang={language}");
            if service.get(&format!("{path}.svg?{query}")).await.status == 404 {
                continue;
            }
            let format = if drawn % 2 == 0 { "png" } else { "jpg" };
            assert!(pixels(&service, &format!("{path}.{format}?{query}")).await.ink() > 1000, "{path} {query}");
            drawn += 1;
        }
    }
    assert!(drawn > 60, "{drawn} pictures");
}

#[actix_web::test]
async fn hostile_and_endless_names_are_drawn_within_the_picture() {
    let service = Service::small().await;
    let names = ["<script>&\"']]>", "\u{202e}evil\u{2066}\u{200f}", &"调解".repeat(5000), &"W".repeat(10_000)];
    for (index, name) in names.into_iter().enumerate() {
        let kind = "source_correction";
        service.publishes(&publication(
            kind,
            json!({"metrics": [{"id": "cases", "name": {"en": name}, "unit": {"code": "case", "label": {"en": name}}, "time_basis": "period_flow"}]}),
        ));
        for (ratio, size) in RATIOS {
            for shape in ["figure", "line", "bar"] {
                let path = format!("/v1/metrics/cases/figure.png?ratio={ratio}&shape={shape}");
                let drawn = pixels(&service, &path).await;
                assert_eq!((drawn.width, drawn.height), size);
                assert!(
                    code(&path, &drawn.corner()).ends_with(&format!("/metrics/cases?revision={}&lang=en", index + 2))
                );
            }
        }
        // What is drawn is bounded, however long the name is.
        let svg = service.get("/v1/metrics/cases/figure.svg?ratio=3:4").await.text;
        let letters: usize = drawing::texts(&svg).iter().map(|text| text.chars().count()).sum();
        assert!(letters < 2000, "{letters} letters");
    }
}

#[actix_web::test]
async fn captions_and_alternatives_say_what_a_picture_shows() {
    let service = Service::shandong().await;
    let text = async |path: &str| service.get(path).await.json()["text"].clone();
    let chinese = text("/v1/metrics/mediation-cases/figure.json?lang=zh-Hans").await;
    assert_eq!(chinese["caption"], "线上调解纠纷，2020年上半年：29,456件（来源：山东省司法厅；修订1）。");
    assert_eq!(chinese["alt"], "线上调解纠纷。2020年上半年：29,456件。");
    let service = Service::small().await;
    let periods = (2008..=2019).flat_map(|year| ["S1", "S2"].map(|half| format!("{year}-{half}")));
    let observations = periods.enumerate().map(|(index, period)| {
        observation(&format!("cases-{}", period.to_lowercase()), "cases", &period, json!(100 + index * 37 % 100))
    });
    service.publishes(&publication("new_data", json!({"observations": observations.collect::<Vec<_>>()})));
    let english = service.get("/v1/metrics/cases/figure.json").await.json()["text"].clone();
    assert_eq!(
        english["caption"],
        "Cases, first half of 2020, Office, 济南市 (370100): 300 case (source: Office; revision 2)."
    );
    let alt = english["alt"].as_str().expect("a text");
    for said in [
        "25 figures over time",
        "First: First half of 2008: 100",
        "Last: First half of 2020: 300",
        "Largest: First half of 2020",
        "Smallest: ",
    ] {
        assert!(alt.contains(said), "{said} in {alt}");
    }
    let few = service.get("/v1/metrics/cases/figure.json?period=2009-S1").await.json()["text"]["alt"].clone();
    assert_eq!(few.as_str().map(|alt| alt.matches("half of 20").count()), Some(4), "{few}");
}

/// What a page's head says under this name.
fn told(page: &str, name: &str) -> String {
    let after = page.split_once(&format!("\"{name}\" content=\"")).unwrap_or_else(|| panic!("no {name}")).1;
    after.split('"').next().expect("a value").replace("&amp;", "&")
}

#[actix_web::test]
async fn every_page_has_a_picture_to_be_shown_with_and_pages_of_errors_have_none() {
    let public_url = Some("https://data.example.org/open".to_owned());
    let service = Service::with(Settings { public_url, ..Settings::default() }).await;
    service.publishes(&crate::support::data::shandong());
    for path in [
        "",
        "metrics/mediation-cases",
        "metrics/smart-prisons-built",
        "commitments/sd-justice-2020-13",
        "programmes/sd-justice-2020",
        "organizations/sd-justice",
        "revisions",
        "revisions/1",
        "search",
        "developers",
    ] {
        for language in ["en", "zh-Hans"] {
            let page = service.get(&format!("/{path}?lang={language}&utm=strange")).await.text;
            let name = if path.is_empty() { "index" } else { path };
            let address = told(&page, "og:image");
            assert_eq!(
                address,
                format!("https://data.example.org/open/pictures/{name}.png?revision=1&lang={language}")
            );
            let drawn = pixels(&service, address.strip_prefix("https://data.example.org").expect("ours")).await;
            assert_eq!((drawn.width, drawn.height), (1200, 630), "{path}");
            assert_eq!((told(&page, "og:image:width"), told(&page, "og:image:height")), ("1200".into(), "630".into()));
            assert_eq!(told(&page, "twitter:card"), "summary_large_image");
            assert!(drawn.ink() > 3000 && !told(&page, "og:image:alt").is_empty(), "{path}");
        }
    }
    let answer = service.bytes("/pictures/metrics/mediation-cases.png?revision=1&lang=en", &[]).await;
    let etag = answer.headers.get("etag").expect("a validator").to_str().expect("plain").to_owned();
    let again =
        service.bytes("/pictures/metrics/mediation-cases.png?revision=1&lang=en", &[("if-none-match", &etag)]).await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    for (path, status, problem) in [
        ("metrics/nothing.png", 404, "no-such-record"),
        ("metrics/mediation-cases.png?revision=9", 404, "no-such-revision"),
        ("metrics/mediation-cases.png?width=9", 400, "invalid-parameter"),
        ("search.png?q=anything", 400, "invalid-parameter"),
        ("nothing.png", 404, "no-such-path"),
    ] {
        let answer = service.get(&format!("/pictures/{path}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{path}");
    }
    assert!(!service.get("/metrics/nothing").await.text.contains("og:image"));
}

#[actix_web::test]
async fn the_page_of_a_metric_offers_its_pictures_with_what_to_put_beside_them() {
    let service = Service::shandong().await;
    let page = service.get("/metrics/mediation-cases?lang=zh-Hans").await.text;
    let section = page.split_once("<section class=\"pictures\">").expect("a section").1;
    let section = section.split("</section>").next().expect("its end");
    assert!(section.contains("29,456件（来源：山东省司法厅；修订1）"), "{section}");
    let links: Vec<String> = section
        .split(" href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().expect("an address").replace("&amp;", "&"))
        .collect();
    assert_eq!(links.len(), 12);
    for link in links {
        assert!(link.ends_with("&lang=zh-Hans&revision=1"), "{link}");
        let answer = service.bytes(&format!("/{}", link.trim_start_matches("../")), &[]).await;
        assert_eq!(answer.status, 200, "{link}");
    }
}
