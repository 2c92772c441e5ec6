//! Terms of other people's vocabularies that the catalogue uses: the lists that DCAT-AP 3.0 asks for.

/// Where the terms of the Publications Office of the European Union are.
const AUTHORITY: &str = "http://publications.europa.eu/resource/authority/";
/// Media types, as DCAT names them.
pub const MEDIA_TYPES: &str = "https://www.iana.org/assignments/media-types/";
/// The list that themes are from.
pub const THEMES: &str = "http://publications.europa.eu/resource/authority/data-theme";
/// The profile that the catalogue follows.
pub const PROFILE: &str = "https://semiceu.github.io/DCAT-AP/releases/3.0.0/";
/// The standard that the interface's description follows.
pub const OPENAPI: &str = "https://spec.openapis.org/oas/v3.1.0";

/// A term of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Concept {
    pub list: &'static str,
    pub code: &'static str,
    /// The class that a term of the list is an instance of.
    pub class: &'static str,
    pub label: &'static str,
}

impl Concept {
    pub fn iri(&self) -> String {
        match self.list {
            "publisher type" => format!("http://purl.org/adms/publishertype/{}", self.code),
            "licence type" => format!("http://purl.org/adms/licencetype/{}", self.code),
            list => format!("{AUTHORITY}{list}/{}", self.code),
        }
    }

    /// The list as a concept scheme.
    pub fn scheme(&self) -> String {
        match self.list {
            "publisher type" => "http://purl.org/adms/publishertype/1.0".to_owned(),
            "licence type" => "http://purl.org/adms/licencetype/1.0".to_owned(),
            list => format!("{AUTHORITY}{list}"),
        }
    }
}

macro_rules! concepts {
    ($($name:ident = $list:literal $code:literal $class:literal $label:literal;)+) => {
        $(pub static $name: Concept = Concept { list: $list, code: $code, class: $class, label: $label };)+
        /// Every term.
        pub static ALL: &[&Concept] = &[$(&$name),+];
    };
}

concepts! {
    ANNUAL = "frequency" "ANNUAL" "dct:Frequency" "annual";
    HALF_YEARLY = "frequency" "ANNUAL_2" "dct:Frequency" "semiannual";
    QUARTERLY = "frequency" "QUARTERLY" "dct:Frequency" "quarterly";
    MONTHLY = "frequency" "MONTHLY" "dct:Frequency" "monthly";
    IRREGULAR = "frequency" "IRREG" "dct:Frequency" "irregular";
    CSV = "file-type" "CSV" "dct:MediaTypeOrExtent" "CSV";
    JSON = "file-type" "JSON" "dct:MediaTypeOrExtent" "JSON";
    XLSX = "file-type" "XLSX" "dct:MediaTypeOrExtent" "Excel XLSX";
    PARQUET = "file-type" "PARQUET" "dct:MediaTypeOrExtent" "Parquet";
    CHINESE = "language" "ZHO" "dct:LinguisticSystem" "Chinese";
    ENGLISH = "language" "ENG" "dct:LinguisticSystem" "English";
    TIBETAN = "language" "BOD" "dct:LinguisticSystem" "Tibetan";
    UIGHUR = "language" "UIG" "dct:LinguisticSystem" "Uighur";
    MONGOLIAN = "language" "MON" "dct:LinguisticSystem" "Mongolian";
    PUBLIC = "access-right" "PUBLIC" "dct:RightsStatement" "public";
    AVAILABLE = "planned-availability" "AVAILABLE" "skos:Concept" "available";
    GOVERNMENT = "data-theme" "GOVE" "skos:Concept" "Government and public sector";
    NATIONAL = "publisher type" "NationalAuthority" "skos:Concept" "National authority";
    REGIONAL = "publisher type" "RegionalAuthority" "skos:Concept" "Regional authority";
    LOCAL = "publisher type" "LocalAuthority" "skos:Concept" "Local authority";
    ATTRIBUTION = "licence type" "Attribution" "skos:Concept" "Attribution";
    PUBLIC_DOMAIN = "licence type" "PublicDomain" "skos:Concept" "Work in the public domain";
}

/// Of a cadence (A, S, Q, M, irregular); nobody promises a rhythm where there is none.
pub fn frequency(cadence: Option<&str>) -> &'static Concept {
    match cadence {
        Some("A") => &ANNUAL,
        Some("S") => &HALF_YEARLY,
        Some("Q") => &QUARTERLY,
        Some("M") => &MONTHLY,
        _ => &IRREGULAR,
    }
}

/// Of a BCP 47 tag, by its language.
pub fn language(tag: &str) -> Option<&'static Concept> {
    Some(match tag.split('-').next()? {
        "zh" => &CHINESE,
        "en" => &ENGLISH,
        "bo" => &TIBETAN,
        "ug" => &UIGHUR,
        "mn" => &MONGOLIAN,
        _ => return None,
    })
}

/// Of a level of government.
pub fn publisher_type(level: Option<&str>) -> Option<&'static Concept> {
    Some(match level? {
        "central" => &NATIONAL,
        "province" => &REGIONAL,
        _ => &LOCAL,
    })
}

/// Of a licence by its SPDX name, where it is one of those that are common for open data.
pub fn licence_type(name: &str) -> Option<&'static Concept> {
    if name.starts_with("CC-BY-") || name.starts_with("ODC-By") {
        return Some(&ATTRIBUTION);
    }
    (name.starts_with("CC0") || name.starts_with("PDDL")).then_some(&PUBLIC_DOMAIN)
}
