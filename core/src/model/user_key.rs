//! By what people are told from each other.

use super::UserId;

/// Somebody: by the number of their account where that is known, since a login can be changed, and taken by somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserKey<'a> {
    /// The login, or the name that the operator gave.
    pub login: &'a str,
    /// The account; `None` for the operator, and where an earlier version has stored the login alone.
    pub id: Option<UserId>,
}

impl UserKey<'_> {
    /// Whether both are the same person.
    pub fn is(self, other: UserKey<'_>) -> bool {
        match (self.id, other.id) {
            (Some(one), Some(other)) => one == other,
            _ => self.login.eq_ignore_ascii_case(other.login),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_counts_where_both_are_known_by_it() {
        let key = |login, id: u64| UserKey { login, id: (id > 0).then_some(UserId(id)) };
        for (one, other, is) in [
            (key("rita", 1), key("rita", 1), true),
            (key("rita", 1), key("margarita", 1), true),
            (key("rita", 1), key("rita", 2), false),
            (key("rita", 0), key("Rita", 2), true),
            (key("rita", 0), key("sam", 2), false),
            (key("rita", 0), key("rita", 0), true),
        ] {
            assert_eq!((one.is(other), other.is(one)), (is, is), "{one:?} {other:?}");
        }
    }
}
