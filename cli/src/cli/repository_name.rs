//! The name of a repository as people type it.

/// Whether it is `owner/name`: nothing in it leads elsewhere in an address.
pub(super) fn is_full_name(text: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    text.split_once('/').is_some_and(|(owner, name)| plain(owner) && plain(name))
}
