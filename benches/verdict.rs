//! How long a verdict takes in a mirror of 100,000 commits, without network.
//!
//! The repository is generated: topics of three commits merged into integration, a promotion to staging
//! after every twenty of them, to production and master after every hundred, a back-merge now and then.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use towpath::engine::judge::judge;
use towpath::lineage::{Ledger, Mirror, Remote, Repository};
use towpath::model::{Base, BranchName, Head, Outcome, PromotionPath, PullEnds};

const COMMITS: usize = 100_000;
const WARM_RUNS: usize = 21;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    let directory = tempfile::tempdir().expect("a directory");

    let source = directory.path().join("source.git");
    History::generate().write(&source);
    let url = source.display().to_string();
    let remote = Remote { url, authorization: None, allow_http: false, allow_file: true };
    let mirror = Mirror::new(directory.path().join("mirror.git"));
    let fetched = time(async || fetch(&mirror, &remote).await).await;
    println!("first fetch of {COMMITS} commits: {} ms", millis(fetched));
    let again = time(async || fetch(&mirror, &remote).await).await;
    println!("fetch of nothing new: {} ms", millis(again));
    let mirror_path = directory.path().join("mirror.git/1");
    let repository = mirror.repository(Some(remote));
    let merge_base = git_alone(&mirror_path, &["merge-base", "refs/heads/topic", "refs/heads/integration"]);
    println!("git merge-base alone: {} ms", millis(merge_base));
    let nothing = git_alone(&mirror_path, &["version"]);
    println!("a git process that does nothing: {} ms", millis(nothing));
    let cases = [
        ("clean topic", "topic", "integration", Outcome::Pass),
        ("topic with integration merged in", "updated", "integration", Outcome::Pass),
        ("topic tried on staging", "tried", "integration", Outcome::Pass),
        ("topic cut from master", "stray", "integration", Outcome::Fail),
        ("topic of another history", "unrelated", "integration", Outcome::Fail),
        ("promotion", "integration", "staging", Outcome::Pass),
        ("promotion after drift", "staging", "production", Outcome::Fail),
        ("back-merge", "production", "integration", Outcome::Pass),
    ];
    for (name, head, base, want) in cases {
        let pull = pull(&repository, head, base).await;
        let cold = time(async || verdict(&repository, &pull, want).await).await;
        let mut warm = Vec::new();
        for _ in 0..WARM_RUNS {
            warm.push(time(async || verdict(&repository, &pull, want).await).await);
        }
        let warm = median(warm);
        let ratio = warm.as_secs_f64() / merge_base.as_secs_f64();
        println!(
            "{name}: cold {} ms, warm {} ms, {ratio:.1} times git merge-base",
            millis(cold),
            millis(warm)
        );
    }
}

async fn fetch(mirror: &Mirror, remote: &Remote) {
    mirror.fetch(remote, &[]).await.expect("a fetch");
}

async fn verdict(repository: &Repository, pull: &PullEnds, want: Outcome) {
    let verdict = judge(repository, &PromotionPath::pro(), pull, &Ledger::default()).await;
    assert_eq!(verdict.outcome(), want, "{:?}", verdict.findings.first().map(|f| f.cause.code()));
}

async fn pull(repository: &Repository, head: &str, base: &str) -> PullEnds {
    let (head, base) = (branch(head), branch(base));
    let tip = async |branch: &BranchName| repository.branch(branch).await.expect("git").expect("a branch");
    let head_commit = tip(&head).await;
    let base_commit = tip(&base).await;
    PullEnds {
        head: Head { branch: Some(head), commit: head_commit, fork: false },
        base: Base { branch: base, commit: base_commit },
    }
}

fn branch(name: &str) -> BranchName {
    BranchName::new(name).expect("a branch name")
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real clock")]
async fn time(work: impl AsyncFnOnce()) -> Duration {
    let start = Instant::now();
    work().await;
    start.elapsed()
}

/// The median time of one git command run by itself.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real clock")]
fn git_alone(directory: &Path, arguments: &[&str]) -> Duration {
    let once = || {
        let start = Instant::now();
        let output = Command::new("git").args(arguments).env("GIT_DIR", directory).output().expect("git");
        assert!(output.status.success());
        start.elapsed()
    };
    median((0..WARM_RUNS).map(|_| once()).collect())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// A file and the number of the commit that wrote it, which is its content.
type Written = (String, usize);

/// A history as input for `git fast-import`. Marks count from 1.
struct History {
    stream: String,
    marks: usize,
}

impl History {
    fn generate() -> Self {
        let mut history = Self { stream: String::new(), marks: 0 };
        let base = history.commit(&[], &[("base".to_owned(), 1)]);
        let mut tips = [base; 4];
        // What each of staging, production and master has not got yet.
        let mut waiting: [Vec<Written>; 3] = [const { Vec::new() }; 3];
        let mut topics = 0;
        while history.marks < COMMITS {
            topics += 1;
            let mut topic = tips[0];
            let mut files = Vec::new();
            for step in 0..3 {
                let file = (format!("t{}/f{step}", topics % 500), history.marks + 1);
                topic = history.commit(&[topic], std::slice::from_ref(&file));
                files.push(file);
            }
            tips[0] = history.commit(&[tips[0], topic], &files);
            waiting[0].extend(files);
            for (step, every) in [(0, 20), (1, 100), (2, 100)] {
                if topics % every == 0 {
                    history.promote(&mut tips, &mut waiting, step);
                }
            }
            if topics % 2_000 == 0 {
                let fix = [(format!("hotfix/{topics}"), history.marks + 1)];
                tips[2] = history.commit(&[tips[2]], &fix);
                tips[0] = history.commit(&[tips[0], tips[2]], &fix);
                waiting[0].extend(fix);
            }
        }
        history.finish(tips, waiting);
        history
    }

    /// Merges integration into staging (step 0), staging into production (1) or production into master (2).
    fn promote(&mut self, tips: &mut [usize; 4], waiting: &mut [Vec<Written>; 3], step: usize) {
        let files = std::mem::take(&mut waiting[step]);
        tips[step + 1] = self.commit(&[tips[step + 1], tips[step]], &files);
        if let Some(next) = waiting.get_mut(step + 1) {
            next.extend(files);
        }
    }

    /// The topics that are judged, and a last stretch that leaves something to promote and something to
    /// carry back.
    fn finish(&mut self, mut tips: [usize; 4], mut waiting: [Vec<Written>; 3]) {
        let own = |mark: usize| [("own".to_owned(), mark)];
        let topic = self.commit(&[tips[0]], &own(1));
        let updated = self.commit(&[tips[0]], &[("updated".to_owned(), 1)]);
        let merged = [("merged".to_owned(), 1)];
        tips[0] = self.commit(&[tips[0]], &merged);
        waiting[0].extend(merged.clone());
        let updated = self.commit(&[updated, tips[0]], &merged);
        let tried = self.commit(&[tips[0]], &own(2));
        let stray = self.commit(&[tips[3]], &own(3));
        let unrelated = self.commit(&[], &own(4));
        self.promote(&mut tips, &mut waiting, 0);
        // Tried without its file, so that the promotion after it stays clean.
        tips[1] = self.commit(&[tips[1], tried], &[]);
        tips[2] = self.commit(&[tips[2]], &[("drift".to_owned(), 1)]);
        tips[0] = self.commit(&[tips[0]], &[("next".to_owned(), 1)]);
        let [integration, staging, production, master] = tips;
        for (name, mark) in [
            ("integration", integration),
            ("staging", staging),
            ("production", production),
            ("master", master),
            ("topic", topic),
            ("updated", updated),
            ("tried", tried),
            ("stray", stray),
            ("unrelated", unrelated),
        ] {
            let _ = write!(self.stream, "reset refs/heads/{name}\nfrom :{mark}\n\n");
        }
    }

    /// A commit on `parents` that writes `files` over the first one's.
    fn commit(&mut self, parents: &[usize], files: &[Written]) -> usize {
        self.marks += 1;
        let mark = self.marks;
        let at = 1_500_000_000 + mark * 600;
        // Writing to a string cannot fail.
        let _ = write!(
            self.stream,
            "commit refs/heads/import\nmark :{mark}\ncommitter Ada <ada@example.org> {at} +0000\n\
             data 8\n{mark:08}\n"
        );
        self.parents(parents);
        for (path, content) in files {
            let _ = write!(self.stream, "M 100644 inline {path}\ndata 8\n{content:08}\n");
        }
        mark
    }

    fn parents(&mut self, parents: &[usize]) {
        let none = "0".repeat(40);
        let _ = match parents.first() {
            Some(first) => writeln!(self.stream, "from :{first}"),
            None => writeln!(self.stream, "from {none}"),
        };
        for other in parents.iter().skip(1) {
            let _ = writeln!(self.stream, "merge :{other}");
        }
    }

    fn write(mut self, directory: &Path) {
        let none = "0".repeat(40);
        let _ = write!(self.stream, "reset refs/heads/import\nfrom {none}\n\n");
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.args(arguments).env("GIT_DIR", directory).stdin(Stdio::piped());
            git
        };
        assert!(git(&["init", "-q", "--bare"]).status().expect("git").success());
        assert!(git(&["config", "uploadpack.allowFilter", "true"]).status().expect("git").success());
        assert!(git(&["config", "uploadpack.allowAnySHA1InWant", "true"]).status().expect("git").success());
        let mut import = git(&["fast-import", "--quiet", "--force"]).spawn().expect("git");
        let mut stdin = import.stdin.take().expect("its input");
        stdin.write_all(self.stream.as_bytes()).expect("git takes the history");
        drop(stdin);
        assert!(import.wait().expect("git").success());
    }
}
