//! Versions of services and releases, and what composer's constraints allow.

/// A version of up to three numbers. A part that is left out means the newest there is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version(Vec<u32>);

impl Version {
    /// `10.6`, `3`; none where it is no version.
    pub(super) fn read(text: &str) -> Option<Self> {
        let parts: Option<Vec<u32>> = text.trim().split('.').map(|part| part.parse().ok()).collect();
        parts.filter(|parts| parts.len() <= 4).map(Self)
    }

    /// Its first two numbers; none where it has only one.
    pub(super) fn minor(&self) -> Option<(u32, u32)> {
        match self.0.as_slice() {
            [major, minor, ..] => Some((*major, *minor)),
            _ => None,
        }
    }
}

/// Whether one version is older than the other.
pub(super) fn is_lower(one: &Version, other: &Version) -> bool {
    let part = |version: &Version, at: usize| version.0.get(at).copied().unwrap_or(u32::MAX);
    let parts = one.0.len().max(other.0.len());
    (0..parts).map(|at| part(one, at)).lt((0..parts).map(|at| part(other, at)))
}

/// A release of Adobe Commerce. Alpha and beta count as their release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Release {
    pub(super) numbers: [u32; 3],
    /// The number of the security patch; 0 for the release itself.
    pub(super) patch: u32,
}

impl Release {
    /// `2.4.7-p9`, `2.4.9-beta1`
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let (numbers, suffix) = text.split_once('-').unwrap_or((text, ""));
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        let patch = suffix.strip_prefix('p').and_then(|patch| patch.parse().ok()).unwrap_or(0);
        Some(Self { numbers, patch })
    }

    /// Whether it is this release or a later one.
    pub(super) fn is_from(self, numbers: [u32; 3]) -> bool {
        self.numbers >= numbers
    }
}

/// Versions from the first to before the second.
type Range = ([u32; 3], [u32; 3]);

const ALL: Range = ([0; 3], [u32::MAX; 3]);

/// Whether a constraint of composer allows any version of a minor, such as PHP 8.3. One that is not understood does.
pub(super) fn allows(constraint: &str, minor: (u32, u32)) -> bool {
    let wanted = ([minor.0, minor.1, 0], [minor.0, minor.1 + 1, 0]);
    let alternatives = constraint.split('|').map(str::trim).filter(|it| !it.is_empty());
    let mut alternatives = alternatives.map(range_of).peekable();
    alternatives.peek().is_none()
        || alternatives.any(|range| range.is_none_or(|range| !is_empty(meet(range, wanted))))
}

fn meet(one: Range, other: Range) -> Range {
    (one.0.max(other.0), one.1.min(other.1))
}

fn is_empty(range: Range) -> bool {
    range.0 >= range.1
}

/// The versions that meet all of the constraints in a row.
fn range_of(text: &str) -> Option<Range> {
    if let Some((from, to)) = text.split_once(" - ") {
        return Some((numbers(from.trim())?.0, after(numbers(to.trim())?)));
    }
    // An operator and its version may stand apart.
    let mut joined = text.replace(',', " ");
    for operator in [">=", "<=", ">", "<", "=", "^", "~", "!="] {
        while joined.contains(&format!("{operator} ")) {
            joined = joined.replace(&format!("{operator} "), operator);
        }
    }
    joined.split_whitespace().try_fold(ALL, |range, one| Some(meet(range, single(one)?)))
}

fn single(text: &str) -> Option<Range> {
    if matches!(text, "*" | "x") {
        return Some(ALL);
    }
    let operator = text.find(|c: char| c.is_ascii_digit() || c == 'v')?;
    let (operator, version) = text.split_at(operator);
    let (from, parts) = numbers(version)?;
    Some(match operator {
        ">=" => (from, ALL.1),
        ">" => (if parts < 3 { after((from, parts)) } else { [from[0], from[1], from[2] + 1] }, ALL.1),
        "<" => (ALL.0, from),
        "<=" => (ALL.0, after((from, parts.max(3)))),
        "^" if from[0] > 0 => (from, [from[0].saturating_add(1), 0, 0]),
        "^" => (from, [0, from[1].saturating_add(1), 0]),
        "~" => (from, after((from, parts.saturating_sub(1).max(1)))),
        "!=" => ALL,
        "" | "=" | "==" => (from, after((from, parts))),
        _ => return None,
    })
}

/// The first version after all that begin with so many of these numbers.
fn after((numbers, parts): ([u32; 3], usize)) -> [u32; 3] {
    match parts {
        0 => ALL.1,
        1 => [numbers[0].saturating_add(1), 0, 0],
        2 => [numbers[0], numbers[1].saturating_add(1), 0],
        _ => [numbers[0], numbers[1], numbers[2].saturating_add(1)],
    }
}

/// The numbers of a version, and how many were written.
fn numbers(text: &str) -> Option<([u32; 3], usize)> {
    let bare = text.trim_start_matches('v');
    let bare = bare.split(['-', '@', '+']).next().unwrap_or(bare);
    let mut numbers = [0; 3];
    let mut count = 0;
    for part in bare.split('.') {
        if matches!(part, "*" | "x") {
            break;
        }
        if count < 3 {
            numbers[count] = part.parse().ok()?;
            count += 1;
        }
    }
    (count > 0).then_some((numbers, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_older_by_its_numbers_and_what_is_left_out_is_the_newest() {
        let lower =
            |one: &str, other: &str| is_lower(&Version::read(one).unwrap(), &Version::read(other).unwrap());
        for (one, other) in [("10.6", "10.11"), ("2.4", "7.9"), ("10.6", "11"), ("1.3", "1"), ("3.0", "3")] {
            assert!(lower(one, other) && !lower(other, one), "{one} {other}");
        }
        assert!(!lower("10.6", "10.6") && Version::read("latest").is_none());
    }

    #[test]
    fn releases_count_with_their_patches() {
        let read = |text| Release::read(text).map(|it| (it.numbers, it.patch));
        assert_eq!(read("2.4.7-p9"), Some(([2, 4, 7], 9)));
        assert_eq!(read("2.4.9-beta1"), Some(([2, 4, 9], 0)));
        assert_eq!(read("dev-master"), None);
    }

    #[test]
    fn constraints_allow_what_composer_allows() {
        for (constraint, allowed, refused) in [
            ("~8.3.0||~8.4.0", &[(8, 3), (8, 4)][..], &[(8, 2), (8, 5)][..]),
            ("~7.4.0|~8.1.0", &[(7, 4), (8, 1)], &[(8, 0)]),
            ("^8.1", &[(8, 1), (8, 9)], &[(7, 4), (9, 0)]),
            (">=8.1 <8.4", &[(8, 1), (8, 3)], &[(8, 4)]),
            (">= 8.1, < 8.4", &[(8, 2)], &[(8, 4)]),
            ("8.1.*", &[(8, 1)], &[(8, 2)]),
            ("8.1 - 8.3", &[(8, 1), (8, 3)], &[(8, 4)]),
            ("~8.1", &[(8, 1), (8, 4)], &[(9, 0)]),
            ("*", &[(5, 6)], &[]),
            ("", &[(5, 6)], &[]),
            ("what ever", &[(5, 6)], &[]),
        ] {
            assert!(allowed.iter().all(|minor| allows(constraint, *minor)), "{constraint}");
            assert!(!refused.iter().any(|minor| allows(constraint, *minor)), "{constraint}");
        }
    }
}
