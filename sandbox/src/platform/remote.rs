//! The git servers of projects, and a program that takes the place of ssh on the way to them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::hub::Hub;
use crate::Refused;
use crate::programs::write_program;

/// The host that the addresses name.
pub(super) const HOST: &str = "git.local";
/// The file with the certificates that let somebody push.
pub(super) const ISSUED: &str = "issued";
/// The file with what the program was run with.
pub(super) const RUNS: &str = "ssh-runs";
/// The file that says, by being there, that nobody answers.
const SILENT: &str = "silent";
/// The folder in which repositories are called as addresses name them.
const REMOTES: &str = "remotes";

/// The address of a project's repository.
pub(super) fn address(project: &str) -> String {
    format!("{project}@{HOST}:{project}.git")
}

/// Lets a repository be reached.
pub(super) fn serve(hub: &Hub, project: &str, number: u64) -> Result<(), Refused> {
    let remotes = hub.folder().join(REMOTES);
    fs::create_dir_all(&remotes).map_err(unwritten)?;
    symlink(hub.git.path(number), remotes.join(format!("{project}.git"))).map_err(unwritten)
}

/// Whether nobody answers on the way to the repositories.
pub(super) fn set_silent(hub: &Hub, is_silent: bool) -> Result<(), Refused> {
    let sign = hub.folder().join(SILENT);
    if is_silent {
        return fs::write(sign, "").map_err(unwritten);
    }
    fs::remove_file(sign).map_err(unwritten)
}

/// Has git run these lines of a shell at this moment of each push.
pub(super) fn hook(repository: &Path, name: &str, lines: &str) -> Result<(), Refused> {
    let hooks = repository.join("hooks");
    fs::create_dir_all(&hooks).map_err(unwritten)?;
    write_program(&hooks.join(name), &format!("#!/bin/sh\n{lines}\n"), 0o700).map_err(unwritten)
}

/// What takes the place of ssh: git's command runs here, where the files that the settings name let it.
pub(super) fn program(hub: &Hub) -> Result<PathBuf, Refused> {
    let script = format!(
        r#"#!/bin/sh
root='{root}'
folder=$(dirname "$2")
for command; do :; done
{{ printf '%s\n' "$@"; env; }} >>"$root/{RUNS}"
refuse() {{ printf '%s\n' "$@" >&2; exit 255; }}
[ -e "$root/{SILENT}" ] && refuse 'ssh: connect to host {HOST} port 22: Connection refused'
grep -q '^{HOST} ' "$folder/known_hosts" || refuse \
  'No ED25519 host key is known for {HOST} and you have requested strict checking.' 'Host key verification failed.'
[ -s "$folder/key" ] && grep -qxF "$(cat "$folder/key-cert.pub")" "$root/{ISSUED}" || \
  refuse '{HOST}: Permission denied (publickey).'
name=$(printf '%s' "$command" | sed "s/^[^']*'//; s/'.*$//")
service=${{command%% *}}
exec env -i PATH="$PATH" git "${{service#git-}}" "$root/{REMOTES}/$name"
"#,
        root = hub.folder().display()
    );
    let path = hub.folder().join("ssh");
    write_program(&path, &script, 0o700).map_err(unwritten)?;
    Ok(path)
}

#[allow(clippy::needless_pass_by_value, reason = "it is what a failure is made of")]
fn unwritten(error: std::io::Error) -> Refused {
    Refused::new(500, format!("the platform's folder cannot be written: {error}"))
}
