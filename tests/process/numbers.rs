//! What the server tells those who watch it.

use crate::http::{Answer, get, send};
use crate::server::Server;
use crate::world::World;
use http::Request;
use http_body_util::Full;

const TOKEN: &str = "numbers-0123456789";

/// One number of the answer, by the whole name of its series.
fn number(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in\n{text}")).parse().unwrap()
}

async fn asked(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(format!("http://{}{path}", server.address));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request.body(Full::default()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_told_to_this_machine_and_name_nobody() {
    let world = World::new().await;
    let server = world.start_with(&[("METRICS_TOKEN", TOKEN)]).await;
    world.quiet().await;
    crate::shop::topic(&world.store, "feature/cart", "integration").await;
    let pull = world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert_eq!(world.check(&pull).await, "success");
    pull.comment("/check").by("ana").await.unwrap();
    world.quiet().await;
    crate::shop::merge(&pull).await.unwrap();
    world.quiet().await;

    let answer = get(&server.address, "/metrics").await;
    assert_eq!(answer.status, 200);
    let text = answer.body;
    let at_least_one = [
        "towpath_webhooks_received_total{event=\"pull_request\",result=\"stored\"}",
        "towpath_webhooks_received_total{event=\"push\",result=\"stored\"}",
        "towpath_webhook_acknowledgement_seconds_count",
        "towpath_webhook_to_check_seconds_count",
        "towpath_verdicts_total{outcome=\"pass\"}",
        "towpath_work_total{kind=\"pull-request\",result=\"done\"}",
        "towpath_commands_total{command=\"check\",result=\"done\"}",
        "towpath_github_requests_total{endpoint=\"POST /repos/{repository}/check-runs\",status=\"201\"}",
        "towpath_github_rate_limit_remaining_min",
        "towpath_mirrors",
        "towpath_mirrors_bytes",
        "towpath_disk_free_bytes",
        "towpath_database_bytes",
        "towpath_repositories",
        "towpath_ready",
    ];
    for series in at_least_one {
        assert!(number(&text, series) >= 1.0, "{series} in\n{text}");
    }
    assert!(!text.contains("endpoint=\"other\""), "{text}");
    for name in ["acme", "store\"", "ana", "feature", "integration", "towpath.db"] {
        assert!(!text.contains(name), "{name} is named in\n{text}");
    }
    assert_eq!(server.stop().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_of_this_machine_needs_the_token() {
    let world = World::new().await;
    let server = world.start_with(&[("METRICS_TOKEN", TOKEN)]).await;
    let bearer = format!("Bearer {TOKEN}");
    for path in ["/metrics", "/status"] {
        assert_eq!(asked(&server, path, &[]).await.status, 200, "{path}");
        for header in
            [("x-forwarded-for", "192.0.2.7"), ("via", "1.1 proxy"), ("host", "towpath.example.com")]
        {
            let refused = asked(&server, path, &[header]).await;
            assert_eq!(refused.status, 401, "{path} {header:?}");
            assert!(!refused.body.contains("towpath_") && !refused.body.contains("schema"), "{refused:?}");
            let wrong = [header, ("authorization", "Bearer numbers-0123456780")];
            assert_eq!(asked(&server, path, &wrong).await.status, 401, "{path} {header:?}");
            let right = [header, ("authorization", bearer.as_str())];
            assert_eq!(asked(&server, path, &right).await.status, 200, "{path} {header:?}");
        }
    }
    let ended = server.stop().await;
    assert!(!ended.log.iter().any(|line| line.contains(TOKEN)), "the token is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_knows_the_heartbeat_and_the_last_webhook() {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    let status = async || -> serde_json::Value {
        serde_json::from_str(&get(&server.address, "/status").await.body).unwrap()
    };
    let first = status().await;
    assert_eq!((&first["schema_version"], &first["ready"]), (&1.into(), &true.into()), "{first}");
    assert_eq!(first["github"], "accepted");
    assert!(first["heartbeat_age_seconds"].as_f64().unwrap() < 30.0, "{first}");
    crate::shop::topic(&world.store, "feature/cart", "integration").await;
    world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    world.quiet().await;
    let later = status().await;
    assert!(later["last_webhook_age_seconds"].as_f64().unwrap() < 30.0, "{later}");
    assert!(later["disk"]["free_bytes"].as_u64().unwrap() > 0, "{later}");
    let ready = get(&server.address, "/readyz").await.body;
    assert!(ready.contains("\nheartbeat: ") && ready.contains("\nlast webhook: "), "{ready}");
    assert_eq!(server.stop().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_holds_nothing_is_no_token() {
    let world = World::new().await;
    let mut environment = world.environment();
    environment.push(("METRICS_TOKEN", String::new()));
    let ended = Server::refused(&environment).await;
    assert_eq!(ended.code(), Some(2));
    assert!(ended.log.join("\n").contains("METRICS_TOKEN cannot be used: it is empty"), "{:?}", ended.log);
}
