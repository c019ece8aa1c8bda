//! What a browser does with the pages.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::Stage;

/// What a browser got.
pub struct Page {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub html: String,
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("it works"))
    }

    #[track_caller]
    pub fn says(&self, pieces: &[&str]) {
        let main = self.html.split("<main>").nth(1).unwrap_or_default();
        for piece in pieces {
            assert!(main.contains(piece), "{piece:?} is not on the page:\n{main}");
        }
    }

    #[track_caller]
    pub fn keeps_quiet_about(&self, piece: &str) {
        let main = self.html.split("<main>").nth(1).unwrap_or_default();
        assert!(!main.contains(piece), "{piece:?} is on the page:\n{main}");
    }
}

pub async fn browse(stage: &Stage, method: &str, path: &str, headers: &[(&str, &str)], form: &str) -> Page {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut request = http::Request::builder().method(method).uri(format!("{}{path}", stage.github.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = client
        .request(request.body(Full::new(Bytes::from(form.to_owned()))).expect("it works"))
        .await
        .expect("it works");
    let (head, body) = response.into_parts();
    let html =
        String::from_utf8(body.collect().await.expect("it works").to_bytes().to_vec()).expect("it works");
    Page { status: head.status.as_u16(), headers: head.headers, html }
}

pub async fn get(stage: &Stage, path: &str) -> Page {
    let page = browse(stage, "GET", path, &[], "").await;
    assert_eq!(page.status, 200, "{path}");
    page
}

pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub async fn post(stage: &Stage, path: &str, form: &str) -> Page {
    browse(stage, "POST", path, &[FORM], form).await
}

/// Sends a form that works, and answers where it leads.
pub async fn done(stage: &Stage, path: &str, form: &str) -> String {
    let page = post(stage, path, form).await;
    assert_eq!(page.status, 303, "{path}: {}", page.html);
    page.header("location").to_owned()
}
