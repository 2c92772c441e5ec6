//! Pictures made of pixels. There is one way to them: a drawing, SVG, is rasterised. So whatever there is as PNG or
//! JPEG is there as SVG too.

pub mod fonts;
mod raster;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use actix_web::web::Bytes;
use moka::future::Cache;
use resvg::usvg::Options;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

pub use fonts::Fonts;
pub use raster::MOST_PIXELS;

/// Requests that wait for their turn, for each that is drawn.
const WAITING: usize = 16;
/// Bytes of finished pictures that are kept.
const KEPT_BYTES: u64 = 32 << 20;

/// What pixels are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    Png,
    Jpeg,
}

/// Why there is no picture.
#[derive(Clone, Debug)]
pub enum Error {
    /// No font has these characters.
    Missing(Vec<char>),
    /// As many are drawn, and wait to be, as may.
    Busy,
    Broken(String),
}

impl Error {
    fn broken(error: impl std::fmt::Display) -> Error {
        Error::Broken(error.to_string())
    }
}

/// Draws pictures, as many at a time as there are cores, and keeps the last ones.
pub struct Pictures {
    fonts: Fonts,
    options: Arc<OnceLock<Options<'static>>>,
    /// Places for those who are drawn or wait.
    places: Semaphore,
    turns: Arc<Semaphore>,
    kept: Cache<[u8; 32], Bytes>,
    last_redaction: AtomicI64,
}

impl Pictures {
    pub fn new(fonts: Fonts) -> Pictures {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Pictures {
            fonts,
            options: Arc::default(),
            places: Semaphore::new(cores * (1 + WAITING)),
            turns: Arc::new(Semaphore::new(cores)),
            kept: Cache::builder()
                .max_capacity(KEPT_BYTES)
                .weigher(|_, bytes: &Bytes| u32::try_from(bytes.len() + 64).unwrap_or(u32::MAX))
                .build(),
            last_redaction: AtomicI64::new(0),
        }
    }

    /// A drawing in pixels, so many times as large as it says it is. Found by what is drawn, so that whatever is
    /// asked for alike is drawn once, also where many ask at a time.
    pub async fn draw(&self, svg: String, image: Image, scale: u8) -> Result<Bytes, Error> {
        let mut hasher = Sha256::new();
        hasher.update([image as u8, scale]);
        hasher.update(&svg);
        let key: [u8; 32] = hasher.finalize().into();
        let drawn = self.kept.try_get_with(key, self.rasterise(svg, image, scale)).await;
        drawn.map_err(|error| (*error).clone())
    }

    async fn rasterise(&self, svg: String, image: Image, scale: u8) -> Result<Bytes, Error> {
        let _place = self.places.try_acquire().map_err(|_| Error::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(Error::broken)?;
        let (options, fonts) = (self.options.clone(), self.fonts);
        let drawn = tokio::task::spawn_blocking(move || {
            // Held until it is done, whether or not somebody still waits for it.
            let _turn = turn;
            // The system's fonts are looked for when first needed.
            raster::draw(&svg, image, scale, options.get_or_init(|| fonts::options(fonts)))
        });
        drawn.await.map_err(Error::broken)?.map(Bytes::from)
    }

    /// Lets go of what was drawn before a redaction.
    pub fn forget_before(&self, redaction: i64) {
        if self.last_redaction.fetch_max(redaction, Ordering::Relaxed) < redaction {
            self.kept.invalidate_all();
        }
    }
}
