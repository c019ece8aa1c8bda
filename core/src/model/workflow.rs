//! What a workflow of the project runs on.

use granit_parser::{Event, Parser};
use std::collections::BTreeSet;

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

/// The inputs of a workflow that can be dispatched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkflowInputs {
    /// All of them.
    pub names: BTreeSet<String>,
    /// Those that have to be given: required, and with no default.
    pub demanded: BTreeSet<String>,
}

/// The inputs that a workflow file names for `workflow_dispatch`; `None` where it does not run on that, or cannot be read.
pub fn workflow_inputs(text: &str) -> Option<WorkflowInputs> {
    let mut end = text.len().min(READ_AT_MOST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut events = Parser::new_from_str(&text[..end]);
    let file = loop {
        match events.next()?.ok()?.0 {
            event @ (Event::MappingStart(..) | Event::SequenceStart(..) | Event::Scalar(..)) => {
                break value(event, &mut events, 0)?;
            }
            Event::Alias(..) => return None,
            _ => {}
        }
    };
    let dispatch = match file.key("on")? {
        Yaml::Word(word) => return (word == DISPATCH).then(WorkflowInputs::default),
        Yaml::List(words) => {
            let is_there = words.iter().any(|it| matches!(it, Yaml::Word(word) if word == DISPATCH));
            return is_there.then(WorkflowInputs::default);
        }
        on @ Yaml::Keys(_) => on.key(DISPATCH)?,
    };
    let mut inputs = WorkflowInputs::default();
    let Some(Yaml::Keys(named)) = dispatch.key("inputs") else { return Some(inputs) };
    for (name, input) in named {
        let is_required = matches!(input.key("required"), Some(Yaml::Word(word)) if word == "true");
        if is_required && input.key("default").is_none() {
            inputs.demanded.insert(name.clone());
        }
        inputs.names.insert(name.clone());
    }
    Some(inputs)
}

const DISPATCH: &str = "workflow_dispatch";

/// Nothing that matters here lies deeper.
const DEPTH_MAX: usize = 64;

/// A value in YAML, as far as it matters here.
enum Yaml {
    Word(String),
    List(Vec<Yaml>),
    Keys(Vec<(String, Yaml)>),
}

impl Yaml {
    fn key(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Keys(keys) => keys.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// Reads the value that an event begins.
fn value<'a>(
    event: Event<'_>,
    events: &mut impl Iterator<Item = Result<(Event<'a>, granit_parser::Span), granit_parser::ScanError>>,
    depth: usize,
) -> Option<Yaml> {
    if depth > DEPTH_MAX {
        return None;
    }
    match event {
        Event::Scalar(word, ..) => Some(Yaml::Word(word.into_owned())),
        // What it stands for is nothing that has inputs.
        Event::Alias(..) => Some(Yaml::Word(String::new())),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match events.next()?.ok()?.0 {
                    Event::SequenceEnd => return Some(Yaml::List(items)),
                    event => items.push(value(event, events, depth + 1)?),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut keys = Vec::new();
            loop {
                let key = match events.next()?.ok()?.0 {
                    Event::MappingEnd => return Some(Yaml::Keys(keys)),
                    event => value(event, events, depth + 1)?,
                };
                let event = events.next()?.ok()?.0;
                let meant = value(event, events, depth + 1)?;
                if let Yaml::Word(key) = key {
                    keys.push((key, meant));
                }
            }
        }
        _ => None,
    }
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

    #[test]
    fn inputs_of_a_dispatch_are_read_however_they_are_written() {
        let read = |text: &str| {
            let sorted = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(" ");
            workflow_inputs(text).map(|it| (sorted(it.names), sorted(it.demanded)))
        };
        let (none, some) = (Some((String::new(), String::new())), |names: &str, demanded: &str| {
            Some((names.to_owned(), demanded.to_owned()))
        });
        for (text, wanted) in [
            ("on: workflow_dispatch\n", none.clone()),
            ("on: [push, workflow_dispatch]\n", none.clone()),
            ("on:\n  workflow_dispatch:\n", none.clone()),
            ("'on': { workflow_dispatch: { inputs: { a: { type: string }, b: } } }\n", some("a b", "")),
            (
                "on:\n  push:\n  workflow_dispatch:\n    inputs:\n      a:\n        required: true\n      b: { required: true, default: x }\n",
                some("a b", "a"),
            ),
            ("on: push\n", None),
            ("on:\n  push:\n    inputs: { a: }\n", None),
            ("jobs: { on: workflow_dispatch }\n", None),
            ("on: &x workflow_dispatch\njobs: *x\n", none),
            ("", None),
            ("- on: workflow_dispatch\n", None),
            ("on: [workflow_dispatch\n  broken: {", None),
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
        assert_eq!(read(&format!("on: {}", "[".repeat(10_000))), None, "depth is bounded");
    }
}
