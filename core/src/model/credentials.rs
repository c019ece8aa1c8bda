//! Texts without what opens doors.

/// What stands in the place of what was left out.
const LEFT_OUT: char = '…';

/// How tokens begin that GitHub gives out, and the user that goes along with one in an address.
const TOKEN_STARTS: [&str; 7] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "x-access-token"];

/// A text without the user, the password and the query of each address in it, and without what looks like a token of
/// GitHub's. White space stays as it is.
pub fn without_credentials(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let bare = word.trim_end();
            word_without(bare) + &word[bare.len()..]
        })
        .collect()
}

fn word_without(word: &str) -> String {
    let scheme = word.find("://").map(|at| at + "://".len());
    if let Some(start) = TOKEN_STARTS.iter().filter_map(|start| word.find(start)).min() {
        // A password may stand before it in the same address.
        let safe = scheme.filter(|scheme| *scheme <= start).unwrap_or(start);
        return format!("{}{LEFT_OUT}", &word[..safe]);
    }
    let Some(scheme) = scheme else { return word.to_owned() };
    let (before, rest) = word.split_at(scheme);
    let path = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(path);
    let rest = match rest.find('?') {
        Some(query) => format!("{}{LEFT_OUT}", &rest[..=query]),
        None => rest.to_owned(),
    };
    match authority.rfind('@') {
        Some(user) => format!("{before}{LEFT_OUT}{}{rest}", &authority[user..]),
        None => format!("{before}{authority}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_opens_a_door_is_left() {
        for (text, left) in [
            ("no address at all", "no address at all"),
            ("see https://host/a/b#c, please", "see https://host/a/b#c, please"),
            ("(https://me:hunter2@host/p):  403\n", "(https://…@host/p):  403\n"),
            ("https://me:p@ss@host:8443", "https://…@host:8443"),
            ("url (https://host/hook?token=hunter2&x=/a@b): refused", "url (https://host/hook?… refused"),
            ("https://host?key=hunter2", "https://host?…"),
            ("'https://x-access-token:ghs_16C7e42F@github.com/o/r/': 403", "'https://… 403"),
            ("https://me:hunter2ghp_x@host", "https://…"),
            ("the token ghs_16C7e42F is bad", "the token … is bad"),
            ("token=github_pat_11A", "token=…"),
        ] {
            assert_eq!(without_credentials(text), left);
        }
    }
}
