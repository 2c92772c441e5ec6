//! What the service says to people, in both of its languages.

use std::fmt;

/// A language the service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// The language of a POSIX locale such as `zh_CN.UTF-8`; English unless it is Chinese.
    pub fn of_locale(locale: &str) -> Language {
        if locale.to_ascii_lowercase().starts_with("zh") { Language::Chinese } else { Language::English }
    }

    /// The language a person at this terminal reads, by `LC_ALL`, `LC_MESSAGES` and `LANG`.
    pub fn of_terminal() -> Language {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
        Language::of_locale(&locale.unwrap_or_default())
    }

    /// The preferred one of our languages in an `Accept-Language` field (RFC 9110, 12.5.4).
    pub fn of_accept(field: &str) -> Language {
        let mut best = (0.0, Language::English);
        for range in field.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let quality = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            let language = match tag.split('-').next() {
                Some("zh") => Language::Chinese,
                Some("en") => Language::English,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }

    /// BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-Hans",
        }
    }

    /// The one of the two that this is not.
    pub fn other(self) -> Language {
        match self {
            Language::English => Language::Chinese,
            Language::Chinese => Language::English,
        }
    }
}

/// One thing to say, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub en: String,
    pub zh: String,
}

impl Message {
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Chinese => &self.zh,
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_language(Language::of_terminal()))
    }
}

/// Makes a [`Message`] of an English and a Chinese format string; both may name variables in scope.
#[macro_export]
macro_rules! say {
    ($en:literal, $zh:literal $(,)?) => {
        $crate::model::message::Message { en: format!($en), zh: format!($zh) }
    };
}
