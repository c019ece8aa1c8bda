//! What a build is known by.

use crate::model::TreeId;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Settings that a build can see, by their names: with others it may come out differently.
pub type BuildSettings = BTreeMap<String, String>;

/// The name of the build of these files with these settings. Equal names stand for equal builds.
pub fn name(tree: TreeId, settings: &BuildSettings) -> String {
    let mut digest = Sha256::new();
    for (name, value) in settings {
        // Lengths, so that no two maps read the same.
        digest.update((name.len() as u64).to_be_bytes());
        digest.update(name);
        digest.update((value.len() as u64).to_be_bytes());
        digest.update(value);
    }
    format!("{tree}-{}", hex::encode(&digest.finalize()[..6]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(settings: &[(&str, &str)]) -> String {
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        name(TreeId::from_bytes([7; 20]), &settings)
    }

    #[test]
    fn equal_files_and_settings_have_one_name_and_others_another() {
        assert_eq!(named(&[("A", "1"), ("B", "2")]), named(&[("B", "2"), ("A", "1")]));
        let all = [
            named(&[]),
            named(&[("A", "1")]),
            named(&[("A", "2")]),
            named(&[("A1", "")]),
            named(&[("", "A1")]),
        ];
        let mut distinct = all.to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), all.len());
        let other = name(TreeId::from_bytes([8; 20]), &BuildSettings::new());
        assert_ne!(other, named(&[]));
        assert!(named(&[]).starts_with(&"07".repeat(20)));
    }
}
