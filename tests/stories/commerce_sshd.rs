//! The push to the platform by a real git over a real sshd, on this machine alone.

use crate::carried_out::configured;
use crate::commerce_cloud::{DRIVER, Reached, Shop, platform};
use crate::commerce_push::{goes_well, nothing_is_left, of_branch};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use towpath_sandbox::platform::Role;
use towpath_sandbox::write_program;

/// An sshd on a free port of this machine: it lets in whoever shows a certificate of the platform's, and runs nothing but git
/// on one repository.
struct Sshd {
    folder: TempDir,
    port: u16,
    user: String,
    child: Child,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn output(command: &mut Command) -> String {
    let said = command.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

/// Where sshd is, or `None` where there is none and nobody insists.
fn sshd() -> Option<PathBuf> {
    let found =
        ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].map(PathBuf::from).into_iter().find(|it| it.exists());
    if found.is_none() {
        let words = "NOT TESTED: nothing was pushed to a real sshd, as none is installed";
        assert!(std::env::var_os("CI").is_none(), "{words}");
        let _ = writeln!(std::io::stderr(), "\n*** {words} ***\n");
    }
    found
}

impl Sshd {
    fn start(program: &Path, authority: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        output(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &at("host")]));
        let user = output(Command::new("id").arg("-un"));
        // It goes back to the system, and sshd takes it a moment later.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nPidFile none\nUsePAM no\nStrictModes no\nLogLevel QUIET\n\
             AuthenticationMethods publickey\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             AuthorizedKeysFile none\nTrustedUserCAKeys {}\nPermitRootLogin yes\nAllowUsers {user}\n\
             ForceCommand {}\nPermitTTY no\nDisableForwarding yes\nAcceptEnv PLATFORMSH_PUSH_NO_WAIT\n",
            at("host"),
            authority.display(),
            at("git")
        );
        std::fs::write(at("sshd_config"), settings).unwrap();
        if user == "root" {
            // Where it puts its own privileges down.
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let mut command = Command::new(program);
        command.args(["-D", "-e", "-f", &at("sshd_config")]);
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        let this = Self { folder, port, user, child };
        for _ in 0..500 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return this;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("sshd does not listen");
    }

    /// What is run for whoever is let in, whatever they ask for.
    fn serves(&self, repository: &Path) {
        let script = format!(
            "#!/bin/sh\ncase \"$SSH_ORIGINAL_COMMAND\" in\n  \"git-receive-pack '\"*) service=receive-pack ;;\n  \
             \"git-upload-pack '\"*) service=upload-pack ;;\n  *) exit 3 ;;\nesac\n\
             printf '%s\\n' \"$PLATFORMSH_PUSH_NO_WAIT\" >>'{}'\nexec git \"$service\" '{}'\n",
            self.folder.path().join("waits").display(),
            repository.display()
        );
        let file = self.folder.path().join("git");
        write_program(&file, &script, 0o755).unwrap();
    }

    fn host_key(&self) -> String {
        let key = std::fs::read_to_string(self.folder.path().join("host.pub")).unwrap();
        format!("[127.0.0.1]:{} {key}", self.port)
    }

    fn address(&self) -> String {
        format!("ssh://{}@127.0.0.1:{}/abc123.git", self.user, self.port)
    }
}

#[tokio::test]
async fn a_merge_and_a_rollback_go_over_a_real_sshd() {
    let Some(program) = sshd() else { return };
    let (platform, clock) = platform().await;
    let sshd = Sshd::start(&program, &platform.certifier_key().await.unwrap());
    platform.certifies_for(&sshd.user);
    let reached = Reached { known_hosts: Some(sshd.host_key()), ssh: None };
    let shop = Shop::on((platform, clock), Role::Admin, reached).await;
    sshd.serves(&shop.project.git_folder().unwrap());
    shop.project.shows_git(Some(&sshd.address()));
    configured(&shop.stage, DRIVER).await;
    shop.stage.merged_topic("feature/cart").await;
    goes_well(&shop).await;
    let tree = of_branch(&shop, "%T");
    let pull = shop.stage.merged_topic("feature/list").await;
    assert_eq!(of_branch(&shop, "%H"), shop.stage.store.tip("integration").unwrap());
    goes_well(&shop).await;
    let comment = shop.stage.says(&pull, "rita", "/rollback integration --reason broken").await;
    shop.stage.reply(&pull, &comment).await;
    assert_eq!(of_branch(&shop, "%T"), tree);
    goes_well(&shop).await;
    let waits = std::fs::read_to_string(sshd.folder.path().join("waits")).unwrap();
    assert!(waits.lines().all(|line| line == "1"), "it is asked not to wait: {waits}");
    nothing_is_left(&shop);
    shop.end().await;
}

#[tokio::test]
async fn a_real_sshd_that_is_not_known_or_does_not_know_us_gets_nothing() {
    let Some(program) = sshd() else { return };
    for (is_known, words) in [
        (None, "known_hosts has no key of [127.0.0.1]:"),
        (Some(false), "shows another key than the operator's known_hosts has, so nothing was sent there"),
        (Some(true), "does not let the user of the API token push to integration"),
    ] {
        let (platform, clock) = platform().await;
        let sshd = Sshd::start(&program, &platform.certifier_key().await.unwrap());
        let known_hosts = match is_known {
            None => String::new(),
            Some(true) => sshd.host_key(),
            Some(false) => {
                let other = std::fs::read_to_string(platform.certifier_key().await.unwrap()).unwrap();
                format!("[127.0.0.1]:{} {other}", sshd.port)
            }
        };
        let reached = Reached { known_hosts: Some(known_hosts), ssh: None };
        let shop = Shop::on((platform, clock), Role::Admin, reached).await;
        sshd.serves(&shop.project.git_folder().unwrap());
        shop.project.shows_git(Some(&sshd.address()));
        configured(&shop.stage, DRIVER).await;
        let before = of_branch(&shop, "%H");
        let pull = shop.stage.merged_topic("feature/cart").await;
        let comment = shop.stage.comment(&pull).await;
        assert!(comment.contains(words), "{words}: {comment}");
        assert_eq!(of_branch(&shop, "%H"), before);
        nothing_is_left(&shop);
        shop.end().await;
    }
}
