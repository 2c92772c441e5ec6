//! Strings with a meaning of their own, each with its pattern and the standard it follows. What a
//! pattern cannot say (a check digit, a day that exists) is a JSON Schema format, see [`FORMATS`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::message::Message;
use super::period;

/// Characters of the longest id, without a computed part.
pub const MAX_ID: usize = 100;
/// Bytes of the longest address.
const MAX_URL: usize = 2048;

macro_rules! text_type {
    ($(#[doc = $doc:literal])+ $name:ident, $schema:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let about = [$($doc.trim()),+].join(" ");
                let build: fn(ObjectBuilder) -> ObjectBuilder = $schema;
                build(ObjectBuilder::new().schema_type(Type::String).description(Some(about))).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

fn format(name: &str) -> Option<SchemaFormat> {
    Some(SchemaFormat::Custom(name.to_owned()))
}

text_type! {
    /// Readable slug, unique in its kind, permanent. The part after `~` is only in ids of computed observations.
    RecordId, |s| s.pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*(~[a-z0-9]+(-[a-z0-9]+)*)?$")).max_length(Some(2 * MAX_ID + 1))
        .examples(["sd-justice-2020-13"])
}
text_type! {
    /// Topic: a short slug.
    Topic, |s| s.pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$")).max_length(Some(60)).examples(["mediation"])
}
text_type! {
    /// Administrative division, GB/T 2260 and its township and village extensions: six, nine or twelve digits.
    DivisionCode, |s| s.pattern(Some("^([0-9]{6}|[0-9]{9}|[0-9]{12})$")).examples(["370000"])
}
text_type! {
    /// Unified social credit code of an organization, GB 32100, with its check digit.
    Uscc, |s| s.format(format("uscc")).pattern(Some("^[0-9A-HJ-NPQRTUWXY]{18}$"))
}
text_type! {
    /// Calendar day, ISO 8601.
    Day, |s| s.format(format("date")).examples(["2020-06-30"])
}
text_type! {
    /// SDMX reporting period (2020, 2020-S1, 2020-Q2, 2020-06, 2020-06-30) or ISO 8601 interval of days (2020-01-15/2020-06-30; .. for an unknown side).
    PeriodText, |s| s.format(format("period")).max_length(Some(30)).examples(["2020-S1"])
}
text_type! {
    /// Address of a document, http or https, as RFC 3986 writes it.
    WebAddress, |s| s.format(format("uri")).max_length(Some(MAX_URL)).examples(["https://example.org/notice.html"])
}
text_type! {
    /// SHA-256 in lower-case hexadecimal.
    Sha256Hex, |s| s.pattern(Some("^[0-9a-f]{64}$"))
}
text_type! {
    /// Short code of a unit, such as `case`, `person` or `percent`.
    UnitCode, |s| s.pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$")).max_length(Some(40)).examples(["case"])
}
text_type! {
    /// IANA media type, RFC 6838.
    MediaType, |s| s.pattern(Some("^[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}$")).examples(["text/plain"])
}

/// Exact decimal number, at most 15 significant digits and 4 decimals, no exponent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Decimal(pub serde_json::Number);

impl PartialSchema for Decimal {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("Exact decimal number, at most 15 significant digits and 4 decimals, no exponent."))
            .examples([29456])
            .into()
    }
}

impl ToSchema for Decimal {}

/// Human text by language (BCP 47); one language is enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HumanText(pub BTreeMap<String, String>);

/// Characters of human text in one language.
const MAX_HUMAN_TEXT: usize = 500_000;

impl PartialSchema for HumanText {
    fn schema() -> RefOr<Schema> {
        let words = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(MAX_HUMAN_TEXT));
        ObjectBuilder::new()
            .description(Some("Human text by language (BCP 47); one language is enough."))
            .property_names(Some(ObjectBuilder::new().schema_type(Type::String).format(format("language-tag")).build()))
            .additional_properties(Some(words))
            .min_properties(Some(1))
            .max_properties(Some(50))
            .examples([serde_json::json!({"en": "Online mediation", "zh-Hans": "在线调解"})])
            .into()
    }
}

impl ToSchema for HumanText {}

impl From<Message> for HumanText {
    fn from(message: Message) -> HumanText {
        HumanText(BTreeMap::from([("en".to_owned(), message.en), ("zh-Hans".to_owned(), message.zh)]))
    }
}

/// Whether a text is of a format.
type Check = fn(&str) -> bool;

/// Checks beyond patterns, by JSON Schema format.
pub const FORMATS: &[(&str, Check)] = &[
    ("date", |text| period::parse_day(text).is_some()),
    ("period", |text| period::Period::parse(text).is_some()),
    ("uscc", is_uscc),
    ("uri", is_web_address),
    ("language-tag", is_language_tag),
];

/// Whether a key of human text is a well-formed language tag in its canonical case, so that each
/// language has one key.
fn is_language_tag(tag: &str) -> bool {
    oxilangtag::LanguageTag::parse_and_normalize(tag).is_ok_and(|normal| normal.as_str() == tag)
}

/// An absolute http or https URI with a host; other characters than RFC 3986 allows are to be percent-encoded.
fn is_web_address(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    text.bytes().all(allowed)
        && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        && text.split_once("://").is_some_and(|(_, rest)| !rest.starts_with('/'))
}

/// Check digit of GB 32100-2015: weights 3^i mod 31 over an alphabet without I, O, S, V, Z.
fn is_uscc(code: &str) -> bool {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let value = |byte: u8| ALPHABET.iter().position(|&letter| letter == byte);
    let Some(values) = code.bytes().map(value).collect::<Option<Vec<usize>>>() else { return false };
    let [digits @ .., check] = values.as_slice() else { return false };
    let mut weight = 1;
    let mut sum = 0;
    for digit in digits {
        sum += digit * weight;
        weight = weight * 3 % 31;
    }
    digits.len() == 17 && (31 - sum % 31) % 31 == *check
}
