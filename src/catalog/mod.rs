//! Descriptions of the data for machines that collect data.

pub mod csvw;
pub mod datapackage;
pub mod dcat;
pub mod facts;
pub mod formats;
pub mod graph;
pub mod meta;
pub mod schema_org;
pub mod vocabulary;
pub mod words;
pub mod zh;

use crate::config::Serve;

/// The licence of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// Its short name, as SPDX has it where it does.
    pub name: String,
    pub url: String,
}

impl Default for Licence {
    fn default() -> Licence {
        Licence { name: "CC-BY-4.0".to_owned(), url: "https://creativecommons.org/licenses/by/4.0/".to_owned() }
    }
}

/// The licence that the operator names.
pub fn licence(settings: &Serve) -> Licence {
    Licence { name: settings.licence.clone(), url: settings.licence_url.clone() }
}
