//! How many lines differ between two versions of a file, where any way to compare them counts the same.

use std::collections::HashSet;

/// Where a zero byte makes a file one of bytes, as git sees it.
const LOOKED_AT: usize = 8_000;

/// Lines added and removed, as `git diff --numstat` counts them; `None` where that depends on how the versions are
/// compared.
pub(super) fn changed(old: &[u8], new: &[u8]) -> Option<(u64, u64)> {
    let is_binary = |bytes: &[u8]| bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0);
    if is_binary(old) || is_binary(new) {
        return Some((0, 0));
    }
    let (old, new) = (lines(old), lines(new));
    let alike = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[alike..], &new[alike..]);
    let alike = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - alike], &new[..new.len() - alike]);
    // A line that is left on both sides may be kept or not.
    let kept: HashSet<_> = old.iter().collect();
    let is_plain = !new.iter().any(|line| kept.contains(line));
    is_plain.then_some((new.len() as u64, old.len() as u64))
}

/// The last line counts, whether it is ended or not.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_where_they_are_plainly_new_or_gone() {
        for (old, new, count) in [
            ("", "", Some((0, 0))),
            ("", "a\nb", Some((2, 0))),
            ("a\nb\n", "a\nc\nb\n", Some((1, 0))),
            ("a\na\na\n", "a\na\n", Some((0, 1))),
            ("a\nb\n", "a\nc\n", Some((1, 1))),
            ("a\nb", "a\nb\n", Some((1, 1))),
            ("a\nb\nc\n", "b\nd\n", None),
            ("a\0", "b", Some((0, 0))),
        ] {
            assert_eq!(changed(old.as_bytes(), new.as_bytes()), count, "{old:?} {new:?}");
        }
    }
}
