//! The fonts that pictures are drawn with: our own, then, where it has no such character, those of the system. The
//! same picture is made of the same pixels wherever our own suffices.

use std::sync::Arc;

use resvg::usvg::fontdb::{Database, FaceInfo, ID, Source};
use resvg::usvg::{FontResolver, ImageHrefResolver, Options};
use skrifa::{FontRef, MetadataProvider};

/// A subset of Noto Sans CJK SC, see `font/OFL.txt` and `scripts/make_font.py`.
const REGULAR: &[u8] = include_bytes!("font/OpenCommitmentsSans-Regular.otf");
const BOLD: &[u8] = include_bytes!("font/OpenCommitmentsSans-Bold.otf");
/// Weight from which letters are bold (CSS Fonts 4, 2.2).
const BOLD_FROM: u16 = 600;

/// Which fonts are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Fonts {
    /// Our own, and those of the system for what it lacks.
    #[default]
    System,
    /// Our own alone.
    Shipped,
}

/// How drawings are read: with these fonts, and with nothing from outside.
pub fn options(fonts: Fonts) -> Options<'static> {
    let mut database = Database::new();
    let [regular, bold] =
        [REGULAR, BOLD].map(|bytes| database.load_font_source(Source::Binary(Arc::new(bytes))).first().copied());
    if fonts == Fonts::System {
        database.load_system_fonts();
    }
    let others = others(&database, &[regular, bold]);
    Options {
        font_resolver: FontResolver {
            select_font: Box::new(move |font, _| if font.weight() >= BOLD_FROM { bold } else { regular }),
            select_fallback: Box::new(move |character, used, database| {
                others.iter().copied().find(|id| !used.contains(id) && has(database, *id, character))
            }),
        },
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        fontdb: Arc::new(database),
        ..Options::default()
    }
}

/// Fonts of the system that letters can be drawn with, those most like ours first. A font of bitmaps has nothing to
/// draw, and macOS's font of last resort has a box for every character.
fn others(database: &Database, own: &[Option<ID>]) -> Vec<ID> {
    let name = |face: &FaceInfo| face.families.first().map(|(name, _)| name.clone()).unwrap_or_default();
    let mut others: Vec<(bool, bool, bool, String, ID)> = database
        .faces()
        .filter(|face| {
            !own.contains(&Some(face.id)) && !name(face).contains("LastResort") && has_outlines(database, face.id)
        })
        .map(|face| {
            let name = name(face);
            let simplified =
                ["CJK SC", "Sans SC", "PingFang SC", "YaHei", "Hei"].iter().any(|part| name.contains(part));
            (!simplified, !name.contains("Sans"), face.weight.0 != 400, name, face.id)
        })
        .collect();
    others.sort_by(|one, other| (one.0, one.1, one.2, &one.3).cmp(&(other.0, other.1, other.2, &other.3)));
    others.into_iter().map(|other| other.4).collect()
}

fn has_outlines(database: &Database, id: ID) -> bool {
    let outlined = |data: &[u8], index| {
        FontRef::from_index(data, index).is_ok_and(|font| font.outline_glyphs().format().is_some())
    };
    database.with_face_data(id, outlined).unwrap_or_default()
}

fn has(database: &Database, id: ID, character: char) -> bool {
    let known =
        |data: &[u8], index| FontRef::from_index(data, index).is_ok_and(|font| font.charmap().map(character).is_some());
    database.with_face_data(id, known).unwrap_or_default()
}
