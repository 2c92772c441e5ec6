//! GB/T 7714-2025 for a data set that is online: author. title[DS/OL]. version. platform(day of this
//! version)[day of access]. address.

use super::{Cited, PLATFORM};
use crate::model::message::Language;

pub fn cite(cited: &Cited, language: Language) -> String {
    let (author, title, address) = (cited.author(language), cited.full_title(language), cited.address());
    let Cited { revision, published_on, accessed_on, .. } = cited;
    let version = match language {
        Language::Chinese => format!("修订{revision}"),
        Language::English => format!("Revision {revision}"),
    };
    format!("{author}. {title}[DS/OL]. {version}. {PLATFORM}({published_on})[{accessed_on}]. {address}.")
}
