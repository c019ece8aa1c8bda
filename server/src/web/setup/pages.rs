//! The markup of the set-up page.

use super::choice::{Choice, GITHUB};
use super::lights::Light;
use crate::model::{NEEDED_EVENTS, NEEDED_PERMISSIONS, NeededEvent, NeededPermission};
use crate::web::manifest;
use crate::web::markup::{sentence, text};
use std::fmt::Write as _;

/// What stands in the fields.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pub(super) github: String,
    pub(super) organisation: String,
    pub(super) address: String,
}

/// The whole page.
pub(super) fn page(refresh: bool, body: &str) -> String {
    let refresh = if refresh { "<meta http-equiv=\"refresh\" content=\"3\">" } else { "" };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{refresh}\
         <title>Set up Towpath</title><link rel=\"stylesheet\" href=\"setup/style.css\"></head>\
         <body><main><h1>Set up Towpath</h1>{body}</main></body></html>"
    )
}

/// Where the App is to be registered, before it is.
pub(super) fn choose(fields: &Fields, form: &str, problem: Option<&str>) -> String {
    let problem = problem
        .map_or_else(String::new, |it| format!("<p class=\"problem\" role=\"alert\">{}</p>", text(it)));
    let github = if fields.github.is_empty() { GITHUB } else { &fields.github };
    format!(
        "<p>Towpath works as a GitHub App of your own. This page registers it: you confirm on GitHub, and come back here. \
         Nothing has to be typed in or copied.</p>{problem}\
         <form method=\"post\" action=\"setup/register\"><input type=\"hidden\" name=\"form\" value=\"{form}\">\
         <label>GitHub<input name=\"github\" value=\"{}\" autocomplete=\"off\">\
         <small>github.com, or the address of your GitHub Enterprise Server</small></label>\
         <label>Organisation<input name=\"organisation\" value=\"{}\" autocomplete=\"off\" placeholder=\"acme\">\
         <small>empty: your own account</small></label>\
         <label>Address of this server<input name=\"address\" value=\"{}\" autocomplete=\"off\">\
         <small>where GitHub reaches it; the path /webhooks/github is added</small></label>\
         <button>Continue</button></form>{}",
        text(github),
        text(&fields.organisation),
        text(&fields.address),
        asked()
    )
}

/// The one button: the manifest goes to GitHub.
pub(super) fn confirm(choice: &Choice, state: &str) -> String {
    let manifest = manifest::as_json(&choice.name(), &choice.address).to_string();
    let of = choice
        .organisation
        .as_deref()
        .map_or("your own account".to_owned(), |of| format!("<b>{}</b>", text(of)));
    format!(
        "<p>GitHub will show you an App for {of}, named <b>{}</b>, whose webhooks go to <b>{}/webhooks/github</b>. \
         Confirm it there within an hour; you can change its name.</p>\
         <form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"manifest\" value=\"{}\">\
         <button class=\"main\">Register on GitHub</button></form><p><a href=\"../setup\">Change something</a></p>{}",
        text(&choice.name()),
        text(&choice.address),
        text(&choice.registration(state)),
        text(&manifest),
        asked()
    )
}

/// Each permission and event, with the reason, and what does not work without it.
fn asked() -> String {
    let row = |label: &str, reason: &str, less: &str| {
        format!(
            "<tr><th scope=\"row\">{}</th><td>{} <small>{less}</small></td></tr>",
            text(label),
            sentence(reason)
        )
    };
    let of_permission = |it: &NeededPermission| {
        let label = it.label() + if it.is_of_organisations() { " (organisation)" } else { "" };
        let less = match it.may_be_less() {
            "no" => format!("It cannot be left away: {}.", it.without),
            "none" => format!("It may be left away: then {}.", it.without),
            level => format!("It may be {level}: then {}.", it.without),
        };
        row(&label, it.reason, &less)
    };
    let of_event = |it: &NeededEvent| row(&it.label(), it.reason, &format!("Without it {}.", it.without));
    let permissions: String = NEEDED_PERMISSIONS.iter().map(of_permission).collect();
    let events: String = NEEDED_EVENTS.iter().map(of_event).collect();
    format!(
        "<details><summary>What the App asks for, and why</summary><h2>Permissions</h2><table>{permissions}</table>\
         <h2>Events</h2><table>{events}</table></details>"
    )
}

/// How far it has come.
pub(super) fn lights(lights: &[Light], form: &str) -> String {
    let mut list = String::new();
    for light in lights {
        let (class, word) = if light.is_green { ("green", "done") } else { ("waits", "to do") };
        let words = if light.words.is_empty() { String::new() } else { format!(": {}", light.words) };
        let _ = write!(
            list,
            "<li class=\"{class}\"><span class=\"state\">{word}</span> <b>{}</b>{words}</li>",
            light.name
        );
    }
    let ping = format!(
        "<form method=\"post\" action=\"setup/ping\"><input type=\"hidden\" name=\"form\" value=\"{form}\">\
         <button>Have GitHub call again</button></form>"
    );
    let ping =
        if lights.get(1).is_some_and(|it| it.is_green) && !lights[2].is_green { ping } else { String::new() };
    let end = if lights.iter().all(|it| it.is_green) {
        "<p>Everything works. This page can be closed.</p>"
    } else {
        "<p>This page looks again by itself every three seconds.</p>"
    };
    format!("<ol class=\"lights\">{list}</ol>{ping}{end}")
}

/// A word on what went wrong.
pub(super) fn problem(words: &str) -> String {
    format!("<p class=\"problem\" role=\"alert\">{}</p><p><a href=\"../setup\">Back</a></p>", text(words))
}
