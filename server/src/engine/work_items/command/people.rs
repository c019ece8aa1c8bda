//! Who gives a command: GitHub is asked at the time, once for each comment.

use crate::commands::rights::{Decision, Need, PermissionAnswer, Person, Standing, UserPermissions, decide};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::{ApiError, CollaboratorJson};
use crate::model::{RepositoryName, RepositoryRole, UserId, UserKey};
use crate::store::RepositoryRow;
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// One person, as far as GitHub was asked.
pub(in crate::engine::work_items) struct Asker<'a> {
    ctx: &'a EngineContext,
    repository: &'a RepositoryRow,
    pub(in crate::engine::work_items) login: &'a str,
    /// Their account, where what they did came with it.
    pub(in crate::engine::work_items) id: Option<UserId>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Their role and whether they count as a collaborator, once it was asked.
    standing: Option<(Option<RepositoryRole>, bool)>,
    /// The role as people call it.
    role: String,
    /// Whether the login is another one's by now.
    is_gone: bool,
    teams: BTreeMap<String, bool>,
}

impl<'a> Asker<'a> {
    pub(in crate::engine::work_items) fn new(
        ctx: &'a EngineContext,
        repository: &'a RepositoryRow,
        who: UserKey<'a>,
    ) -> Self {
        Self { ctx, repository, login: who.login, id: who.id, known: Mutex::default() }
    }

    /// By what they are told from others.
    pub(in crate::engine::work_items) fn key(&self) -> UserKey<'_> {
        UserKey { login: self.login, id: self.id }
    }

    /// Whether they have the right. GitHub is asked for as much as that takes.
    pub(in crate::engine::work_items) async fn decide(&self, need: &Need) -> Result<Decision, WorkError> {
        let mut known = self.known.lock().await;
        let (role, is_collaborator) = self.standing(&mut known).await?;
        let by_role = decide(need, &Person::User { role, is_collaborator, teams: Vec::new() });
        if by_role == Decision::Allowed || need.teams().next().is_none() {
            return Ok(by_role);
        }
        let mut teams = Vec::new();
        for team in need.teams() {
            if self.is_in(&mut known, team).await? {
                teams.push(team.to_owned());
            }
        }
        Ok(decide(need, &Person::User { role, is_collaborator, teams }))
    }

    /// What they are to the repository.
    pub(in crate::engine::work_items) async fn standing_here(&self) -> Result<Standing, WorkError> {
        let mut known = self.known.lock().await;
        let (role, is_collaborator) = self.standing(&mut known).await?;
        Ok(Person::User { role, is_collaborator, teams: Vec::new() }.standing().unwrap_or(Standing::Nobody))
    }

    /// Their role in GitHub's word, for the audit log.
    pub(in crate::engine::work_items) async fn role(&self) -> Result<String, WorkError> {
        let mut known = self.known.lock().await;
        self.standing(&mut known).await?;
        Ok(known.role.clone())
    }

    async fn standing(&self, known: &mut Known) -> Result<(Option<RepositoryRole>, bool), WorkError> {
        if let Some(standing) = known.standing {
            return Ok(standing);
        }
        let RepositoryRow { installation, full_name, .. } = self.repository;
        let answer = self.ctx.api.collaborator(*installation, full_name, self.login).await?;
        // Whoever has taken the login meanwhile is somebody else, who has asked for nothing.
        let told = answer.as_ref().and_then(|it| it.user.as_ref()?.id);
        known.is_gone = self.id.zip(told).is_some_and(|(id, told)| id != told);
        let answer = answer.filter(|_| !known.is_gone);
        known.role = answer.as_ref().map_or_else(|| "none".to_owned(), |it| it.role().to_owned());
        let role = answer.as_ref().and_then(role_of);
        // Whoever may more than read was let in by somebody.
        let is_collaborator = match role {
            None => false,
            Some(RepositoryRole::Read) => {
                self.ctx.api.is_collaborator(*installation, full_name, self.login).await?
            }
            Some(_) => true,
        };
        known.standing = Some((role, is_collaborator));
        Ok((role, is_collaborator))
    }

    async fn is_in(&self, known: &mut Known, team: &str) -> Result<bool, WorkError> {
        if known.is_gone {
            return Ok(false);
        }
        if let Some(is_in) = known.teams.get(team) {
            return Ok(*is_in);
        }
        let RepositoryRow { installation, full_name, .. } = self.repository;
        let name = RepositoryName::from(full_name);
        let is_in = match self.ctx.api.is_team_member(*installation, name.owner(), team, self.login).await {
            Ok(is_in) => is_in,
            // The installation may not have accepted that we read teams. A right that is not known is not there.
            Err(error @ ApiError::Forbidden { .. }) => {
                tracing::warn!(team, error = crate::model::error_chain(&error), "a team cannot be read");
                false
            }
            Err(error) => return Err(error.into()),
        };
        known.teams.insert(team.to_owned(), is_in);
        Ok(is_in)
    }
}

/// The role that GitHub's answer gives.
fn role_of(answer: &CollaboratorJson) -> Option<RepositoryRole> {
    let permissions = answer.user.as_ref().and_then(|user| user.permissions);
    let user = permissions.map(|it| UserPermissions {
        admin: it.admin,
        maintain: it.maintain,
        push: it.push,
        triage: it.triage,
        pull: it.pull,
    });
    let (permission, role_name) = (answer.permission.as_str(), answer.role_name.as_deref());
    PermissionAnswer { permission, role_name, user }.role()
}
