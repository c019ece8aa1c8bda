use super::manifest;
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::{StatusCode, header};

/// What is served while the App has no credentials: how to give it some.
pub(super) fn router() -> Router {
    let waiting = || async { (StatusCode::SERVICE_UNAVAILABLE, "not set up yet; see /setup\n") };
    Router::new()
        .route("/", get(page))
        .route("/setup", get(page))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(waiting))
        .route("/webhooks/github", post(waiting))
}

async fn page() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], steps())
}

/// Under the words before it, in lines of a readable length.
fn listed(entries: &[String]) -> String {
    entries.chunks(3).map(|line| line.join(", ")).collect::<Vec<_>>().join(",\n     ")
}

fn steps() -> String {
    let of_repositories = listed(&manifest::repository_permissions());
    let of_organisations = listed(&manifest::organisation_permissions());
    let events = listed(&manifest::events());
    format!(
        "\
Towpath is running, but it does not know which GitHub App it is.

1. Register a GitHub App as app-manifest.yml says. Its repository permissions:
     {of_repositories}
   Its organisation permissions:
     {of_organisations}
   Its events:
     {events}
   Issues: write and the events of comments and reviews are for commands, which
   people give in comments; Members: read tells who is in a team that may.
   Webhook address: this server's address followed by /webhooks/github. Choose
   a long random webhook secret; openssl rand -hex 32 makes one.
2. On the App's page, note its App ID and generate a private key.
3. Start this server again with

     GITHUB_APP_ID=<App ID>
     GITHUB_APP_PRIVATE_KEY_PATH=<file with the key>
     GITHUB_WEBHOOK_SECRET=<the secret>

4. Install the App on your repositories. From then on this page is gone, and
   /readyz answers \"ready\" and \"github: accepted\".
"
    )
}
