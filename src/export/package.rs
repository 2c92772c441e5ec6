//! Everything as one file: a ZIP archive that is a Data Package, with a CSV for each kind.

use std::io::Write;

use sha2::{Digest, Sha256};
use zip::CompressionMethod;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::csv::Csv;
use super::rows::Rows;
use super::spool::Sink;
use super::{Error, Selection, Style};
use crate::catalog::Licence;
use crate::catalog::datapackage::{self, Resource};
use crate::db::read::chunks::Basis;
use crate::model::kinds::KINDS;

/// What the package is of.
pub struct Package {
    pub basis: Basis,
    pub licence: Licence,
    /// Where the same package is for good.
    pub link: String,
}

impl From<ZipError> for Error {
    fn from(error: ZipError) -> Error {
        match error {
            ZipError::Io(error) => error.into(),
            other => Error::broken(other),
        }
    }
}

/// Writes the package; `rows` reads the records of a selection.
pub fn write(package: &Package, rows: impl Fn(&Selection) -> Rows, sink: &mut Sink) -> Result<(), Error> {
    // Without times of its own, the same data is the same file. Large files may be larger than 4 GiB.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
    let mut zip = ZipWriter::new(sink);
    let mut resources = Vec::new();
    for kind in KINDS {
        let selection = Selection::all(kind, package.basis.moment.n);
        let path = format!("{}.csv", kind.collection);
        zip.start_file(&path, options)?;
        let (mut bytes, mut hasher) = (0, Sha256::new());
        let mut add = |zip: &mut ZipWriter<_>, text: Vec<u8>| {
            bytes += text.len() as u64;
            hasher.update(&text);
            zip.write_all(&text)
        };
        let csv = Csv::new(selection.columns(), false, Style::default());
        add(&mut zip, csv.begin()?)?;
        let mut rows = rows(&selection);
        while let Some(records) = rows.wait()? {
            add(&mut zip, csv.chunk(&records)?)?;
        }
        resources.push(Resource { kind, path, content: Some((bytes, hex::encode(hasher.finalize()))) });
    }
    let descriptor = datapackage::describe(&package.basis, &package.licence, &package.link, resources);
    zip.start_file("datapackage.json", options)?;
    zip.write_all(serde_json::to_string_pretty(&descriptor).map_err(Error::broken)?.as_bytes())?;
    zip.finish()?;
    Ok(())
}
