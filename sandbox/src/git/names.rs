//! Which names may reach git at all.

/// A full commit id.
pub(crate) fn is_sha(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A full object id as git itself writes it.
pub(crate) fn is_id(text: &str) -> bool {
    is_sha(text) && !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// A branch name that git's server accepts: the rules of `git check-ref-format refs/heads/NAME`, which
/// `git branch` is stricter than.
pub(crate) fn valid_branch(name: &str) -> bool {
    let bad_part = |part: &str| {
        let lock = part.as_bytes().ends_with(b".lock");
        part.is_empty() || part.starts_with('.') || lock
    };
    let bad_character = |character: char| {
        character.is_ascii_control() || matches!(character, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\')
    };
    !name.is_empty()
        && name.len() < 256
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(bad_character)
        && !name.split('/').any(bad_part)
}

/// A login or repository name.
pub(crate) fn valid_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && !name.starts_with('-')
        && name != "."
        && name != ".."
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branch_names_that_git_would_refuse_are_refused_here() {
        for good in ["main", "feature/x", "a.b", "ünï", "release-1.2", "-x", "@", "HEAD"] {
            assert!(valid_branch(good), "{good}");
        }
        for bad in ["", "a..b", "a b", "x.lock", "a/.b", "a//b", "/a", "a/", "a@{1}", "a."] {
            assert!(!valid_branch(bad), "{bad}");
        }
    }
}
