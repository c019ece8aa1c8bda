//! What shows the platform's git server who pushes: a key pair that is made for one push, and its certificate, in a private
//! folder that goes afterwards.

use crate::deploy::drivers::DriverError;
use crate::deploy::drivers::programs::{fresh_folder, remove_folder, write_private};
use crate::model::error_chain;
use crate::process::ProcessGroup;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// How long a key pair may take to make.
const KEY_WITHIN: Duration = Duration::from_secs(30);

/// All that ssh is told; git runs it in a folder beside these files. Nothing of the machine's and of the user's own settings
/// counts, no agent, no other key, no password; the server's key has to be one that the operator's file has.
const SETTINGS: &str = "\
Host *
  BatchMode yes
  IdentityFile ../key
  CertificateFile ../key-cert.pub
  IdentitiesOnly yes
  IdentityAgent none
  PreferredAuthentications publickey
  PubkeyAuthentication yes
  PasswordAuthentication no
  KbdInteractiveAuthentication no
  StrictHostKeyChecking yes
  UserKnownHostsFile ../known_hosts
  GlobalKnownHostsFile /dev/null
  VerifyHostKeyDNS no
  UpdateHostKeys no
  CanonicalizeHostname no
  ProxyCommand none
  ControlMaster no
  ControlPath none
  PermitLocalCommand no
  ForwardAgent no
  ForwardX11 no
  ClearAllForwardings yes
  ConnectTimeout 20
  ServerAliveInterval 15
  ServerAliveCountMax 4
  LogLevel ERROR
  SetEnv PLATFORMSH_PUSH_NO_WAIT=1
";

/// A private folder for one push.
pub(super) struct PushFolder(PathBuf);

impl PushFolder {
    /// An empty one, in the place of what an attempt that was killed has left.
    pub(super) async fn make(root: &Path, key: &str) -> Result<Self, DriverError> {
        let path = root.join(key);
        fresh_folder(&path).await.map_err(not_written)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The file with ssh's settings.
    pub(super) fn settings(&self) -> PathBuf {
        self.0.join("ssh_config")
    }

    /// Makes the key pair and answers its public half, in one line.
    pub(super) async fn key_pair(&self) -> Result<String, DriverError> {
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", "", "-C", "towpath", "-f", "key"]).current_dir(&self.0);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        ProcessGroup::lead(&mut command);
        let made = tokio::time::timeout(KEY_WITHIN, command.output()).await;
        let made = made.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => DriverError::refused(
                "the program ssh-keygen is not on the machine that runs Towpath, which pushes to the platform by SSH; \
                 install OpenSSH's client there",
            ),
            _ => DriverError::later("a key pair for the push cannot be made").caused_by(error),
        };
        let made = made.map_err(failed)?;
        if !made.status.success() {
            let said = String::from_utf8_lossy(&made.stderr);
            return Err(failed(io::Error::other(format!("ssh-keygen: {}", said.trim()))));
        }
        let public = tokio::fs::read_to_string(self.0.join("key.pub")).await.map_err(not_written)?;
        Ok(public.trim().to_owned())
    }

    /// Writes the certificate of the key, the operator's host keys and ssh's settings beside it.
    pub(super) async fn equip(&self, certificate: &str, known_hosts: Vec<u8>) -> Result<(), DriverError> {
        let files = [
            ("key-cert.pub", format!("{certificate}\n").into_bytes()),
            ("known_hosts", known_hosts),
            ("ssh_config", SETTINGS.as_bytes().to_vec()),
        ];
        for (name, content) in files {
            write_private(&self.0.join(name), content).await.map_err(not_written)?;
        }
        Ok(())
    }

    /// Removes it with all in it.
    pub(super) async fn remove(self) {
        let path = self.0.clone();
        // What stays is removed when this is dropped, and else at the next start.
        let _ = remove_folder(&path).await;
    }
}

impl Drop for PushFolder {
    fn drop(&mut self) {
        if !self.0.exists() {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(error = error_chain(&error), "the folder of a push could not be removed");
        }
    }
}

fn not_written(error: io::Error) -> DriverError {
    DriverError::later("the folder of the push cannot be written").caused_by(error)
}
