//! Accounts that go or take another name.

use crate::acts::accounts;
use crate::{Refused, Sandbox};

impl Sandbox {
    /// Gives somebody another login. Their id and their rights stay; the login is free for somebody else.
    pub async fn rename_account(&self, login: &str, to: &str) -> Result<(), Refused> {
        accounts::rename(&self.hub, login, to)
    }

    /// Deletes somebody's account. What they wrote stays and has no author any more (`user: null`); their login is free
    /// for somebody else.
    pub async fn delete_account(&self, login: &str) -> Result<(), Refused> {
        accounts::delete(&self.hub, login)
    }
}
