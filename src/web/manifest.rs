//! What the App has to be registered with, from the manifest itself.

const MANIFEST: &str = include_str!("../../app-manifest.yml");

/// The permissions that GitHub's form lists under the organisation's; the manifest has one list for all.
const OF_ORGANISATIONS: [&str; 1] = ["members"];

/// The repository permissions, as GitHub's form names them: `Pull requests: write`.
pub(super) fn repository_permissions() -> Vec<String> {
    permissions(|name| !OF_ORGANISATIONS.contains(&name))
}

/// The organisation permissions, as GitHub's form names them.
pub(super) fn organisation_permissions() -> Vec<String> {
    permissions(|name| OF_ORGANISATIONS.contains(&name))
}

fn permissions(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = section("default_permissions").filter_map(|line| line.split_once(": "));
    let entries = entries.filter(|(name, _)| wanted(name));
    entries.map(|(name, level)| format!("{}: {level}", in_the_form(name))).collect()
}

/// The events, as GitHub's form names them.
pub(super) fn events() -> Vec<String> {
    section("default_events").filter_map(|line| line.strip_prefix("- ")).map(in_the_form).collect()
}

/// The lines of one list or map of the manifest, without comments.
fn section(name: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = MANIFEST.lines().skip_while(move |line| line.strip_suffix(':') != Some(name)).skip(1);
    lines.take_while(|line| line.starts_with(' ')).map(str::trim).filter(|line| !line.starts_with('#'))
}

/// The form spells names out, all but one of them as they are.
fn in_the_form(name: &str) -> String {
    if name == "statuses" {
        return "Commit statuses".to_owned();
    }
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect::<String>().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_name_what_the_manifest_asks_for() {
        let document = include_str!("../../docs/running.md");
        let lists = [
            ("Repository permissions", repository_permissions(), 9),
            ("Organization permissions", organisation_permissions(), 1),
            ("Events", events(), 10),
        ];
        for (title, entries, count) in lists {
            assert_eq!(entries.len(), count, "{entries:?}");
            let row = format!("| {title} | {} |\n", entries.join(" · "));
            assert!(document.contains(&row), "docs/running.md lacks {row}");
        }
        let of_repositories = repository_permissions();
        assert!(of_repositories.contains(&"Pull requests: write".to_owned()), "{of_repositories:?}");
        assert_eq!(organisation_permissions(), ["Members: read"]);
        assert!(events().contains(&"Workflow run".to_owned()), "{:?}", events());
    }
}
