//! Word lists that are searched by what stands at a place.

use std::collections::HashMap;

/// Words with a meaning each; of several that stand at one place the longest counts.
pub struct Lexicon<T> {
    /// By first character, the longest first.
    words: HashMap<char, Vec<(Vec<char>, T)>>,
}

impl<T: Copy> Lexicon<T> {
    /// Of lists of words parted by blanks, each list with its meaning.
    pub fn new<'a>(lists: impl IntoIterator<Item = (T, &'a str)>) -> Lexicon<T> {
        let mut words: HashMap<char, Vec<(Vec<char>, T)>> = HashMap::new();
        for (meaning, list) in lists {
            for word in list.split_whitespace().map(|word| word.chars().collect::<Vec<char>>()) {
                words.entry(word[0]).or_default().push((word, meaning));
            }
        }
        for list in words.values_mut() {
            list.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
        Lexicon { words }
    }

    /// Every word that a folded text begins with, the longest first: its meaning and its length.
    pub fn all_at<'a>(&'a self, text: &'a [char]) -> impl Iterator<Item = (T, usize)> + 'a {
        let list = text.first().and_then(|first| self.words.get(first)).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter(|(word, _)| text.starts_with(word)).map(|(word, meaning)| (*meaning, word.len()))
    }

    /// The longest word that a folded text begins with: its meaning and its length.
    pub fn at(&self, text: &[char]) -> Option<(T, usize)> {
        self.all_at(text).next()
    }

    /// What a word means.
    pub fn get(&self, word: &[char]) -> Option<T> {
        self.at(word).filter(|(_, length)| *length == word.len()).map(|(meaning, _)| meaning)
    }
}

impl Lexicon<()> {
    /// Words that all mean the same.
    pub fn of(list: &str) -> Lexicon<()> {
        Lexicon::new([((), list)])
    }

    /// Length of the longest word that a folded text begins with.
    pub fn length(&self, text: &[char]) -> Option<usize> {
        self.at(text).map(|(_, length)| length)
    }
}
