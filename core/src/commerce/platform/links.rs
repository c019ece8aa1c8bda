use serde_json::Value;
use std::collections::BTreeMap;

/// Where the API says that things are done and found. What it does not name cannot be done now, or not by this user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links(BTreeMap<String, String>);

impl Links {
    /// The links of an answer.
    pub(super) fn of(answer: &Value) -> Self {
        let links = answer.get("_links").and_then(Value::as_object).into_iter().flatten();
        let href =
            |(name, link): (&String, &Value)| Some((name.clone(), link.get("href")?.as_str()?.to_owned()));
        Self(links.filter_map(href).collect())
    }

    /// The address behind a name, such as `#redeploy`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
