//! What somebody may have meant who mistyped a name.

/// More edits than these make another word.
const EDITS_MAX: usize = 2;

/// Longer words are no slip of the finger, and would take long to compare.
const LENGTH_MAX: usize = 64;

/// The one of `known` that is at most two edits away from `word`, the nearest first. At least half of a word has to be
/// right: otherwise any short word would be near to any other.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LENGTH_MAX {
        return None;
    }
    let meant = word.to_lowercase();
    let edits_max = EDITS_MAX.min(meant.chars().count() / 2);
    let known = known.into_iter().filter(|known| known.len() <= LENGTH_MAX);
    known
        .map(|known| (strsim::damerau_levenshtein(&meant, &known.to_lowercase()), known))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, _)| *edits <= edits_max)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_edits_are_a_slip_and_three_are_another_word() {
        let known = ["promote", "lock", "unlock", "why", "deploy"];
        for (word, meant) in [
            ("promote", Some("promote")),
            ("prmoote", Some("promote")),
            ("promot", Some("promote")),
            ("pomot", Some("promote")),
            ("Lcok", Some("lock")),
            ("unlokc", Some("unlock")),
            ("hi", None),
            ("prooooomote", None),
            ("thanks", None),
            ("", None),
        ] {
            assert_eq!(did_you_mean(word, known), meant, "{word}");
        }
        assert_eq!(did_you_mean(&"a".repeat(100_000), ["a"]), None);
    }
}
