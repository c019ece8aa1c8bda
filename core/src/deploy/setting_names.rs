//! Under which names a build sees the settings that its repository writes.

use serde::Deserialize;
use std::collections::BTreeMap;

/// What stands before the name of a setting that the operator does not allow as it is.
pub const PREFIX: &str = "TOWPATH_SETTING_";

/// What is set for every program, whatever anybody writes.
const SET_FOR_ALL: [&str; 3] = ["PATH", "HOME", "LANG"];
const OUR_OWN: &str = "TOWPATH_";

/// Variables that change what a program loads, runs or connects to, in capital letters. No such list is whole, so it
/// only narrows what the operator's patterns let through; a name that the operator has written out counts.
const LOADING: [&str; 69] = [
    "ALL_PROXY",
    "ANT_OPTS",
    "BASHOPTS",
    "BASH_ENV",
    "CC",
    "CDPATH",
    "CFLAGS",
    "CLASSPATH",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "EDITOR",
    "ENV",
    "EXINIT",
    "FTP_PROXY",
    "GCONV_PATH",
    "GLOBIGNORE",
    "GOBIN",
    "GOENV",
    "GOFLAGS",
    "GOPATH",
    "GOPRIVATE",
    "GOPROXY",
    "GOROOT",
    "GOSUMDB",
    "GOTOOLCHAIN",
    "GREP_OPTIONS",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IFS",
    "JAVA_OPTS",
    "KUBECONFIG",
    "LANGUAGE",
    "LD",
    "LDFLAGS",
    "LESSCLOSE",
    "LESSOPEN",
    "LOCPATH",
    "MAKEFILES",
    "MAKEFLAGS",
    "MANPAGER",
    "NLSPATH",
    "NO_PROXY",
    "PAGER",
    "PERLLIB",
    "PGPASSFILE",
    "PGSERVICEFILE",
    "PGSYSCONFDIR",
    "PHPRC",
    "PROMPT_COMMAND",
    "PS1",
    "PS4",
    "RUBYLIB",
    "RUBYOPT",
    "RUBYPATH",
    "RUBYSHELL",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "SHELL",
    "SHELLOPTS",
    "TAR_OPTIONS",
    "TEMP",
    "TERMINFO",
    "TMP",
    "TMPDIR",
    "USER",
    "VISUAL",
    "WGETRC",
    "ZDOTDIR",
];

/// And what those begin with that one program or system reads.
const LOADING_STARTS: [&str; 42] = [
    "BUNDLE_",
    "CARGO_",
    "COMPOSER_",
    "COREPACK_",
    "CURL_",
    "DENO_",
    "DOCKER_",
    "DOTNET_",
    "DYLD_",
    "ELECTRON_",
    "GEM_",
    "GIT_",
    "GLIBC_",
    "GNUPG",
    "GRADLE_",
    "JAVA_TOOL_",
    "JDK_JAVA_",
    "LC_",
    "LD_",
    "LUA_",
    "MALLOC_",
    "MAVEN_",
    "NODE_",
    "NPM_",
    "OPENSSL_",
    "PERL5",
    "PERL_",
    "PHP_INI_",
    "PIP_",
    "PNPM_",
    "PYTHON",
    "RSYNC_",
    "RUSTC_",
    "RUSTUP_",
    "SSH_",
    "SSL_",
    "SUDO_",
    "UV_",
    "XDG_",
    "YARN_",
    "_JAVA_",
    "__",
];

/// The settings that a build sees under their own names: names, and patterns in which `*` stands for any letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct AllowedNames(Vec<String>);

impl TryFrom<Vec<String>> for AllowedNames {
    type Error = String;

    fn try_from(patterns: Vec<String>) -> Result<Self, String> {
        patterns.iter().try_for_each(|pattern| match fault(pattern) {
            Some(what) => Err(format!("allow_settings: {pattern:?} {what}")),
            None => Ok(()),
        })?;
        Ok(Self(patterns))
    }
}

fn fault(pattern: &str) -> Option<&'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '*';
    if pattern.is_empty() || !pattern.chars().all(fits) {
        return Some("is no name of a variable; write letters, digits, _ and * for the rest of a name");
    }
    if pattern.starts_with('*') {
        return Some("would let a repository set anything; begin it as your settings begin, such as SHOP_*");
    }
    if pattern.starts_with(|c: char| c.is_ascii_digit()) {
        return Some("is no name of a variable; it begins with a digit");
    }
    is_ours(pattern).then_some("is set by Towpath; leave it out")
}

impl AllowedNames {
    /// Adds what another list allows.
    pub fn extend(&mut self, more: &Self) {
        self.0.extend(more.0.iter().cloned());
    }

    /// The variable that holds a setting.
    pub fn variable(&self, setting: &str) -> String {
        if self.allow(setting) { setting.to_owned() } else { format!("{PREFIX}{setting}") }
    }

    /// The variables that hold these settings: a build that has seen others may have come out differently.
    pub fn variables<T>(&self, settings: &BTreeMap<String, T>) -> Vec<String> {
        settings.keys().map(|name| self.variable(name)).collect()
    }

    fn allow(&self, setting: &str) -> bool {
        let lets_through = |pattern: &String| {
            pattern == setting
                || (pattern.contains('*') && matches(pattern, setting) && !changes_programs(setting))
        };
        !is_ours(setting) && self.0.iter().any(lets_through)
    }
}

fn is_ours(name: &str) -> bool {
    SET_FOR_ALL.contains(&name) || name.starts_with(OUR_OWN)
}

fn changes_programs(name: &str) -> bool {
    // Some are read in small letters too, such as those for proxies.
    let name = name.to_ascii_uppercase();
    SET_FOR_ALL.contains(&name.as_str())
        || LOADING.contains(&name.as_str())
        || LOADING_STARTS.iter().any(|start| name.starts_with(start))
}

/// Whether a name is as a pattern says.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| name.strip_prefix(start)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowing(patterns: &[&str]) -> Result<AllowedNames, String> {
        patterns.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>().try_into()
    }

    #[test]
    fn patterns_stand_for_whole_names() {
        let matched = [("SHOP_*", "SHOP_"), ("SHOP_*", "SHOP_A"), ("S*_M*E", "SHOP_MODE"), ("A**B", "AB")];
        for (pattern, name) in matched {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        let others = [
            ("SHOP_*", "SHOP"),
            ("SHOP_*", "XSHOP_A"),
            ("S*_M*E", "SHOP_E"),
            ("A*BA", "ABABX"),
            ("AB*B", "AB"),
        ];
        for (pattern, name) in others {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_name_that_is_written_out_counts_and_a_pattern_is_narrowed() {
        let names = allowing(&["NODE_VERSION", "N*"]).unwrap();
        assert_eq!(names.variable("NODE_VERSION"), "NODE_VERSION");
        assert_eq!(names.variable("NODE_OPTIONS"), "TOWPATH_SETTING_NODE_OPTIONS");
        assert_eq!(names.variable("NAME"), "NAME");
        let names = allowing(&["S*", "n*"]).unwrap();
        assert_eq!(names.variable("no_proxy"), "TOWPATH_SETTING_no_proxy");
        assert_eq!(names.variable("SHOP_FLAGS"), "SHOP_FLAGS");
    }

    #[test]
    fn what_would_allow_too_much_is_refused() {
        for pattern in
            ["*", "**", "*_MODE", "", "A-B", "A=B", "1*", "A ", "PATH", "HOME", "TOWPATH_SHA", "TOWPATH_*"]
        {
            let error = allowing(&["SHOP_*", pattern]).unwrap_err();
            assert!(error.starts_with(&format!("allow_settings: {pattern:?} ")), "{error}");
        }
    }
}
