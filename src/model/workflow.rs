//! What a workflow of the project runs on.

use granit_parser::{Event, Parser};

/// More of a file is not looked at: GitHub takes no larger workflow.
const READ_AT_MOST: usize = 512 * 1024;

/// Whether a workflow file says that it runs on deployments: `on: deployment`, in a list, or as a key. What cannot be
/// read runs on nothing.
pub fn runs_on_deployments(text: &str) -> bool {
    let mut end = text.len().min(READ_AT_MOST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut depth = 0_usize;
    // At the top, keys and values take turns; within `on`, each word at its own top is an event.
    let (mut is_key, mut in_on, mut inner_is_key) = (true, false, true);
    let mut inner_list = false;
    for event in Parser::new_from_str(&text[..end]) {
        let Ok((event, _)) = event else { return false };
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                depth += 1;
                if depth == 2 {
                    inner_list = matches!(event, Event::SequenceStart(..));
                    inner_is_key = true;
                }
            }
            Event::MappingEnd | Event::SequenceEnd => {
                depth = depth.saturating_sub(1);
                // The end of a value is a turn as well.
                match depth {
                    1 => (is_key, in_on) = (true, false),
                    2 => inner_is_key = true,
                    _ => {}
                }
            }
            Event::Scalar(word, ..) if depth == 1 => {
                if is_key {
                    in_on = word == "on";
                    is_key = false;
                } else {
                    if in_on && word == "deployment" {
                        return true;
                    }
                    (is_key, in_on) = (true, false);
                }
            }
            Event::Scalar(word, ..) if depth == 2 && in_on => {
                if (inner_list || inner_is_key) && word == "deployment" {
                    return true;
                }
                inner_is_key = !inner_is_key;
            }
            Event::Alias(..) if depth == 1 => (is_key, in_on) = (true, false),
            Event::Alias(..) if depth == 2 => inner_is_key = true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_on_deployments_is_known_however_it_says_so() {
        for text in [
            "on: deployment\njobs: {}\n",
            "name: Ship\n'on': deployment\n",
            "name: { a: [b] }\non: [push, deployment]\n",
            "on:\n  - push\n  - deployment\n",
            "on:\n  deployment:\n",
            "on:\n  push: { branches: [main] }\n  deployment: {}\njobs: {}\n",
            "on: { workflow_dispatch: { inputs: { a: { type: string } } }, deployment: }",
            "jobs:\n  deployment: { runs-on: x }\non: deployment\n",
        ] {
            assert!(runs_on_deployments(text), "{text}");
        }
        for text in [
            "",
            "on: deployment_status\n",
            "on: [push]\njobs:\n  deployment:\n    runs-on: x\n",
            "name: deployment\non: push\n",
            "on:\n  push: { branches: [deployment] }\n  pull_request:\n    branches: deployment\n",
            "on:\n  workflow_dispatch: deployment\n",
            "jobs: { on: deployment }\n",
            "- on: deployment\n",
            "on: [deployment\n  broken: {",
            "{{ template }}\non: deployment",
            "\u{0}",
        ] {
            assert!(!runs_on_deployments(text), "{text}");
        }
    }
}
