//! What composer's two files say: the content hash, and the packages that are locked.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::php_json::{Json, encode_entries};
use super::{Unread, md5};

/// The keys of `composer.json` that the content hash is taken of, beside `config.platform`.
const HASHED: [&str; 11] = [
    "conflict",
    "extra",
    "minimum-stability",
    "name",
    "prefer-stable",
    "provide",
    "replace",
    "repositories",
    "require",
    "require-dev",
    "version",
];

/// The content hash of a `composer.json`, as composer computes it (`Locker::getContentHash`): the MD5 of what PHP's
/// `json_encode` makes of the keys that matter, sorted.
pub fn content_hash(text: &str) -> Result<String, Unread> {
    let json: Json = serde_json::from_str(text).map_err(|error| unread(&error))?;
    if !matches!(json, Json::Object(_)) {
        return Err(Unread::new(1, "holds no object"));
    }
    let mut hashed: BTreeMap<&str, Json> = BTreeMap::new();
    for key in HASHED {
        if let Some(value) = json.get(key) {
            hashed.insert(key, value.clone());
        }
    }
    let platform = json.get("config").and_then(|config| config.get("platform"));
    if let Some(platform) = platform.filter(|platform| **platform != Json::Null) {
        hashed.insert("config", Json::Object(vec![("platform".to_owned(), platform.clone())]));
    }
    let mut encoded = String::new();
    if hashed.is_empty() {
        encoded.push_str("[]");
    } else {
        encode_entries(hashed.iter().map(|(key, value)| (*key, value)), &mut encoded);
    }
    Ok(md5(encoded.as_bytes()))
}

/// What a `composer.lock` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// The content hash of the `composer.json` that it was made from; none in locks of very old versions.
    pub content_hash: Option<String>,
    /// The packages that a build without development packages installs, by name.
    pub packages: BTreeMap<String, LockedPackage>,
}

/// A package that is locked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockedPackage {
    /// Its version as it is written.
    pub version: String,
    /// What it requires of PHP.
    pub php: Option<String>,
}

#[derive(Deserialize)]
struct LockFile {
    #[serde(rename = "content-hash")]
    content_hash: Option<String>,
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    require: Option<Json>,
}

impl Lock {
    /// Reads it.
    pub fn read(text: &str) -> Result<Self, Unread> {
        let file: LockFile = serde_json::from_str(text).map_err(|error| unread(&error))?;
        let locked = |package: Package| {
            let php = package.require.as_ref().and_then(|require| match require.get("php") {
                Some(Json::Text(text)) => Some(text.clone()),
                _ => None,
            });
            (package.name.to_lowercase(), LockedPackage { version: package.version, php })
        };
        Ok(Self {
            content_hash: file.content_hash,
            packages: file.packages.into_iter().map(locked).collect(),
        })
    }

    /// The version at which a package is locked.
    pub fn version(&self, package: &str) -> Option<&str> {
        self.packages.get(package).map(|package| package.version.as_str())
    }
}

fn unread(error: &serde_json::Error) -> Unread {
    let line = u32::try_from(error.line()).unwrap_or(u32::MAX).max(1);
    Unread::new(line, if error.is_data() { "is not laid out as composer does it" } else { "is no JSON" })
}
