//! Colours and letters.

/// Light, dark, or as the reader's device has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// Values of `theme=`.
    pub const CODES: &'static [&'static str] = &["auto", "light", "dark"];

    pub fn parse(code: &str) -> Option<Theme> {
        match code {
            "auto" => Some(Theme::Auto),
            "light" => Some(Theme::Light),
            "dark" => Some(Theme::Dark),
            _ => None,
        }
    }

    /// Pixels do not know what the reader's device has.
    pub fn in_pixels(self) -> Theme {
        if self == Theme::Auto { Theme::Light } else { self }
    }

    pub fn code(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// One accent on paper and ink. Text has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3), marks of 3 to 1 (1.4.11).
struct Palette {
    paper: &'static str,
    ink: &'static str,
    soft: &'static str,
    rule: &'static str,
    accent: &'static str,
    /// The accent, thinned: for what is only partly so.
    tint: &'static str,
    on_accent: &'static str,
}

const LIGHT: Palette = Palette {
    paper: "#ffffff",
    ink: "#1d1d1b",
    soft: "#5c5b57",
    rule: "#dddbd5",
    accent: "#1f5f8b",
    tint: "#a9c6da",
    on_accent: "#ffffff",
};
const DARK: Palette = Palette {
    paper: "#171715",
    ink: "#ecebe6",
    soft: "#aaa8a1",
    rule: "#3c3b38",
    accent: "#7fb6dc",
    tint: "#375a72",
    on_accent: "#10202c",
};

/// Families that have Chinese on the systems there are.
pub const FONTS: &str =
    "system-ui, 'Noto Sans SC', 'Source Han Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";

/// The style sheet of a chart. Plain rules for classes, without variables: programs that turn SVG into pictures
/// know no others. All of them begin with the theme's class, so that charts on one page leave each other alone.
pub fn style(theme: Theme) -> String {
    let root = format!(".oc-{}", theme.code());
    let letters = format!(
        "{root} text{{font-family:{FONTS};font-variant-numeric:tabular-nums;unicode-bidi:isolate}}\
         {root} .bold{{font-weight:600}}{root} .code-paper{{fill:#fff}}{root} .code{{fill:#000}}{root} .halo{{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}}"
    );
    match theme {
        Theme::Light => letters + &colours(&root, &LIGHT),
        Theme::Dark => letters + &colours(&root, &DARK),
        Theme::Auto => {
            format!(
                "{letters}{}@media (prefers-color-scheme:dark){{{}}}",
                colours(&root, &LIGHT),
                colours(&root, &DARK)
            )
        }
    }
}

fn colours(root: &str, palette: &Palette) -> String {
    let Palette { paper, ink, soft, rule, accent, tint, on_accent } = palette;
    [
        ("paper", "fill", paper),
        ("ink", "fill", ink),
        ("soft", "fill", soft),
        ("accent", "fill", accent),
        ("tint", "fill", tint),
        ("rule", "fill", rule),
        ("on-accent", "fill", on_accent),
        ("halo", "stroke", paper),
        ("grid", "stroke", rule),
        ("base", "stroke", ink),
        ("edge", "stroke", accent),
        ("mark", "stroke", ink),
        ("faint", "stroke", soft),
    ]
    .map(|(class, property, colour)| format!("{root} .{class}{{{property}:{colour}}}"))
    .concat()
}

/// The same for a small page of text, without characters that HTML and XML read differently in a style sheet.
pub fn page_style(theme: Theme) -> String {
    let of = |palette: &Palette| {
        let Palette { paper, ink, soft, accent, .. } = palette;
        format!("body{{background:{paper};color:{ink}}}.value{{color:{accent}}}figcaption{{color:{soft}}}")
    };
    let colours = match theme {
        Theme::Light => of(&LIGHT),
        Theme::Dark => of(&DARK),
        Theme::Auto => format!("{}@media (prefers-color-scheme:dark){{{}}}", of(&LIGHT), of(&DARK)),
    };
    let fonts = FONTS.replace('\'', "");
    format!(
        "body{{margin:0;font:1rem/1.5 {fonts}}}figure{{margin:0;padding:1.25rem;overflow-wrap:anywhere}}p{{margin:0}}.name{{font-weight:600}}\
         .value{{font-size:2.5rem;font-weight:600;line-height:1.25}}figcaption{{margin-top:.75rem;font-size:.85rem}}{colours}"
    )
}

/// What a page around charts takes from their colours: variables for itself, charts without paper, and light
/// colours on paper.
pub fn sheet(theme: Theme) -> String {
    let of = |palette: &Palette| {
        let Palette { paper, ink, soft, rule, accent, tint, .. } = palette;
        format!(":root{{--paper:{paper};--ink:{ink};--soft:{soft};--rule:{rule};--accent:{accent};--tint:{tint}}}")
    };
    let (scheme, variables) = match theme {
        Theme::Light => ("light", of(&LIGHT)),
        Theme::Dark => ("dark", of(&DARK)),
        Theme::Auto => ("light dark", format!("{}@media (prefers-color-scheme:dark){{{}}}", of(&LIGHT), of(&DARK))),
    };
    let chart = format!("svg.oc-{}", theme.code());
    format!(
        ":root{{color-scheme:{scheme}}}{variables}{chart} .paper{{fill:none}}@media print{{{}{}}}",
        of(&LIGHT),
        colours(&chart, &LIGHT).replace(&format!("{chart} .paper{{fill:{}}}", LIGHT.paper), "")
    )
}
