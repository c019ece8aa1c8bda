//! A set-up with nothing wrong in it, and every mistake that people make in one: each is planted by itself, found, and
//! taken out again.

mod branches;
mod deploys;
mod machine;
mod many;
mod registration;
mod repairs;

use crate::clock::{ServersClock, TurnedClock};
use crate::stage::{Setting, Stage, exchanges_are_as_described};
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;
use towpath::deploy::operator::Operator;
use towpath::engine::doctor::{Doctor, DoctorConfig, Examination, Progress};
use towpath::engine::{Deploying, MirrorBounds, Places};
use towpath::github::AppKey;
use towpath::model::{PromotionPath, SetupState};
use towpath_sandbox::{AppConfig, BypassMode};

/// The environments' branches of the shop.
const ENVIRONMENTS: [&str; 3] = ["integration", "staging", "production"];

/// A shop that is set up right, and who looks at it.
pub struct Clinic {
    pub stage: Stage,
    /// What is said to the doctor otherwise than to the server.
    pub told: Told,
}

/// What a doctor is told.
#[derive(Clone)]
pub struct Told {
    pub app_id: u64,
    pub pem: String,
    pub api_url: String,
    pub ahead: TimeDelta,
    pub public_url: Option<String>,
    pub operator: String,
    pub mirror_bytes: u64,
    pub is_configured: bool,
}

impl Clinic {
    /// A shop in which nothing is wrong.
    pub async fn open() -> Self {
        Self::with(Setting::default()).await
    }

    pub async fn with(setting: Setting) -> Self {
        let stage = Stage::with(setting).await;
        let told = Told {
            app_id: stage.app.id(),
            pem: AppConfig::demo_key().to_owned(),
            api_url: stage.github.api_url(),
            ahead: TimeDelta::zero(),
            public_url: None,
            operator: String::new(),
            mirror_bytes: 1_000_000,
            is_configured: true,
        };
        let clinic = Self { stage, told };
        for branch in ENVIRONMENTS {
            clinic.keep(branch, &[]);
        }
        clinic.stage.store.protect("master").let_pass_as(clinic.stage.app.id(), BypassMode::Always);
        clinic.finds(&[]).await;
        clinic
    }

    /// Gives a branch all the rules that it should have but these.
    pub fn keep(&self, branch: &str, without: &[&str]) {
        let (store, app) = (&self.stage.store, self.stage.app.id());
        store.unprotect(branch);
        let has = |rule: &str| !without.contains(&rule);
        if has("check") {
            store.protect(branch).require_from(&format!("towpath: {branch}"), app);
        }
        if has("methods") && branch != "integration" {
            store.protect(branch).merged_by(["merge"]);
        }
        if has("forced-pushes") {
            store.protect(branch).forbid_force_pushes();
        }
        if has("deletion") {
            store.protect(branch).forbid_deletion();
        }
    }

    pub fn doctor(&self) -> Doctor {
        let Told { app_id, pem, api_url, ahead, public_url, operator, mirror_bytes, is_configured } =
            self.told.clone();
        self.stage.keep_clocks_together();
        let time = Arc::new(TurnedClock::default());
        time.turn(ahead);
        let folder = self.stage.data_folder();
        let app = is_configured.then(|| AppKey::from_pem(&app_id.to_string(), &pem).unwrap());
        let operator = Operator::read(&operator).unwrap();
        Doctor::new(DoctorConfig {
            app,
            api_url,
            call_within: Duration::from_secs(10),
            places: Places::new(folder, &folder.join("towpath.db")).unwrap(),
            path: PromotionPath::pro(),
            clock: Arc::new(ServersClock(time)),
            mirrors: MirrorBounds { bytes: mirror_bytes, ..MirrorBounds::default() },
            deploying: Deploying {
                operator,
                public_url,
                slug_bytes: Some(1_000_000),
                ..Deploying::default()
            },
        })
        .unwrap()
    }

    pub async fn look(&self) -> Examination {
        self.doctor().examine(None, &Arc::new(Progress::default())).await
    }

    pub async fn look_at(&self, repository: &str) -> Examination {
        self.doctor().examine(Some(repository), &Arc::new(Progress::default())).await
    }

    /// These faults are found and no others: each a code and a word of what was found.
    pub async fn finds(&self, wanted: &[(&str, &str)]) -> Examination {
        let examination = self.look().await;
        faults_are(&examination, wanted);
        examination
    }

    /// Ends it: whatever went over the wire was as GitHub describes it.
    pub async fn close(mut self) {
        self.stage.quiet().await;
        self.stage.stop().await;
        exchanges_are_as_described(&self.stage.github);
        self.stage.github.shutdown();
    }
}

pub fn faults_are(examination: &Examination, wanted: &[(&str, &str)]) {
    let faults = examination.findings.iter().filter(|it| it.state == SetupState::Fault);
    let faults: Vec<_> = faults.collect();
    let shown =
        || faults.iter().map(|it| format!("{} {}: {}", it.code, it.about, it.found)).collect::<Vec<_>>();
    assert_eq!(faults.len(), wanted.len(), "wanted {wanted:?}, found {:#?}", shown());
    for (code, word) in wanted {
        let is_it = |it: &&&towpath::model::SetupFinding| {
            it.code == *code && format!("{} {}", it.about, it.found).contains(word)
        };
        assert!(faults.iter().any(|it| is_it(&it)), "no {code} with {word:?} in {:#?}", shown());
        for fault in &faults {
            assert!(!fault.effect.is_empty(), "{} says what follows from it", fault.code);
        }
    }
}

#[tokio::test]
async fn in_a_sound_set_up_nothing_is_wrong_and_all_is_known() {
    let clinic = Clinic::open().await;
    let examination = clinic.look().await;
    let unknown = examination.findings.iter().filter(|it| it.state == SetupState::Unknown);
    let unknown: Vec<_> = unknown.map(|it| format!("{} {}: {}", it.code, it.about, it.found)).collect();
    assert_eq!(unknown, [""; 0]);
    let codes: std::collections::BTreeSet<_> = examination.findings.iter().map(|it| it.code).collect();
    let wanted = [
        "accepted-permissions",
        "app-permissions",
        "backlog",
        "clock",
        "configuration",
        "copy-bypass",
        "credentials",
        "database",
        "deleted-heads",
        "deletion",
        "deliveries",
        "disk",
        "environment-branches",
        "forced-pushes",
        "git",
        "given-up",
        "merge-methods",
        "rate-budget",
        "required-check",
        "stacks",
        "webhook-address",
        "webhook-secret",
    ];
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), wanted);
    let alone = clinic.look_at("acme/store").await;
    assert!(alone.findings.iter().all(|it| it.about.starts_with("acme/store")), "{alone:#?}");
    assert!(alone.findings.len() > 10 && alone.findings.len() < examination.findings.len());
    clinic.close().await;
}
