//! Words of ours around names that somebody else chose.

use std::borrow::Cow;
use std::fmt;

/// A text with a capital letter at its beginning.
pub fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A sentence in which names are kept apart from words until it is shown: on GitHub each of them is inline code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
pub struct Sentence {
    template: Cow<'static, str>,
    names: Vec<String>,
}

impl Sentence {
    /// The words of `template` with a name in place of each `%`.
    pub fn new<const COUNT: usize>(template: impl Into<Cow<'static, str>>, names: [&str; COUNT]) -> Self {
        Self::of(template, names.map(str::to_owned).into())
    }

    /// The sentence of these words, in which a name stands in place of each `%`.
    #[must_use]
    pub fn of(template: impl Into<Cow<'static, str>>, names: Vec<String>) -> Self {
        let template = template.into();
        debug_assert_eq!(template.matches('%').count(), names.len(), "{template}");
        Self { template, names }
    }

    /// The same with another sentence of ours behind it, around one more name.
    #[must_use]
    pub fn and(self, more: &str, name: &str) -> Self {
        let Self { template, mut names } = self;
        names.push(name.to_owned());
        Self::of(format!("{template} {more}"), names)
    }

    /// The words, with `%` in place of each name.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The names, in the order of the words.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

impl fmt::Display for Sentence {
    /// The sentence with its names as they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = self.names.iter();
        for (position, words) in self.template.split('%').enumerate() {
            if position > 0 {
                f.write_str(names.next().map_or("", String::as_str))?;
            }
            f.write_str(words)?;
        }
        Ok(())
    }
}
