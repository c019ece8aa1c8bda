//! Registering apps from manifests. The steps, the keys and their meaning are those of GitHub's documentation,
//! "Registering a GitHub App from a manifest"; what it refuses and how it says so is as people have met it there.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::apps::{self, AppConfig};
use crate::Refused;
use crate::hub::Hub;
use crate::model::{AccountKind, Conversion, Level, World};
use crate::shape;

/// How long a code is good.
const GOOD_FOR: TimeDelta = TimeDelta::hours(1);

/// The longest name of an app, in characters.
pub(crate) const LONGEST_NAME: usize = 34;

/// What stays as it is in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A manifest that has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The name that is proposed, perhaps empty.
    pub(crate) name: String,
    pub(crate) redirect_url: String,
    pub(crate) url: String,
    pub(crate) setup_url: Option<String>,
    /// `None`: the app hears nothing.
    pub(crate) hook_url: Option<String>,
    pub(crate) public: bool,
    pub(crate) permissions: BTreeMap<String, String>,
    pub(crate) events: BTreeSet<String>,
}

impl Manifest {
    /// Reads a manifest, or says all that is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, Refused> {
        let sentence = "The configuration does not appear to be a valid GitHub App manifest";
        let refused = |errors: Vec<String>| {
            let errors = errors.into_iter().map(|message| json!({ "message": message })).collect();
            Refused { errors, ..Refused::new(422, sentence) }
        };
        let json = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
        let json = json.ok_or_else(|| refused(vec!["It is no JSON object.".to_owned()]))?;
        let mut reader = Reader { errors: Vec::new() };
        let manifest = reader.manifest(&json);
        if reader.errors.is_empty() { Ok(manifest) } else { Err(refused(reader.errors)) }
    }

    /// Where the browser goes on with a code.
    pub(crate) fn address(&self, code: &str, state: Option<&str>) -> String {
        let state = state.map(|state| format!("&state={}", utf8_percent_encode(state, QUERY)));
        with_query(&self.redirect_url, &format!("code={code}{}", state.unwrap_or_default()))
    }
}

/// An address with more in its query.
pub(crate) fn with_query(address: &str, more: &str) -> String {
    let page = address.split('#').next().unwrap_or_default();
    let joint = if page.contains('?') { '&' } else { '?' };
    format!("{page}{joint}{more}")
}

/// Whether a text is an address with `http` or `https` and a plain host.
pub(crate) fn is_web_address(text: &str) -> bool {
    origin(text).is_some()
}

/// Scheme, host and port of an address with `http` or `https`.
pub(crate) fn origin(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let authority = uri.authority().map(http::uri::Authority::as_str)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    authority.bytes().all(plain).then(|| format!("{scheme}://{authority}"))
}

/// Gathers what is wrong while it reads.
struct Reader {
    errors: Vec<String>,
}

impl Reader {
    fn manifest(&mut self, json: &Value) -> Manifest {
        let events = self.events(&json["default_events"]);
        Manifest {
            name: self.text(json, "name").unwrap_or_default(),
            redirect_url: self.needed_address(json, "redirect_url"),
            url: self.needed_address(json, "url"),
            setup_url: self.address(json, "setup_url"),
            public: json["public"].as_bool().unwrap_or(false),
            hook_url: self.hook(&json["hook_attributes"], !events.is_empty()),
            permissions: self.permissions(&json["default_permissions"]),
            events,
        }
    }

    fn needed_address(&mut self, json: &Value, name: &str) -> String {
        if json[name].is_null() {
            self.errors.push(format!("\"{name}\" wasn't supplied."));
        }
        self.address(json, name).unwrap_or_default()
    }

    fn text(&mut self, json: &Value, name: &str) -> Option<String> {
        match &json[name] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => {
                self.errors.push(format!("For 'properties/{name}', {other} is not a string."));
                None
            }
        }
    }

    fn address(&mut self, json: &Value, name: &str) -> Option<String> {
        let text = self.text(json, name)?;
        if is_web_address(&text) {
            return Some(text);
        }
        self.errors.push(format!("For 'properties/{name}', \"{text}\" is no address with http or https."));
        None
    }

    /// The address of webhooks, if they are to be sent. GitHub wants it wherever there are attributes, even of a hook
    /// that is switched off, and does not say that it is the hook's address that it misses.
    fn hook(&mut self, attributes: &Value, listens: bool) -> Option<String> {
        if attributes.is_null() {
            if listens {
                self.errors.push("Hook url cannot be blank".to_owned());
            }
            return None;
        }
        for name in attributes.as_object().into_iter().flatten().map(|(name, _)| name) {
            if name != "url" && name != "active" {
                self.errors.push(format!("\"{name}\" is not a permitted key."));
            }
        }
        let url = self.needed_address(attributes, "url");
        attributes["active"].as_bool().unwrap_or(true).then_some(url)
    }

    fn permissions(&mut self, json: &Value) -> BTreeMap<String, String> {
        let mut permissions = BTreeMap::from([("metadata".to_owned(), "read".to_owned())]);
        for (name, level) in json.as_object().into_iter().flatten() {
            match level.as_str().filter(|word| Level::parse(word).is_some()) {
                Some(word) => drop(permissions.insert(name.clone(), word.to_owned())),
                None => self.errors.push(format!("For '{name}', {level} is neither read, write nor admin.")),
            }
        }
        permissions
    }

    fn events(&mut self, json: &Value) -> BTreeSet<String> {
        let listed = json.as_array().into_iter().flatten();
        listed
            .filter_map(|event| {
                let name = event.as_str();
                if name.is_none() {
                    self.errors.push(format!("For 'properties/default_events', {event} is not a string."));
                }
                name.map(str::to_owned)
            })
            .collect()
    }
}

/// Registers an app as a manifest says, under a name, for a person or for an organisation that the person administers.
/// Answers the code that its secrets are exchanged for.
pub(crate) fn register(
    hub: &Hub,
    manifest: &Manifest,
    name: &str,
    organization: Option<&str>,
    person: u64,
) -> Result<String, Refused> {
    hub.with(|world| {
        let owner = match organization {
            None => person,
            Some(login) => organization_named(world, login)?,
        };
        if !world.administers(person, owner) {
            let (person, owner) = (world.login(person), world.login(owner));
            return Err(Refused::new(403, format!("{person} does not administer {owner}")));
        }
        let slug = vacant(world, name, owner)?;
        let config = AppConfig {
            slug,
            name: name.trim().to_owned(),
            owner: world.login(owner),
            // Making a key takes seconds in a build that is not optimised; the one that is there opens nothing either.
            private_key_pem: AppConfig::demo_key().to_owned(),
            webhook_url: manifest.hook_url.clone(),
            webhook_secret: world.next_secret(),
            form_encoded: false,
            permissions: manifest.permissions.clone(),
            events: manifest.events.clone(),
            url: Some(manifest.url.clone()),
            setup_url: manifest.setup_url.clone(),
            public: manifest.public,
        };
        let pem = config.private_key_pem.clone();
        let app = apps::add(world, config)?;
        let (code, client_secret) = (world.next_secret(), world.next_secret());
        let expires_at = world.now + GOOD_FOR;
        world.conversions.insert(code.clone(), Conversion { app, pem, client_secret, expires_at });
        Ok(code)
    })
}

/// The organisation of a login.
pub(crate) fn organization_named(world: &World, login: &str) -> Result<u64, Refused> {
    let found = world.account_named(login).filter(|found| found.kind == AccountKind::Organization);
    Ok(found.ok_or_else(Refused::not_found)?.id)
}

/// The slug of a name that no other app has and no other account either, unless it is the owner's.
fn vacant(world: &World, name: &str, owner: u64) -> Result<String, Refused> {
    let refused = |message: &str| Err(Refused::invalid("Integration", "name", "invalid", message));
    if name.trim().chars().count() > LONGEST_NAME {
        return refused(&format!("Name is too long (maximum is {LONGEST_NAME} characters)"));
    }
    let slug = slug(name);
    if slug.is_empty() {
        return refused("Name can't be blank");
    }
    let of_another = world.account_named(&slug).is_some_and(|found| found.id != owner);
    if of_another || world.apps.values().any(|app| app.slug == slug) {
        return refused("Name is already taken");
    }
    Ok(slug)
}

/// A name as it stands in addresses: in small letters, a dash for each run of anything but letters and digits.
fn slug(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Exchanges a code for the app and its secrets, once and within the hour.
pub(crate) fn convert(hub: &Hub, code: &str) -> Result<Value, Refused> {
    hub.with(|world| {
        let found = world.conversions.remove(code).filter(|found| found.expires_at > world.now);
        let found = found.ok_or_else(Refused::not_found)?;
        let app = world.apps.get(&found.app).ok_or_else(Refused::not_found)?;
        Ok(shape::conversion(world, app, &found))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Manifest, origin, slug};

    fn whole() -> Value {
        json!({
            "name": "Check It",
            "url": "https://example.com/it",
            "redirect_url": "http://127.0.0.1:8080/back",
            "hook_attributes": { "url": "http://127.0.0.1:8080/hooks" },
            "default_permissions": { "checks": "write" },
            "default_events": ["push"],
        })
    }

    fn wrong(change: impl FnOnce(&mut Value)) -> String {
        let mut json = whole();
        change(&mut json);
        let refused = Manifest::read(&json.to_string()).expect_err("it is wrong");
        let said = refused.errors.iter().map(|error| error["message"].as_str().unwrap_or_default());
        said.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn a_manifest_is_read_whole_or_refused_with_every_reason() {
        let read = Manifest::read(&whole().to_string()).expect("it is right");
        assert_eq!(read.hook_url.as_deref(), Some("http://127.0.0.1:8080/hooks"));
        assert_eq!(read.permissions.len(), 2);
        let without_hook =
            json!({ "url": "https://example.com", "redirect_url": "https://example.com/back" });
        let quiet = Manifest::read(&without_hook.to_string()).expect("webhooks are not needed");
        assert_eq!(quiet.hook_url, None);

        let missing = "\"url\" wasn't supplied.";
        assert_eq!(wrong(|json| drop(json["url"].take())), missing);
        assert_eq!(wrong(|json| json["hook_attributes"] = json!({ "active": false })), missing);
        assert_eq!(wrong(|json| drop(json["hook_attributes"].take())), "Hook url cannot be blank");
        assert_eq!(
            wrong(|json| json["hook_attributes"]["secret"] = json!("x")),
            "\"secret\" is not a permitted key."
        );
        assert_eq!(
            wrong(|json| {
                json["url"] = json!(7);
                json["hook_attributes"]["url"] = json!("ftp://example.com");
                json["default_permissions"]["checks"] = json!("all");
            }),
            "For 'properties/url', 7 is not a string. | For 'properties/url', \"ftp://example.com\" is no address \
             with http or https. | For 'checks', \"all\" is neither read, write nor admin."
        );
        for text in ["", "[]", "{\"url\":"] {
            let refused = Manifest::read(text).expect_err("it is no object");
            assert_eq!(refused.errors[0]["message"], "It is no JSON object.");
        }
    }

    #[test]
    fn the_browser_goes_on_with_code_and_state() {
        let mut manifest = Manifest::read(&whole().to_string()).expect("it is right");
        assert_eq!(manifest.address("c0de", None), "http://127.0.0.1:8080/back?code=c0de");
        manifest.redirect_url = "https://example.com/back?at=1#top".to_owned();
        assert_eq!(
            manifest.address("c0de", Some("a b&c")),
            "https://example.com/back?at=1&code=c0de&state=a%20b%26c"
        );
    }

    #[test]
    fn an_origin_has_a_plain_host() {
        let good = "https://[::1]:8443/a?b";
        assert_eq!(origin(good).as_deref(), Some("https://[::1]:8443"));
        for bad in
            ["", "/path", "example.com", "ftp://x", "http://a;b/", "http://u@h/", "javascript:alert(1)"]
        {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_slug_is_made_of_the_name_s_words() {
        assert_eq!(slug("  Acme's Check_It! 2 "), "acme-s-check-it-2");
        assert_eq!(slug("…"), "");
    }
}
