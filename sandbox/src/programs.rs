//! Programs that tests write.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program that can be run at once, with these rights; the folder has to be there.
///
/// Another process writes it. What this one has open for writing is held for a moment by every program that another thread
/// starts meanwhile, and no system runs a file that somebody writes to ("Text file busy").
///
/// # Errors
///
/// When it cannot be written there.
pub fn write_program(path: &Path, text: &str, rights: u32) -> io::Result<()> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", r#"cat >"$0" && chmod "$1" "$0""#]).arg(path).arg(format!("{rights:o}"));
    let mut shell = shell.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let written = shell.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(text.as_bytes()));
    let output = shell.wait_with_output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr)));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::process::CommandExt as _;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_program_runs_at_once_though_others_are_started_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let over = AtomicBool::new(false);
        // As another user, though it is the same one: only then the whole of this process is forked, which takes a while.
        let user = std::fs::metadata("/proc/self").unwrap().uid();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        Command::new("true").uid(user).status().unwrap();
                    }
                });
            }
            let run = |number: u32| {
                let path = folder.path().join(number.to_string());
                write_program(&path, "#!/bin/sh\nexit 7\n", 0o700).unwrap();
                Command::new(path).status()
            };
            let ran: Vec<_> = (0..100).map(run).collect();
            over.store(true, Ordering::Relaxed);
            for status in ran {
                assert_eq!(status.unwrap().code(), Some(7));
            }
        });
    }

    #[test]
    fn where_it_cannot_be_written_is_named() {
        let path = Path::new("/nowhere/program");
        let error = write_program(path, "", 0o700).unwrap_err();
        assert!(error.to_string().contains("/nowhere/program"), "{error}");
    }
}
