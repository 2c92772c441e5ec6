//! One thing wrong with what somebody sent, and where.

use super::message::{Language, Message};
use crate::say;

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

/// Problems of one publication that are kept.
pub const MAX_PROBLEMS: usize = 1000;
/// Characters of the longest pointer that is said whole; no real place has a longer one.
const MAX_POINTER: usize = 2000;

/// What was found wrong, as much as is told: whoever sends something can make any number of problems of any length.
#[derive(Clone, Debug, Default)]
pub struct Problems<const MOST: usize = MAX_PROBLEMS>(Vec<Problem>);

impl<const MOST: usize> Problems<MOST> {
    /// Keeps the first `MOST`, and of the next one that there are more.
    pub fn push(&mut self, mut problem: Problem) {
        if self.are_too_many() {
            return;
        }
        if self.0.len() == MOST {
            problem.code = "more-problems";
            problem.detail = say!(
                "From here on there is more than the {MOST} problems listed. Mend those, then try again.",
                "自此处起还有问题，未列入以上 {MOST} 处。请先改正已列出的，再重试。"
            );
        }
        if let Place::Pointer(pointer) = &mut problem.place
            && let Some((end, _)) = pointer.char_indices().nth(MAX_POINTER)
        {
            pointer.truncate(end);
            pointer.push('…');
        }
        self.0.push(problem);
    }

    /// Whether no further ones are kept, so that nobody need look for them.
    pub fn are_too_many(&self) -> bool {
        self.0.len() > MOST
    }

    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}

impl<const MOST: usize> std::ops::Deref for Problems<MOST> {
    type Target = [Problem];

    fn deref(&self) -> &[Problem] {
        &self.0
    }
}

impl<const MOST: usize> Extend<Problem> for Problems<MOST> {
    fn extend<I: IntoIterator<Item = Problem>>(&mut self, problems: I) {
        for problem in problems {
            if self.are_too_many() {
                return;
            }
            self.push(problem);
        }
    }
}

impl<const MOST: usize> From<Problem> for Problems<MOST> {
    fn from(problem: Problem) -> Problems<MOST> {
        Problems(vec![problem])
    }
}
