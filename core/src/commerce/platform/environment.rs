use super::links::Links;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the platform makes of a name: the id of the environment, or what it is compared by.
pub fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '/'], "-")
}

/// An environment of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudEnvironment {
    /// The platform's id of it, by which its addresses are made.
    pub id: String,
    /// Its name, as its branch is called.
    pub name: String,
    /// `active`, `inactive`, `dirty`, `paused` or `deleting`.
    pub status: String,
    /// The commit that its branch is at on the platform.
    pub head_commit: Option<String>,
    /// What can be done with it now.
    pub links: Links,
}

impl CloudEnvironment {
    fn read(answer: &Value) -> Option<Self> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("id")?;
        Some(Self {
            name: text("name").unwrap_or_else(|| id.clone()),
            status: text("status").unwrap_or_default(),
            head_commit: text("head_commit"),
            links: Links::of(answer),
            id,
        })
    }

    /// Why nothing can be deployed to it as it is; `None` where it runs.
    pub fn rests(&self) -> Option<&str> {
        let status = self.status.as_str();
        matches!(status, "inactive" | "paused" | "deleting").then_some(status)
    }
}

/// The environment of a list that is called so, by its name or its id. The name as it is written counts before what the
/// platform makes of it.
pub fn find_environment(list: &Value, name: &str) -> Option<CloudEnvironment> {
    let all: Vec<CloudEnvironment> = list.as_array()?.iter().filter_map(CloudEnvironment::read).collect();
    let exact = all.iter().find(|it| it.name == name || it.id == name);
    let wanted = folded(name);
    exact.or_else(|| all.iter().find(|it| folded(&it.name) == wanted || it.id == wanted)).cloned()
}

/// The address of a project, of those that a user may see; `None` where it is none of them.
pub fn project_endpoint(me: &Value, project: &str) -> Option<String> {
    let mut projects = me.get("projects")?.as_array()?.iter();
    let found = projects.find(|it| it.get("id").and_then(Value::as_str) == Some(project))?;
    let named = |name: &str| found.get(name).and_then(Value::as_str);
    let own = Links::of(found);
    named("endpoint").or_else(|| own.get("self")).map(|it| it.trim_end_matches('/').to_owned())
}

/// Whether a list of integrations has one that brings the branches of a repository.
pub fn has_source_integration(list: &Value) -> bool {
    const OF_SOURCES: [&str; 6] =
        ["github", "gitlab", "bitbucket", "bitbucket_server", "azuredevops", "gitea"];
    let brings = |it: &Value| {
        let kind = it.get("type").and_then(Value::as_str).unwrap_or_default();
        OF_SOURCES.contains(&kind) && it.get("fetch_branches").and_then(Value::as_bool) != Some(false)
    };
    list.as_array().is_some_and(|all| all.iter().any(brings))
}

/// git's trees of the applications that run in an environment, by their names; `None` where the answer does not tell.
pub fn deployed_trees(deployment: &Value) -> Option<BTreeMap<String, String>> {
    let applications = deployment.get("webapps")?;
    let tree = |it: &Value| it.get("tree_id").and_then(Value::as_str).unwrap_or_default().to_owned();
    match applications {
        Value::Object(all) => Some(all.iter().map(|(name, it)| (name.clone(), tree(it))).collect()),
        Value::Array(all) => {
            let named = |it: &Value| Some((it.get("name")?.as_str()?.to_owned(), tree(it)));
            Some(all.iter().filter_map(named).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn environments_are_found_as_the_platform_folds_their_names() {
        let list = json!([
            { "id": "staging", "name": "staging", "status": "active" },
            { "id": "qa-one-x7", "name": "QA/One", "status": "inactive", "_links": { "#activate": { "href": "/a" } } },
            { "name": "no id" },
            7,
        ]);
        let id = |name: &str| find_environment(&list, name).map(|it| it.id);
        for name in ["staging", "Staging", " STAGING "] {
            assert_eq!(id(name).as_deref(), Some("staging"), "{name}");
        }
        for name in ["QA/One", "qa/one", "qa one", "qa-one", "qa-one-x7"] {
            assert_eq!(id(name).as_deref(), Some("qa-one-x7"), "{name}");
        }
        assert_eq!(id("production"), None);
        let qa = find_environment(&list, "qa/one").unwrap();
        assert_eq!(
            (qa.rests(), qa.links.get("#activate"), qa.links.get("#redeploy")),
            (Some("inactive"), Some("/a"), None)
        );
        assert_eq!(find_environment(&json!({}), "x"), None);
    }

    #[test]
    fn a_project_is_found_among_those_that_a_user_sees() {
        let me = json!({ "projects": [
            { "id": "a", "endpoint": "https://eu.example/api/projects/a/" },
            { "id": "b", "_links": { "self": { "href": "https://us.example/api/projects/b" } } },
            { "id": "c" },
        ] });
        assert_eq!(project_endpoint(&me, "a").as_deref(), Some("https://eu.example/api/projects/a"));
        assert_eq!(project_endpoint(&me, "b").as_deref(), Some("https://us.example/api/projects/b"));
        for other in ["c", "d"] {
            assert_eq!(project_endpoint(&me, other), None);
        }
    }

    #[test]
    fn only_what_brings_branches_is_a_source() {
        for (list, is_one) in [
            (json!([{ "type": "github", "fetch_branches": true }]), true),
            (json!([{ "type": "health.email" }, { "type": "gitlab" }]), true),
            (json!([{ "type": "github", "fetch_branches": false }]), false),
            (json!([{ "type": "webhook" }]), false),
            (json!([]), false),
            (json!({ "message": "no" }), false),
        ] {
            assert_eq!(has_source_integration(&list), is_one, "{list}");
        }
    }

    #[test]
    fn trees_are_read_in_both_shapes() {
        let one = json!({ "webapps": { "shop": { "tree_id": "ab" }, "api": {} } });
        let other = json!({ "webapps": [{ "name": "shop", "tree_id": "ab" }, { "name": "api" }] });
        assert_eq!(deployed_trees(&one), deployed_trees(&other));
        assert_eq!(deployed_trees(&one).unwrap()["shop"], "ab");
        assert_eq!(deployed_trees(&json!({ "webapps": null })), None);
        assert_eq!(deployed_trees(&json!([])), None);
    }
}
