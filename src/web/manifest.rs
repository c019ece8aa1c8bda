//! What the App has to be registered with, from the manifest itself.

use crate::model::grant_in_words;

const MANIFEST: &str = include_str!("../../app-manifest.yml");

/// The permissions that GitHub's form lists under the organisation's; the manifest has one list for all.
const OF_ORGANISATIONS: [&str; 1] = ["members"];

/// A permission or an event that the App asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// GitHub's name for it.
    pub(super) name: String,
    /// Of a permission the level: `read` or `write`.
    pub(super) level: Option<String>,
    /// Why, as the manifest says it.
    pub(super) reason: String,
}

impl Asked {
    /// As GitHub's form names it: `Pull requests: write`.
    pub(super) fn in_the_form(&self) -> String {
        let name = grant_in_words(&self.name);
        self.level.as_ref().map_or_else(|| name.clone(), |level| format!("{name}: {level}"))
    }

    /// Whether GitHub's form lists it under the organisation's.
    pub(super) fn is_of_organisations(&self) -> bool {
        OF_ORGANISATIONS.contains(&self.name.as_str())
    }
}

/// The permissions, with the reason for each.
pub(super) fn permissions() -> Vec<Asked> {
    entries("default_permissions", |line| {
        let (name, level) = line.split_once(": ")?;
        Some((name.to_owned(), Some(level.to_owned())))
    })
}

/// The events, with the reason for each.
pub(super) fn events() -> Vec<Asked> {
    entries("default_events", |line| Some((line.strip_prefix("- ")?.to_owned(), None)))
}

/// The manifest as GitHub takes it: for a server at this address, which GitHub sends the browser back to.
pub(super) fn as_json(name: &str, address: &str) -> serde_json::Value {
    let permissions: serde_json::Map<String, serde_json::Value> =
        permissions().into_iter().filter_map(|it| Some((it.name, it.level?.into()))).collect();
    let events: Vec<String> = events().into_iter().map(|it| it.name).collect();
    serde_json::json!({
        "name": name,
        "url": address,
        "public": false,
        "hook_attributes": { "url": format!("{address}/webhooks/github"), "active": true },
        "redirect_url": format!("{address}/setup/registered"),
        "setup_url": format!("{address}/setup"),
        "default_permissions": permissions,
        "default_events": events,
    })
}

/// The entries of one list or map of the manifest. The comment above an entry is its reason.
fn entries(section: &str, read: impl Fn(&str) -> Option<(String, Option<String>)>) -> Vec<Asked> {
    let lines = MANIFEST.lines().skip_while(|line| line.strip_suffix(':') != Some(section)).skip(1);
    let (mut found, mut reason) = (Vec::new(), Vec::new());
    for line in lines.take_while(|line| line.starts_with(' ')).map(str::trim) {
        if let Some(words) = line.strip_prefix("# ") {
            reason.push(words);
        } else {
            let reason = std::mem::take(&mut reason).join(" ");
            found.extend(read(line).map(|(name, level)| Asked { name, level, reason }));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_name_what_the_manifest_asks_for() {
        let document = include_str!("../../docs/running.md");
        let named = |entries: &[Asked]| entries.iter().map(Asked::in_the_form).collect::<Vec<_>>();
        let (of_organisations, of_repositories): (Vec<_>, Vec<_>) =
            permissions().into_iter().partition(Asked::is_of_organisations);
        let lists = [
            ("Repository permissions", named(&of_repositories), 9),
            ("Organization permissions", named(&of_organisations), 1),
            ("Events", named(&events()), 10),
        ];
        for (title, entries, count) in lists {
            assert_eq!(entries.len(), count, "{entries:?}");
            let row = format!("| {title} | {} |\n", entries.join(" · "));
            assert!(document.contains(&row), "docs/running.md lacks {row}");
        }
        for it in permissions().iter().chain(&events()) {
            assert!(it.reason.ends_with('.'), "{} has no reason", it.name);
        }
    }

    #[test]
    fn github_is_handed_what_the_manifest_says() {
        let json = as_json("Towpath", "https://towpath.example.com");
        assert_eq!(json["hook_attributes"]["url"], "https://towpath.example.com/webhooks/github");
        assert_eq!(json["default_permissions"]["pull_requests"], "write");
        assert_eq!(json["default_permissions"]["members"], "read");
        assert_eq!(json["default_events"].as_array().map(Vec::len), Some(10));
        assert_eq!(json["public"], false);
    }
}
