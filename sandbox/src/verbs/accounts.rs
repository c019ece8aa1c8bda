//! Accounts that go.

use crate::acts::accounts;
use crate::{Refused, Sandbox};

impl Sandbox {
    /// Deletes somebody's account. What they wrote stays and has no author any more (`user: null`); their login is free
    /// for somebody else.
    pub async fn delete_account(&self, login: &str) -> Result<(), Refused> {
        accounts::delete(&self.hub, login)
    }
}
