//! The schema of a configuration file, which people's editors use and files are read by.

use std::sync::LazyLock;

use serde_json::Value;

use super::file::File;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(File).to_value());

/// The schema of a configuration file.
pub(super) fn schema() -> &'static Value {
    &SCHEMA
}

/// What a schema offers to choose from, references followed; itself where it offers one thing only.
pub(super) fn choices(schema: &'static Value) -> Vec<&'static Value> {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")) {
        return choices(&self::schema()["$defs"][name]);
    }
    let several = ["anyOf", "oneOf"].into_iter().find_map(|key| schema[key].as_array());
    several.map_or_else(|| vec![schema], |several| several.iter().flat_map(choices).collect())
}
