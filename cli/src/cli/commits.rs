//! Commits as people name them: by the first digits, as every text shows them.

use crate::model::CommitId;

/// Fewer digits than this name no commit.
const DIGITS_MIN: usize = 4;

/// The commit that `text` names among `known`: in full, or by its first digits.
///
/// One that is named in full need not be known: whoever is asked says what is wrong with it.
///
/// # Errors
/// What is wrong, as the end of a sentence that begins with what was written.
pub(super) fn named(text: &str, known: impl IntoIterator<Item = CommitId>) -> Result<CommitId, String> {
    let digits = text.trim().trim_end_matches('…').to_ascii_lowercase();
    if let Ok(whole) = digits.parse() {
        return Ok(whole);
    }
    if digits.len() < DIGITS_MIN || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(format!("is no commit; write its SHA, or at least {DIGITS_MIN} digits of it"));
    }
    let mut found: Vec<CommitId> =
        known.into_iter().filter(|commit| commit.to_string().starts_with(&digits)).collect();
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err("begins the SHA of no commit that was deployed there".to_owned()),
        several => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(format!(
                "begins the SHA of {} commits: {}; write more of it",
                several.len(),
                several.join(", ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(start: &str) -> CommitId {
        format!("{start:0<40}").parse().expect("forty digits")
    }

    #[test]
    fn the_first_digits_name_a_commit_if_only_one_begins_so() {
        let known = [id("abcdef1"), id("abcdef2"), id("1234567"), id("1234567")];
        let named = |text: &str| named(text, known);
        assert_eq!(named("1234"), Ok(id("1234567")));
        assert_eq!(named("ABCDEF2"), Ok(id("abcdef2")));
        assert_eq!(named("123456700…"), Ok(id("1234567")));
        assert_eq!(named(&id("99").to_string()), Ok(id("99")), "in full it is taken as it is");
        let two = named("abcdef").unwrap_err();
        assert!(
            two.contains(&id("abcdef1").to_string()) && two.contains(&id("abcdef2").to_string()),
            "{two}"
        );
        assert!(named("9999").unwrap_err().contains("no commit that was deployed"));
        for wrong in ["", "123", "production", "12 34", &"1".repeat(41)] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }
}
