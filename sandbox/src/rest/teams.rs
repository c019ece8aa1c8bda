//! Teams of the organisation that an app is installed on.

use serde_json::json;

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::model::{AccountKind, Level, Membership, Team, World};
use crate::shape;

/// Looks at the team of the path, if the token belongs to its organisation and may read members.
fn with_team<T>(call: &Call, look: impl FnOnce(&World, &Team) -> Result<T, Refused>) -> Result<T, Refused> {
    let token = call.token()?;
    call.hub.with(|world| {
        let found = world.account_named(call.param("org"));
        let organization = found.filter(|found| found.kind == AccountKind::Organization);
        let organization = organization.ok_or_else(Refused::not_found)?.id;
        let installed = world.installations.get(&token.installation).map(|found| found.account);
        if installed != Some(organization) {
            return Err(Refused::not_found());
        }
        if !token.grants("members", Level::Read) {
            return Err(Refused::forbidden_without("members=read".to_owned()));
        }
        let (_, team) = world.team(organization, call.param("team")).ok_or_else(Refused::not_found)?;
        look(world, team)
    })
}

/// `GET /orgs/{org}/teams/{team}/memberships/{login}`: 404 for who is no member.
pub(crate) async fn membership(call: Call) -> Answer {
    with_team(&call, |world, team| {
        let account = world.account_named(call.param("login")).ok_or_else(Refused::not_found)?;
        let membership = team.members.get(&account.id).ok_or_else(Refused::not_found)?;
        let organization = world.login(team.organization);
        let place = format!("{}/orgs/{organization}/teams/{}", world.urls.api, team.slug);
        Ok(Reply::ok(json!({
            "url": format!("{place}/memberships/{}", account.login),
            "role": if *membership == Membership::Maintainer { "maintainer" } else { "member" },
            "state": if *membership == Membership::Pending { "pending" } else { "active" },
        })))
    })
}

/// `GET /orgs/{org}/teams/{team}/members`: without those who have not accepted.
pub(crate) async fn members(call: Call) -> Answer {
    let wanted = match call.query.get("role").map(String::as_str) {
        None | Some("all") => None,
        Some("maintainer") => Some(Membership::Maintainer),
        Some("member") => Some(Membership::Member),
        Some(_) => return Err(Refused::invalid("TeamMember", "role", "invalid", "")),
    };
    let all = with_team(&call, |world, team| {
        let listed = team.members.iter().filter(|(_, membership)| {
            **membership != Membership::Pending && wanted.is_none_or(|wanted| wanted == **membership)
        });
        Ok(listed.map(|(account, _)| shape::user(world, *account)).collect())
    })?;
    Ok(array(&call, all))
}
