//! Who may do what: roles on a repository, and teams.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Stage, checker};
use serde_json::{Value, json};
use towpath_sandbox::{AppConfig, Permission};

async fn role(stage: &Stage, repository: &str, login: &str) -> (u16, Value, Value, Value) {
    let path = format!("/repos/{repository}/collaborators/{login}/permission");
    let answer = stage.get(&path).await;
    let body = answer.body;
    (
        answer.status,
        body["permission"].clone(),
        body["role_name"].clone(),
        body["user"]["permissions"].clone(),
    )
}

#[tokio::test]
async fn each_role_is_told_by_both_of_its_names() {
    let stage = Stage::set_with(checker().webhook("http://127.0.0.1:9/")).await;
    let roles = [
        ("eve", Permission::Read, "read", "read", [true, false, false, false, false]),
        ("tom", Permission::Triage, "read", "triage", [true, true, false, false, false]),
        ("wil", Permission::Write, "write", "write", [true, true, true, false, false]),
        ("max", Permission::Maintain, "write", "maintain", [true, true, true, true, false]),
        ("ada", Permission::Admin, "admin", "admin", [true, true, true, true, true]),
    ];
    for (login, permission, word, name, [pull, triage, push, maintain, admin]) in roles {
        stage.repo.allow(login, permission);
        let may =
            json!({ "pull": pull, "triage": triage, "push": push, "maintain": maintain, "admin": admin });
        assert_eq!(role(&stage, "acme/store", login).await, (200, json!(word), json!(name), may));
    }
    stage.repo.allow_as("rita", "release-manager", Permission::Write);
    let told = role(&stage, "acme/store", "rita").await;
    assert_eq!((told.1, told.2, &told.3["push"]), (json!("write"), json!("release-manager"), &json!(true)));
    stage.repo.allow("rita", Permission::Maintain);
    assert_eq!(role(&stage, "acme/store", "rita").await.2, "maintain");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn strangers_read_what_is_public_and_are_unknown_elsewhere() {
    let stage = Stage::set_with(checker().webhook("http://127.0.0.1:9/")).await;
    let open = stage.github.repository("acme/open").public().create().await.unwrap();
    open.commit_on("main").orphan().file("README", "Open\n").by("ana").await.unwrap();
    stage.installation.add([&open]).await.unwrap();
    // Whoever forks it is no collaborator by that.
    open.fork("bob").await.unwrap();
    let told = role(&stage, "acme/open", "bob").await;
    assert_eq!((told.0, told.1, told.2), (200, json!("read"), json!("read")));
    assert_eq!(role(&stage, "acme/store", "bob").await.0, 404);
    assert_eq!(role(&stage, "acme/open", "nobody").await.0, 404);
    assert_eq!(role(&stage, "acme/open", "acme").await.0, 404, "an organisation is no user");
    open.allow("dependabot[bot]", Permission::Write);
    let told = role(&stage, "acme/open", "dependabot%5Bbot%5D").await;
    assert_eq!((told.0, told.1, told.2), (200, json!("none"), json!("")));
    stage.github.delete_account("ana").await.unwrap();
    assert_eq!(role(&stage, "acme/store", "ana").await.0, 404);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn teams_are_told_to_who_may_read_members() {
    let stage = Stage::set_with(checker().permission("members", "read").webhook("http://127.0.0.1:9/")).await;
    let team = stage.github.team("acme/release-managers").await.unwrap();
    team.add("rita");
    team.add_maintainer("omar");
    team.invite("eve");
    team.add("gone");
    team.remove("gone");
    let place = "/orgs/acme/teams/release-managers";
    let membership = async |login: &str| {
        let answer = stage.get(&format!("{place}/memberships/{login}")).await;
        (answer.status, answer.body["role"].clone(), answer.body["state"].clone())
    };
    assert_eq!(membership("rita").await, (200, json!("member"), json!("active")));
    assert_eq!(membership("OMAR").await, (200, json!("maintainer"), json!("active")));
    assert_eq!(membership("eve").await, (200, json!("member"), json!("pending")));
    for login in ["gone", "ana", "nobody"] {
        assert_eq!(membership(login).await.0, 404, "{login}");
    }
    let logins = async |query: &str| {
        let listed = stage.get(&format!("{place}/members{query}")).await.body;
        let logins = listed.as_array().unwrap().iter().map(|member| member["login"].clone());
        logins.collect::<Vec<_>>()
    };
    assert_eq!(logins("").await, ["rita", "omar"]);
    assert_eq!(logins("?role=maintainer&per_page=1").await, ["omar"]);
    assert_eq!(stage.get("/orgs/acme/teams/cooks/members").await.status, 404);
    assert_eq!(stage.github.team("ana/friends").await.unwrap_err().status, 422, "a person has no teams");
    assert_eq!(stage.get("/orgs/ana/teams/friends/members").await.status, 404);
    stage.github.team("other/release-managers").await.unwrap().add("rita");
    assert_eq!(stage.get("/orgs/other/teams/release-managers/members").await.status, 404);
    assert_eq!(stage.unfit().await, Vec::<String>::new());

    let blind = stage.github.app(AppConfig::new("blind")).await.unwrap().install("acme").await.unwrap();
    let refused = stage.call_as(&blind.token().unwrap().0, "GET", &format!("{place}/members"), None).await;
    let accepted = refused.headers["x-accepted-github-permissions"].as_str();
    assert_eq!((refused.status, accepted), (403, "members=read"));
}
