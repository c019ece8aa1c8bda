//! TP705: secrets in files. What is found is named and never shown.

use super::project::Application;
use super::{Findings, Judged, Words, project::line_of, say};
use crate::commerce::read::{Content, Node, PhpValue};
use crate::model::{Code, Outcome};

/// The last parts of names that hold secrets.
const SECRET_WORDS: [&str; 8] =
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIALS", "APIKEY"];

/// Shorter values are no secrets.
const SECRET_MIN: usize = 6;

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    for application in &judged.head.applications {
        let env_php = application.file("app/etc/env.php");
        if judged.head.tree.has(&env_php) {
            let words = Words {
                title: say("% is committed", [&env_php]),
                detail: say(
                    "It holds the encryption key and the passwords of the services, and everybody who can read the \
                     repository has them. The build trips over it too: it leads to a database that is not there.",
                    [],
                ),
                remedy: say("Remove it with %, and change the secrets that it held.", ["git rm --cached"]),
            };
            findings.add(Code::SecretInFile, Outcome::Fail, (&env_php, 1), words);
        }
        crypt_key(application, findings);
        variables(application, findings);
        auth_json(judged, application, findings);
    }
}

fn tell(findings: &mut Findings, at: (&str, u32), name: &str, remedy: &'static str) {
    let words = Words {
        title: say("A secret lies in %: %", [at.0, name]),
        detail: say(
            "Everybody who can read the repository has %, in its history too, and so has every copy of it.",
            [name],
        ),
        remedy: say(remedy, [name]),
    };
    findings.add(Code::SecretInFile, Outcome::Fail, at, words);
}

const AS_VARIABLE: &str = "Take % out, change it, and set it as a sensitive variable of the environment.";

/// The encryption key in the files that ece-tools and the shop read.
fn crypt_key(application: &Application<'_>, findings: &mut Findings) {
    let stages = application.environment.root().and_then(|root| root.get("stage"));
    for stage in stages.map_or(&[][..], Node::keys) {
        if let Some(key) = stage.value.key("CRYPT_KEY").filter(|key| is_secret(&key.value)) {
            tell(findings, (&application.environment.path, key.place.line), "CRYPT_KEY", AS_VARIABLE);
        }
    }
    let crypt = application.config_php.read().and_then(|config| config.entry("crypt"));
    if let Some(entry) = crypt.and_then(|crypt| crypt.value.entry("key"))
        && matches!(&entry.value, PhpValue::Text(text) if !is_placeholder(text))
    {
        tell(findings, (&application.config_php_path(), entry.line), "crypt/key", AS_VARIABLE);
    }
}

fn variables(application: &Application<'_>, findings: &mut Findings) {
    for group in application.get("variables").map_or(&[][..], Node::keys) {
        for key in group.value.keys().iter().filter(|key| names_secret(&key.name) && is_secret(&key.value)) {
            tell(findings, (&application.path, key.place.line), &key.name, AS_VARIABLE);
        }
    }
}

/// Whether a variable of this name holds a secret.
fn names_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let parts: Vec<&str> = upper.split(['_', ':', '-', '/', '.']).filter(|part| !part.is_empty()).collect();
    let Some((last, before)) = parts.split_last() else { return false };
    // What is shown to every browser is no secret.
    let is_open =
        *last == "KEY" && before.last().is_some_and(|it| matches!(*it, "SITE" | "PUBLISHABLE" | "LUA"));
    SECRET_WORDS.contains(last) && !is_open
}

fn is_secret(value: &Node) -> bool {
    matches!(&value.content, Content::Text(text) | Content::Integer(text)
        if text.len() >= SECRET_MIN && !is_placeholder(text))
}

/// Whether a value only says what goes there.
fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    let begins = |begin: &str, end: &str| value.starts_with(begin) && value.ends_with(end);
    let said = [
        "your",
        "changeme",
        "change-me",
        "change_me",
        "placeholder",
        "example",
        "public-key",
        "private-key",
        "username",
        "password",
        "xxx",
    ];
    value.is_empty()
        || begins("<", ">")
        || begins("%", "%")
        || begins("{{", "}}")
        || begins("[", "]")
        || value.starts_with('$')
        || said.iter().any(|word| lower.starts_with(word))
        || value.chars().all(|c| matches!(c, '*' | '.' | '-' | 'x' | 'X' | '0'))
}

/// The keys with which composer reaches repositories.
fn auth_json(judged: &Judged<'_>, application: &Application<'_>, findings: &mut Findings) {
    let path = application.file("auth.json");
    let Some(Ok(text)) = judged.head.tree.text(&path, 1 << 20) else { return };
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return };
    let mut secrets = Vec::new();
    for (kind, hosts) in json.as_object().into_iter().flatten() {
        for (host, value) in hosts.as_object().into_iter().flatten() {
            let given = match value {
                serde_json::Value::Object(parts) => parts.get("password").or_else(|| parts.get("token")),
                value => Some(value),
            };
            if given
                .and_then(|it| it.as_str())
                .is_some_and(|it| it.len() >= SECRET_MIN && !is_placeholder(it))
            {
                secrets.push((line_of(text, &format!("\"{host}\"")), format!("{kind} {host}")));
            }
        }
    }
    for (line, name) in secrets {
        let remedy = "Take the keys of % out, replace them, and set them as the variable env:COMPOSER_AUTH of the project.";
        tell(findings, (&path, line), &name, remedy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_what_only_looks_like_them() {
        for name in
            ["CRYPT_KEY", "env:FASTLY_API_TOKEN", "CONFIG__DEFAULT__PAYMENT__X__PRIVATE_KEY", "db-password"]
        {
            assert!(names_secret(name), "{name}");
        }
        for name in ["RECAPTCHA_SITE_KEY", "TOKEN_LIFETIME", "CONFIG__X__MERCHANT_ID", "KEYS_MAX", ""] {
            assert!(!names_secret(name), "{name}");
        }
        for value in ["", "<public-key>", "${KEY}", "your key here", "xxxxxxxx", "********", "%token%"] {
            assert!(is_placeholder(value), "{value}");
        }
        assert!(!is_placeholder("3f1c2b9a8d"));
    }
}
