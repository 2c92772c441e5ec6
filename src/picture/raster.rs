//! SVG in, PNG or JPEG out.

use std::collections::BTreeSet;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Group, Node, Options, Tree};

use super::{Error, Image};

/// Most pixels of a side.
pub const MOST_PIXELS: u32 = 2160;
/// Of JPEG: letters show no rings around them.
const QUALITY: u8 = 90;

/// White space that fonts have nothing for, and marks of annotations; a text would end at some of them.
const SEPARATORS: [char; 6] = ['\u{85}', '\u{2028}', '\u{2029}', '\u{fff9}', '\u{fffa}', '\u{fffb}'];

/// Draws an SVG, so many times as large as it says it is.
pub fn draw(svg: &str, image: Image, scale: u8, options: &Options<'_>) -> Result<Vec<u8>, Error> {
    let svg = svg.replace(SEPARATORS, " ");
    let tree = Tree::from_str(&svg, options).map_err(Error::broken)?;
    let mut missing = BTreeSet::new();
    find_missing(tree.root(), &mut missing);
    if !missing.is_empty() {
        return Err(Error::Missing(missing.into_iter().collect()));
    }
    let side = |length: f32| (length * f32::from(scale)).round() as u32;
    let (width, height) = (side(tree.size().width()), side(tree.size().height()));
    if width.max(height) > MOST_PIXELS {
        return Err(Error::Broken(format!("{width} × {height} pixels are too many")));
    }
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| Error::Broken("no pixels".into()))?;
    // What the paper does not cover whole is at the edge alone.
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale.into(), scale.into()), &mut pixels.as_mut());
    match image {
        Image::Png => png(pixels.data(), width, height),
        Image::Jpeg => jpeg(pixels.data(), width, height),
    }
}

/// Portable Network Graphics (ISO/IEC 15948), without transparency.
fn png(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, Error> {
    let (pixels, _) = pixels.as_chunks::<4>();
    let mut colours = vec![[0; 3]; pixels.len()];
    for (colour, [red, green, blue, _]) in colours.iter_mut().zip(pixels) {
        *colour = [*red, *green, *blue];
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    let mut writer = encoder.write_header().map_err(Error::broken)?;
    writer.write_image_data(colours.as_flattened()).map_err(Error::broken)?;
    writer.finish().map_err(Error::broken)?;
    Ok(bytes)
}

/// JPEG (ITU-T T.81). Colours are as fine as light and dark: letters have coloured edges otherwise.
fn jpeg(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, Error> {
    let side = |length: u32| u16::try_from(length).map_err(Error::broken);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(pixels, side(width)?, side(height)?, ColorType::Rgba).map_err(Error::broken)?;
    Ok(bytes)
}

/// Characters for which no font had a glyph.
fn find_missing(group: &Group, missing: &mut BTreeSet<char>) {
    for node in group.children() {
        match node {
            Node::Group(group) => find_missing(group, missing),
            Node::Text(text) => {
                let glyphs = text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
                missing.extend(glyphs.filter(|glyph| glyph.id.0 == 0).flat_map(|glyph| glyph.text.chars()));
            }
            _ => {}
        }
    }
}
