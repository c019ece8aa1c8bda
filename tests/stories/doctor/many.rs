//! Many repositories: looked at several at a time, told in one order, and not at the cost of checks.

use super::Clinic;
use std::sync::Arc;
use towpath::engine::doctor::{Examination, Progress};
use towpath_sandbox::RepoHandle;

/// How many are looked at at a time.
const AT_A_TIME: u64 = 8;
/// A fifth of the calls of an hour.
const A_FIFTH: u64 = 1_000;

/// Repositories beside the shop that the App is installed on.
async fn others(clinic: &Clinic, count: usize) -> Vec<RepoHandle> {
    let github = &clinic.stage.github;
    let mut all = Vec::new();
    for at in 0..count {
        let name = format!("acme/other-{at:02}");
        all.push(github.repository(&name).default_branch("main").create().await.unwrap());
    }
    clinic.stage.installation.add(&all).await.unwrap();
    clinic.stage.quiet().await;
    all
}

fn abouts(examination: &Examination) -> Vec<&str> {
    let mut abouts: Vec<_> = examination.findings.iter().map(|it| it.about.as_str()).collect();
    abouts.dedup();
    abouts
}

#[tokio::test]
async fn repositories_are_looked_at_eight_at_a_time_and_told_in_one_order() {
    let clinic = Clinic::open().await;
    let others = others(&clinic, 20).await;
    let before = clinic.look().await;
    let (doctor, progress) = (clinic.doctor(), Arc::new(Progress::default()));
    let faults = clinic.stage.github.faults();
    for other in &others {
        faults.rest("GET", &format!("/repos/{}", other.full_name())).hang_until_released();
    }
    let look = doctor.examine(None, &progress);
    let watch = async {
        let mut most = 0;
        let (mut let_go, others) = (0, others.len() as u64);
        while let_go < others {
            let waiting = faults.held() - let_go;
            if waiting >= AT_A_TIME.min(others - let_go) {
                // Whoever else could ask would have by the end of a look at another repository.
                clinic.look_at("acme/store").await;
                most = most.max(faults.held() - let_go);
                let_go = faults.held();
                faults.release();
            }
            tokio::task::yield_now().await;
        }
        most
    };
    let (examination, most) = tokio::join!(look, watch);
    assert_eq!(most, AT_A_TIME);
    assert_eq!(progress.repositories(), (21, 21));
    assert_eq!(abouts(&examination), abouts(&before));
    let told: Vec<_> = abouts(&examination).into_iter().filter(|it| it.starts_with("acme/other")).collect();
    assert!(told.is_sorted() && told.len() == 20, "as GitHub lists them: {told:?}");
    faults.clear();
    clinic.close().await;
}

#[tokio::test]
async fn a_look_at_many_repositories_leaves_calls_to_checks() {
    let clinic = Clinic::open().await;
    others(&clinic, 20).await;
    clinic.stage.github.leave_requests(A_FIFTH + 30);
    clinic.stage.github.forget_records();
    let examination = clinic.look().await;
    let left_out = examination.findings.iter().find(|it| it.found.contains("were not looked at"));
    let found = &left_out.expect("some were left out").found;
    assert!(
        found.ends_with("to leave this hour's calls to checks; look at one with --repository"),
        "{found}"
    );
    let told = abouts(&examination).into_iter().filter(|it| it.starts_with("acme/other")).count();
    let said: usize = found.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(told + said, 20, "the others were looked at: {found}");
    let exchanges = clinic.stage.github.exchanges();
    let left = exchanges.iter().filter(|it| it.by.starts_with("installation:"));
    let left = left.filter_map(|it| it.response_headers.get("x-ratelimit-remaining")?.parse::<u64>().ok());
    let left = left.min().unwrap();
    // Those that had begun may end.
    assert!((A_FIFTH - 100..A_FIFTH).contains(&left), "{left} are left");
    clinic.stage.github.reset_rate_limit();
    clinic.close().await;
}
