//! What somebody may have meant.

/// Longer words than this are no slip of the finger, and would take long to compare.
const LENGTH_MAX: usize = 64;

/// The one of `known` that is nearest to `word`, if one is near enough to ask about.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LENGTH_MAX {
        return None;
    }
    let plain = |word: &str| word.to_lowercase().replace(['-', ' '], "_");
    let meant = plain(word);
    let far = (meant.chars().count() / 3).clamp(1, 3);
    let distance = |candidate: &'a str| (strsim::damerau_levenshtein(&meant, &plain(candidate)), candidate);
    let found = known.into_iter().filter(|known| known.len() <= LENGTH_MAX).map(distance);
    found
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= far)
        .map(|(_, known)| known)
}

/// What to do about a word that is none of `known`.
pub(super) fn hint(word: &str, known: &[&str], otherwise: &str) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None => otherwise.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["enforce", "warn", "observe", "off"];
        assert_eq!(nearest("wran", known), Some("warn"));
        assert_eq!(nearest("Enforced", known), Some("enforce"));
        assert_eq!(nearest("mandatory", known), None);
        assert_eq!(nearest("ignore-paths", ["ignore_paths"]), Some("ignore_paths"));
        assert_eq!(nearest("TP210", ["TP201", "TP301"]), Some("TP201"));
        assert_eq!(nearest(&"a".repeat(100_000), ["a"]), None);
    }
}
