//! Certificates for SSH, made by `ssh-keygen` for whoever shows a good access token.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::hub::Hub;
use super::remote::ISSUED;
use super::world::{Grant, Role};
use crate::Refused;

/// The private key of those who make certificates; made at its first use.
pub(super) async fn authority(hub: &Hub) -> Result<PathBuf, Refused> {
    let _alone = hub.turn.lock().await;
    let key = hub.folder().join("authority");
    if !key.exists() {
        keygen(hub.folder(), &["-t", "ed25519", "-N", "", "-C", "authority", "-f", "authority"]).await?;
    }
    Ok(key)
}

/// A certificate for the public half of a key pair, good for an hour.
pub(super) async fn sign(hub: &Hub, grant: &Grant, key: &str) -> Result<String, Refused> {
    if !key.starts_with("ssh-ed25519 ") || key.contains(char::is_control) {
        return Err(Refused::new(400, "key: this is not a public key"));
    }
    authority(hub).await?;
    let (name, mut principals) = hub.with(|world| (world.fresh("key-"), world.principals.clone()));
    principals.extend(grant.projects.iter().cloned());
    let file = format!("{name}.pub");
    std::fs::write(hub.folder().join(&file), format!("{key}\n")).map_err(unwritten)?;
    let principals = principals.join(",");
    let args = ["-s", "authority", "-I", "machine-user", "-n", &principals, "-V", "+1h", &file];
    keygen(hub.folder(), &args).await?;
    let certificate = hub.folder().join(format!("{name}-cert.pub"));
    let certificate = std::fs::read_to_string(certificate).map_err(unwritten)?;
    if grant.role >= Role::Contributor {
        let issued = hub.folder().join(ISSUED);
        let mut issued =
            std::fs::File::options().append(true).create(true).open(issued).map_err(unwritten)?;
        writeln!(issued, "{}", certificate.trim()).map_err(unwritten)?;
    }
    Ok(certificate)
}

async fn keygen(folder: &Path, args: &[&str]) -> Result<(), Refused> {
    let mut command = Command::new("ssh-keygen");
    command.arg("-q").args(args).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let said = command.output().await.map_err(|error| Refused::new(500, format!("ssh-keygen: {error}")))?;
    if said.status.success() {
        return Ok(());
    }
    Err(Refused::new(500, format!("ssh-keygen: {}", String::from_utf8_lossy(&said.stderr).trim())))
}

#[allow(clippy::needless_pass_by_value, reason = "it is what a failure is made of")]
fn unwritten(error: std::io::Error) -> Refused {
    Refused::new(500, format!("the platform's folder cannot be written: {error}"))
}
