//! Who may have brought what a deploy fails of: the pull requests of the deploy, by the files that they have changed.

use super::EnvironmentWork;
use crate::commerce::codes::may_cause;
use crate::engine::work_error::WorkError;
use crate::lineage::GitError;
use crate::model::{
    Clue, Deploy, Diagnosis, PhaseRun, PullNumber, PullRequest, Role, SuspectedPull, ToldFailure, error_chain,
};

/// Of so many pull requests the files are looked at.
const LOOKED_INTO: usize = 50;

/// So many pull requests are kept as suspects.
const KEPT: usize = 100;

impl EnvironmentWork<'_> {
    /// Finds out who may have caused what the logs tell now, before that is told.
    pub(super) async fn name_suspects(&mut self) {
        let failing: Vec<Deploy> = self.queue.to_tell().cloned().collect();
        for deploy in failing {
            let Some(diagnosis) = deploy.diagnosis.clone() else { continue };
            let suspects = self.suspects(&deploy, &diagnosis).await;
            if let Some(deploy) = self.queue.get_mut(deploy.number) {
                deploy.told = Some(Box::new(ToldFailure { diagnosis, suspects }));
            }
        }
    }

    /// All pull requests of a deploy; those first whose files the log names, then those whose files the failure is about.
    async fn suspects(&self, deploy: &Deploy, told: &Diagnosis) -> Vec<SuspectedPull> {
        let (ctx, id) = (self.site.ctx, self.site.repository.id);
        let last = deploy.phases.last();
        let text = last.and_then(|run| run.log_tail.as_deref()).unwrap_or_default();
        let step = last.and_then(|run: &PhaseRun| run.step.as_deref());
        let mut all = Vec::new();
        for (at, number) in deploy.pulls.iter().take(KEPT).enumerate() {
            let pull = ctx.store.pull(id, *number).await.ok().flatten().map(|it| it.pull);
            let files = match &pull {
                Some(pull) if at < LOOKED_INTO => self.files_at_hand(pull).await,
                _ => Vec::new(),
            };
            let clue = first_named(&files, text).map(|path| Clue::Named(path.clone())).or_else(|| {
                let touched = files.iter().find(|path| may_cause(told.code, step, path));
                touched.map(|path| Clue::Touched(path.clone()))
            });
            all.push(SuspectedPull { number: *number, author: pull.map(|it| it.author), clue });
        }
        all.sort_by_key(|it| match it.clue {
            Some(Clue::Named(_)) => 0,
            Some(Clue::Touched(_)) => 1,
            None => 2,
        });
        all
    }

    /// The pull requests of a deploy whose files are named in a text, each with the first of them.
    pub(super) async fn named_in(&self, deploy: &Deploy, text: &str) -> Vec<(PullNumber, String)> {
        let (ctx, id) = (self.site.ctx, self.site.repository.id);
        let mut named = Vec::new();
        for number in deploy.pulls.iter().take(LOOKED_INTO) {
            let Ok(Some(pull)) = ctx.store.pull(id, *number).await else { continue };
            let files = self.files_at_hand(&pull.pull).await;
            named.extend(first_named(&files, text).map(|path| (*number, path.clone())));
        }
        named
    }

    /// The files that a merged topic has changed. What git does not tell is no reason to keep a failure back.
    async fn files_at_hand(&self, pull: &PullRequest) -> Vec<String> {
        match self.files_of(pull).await {
            Ok(files) => files,
            Err(error) => {
                let error = error_chain(&error.failure);
                tracing::debug!(error, "what a pull request has changed cannot be told");
                Vec::new()
            }
        }
    }

    async fn files_of(&self, pull: &PullRequest) -> Result<Vec<String>, WorkError> {
        let made = pull.merged.and_then(|merged| merged.commit);
        let is_topic = self.site.path.role(&pull.head_branch) == Role::Topic;
        let Some(made) = made.filter(|_| is_topic) else { return Ok(Vec::new()) };
        let repository = self.site.ctx.mirror(self.site.repository).await?.at_hand().await?;
        let files = async {
            let Some(before) = repository.resolve(&format!("{made}^1")).await? else { return Ok(Vec::new()) };
            let trees = (repository.tree(before).await?, repository.tree(made).await?);
            let (Some(before), Some(after)) = trees else { return Ok(Vec::new()) };
            repository.differing_paths(before, after).await
        };
        Ok(files.await.map_err(|error: GitError| error)?)
    }
}

fn first_named<'a>(files: &'a [String], text: &str) -> Option<&'a String> {
    files.iter().find(|path| text.contains(path.as_str()))
}
