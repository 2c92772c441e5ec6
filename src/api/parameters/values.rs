//! What the values of parameters look like, as JSON Schema: as much of what is accepted as a schema can say.

use serde_json::{Value, json};

use crate::api::query::{MAX_VALUE, MAX_VALUES};
use crate::model::text::MAX_ID;

/// Values written as one, separated by commas (style form, explode false).
pub fn list_of(items: Value) -> Value {
    json!({"type": "array", "items": items, "minItems": 1, "maxItems": MAX_VALUES})
}

pub fn id() -> Value {
    let slug = "[a-z0-9]+(-[a-z0-9]+)*";
    json!({"type": "string", "pattern": format!("^{slug}(~{slug})?$"), "maxLength": 2 * MAX_ID + 1})
}

/// One text, of any words.
pub fn text() -> Value {
    json!({"type": "string", "pattern": "^[^\\u0000\\uFFFD]+$", "maxLength": MAX_VALUE})
}

/// Texts written as one, separated by commas: something beside blanks is in each.
pub fn texts() -> Value {
    let other = "[^,\\u0000\\uFFFD]*";
    list_of(
        json!({"type": "string", "pattern": format!("^{other}[^,\\s\\u0000\\uFFFD]{other}$"), "maxLength": MAX_VALUE}),
    )
}

/// An address, which may hold commas.
pub fn address() -> Value {
    json!({"type": "string", "pattern": "^[hH][tT][tT][pP][sS]?://[^\\s\\u0000\\uFFFD]+$", "maxLength": MAX_VALUE})
}

/// A number of a revision, with digits of its digest or without.
pub fn revision() -> Value {
    json!({"type": "string", "pattern": "^[0-9]+(-[0-9a-f]{4,64})?$"})
}

/// An instant (RFC 3339) or a day.
pub fn time() -> Value {
    let day = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
    let clock = "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})";
    json!({"type": "string", "pattern": format!("^{day}(T{clock})?$")})
}

/// A period, as published: 2020, 2020-S1, 2020-Q2, 2020-06, 2020-06-30, or first/last with .. for an unknown one.
pub fn period() -> Value {
    let day = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
    json!({"type": "string", "pattern": format!("^([0-9]{{4}}(-(S[12]|Q[1-4]|[0-9]{{2}}(-[0-9]{{2}})?))?|({day}|[.][.])/({day}|[.][.]))$")})
}

/// Where a page goes on: letters, digits, hyphens and underscores (RFC 4648, 5).
pub fn cursor() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "maxLength": MAX_VALUE})
}

/// A short name of lower-case letters and digits.
pub fn slug() -> Value {
    json!({"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": MAX_ID})
}
