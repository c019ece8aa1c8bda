//! Git servers that are reached over SSH, and the program that does it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A git server that is reached over SSH.
#[derive(Debug, Clone)]
pub struct SshRemote {
    /// Its address, as git writes it.
    pub url: String,
    /// The program; `None` for the `ssh` that is found in `PATH`.
    pub program: Option<PathBuf>,
    /// The file with its settings. No other is read.
    pub settings: PathBuf,
}

impl SshRemote {
    /// The program and its settings, as git hands them to a shell. Nothing that comes from outside is in it.
    pub(super) fn command(&self) -> OsString {
        let program = self.program.as_deref().unwrap_or_else(|| Path::new("ssh"));
        format!("{} -F {}", quoted(program), quoted(&self.settings)).into()
    }
}

/// A path that a shell takes as it is.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_paths_as_they_are() {
        let remote = SshRemote {
            url: String::new(),
            program: Some("/opt/it's/ssh".into()),
            settings: "/var/lib/a b/$(x)/ssh_config".into(),
        };
        assert_eq!(remote.command(), r"'/opt/it'\''s/ssh' -F '/var/lib/a b/$(x)/ssh_config'");
        let found = SshRemote { program: None, ..remote };
        assert!(found.command().to_string_lossy().starts_with("'ssh' -F "));
    }
}
