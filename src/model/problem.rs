//! One thing wrong with what somebody sent, and where.

use super::message::{Language, Message};

/// Where in the input a problem is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// JSON pointer (RFC 6901) into a publication; empty for the whole of it.
    Pointer(String),
    /// Name of a query parameter.
    Parameter(String),
}

/// One problem. A refusal lists all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    /// Stable code for programs, such as `dangling-reference`.
    pub code: &'static str,
    pub detail: Message,
}

impl Problem {
    pub fn at(pointer: impl Into<String>, code: &'static str, detail: Message) -> Problem {
        Problem { place: Place::Pointer(pointer.into()), code, detail }
    }

    pub fn parameter(name: impl Into<String>, code: &'static str, detail: Message) -> Problem {
        Problem { place: Place::Parameter(name.into()), code, detail }
    }

    /// The same problem, with its pointer put below `prefix`.
    pub fn below(mut self, prefix: &str) -> Problem {
        if let Place::Pointer(pointer) = &mut self.place {
            pointer.insert_str(0, prefix);
        }
        self
    }

    /// The problem on one line, for a terminal.
    pub fn line(&self, language: Language) -> String {
        let place = match &self.place {
            Place::Pointer(pointer) if pointer.is_empty() => "/",
            Place::Pointer(pointer) => pointer,
            Place::Parameter(name) => name,
        };
        format!("{place}: {}", self.detail.in_language(language))
    }
}

/// A member or index as a reference token of a JSON pointer (RFC 6901, section 3).
pub fn token(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
