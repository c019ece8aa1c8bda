//! Which kind of request it is, without any name in it: by that requests are counted.

use http::Method;

/// Every kind of request that is sent. `{…}` stands for one part of the path, `{*}` for the rest of it.
const ENDPOINTS: [&str; 63] = [
    "GET /app",
    "GET /app/hook/config",
    "PATCH /app/hook/config",
    "GET /app/hook/deliveries",
    "POST /app/hook/deliveries/{delivery}/attempts",
    "GET /app/installations",
    "GET /app/installations/{installation}",
    "POST /app/installations/{installation}/access_tokens",
    "GET /installation/repositories",
    "GET /orgs/{organisation}/teams/{team}/memberships/{login}",
    "GET /repositories/{repository}",
    "GET /repos/{repository}",
    "PATCH /repos/{repository}",
    "GET /repos/{repository}/actions/jobs/{job}/logs",
    "POST /repos/{repository}/actions/runs/{run}/cancel",
    "POST /repos/{repository}/actions/runs/{run}/deployment_protection_rule",
    "GET /repos/{repository}/actions/runs/{run}",
    "GET /repos/{repository}/actions/runs/{run}/jobs",
    "POST /repos/{repository}/actions/workflows/{workflow}/dispatches",
    "GET /repos/{repository}/actions/workflows/{workflow}/runs",
    "GET /repos/{repository}/branches/{*}",
    "POST /repos/{repository}/check-runs",
    "PATCH /repos/{repository}/check-runs/{check}",
    "GET /repos/{repository}/check-runs/{check}/annotations",
    "GET /repos/{repository}/collaborators/{login}",
    "GET /repos/{repository}/collaborators/{login}/permission",
    "GET /repos/{repository}/commits/{commit}/check-runs",
    "GET /repos/{repository}/commits/{commit}/pulls",
    "GET /repos/{repository}/commits/{commit}/status",
    "GET /repos/{repository}/contents/{*}",
    "GET /repos/{repository}/deployments",
    "POST /repos/{repository}/deployments",
    "GET /repos/{repository}/deployments/{deployment}",
    "GET /repos/{repository}/deployments/{deployment}/statuses",
    "GET /repos/{repository}/environments",
    "GET /repos/{repository}/environments/{environment}/deployment_protection_rules",
    "POST /repos/{repository}/deployments/{deployment}/statuses",
    "GET /repos/{repository}/git/ref/heads/{*}",
    "PATCH /repos/{repository}/git/refs/heads/{*}",
    "GET /repos/{repository}/installation",
    "GET /repos/{repository}/issues",
    "POST /repos/{repository}/issues",
    "GET /repos/{repository}/issues/{number}",
    "PATCH /repos/{repository}/issues/{number}",
    "GET /repos/{repository}/issues/{number}/comments",
    "POST /repos/{repository}/issues/{number}/comments",
    "GET /repos/{repository}/issues/comments/{comment}",
    "PATCH /repos/{repository}/issues/comments/{comment}",
    "POST /repos/{repository}/issues/comments/{comment}/reactions",
    "GET /repos/{repository}/pulls",
    "POST /repos/{repository}/pulls",
    "GET /repos/{repository}/pulls/{number}",
    "PATCH /repos/{repository}/pulls/{number}",
    "PUT /repos/{repository}/pulls/{number}/merge-async",
    "GET /repos/{repository}/pulls/{number}/merge-async/{merge}",
    "GET /repos/{repository}/pulls/{number}/reviews",
    "GET /repos/{repository}/pulls/comments/{comment}",
    "POST /repos/{repository}/pulls/comments/{comment}/reactions",
    "GET /repos/{repository}/rules/branches/{*}",
    "GET /repos/{repository}/rulesets",
    "POST /repos/{repository}/rulesets",
    "GET /repos/{repository}/rulesets/{ruleset}",
    "PUT /repos/{repository}/rulesets/{ruleset}",
];

/// The statuses that GitHub is known to answer with.
const STATUSES: [(u16, &str); 24] = [
    (200, "200"),
    (201, "201"),
    (202, "202"),
    (204, "204"),
    (301, "301"),
    (302, "302"),
    (304, "304"),
    (307, "307"),
    (308, "308"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (409, "409"),
    (410, "410"),
    (413, "413"),
    (415, "415"),
    (422, "422"),
    (429, "429"),
    (500, "500"),
    (502, "502"),
    (503, "503"),
    (504, "504"),
];

/// What is said of all that is in no list.
const OTHER: &str = "other";
/// Of a request without an answer.
const NO_ANSWER: &str = "none";

/// The word for a status; for none where there was no answer.
pub(super) fn status_word(status: Option<u16>) -> &'static str {
    let Some(status) = status else { return NO_ANSWER };
    STATUSES.iter().find(|(known, _)| *known == status).map_or(OTHER, |(_, word)| word)
}

/// The kind of a request by its method and its path below the API's own.
pub(super) fn endpoint_of(method: &Method, path: &str) -> &'static str {
    let parts = parts_of(path);
    let is_it = |endpoint: &&&str| {
        endpoint.split_once(' ').is_some_and(|(of, template)| of == method.as_str() && fits(template, &parts))
    };
    ENDPOINTS.iter().find(is_it).copied().unwrap_or(OTHER)
}

/// The parts of a path, a repository's two names as one. Links to further pages name it by its number.
fn parts_of(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts.first() {
        Some(&"repos") if parts.len() > 2 => drop(parts.remove(2)),
        Some(&"repositories") if parts.len() > 2 => parts[0] = "repos",
        _ => {}
    }
    parts
}

fn fits(template: &str, parts: &[&str]) -> bool {
    let wanted: Vec<&str> = template.split('/').skip(1).collect();
    let fits = |(wanted, part): (&&str, &&str)| wanted.starts_with('{') || wanted == part;
    match wanted.split_last() {
        Some((&"{*}", before)) => parts.len() > before.len() && before.iter().zip(parts).all(fits),
        _ => wanted.len() == parts.len() && wanted.iter().zip(parts).all(fits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_by_its_kind_and_never_by_its_names() {
        let get = |path| endpoint_of(&Method::GET, path);
        assert_eq!(get("/app"), "GET /app");
        assert_eq!(get("/repos/acme/store/pulls/7"), "GET /repos/{repository}/pulls/{number}");
        assert_eq!(get("/repositories/42/pulls"), "GET /repos/{repository}/pulls");
        assert_eq!(get("/repositories/42"), "GET /repositories/{repository}");
        assert_eq!(get("/repos/acme/store/contents/.github/a.yml"), "GET /repos/{repository}/contents/{*}");
        assert_eq!(get("/repos/acme/store/secrets/of/ana"), "other");
        assert_eq!(endpoint_of(&Method::DELETE, "/app"), "other");
        assert_eq!(
            (status_word(Some(204)), status_word(Some(418)), status_word(None)),
            ("204", "other", "none")
        );
    }

    /// A request that is written into one of these files and not into the list would be counted as another.
    #[test]
    fn every_path_that_is_written_here_is_in_the_list() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/github");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            for begun in ["\"/app", "\"/installation/", "\"/orgs/", "\"/repos/", "\"/repositories/"] {
                for (at, _) in code.match_indices(begun) {
                    let path = code[at + 1..].split(['"', '?']).next().unwrap();
                    let named = path.replace("{repository}", "acme/store").replace("{path}{at}", "a");
                    let named = if path.starts_with("/repositories/") { path.to_owned() } else { named };
                    let methods = [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE];
                    let known = methods.iter().any(|method| endpoint_of(method, &named) != OTHER);
                    assert!(known, "{path} is not in the list");
                    seen += 1;
                }
            }
        }
        assert!(seen > 40, "{seen}");
    }
}
