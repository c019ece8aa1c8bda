//! Sentences with names in them, said once for Markdown and for a terminal.

use super::limits::{shorten_end, shorten_middle};
use super::markdown;
use crate::model::{PullNumber, Sentence};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Span {
    /// Words of ours.
    Said(String),
    /// A name that somebody else chose.
    Name(String),
    /// A command of ours inside a sentence; names in it are quoted for the shell already.
    Command(String),
}

/// A sentence or more, in which names are kept apart from words until it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Prose(Vec<Span>);

impl Prose {
    /// The words of `template` with a name in place of each `%`.
    pub(super) fn new(template: &str, names: &[&str]) -> Self {
        debug_assert_eq!(template.matches('%').count(), names.len(), "{template}");
        let mut names = names.iter();
        let mut spans = Vec::new();
        for (position, words) in template.split('%').enumerate() {
            if position > 0
                && let Some(name) = names.next()
            {
                spans.push(Span::Name((*name).to_owned()));
            }
            if !words.is_empty() {
                spans.push(Span::Said(words.to_owned()));
            }
        }
        Self(spans)
    }

    /// The same as a sentence of the model.
    pub(super) fn of(sentence: &Sentence) -> Self {
        let names: Vec<&str> = sentence.names().iter().map(String::as_str).collect();
        Self::new(sentence.template(), &names)
    }

    /// Goes on with more of the same kind.
    pub(super) fn then(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Goes on with a command to type.
    pub(super) fn command(mut self, command: &str) -> Self {
        self.0.push(Span::Command(command.to_owned()));
        self
    }

    /// Whether it begins with these words of ours.
    pub(super) fn begins_with(&self, words: &str) -> bool {
        matches!(self.0.first(), Some(Span::Said(said)) if said.starts_with(words))
    }

    /// To go on a sentence: without its capital letter.
    pub(super) fn continued(mut self) -> Self {
        if let Some(Span::Said(words)) = self.0.first_mut()
            && let Some(first) = words.chars().next()
        {
            *words = first.to_lowercase().chain(words.chars().skip(1)).collect();
        }
        self
    }

    /// To begin a sentence: with a capital letter, where it begins with words of ours.
    pub(super) fn capitalized(mut self) -> Self {
        if let Some(Span::Said(words)) = self.0.first_mut()
            && let Some(first) = words.chars().next()
        {
            *words = first.to_uppercase().chain(words.chars().skip(1)).collect();
        }
        self
    }

    /// For GitHub: names and commands are inline code.
    pub(super) fn markdown(&self) -> String {
        self.0
            .iter()
            .map(|span| match span {
                Span::Said(words) => words.clone(),
                Span::Name(text) | Span::Command(text) => markdown::code(text),
            })
            .collect()
    }

    /// For a terminal or JSON: names are cleaned and bare, commands stand between backticks.
    pub(super) fn plain(&self) -> String {
        self.0
            .iter()
            .map(|span| match span {
                Span::Said(words) => words.clone(),
                Span::Name(text) => markdown::clean(text),
                Span::Command(text) => format!("`{}`", markdown::clean(text)),
            })
            .collect()
    }

    /// How many characters it has.
    pub(super) fn length(&self) -> usize {
        length(&self.0)
    }

    /// What stands before the first colon of ours; all of it where there is none.
    pub(super) fn before_colon(&self) -> Self {
        let mut spans = Vec::new();
        for span in &self.0 {
            if let Span::Said(text) = span
                && let Some((before, _)) = text.split_once(':')
            {
                spans.push(Span::Said(before.to_owned()));
                break;
            }
            spans.push(span.clone());
        }
        Self(spans)
    }

    /// In at most `limit` characters: where names that give way are not enough, the end does, too.
    pub(super) fn cut(&self, limit: usize) -> Self {
        let mut spans = self.within(limit).0;
        while length(&spans) > limit {
            let before = length(&spans[..spans.len() - 1]);
            let Some(last) = spans.last_mut() else { break };
            let (Span::Said(text) | Span::Name(text) | Span::Command(text)) = last;
            if before + 1 < limit {
                *text = shorten_end(text, limit - before);
            } else {
                spans.pop();
            }
        }
        Self(spans)
    }

    /// As a title of at most `limit` characters: the longest names give way in the middle, words of ours
    /// never do.
    pub(super) fn within(&self, limit: usize) -> Self {
        let mut spans = self.0.clone();
        while length(&spans) > limit {
            let excess = length(&spans) - limit;
            let longest = spans.iter_mut().filter_map(|span| match span {
                Span::Name(text) => Some(text),
                Span::Said(_) | Span::Command(_) => None,
            });
            let Some(name) = longest.max_by_key(|name| name.chars().count()) else { break };
            let size = name.chars().count();
            // Two long names give way in turns, so that both stay readable.
            let step = excess.min((size / 4).max(1));
            if size <= SHORTEST_NAME {
                break;
            }
            *name = shorten_middle(name, (size - step).max(SHORTEST_NAME));
        }
        Self(spans)
    }
}

/// Below this a name says nothing any more; titles leave room for it.
const SHORTEST_NAME: usize = 5;

fn length(spans: &[Span]) -> usize {
    spans
        .iter()
        .map(|span| match span {
            Span::Said(text) | Span::Name(text) | Span::Command(text) => text.chars().count(),
        })
        .sum()
}

/// `2 commits`, `1 commit`.
pub(super) fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// Pull requests in a row, as GitHub makes links of them; `None` where there are none.
pub(super) fn pulls_in_a_row(pulls: &[PullNumber]) -> Option<String> {
    const SHOWN: usize = 10;
    let mut numbers: Vec<String> = pulls.iter().take(SHOWN).map(|number| format!("#{number}")).collect();
    if pulls.len() > SHOWN {
        numbers.push(format!("{} more", pulls.len() - SHOWN));
    }
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    (!numbers.is_empty()).then(|| row(&numbers, "and").plain())
}

/// Names in a row, the last one after `link` (`and`, `or`). A long row ends in how many more there are.
pub(super) fn row(names: &[&str], link: &str) -> Prose {
    const SHOWN: usize = 6;
    if names.len() > SHOWN {
        let shown = Prose::new(&["%"; SHOWN].join(", "), &names[..SHOWN]);
        return shown.then(Prose::new(&format!(" {link} {} more", names.len() - SHOWN), &[]));
    }
    let template = match names.len() {
        0 => "nothing".to_owned(),
        1 => "%".to_owned(),
        more => format!("{} {link} %", vec!["%"; more - 1].join(", ")),
    };
    Prose::new(&template, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_is_shown_in_two_ways() {
        let prose = Prose::new("% goes to %: ", &["a`b", "c"]).command("git fetch");
        assert_eq!(prose.markdown(), "``a`b`` goes to `c`: `git fetch`");
        assert_eq!(prose.plain(), "a`b goes to c: `git fetch`");
    }

    #[test]
    fn long_names_give_way_and_words_stay() {
        let long = "feature/a-very-long-name-that-somebody-typed-with-great-patience";
        let title = Prose::new("Wrong source: % → % (needs %)", &[long, "production", "staging"]);
        let title = title.within(60).plain();
        assert_eq!(title, "Wrong source: feature/…patience → production (needs staging)");
        assert!(title.chars().count() <= 60);
    }

    #[test]
    fn what_is_cut_keeps_its_beginning() {
        let title = Prose::new("Carries history of % and of % besides", &["staging", "master"]);
        for limit in 2..title.length() {
            assert!(title.cut(limit).length() <= limit, "{limit}: {}", title.cut(limit).plain());
        }
        assert_eq!(title.cut(30).plain(), "Carries history of st…ng and …");
        assert_eq!(title.cut(60), title);
    }

    #[test]
    fn rows_read_aloud() {
        assert_eq!(row(&[], "or").plain(), "nothing");
        assert_eq!(row(&["a"], "or").plain(), "a");
        assert_eq!(row(&["a", "b", "c"], "and").plain(), "a, b and c");
        assert_eq!(row(&["a"; 9], "and").plain(), "a, a, a, a, a, a and 3 more");
    }
}
