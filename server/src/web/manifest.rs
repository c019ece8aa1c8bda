//! The manifest of the App as GitHub takes it.

use crate::model::{NEEDED_EVENTS, NEEDED_PERMISSIONS};
use serde_json::{Map, Value, json};

/// For a server at this address, which GitHub sends the browser back to.
pub(super) fn as_json(name: &str, address: &str) -> Value {
    let permissions: Map<String, Value> =
        NEEDED_PERMISSIONS.iter().map(|it| (it.name.to_owned(), it.level.into())).collect();
    json!({
        "name": name,
        "url": address,
        "public": false,
        "hook_attributes": { "url": format!("{address}/webhooks/github"), "active": true },
        "redirect_url": format!("{address}/setup/registered"),
        "setup_url": format!("{address}/setup"),
        "default_permissions": permissions,
        "default_events": NEEDED_EVENTS.map(|it| it.name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn github_is_handed_what_the_table_says() {
        let json = as_json("Towpath", "https://towpath.example.com");
        assert_eq!(json["hook_attributes"]["url"], "https://towpath.example.com/webhooks/github");
        assert_eq!(json["default_permissions"]["pull_requests"], "write");
        assert_eq!(json["default_permissions"]["members"], "read");
        assert_eq!(json["default_events"].as_array().map(Vec::len), Some(10));
        assert_eq!(json["public"], false);
    }
}
