//! The numbers of deploys. Whoever carries deploys out knows them by these, so none is given a second time, whatever the
//! database has forgotten.

use super::EnvironmentWork;
use crate::deploy::drivers::parse_key;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::{ApiError, MadeDeployment};
use crate::model::{CommitId, EnvironmentName};

impl EnvironmentWork<'_> {
    /// The number of a deploy of the branch's tip that is made now. Where one of it was made that is forgotten here, it
    /// has that one's number, so that its Deployment is found and it does not go twice.
    pub(super) async fn number_for(&mut self, commit: CommitId) -> Result<u64, WorkError> {
        let told = self.learn_numbers().await?;
        let known = self.queue.deploys().last().map_or(0, |it| it.number);
        let forgotten = told.into_iter().filter(|(number, of)| *number > known && *of == commit);
        let forgotten = forgotten.map(|(number, _)| number).max();
        Ok(forgotten.unwrap_or_else(|| self.queue.next_number()))
    }

    /// Whether no Deployment can be there yet of one that nobody has tried to announce: then none is looked for.
    pub(super) fn is_new(&self, number: u64) -> bool {
        let environment_deploys =
            (self.site.repository.id, EnvironmentName::from(&self.site.environment.name));
        let told = self.site.ctx.given_numbers.of(&environment_deploys);
        told.is_some_and(|told| told.iter().all(|(known, _)| *known < number))
    }

    /// The number under which one begins whose turn has come: its own, unless another one was told of by that.
    pub(super) async fn number_to_begin_with(&mut self, number: u64) -> Result<u64, WorkError> {
        let told = self.learn_numbers().await?;
        let commit = self.queue.get(number).map(|it| it.commit);
        let is_taken = told.iter().any(|(known, of)| *known == number && Some(*of) != commit);
        let now = self.site.ctx.now();
        Ok(if is_taken { self.queue.renumber(number, now).unwrap_or(number) } else { number })
    }

    /// Asks GitHub, once in each run, which numbers were given before.
    pub(super) async fn learn_numbers(&mut self) -> Result<Vec<(u64, CommitId)>, WorkError> {
        let site = self.site;
        let environment_deploys = (site.repository.id, EnvironmentName::from(&site.environment.name));
        let ctx: &EngineContext = site.ctx;
        let told = if let Some(told) = ctx.given_numbers.of(&environment_deploys) {
            told
        } else {
            let (installation, name) = (site.repository.installation, &site.repository.full_name);
            let asked = ctx.api.made_deployments(installation, name, &site.environment.name).await;
            let made = match asked {
                // Who may not read them may not make any either, and is told so then.
                Err(ApiError::Forbidden { .. } | ApiError::NotFound { .. }) => return Ok(Vec::new()),
                asked => asked?,
            };
            let numbered = |it: &MadeDeployment| {
                let (repository, environment, number) = parse_key(it.payload["deploy"].as_str()?)?;
                let is_here = repository == environment_deploys.0.0
                    && EnvironmentName::from(&environment) == environment_deploys.1;
                is_here.then_some((number, it.sha?))
            };
            let told: Vec<_> = made.iter().filter_map(numbered).collect();
            ctx.given_numbers.keep(environment_deploys, told.clone());
            told
        };
        if let Some(highest) = told.iter().map(|(number, _)| *number).max() {
            self.queue.was_told_of(highest);
        }
        Ok(told)
    }
}
