//! What the largest bodies cost in memory, measured where nothing else is.

use crate::http::Call;
use crate::server::Server;
use crate::world::World;
use serde_json::json;

const MB: usize = 1 << 20;
/// As large as GitHub sends bodies at most, nearly.
const SIZE: usize = 24 * MB;

/// The most memory that the server has had so far, in bytes.
fn peak(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// A signed body of the largest size that is made of very many very small values at one place.
async fn costs(event: &str, body: impl Fn(u64) -> serde_json::Value, small: &str) {
    let world = World::new().await;
    let body = body(world.store.id());
    let server = world.start().await;
    world.quiet().await;
    let before = peak(&server);
    let many = format!("[{}{small}]", format!("{small},").repeat(SIZE / (small.len() + 1)));
    let body = body.to_string().replace("\"MANY\"", &many);
    assert_eq!(Call::of(event, "large", body).to(&server.address).await.status, 202);
    world.quiet().await;
    let more = peak(&server) - before;
    assert!(more < 130 * MB, "{event}: {} MB", more / MB);
    server.stop().await;
}

#[tokio::test]
async fn a_signed_push_of_25_mb_costs_a_few_of_it() {
    let push = |id| {
        json!({
            "ref": "refs/heads/feature/x", "before": "1".repeat(40), "after": "2".repeat(40),
            "repository": { "id": id, "default_branch": "master" }, "installation": { "id": 1 },
            "commits": [{ "added": "MANY" }],
        })
    };
    costs("push", push, "\"\"").await;
}

#[tokio::test]
async fn a_signed_status_of_25_mb_costs_a_few_of_it() {
    let status = json!({ "id": 1, "state": "success", "created_at": "2030-01-01T00:00:00Z" });
    let deployment =
        json!({ "id": 1, "sha": "1".repeat(40), "environment": "integration", "payload": "MANY" });
    let told = |id| {
        json!({
            "action": "created", "deployment_status": status, "deployment": deployment,
            "repository": { "id": id }, "installation": { "id": 1 },
        })
    };
    costs("deployment_status", told, "[]").await;
}
