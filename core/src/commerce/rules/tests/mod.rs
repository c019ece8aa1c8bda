mod applications;
mod plans;

use proptest::prelude::*;

use std::fmt::Write as _;

use super::*;
use crate::commerce::read::{Node, read_yaml};
use crate::model::{EntryKind, TreeEntry};

/// The files of a project that breaks no rule.
const TEMPLATE: [(&str, &str); 17] = [
    (".magento.app.yaml", include_str!("template/.magento.app.yaml")),
    (".magento.env.yaml", include_str!("template/.magento.env.yaml")),
    (".magento/routes.yaml", include_str!("template/.magento/routes.yaml")),
    (".magento/services.yaml", include_str!("template/.magento/services.yaml")),
    ("app/code/Acme/Cart/Model/Total.php", include_str!("template/app/code/Acme/Cart/Model/Total.php")),
    ("app/code/Acme/Cart/etc/module.xml", include_str!("template/app/code/Acme/Cart/etc/module.xml")),
    ("app/code/Acme/Gift/registration.php", include_str!("template/app/code/Acme/Gift/registration.php")),
    ("app/etc/config.php", include_str!("template/app/etc/config.php")),
    ("auth.json", include_str!("template/auth.json")),
    ("composer.json", include_str!("template/composer.json")),
    ("composer.lock", include_str!("template/composer.lock")),
    ("m2-hotfixes/010-round.patch", include_str!("template/m2-hotfixes/010-round.patch")),
    ("m2-hotfixes/020-vendor.patch", include_str!("template/m2-hotfixes/020-vendor.patch")),
    ("op-exclude.txt", include_str!("template/op-exclude.txt")),
    ("php.ini", include_str!("template/php.ini")),
    ("pub/static/.htaccess", ""),
    ("scenario/shop.xml", include_str!("template/scenario/shop.xml")),
];

/// A day on which nothing in the template is old.
const TODAY: &str = "2025-06-01";

type Files = std::collections::BTreeMap<String, String>;

fn template() -> Files {
    TEMPLATE.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// The tree of some files, with what the rules want of them.
fn tree(files: &Files) -> Tree {
    filled(Tree::new(entries(files)), files)
}

fn entries(files: &Files) -> Vec<TreeEntry> {
    let entry = |(path, text): (&String, &String)| TreeEntry {
        path: path.clone(),
        object: text.clone(),
        kind: EntryKind::File,
    };
    files.iter().map(entry).collect()
}

/// A tree with what the rules want of these files.
fn filled(mut tree: Tree, files: &Files) -> Tree {
    for round in 0.. {
        let wanted = tree.wanted();
        if wanted.is_empty() {
            break;
        }
        assert!(round < 5, "{wanted:?}");
        for path in wanted.bytes {
            let text = &files[&path];
            let blob = if text.len() as u64 > Tree::bytes_max() {
                Blob::Size(text.len() as u64)
            } else {
                Blob::Bytes(text.clone().into_bytes())
            };
            tree.give(&path, blob);
        }
        wanted.sizes.iter().for_each(|path| tree.give(path, Blob::Size(files[path].len() as u64)));
    }
    tree
}

struct Question<'a> {
    target: Target,
    branch: Option<&'a str>,
    today: &'a str,
    asked: Asked,
}

const QUESTION: Question<'static> = Question {
    target: Target::Integration,
    branch: None,
    today: TODAY,
    asked: Asked { ideal_state: false, disk: None },
};

fn found(base: Option<&Files>, head: &Files, question: &Question<'_>) -> Vec<FileFinding> {
    judged(base.map(tree).as_ref(), &tree(head), question)
}

fn judged(base: Option<&Tree>, head: &Tree, question: &Question<'_>) -> Vec<FileFinding> {
    let change = Change {
        head,
        base,
        target: question.target,
        today: question.today.parse().unwrap(),
        branch: question.branch,
        asked: question.asked,
        other_branches: &["integration".to_owned(), "Feature/Gift Cards".to_owned()],
    };
    judge(&change, &Rules::default())
}

/// A finding in one line.
fn line(finding: &FileFinding) -> String {
    let place = finding.place.as_ref().map(|it| format!(" {}:{}", it.path, it.line)).unwrap_or_default();
    format!("{} {}{place} {}", finding.severity_word(), finding.code, finding.title)
}

fn lines(findings: &[FileFinding]) -> String {
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_template_breaks_no_rule() {
    let files = template();
    for target in [Target::Integration, Target::Pro] {
        let question = Question { target, branch: Some("feature/cart"), ..QUESTION };
        assert_eq!(lines(&found(Some(&files), &files, &question)), "");
        assert_eq!(lines(&found(None, &files, &question)), "");
    }
}

#[test]
fn a_project_in_a_folder_is_judged_as_one_at_the_top() {
    let mut head = template();
    let config = head.remove("app/etc/config.php").unwrap();
    head.insert("app/etc/config.php".to_owned(), config.replace("'outlet'", "'outlets'"));
    let at_the_top = found(Some(&template()), &head, &QUESTION);
    let below = |files: &Files| {
        let moved: Files =
            files.iter().map(|(path, text)| (format!("apps/shop/{path}"), text.clone())).collect();
        filled(Tree::of_folder("apps/shop", entries(&moved)), files)
    };
    let in_folder = judged(Some(&below(&template())), &below(&head), &QUESTION);
    assert_eq!(lines(&in_folder), lines(&at_the_top).replace(" app/etc", " apps/shop/app/etc"));
    assert!(lines(&in_folder).contains("TP701 apps/shop/app/etc/config.php:"), "{}", lines(&in_folder));
}

#[test]
fn line_ends_and_marks_before_the_text_change_nothing() {
    let windows = |text: &String| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let files: Files = template().iter().map(|(path, text)| (path.clone(), windows(text))).collect();
    assert_eq!(lines(&found(Some(&template()), &files, &Question { target: Target::Pro, ..QUESTION })), "");
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::scalar)
}

/// Carries an edit out: other words in a file, a file that is written, or one that is removed.
fn edit(files: &mut Files, path: &str, edit: &Node) {
    let path = text(edit, "file").unwrap_or(path).to_owned();
    let to = text(edit, "to").unwrap_or_default();
    match (text(edit, "from"), edit.get("write").map(|node| node.scalar().unwrap_or_default())) {
        (Some(from), _) => {
            let now = files.get(&path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(now.matches(from).count(), 1, "{path}: {from}");
            files.insert(path.clone(), now.replace(from, to));
        }
        (None, Some(written)) => {
            let times = edit.get("times").and_then(Node::number).unwrap_or(1);
            files.insert(path, written.repeat(usize::try_from(times).unwrap()));
        }
        (None, None) if edit.get("move").is_some() => {
            let moved = files.remove(&path).unwrap();
            files.insert(text(edit, "move").unwrap().to_owned(), moved);
        }
        (None, None) => assert!(files.remove(&path).is_some(), "{path}"),
    }
}

/// One case of `cases.yaml`.
struct Case<'a> {
    node: &'a Node,
    code: &'a str,
}

impl Case<'_> {
    fn judged(&self, edits: &[&Node]) -> (Files, Vec<FileFinding>) {
        let is_pro = self.node.get("pro").is_some();
        self.judged_on(edits, if is_pro { Target::Pro } else { Target::Integration })
    }

    fn judged_on(&self, edits: &[&Node], target: Target) -> (Files, Vec<FileFinding>) {
        let path = text(self.node, "file").unwrap_or_default();
        let mut base = template();
        let both = self.node.get("base").into_iter().flat_map(Node::items);
        both.for_each(|node| edit(&mut base, path, node));
        let mut head = base.clone();
        edits.iter().filter(|it| it.get("branch").is_none()).for_each(|node| edit(&mut head, path, node));
        let branch = edits.iter().find_map(|node| text(node, "branch"));
        let today = edits.iter().find_map(|node| text(node, "today"));
        let today = today.or_else(|| text(self.node, "today")).unwrap_or(TODAY);
        let disk = self.node.get("contract").and_then(Node::number).and_then(|it| u64::try_from(it).ok());
        let asked = Asked { ideal_state: self.node.get("ideal_state").is_some(), disk };
        let findings = found(Some(&base), &head, &Question { target, branch, today, asked });
        (head, findings)
    }

    fn check(&self, number: u32) {
        let named = format!("{} on line {number}", self.code);
        let (files, findings) = self.judged(&[self.node]);
        let of_code: Vec<&FileFinding> =
            findings.iter().filter(|finding| finding.code.as_str() == self.code).collect();
        let all = lines(&findings);
        assert!(!of_code.is_empty(), "{named} is not found:\n{all}");
        let severity = text(self.node, "weight").unwrap();
        let path = text(self.node, "in").or(text(self.node, "file"));
        let at = text(self.node, "at");
        let fits = |finding: &&FileFinding| {
            let Some(place) = &finding.place else {
                let is_missing =
                    |path: &str| finding.detail.to_string().ends_with(&format!("{path} is missing."));
                return path.is_none_or(|path| !files.contains_key(path) && is_missing(path));
            };
            let line = files.get(&place.path).and_then(|text| text.lines().nth(place.line as usize - 1));
            let is_there = at.map_or(place.line == 1, |at| line.is_some_and(|line| line.contains(at)));
            Some(place.path.as_str()) == path && is_there
        };
        assert!(
            of_code.iter().copied().any(|it| fits(&it) && it.severity_word() == severity),
            "{named} is found otherwise:\n{all}"
        );
        for finding in &findings {
            for sentence in [&finding.title, &finding.detail, &finding.remedy] {
                let said = sentence.to_string();
                assert!(!said.is_empty() && !said.contains("s3cret"), "{named}: {said}");
            }
        }
        let near = self.node.get("near").unwrap_or_else(|| panic!("{named} has no near miss"));
        let near: Vec<&Node> =
            if near.items().is_empty() { vec![near] } else { near.items().iter().collect() };
        for node in near {
            let (_, findings) = self.judged(&[node]);
            let false_alarm = findings.iter().find(|finding| finding.code.as_str() == self.code);
            assert!(false_alarm.is_none(), "{named}, near: {}", line(false_alarm.unwrap()));
        }
    }
}

#[test]
fn every_mutation_is_found_at_its_line_and_no_near_miss_is() {
    let reading = read_yaml(include_str!("cases.yaml"));
    assert_eq!(reading.faults, []);
    let root = reading.root.unwrap();
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for group in root.keys() {
        for node in group.value.items() {
            *counts.entry(&group.name).or_default() += 1;
            Case { node, code: &group.name }.check(node.place.line);
        }
    }
    let own = Code::ALL.into_iter().filter(|code| code.as_str().starts_with("TP7"));
    for code in own {
        assert!(
            counts.get(code.as_str()).is_some_and(|count| *count >= 2),
            "{code} has fewer than two cases"
        );
    }
    assert!(counts.values().sum::<usize>() >= 80, "{counts:?}");
}

/// What `docs/findings.md` says of a code.
fn documented(code: Code) -> &'static str {
    let mut sections = include_str!("../../../../../docs/findings.md").split("\n## ");
    sections.find_map(|section| section.strip_prefix(code.as_str())).unwrap_or_default()
}

/// Every rule with its reason and an example, as `docs/commerce.md` has it.
fn rules_for_people() -> String {
    let root = read_yaml(include_str!("cases.yaml")).root.unwrap();
    let mut text = String::new();
    for group in root.keys() {
        let code = Code::ALL.into_iter().find(|code| code.as_str() == group.name).unwrap();
        let section = documented(code);
        let between = |from: &str, to: &str| {
            section.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("", |(text, _)| text)
        };
        let (title, reason) = (between("**", ".**"), between("Why it matters: ", "\n"));
        let reason = reason[..1].to_uppercase() + &reason[1..];
        let case = Case { node: &group.value.items()[0], code: &group.name };
        let (_, findings) = case.judged(&[case.node]);
        let weight = self::text(case.node, "weight").unwrap();
        let is_it = |it: &&FileFinding| it.code == code && it.severity_word() == weight;
        let finding = findings.iter().find(is_it).unwrap();
        let place =
            finding.place.as_ref().map(|it| format!("    {}:{}\n", it.path, it.line)).unwrap_or_default();
        assert!(section.contains(&format!("Example: `{}`", finding.title)), "{code}: {}", finding.title);
        let mut weights: Vec<&str> =
            group.value.items().iter().filter_map(|it| self::text(it, "weight")).collect();
        weights.sort_unstable();
        weights.dedup();
        let link = format!("[{code}](findings.md#{})", group.name.to_lowercase());
        let example = format!("```text\n{weight}: {code} {}\n{place}```", finding.title);
        let _ = write!(text, "**{link} {title}** ({}): {reason}\n\n{example}\n\n", weights.join(", "));
    }
    text
}

#[test]
fn the_documents_show_what_the_rules_say() {
    let rules = rules_for_people();
    let page = include_str!("../../../../../docs/commerce.md");
    assert!(page.contains(rules.trim_end()), "docs/commerce.md lacks this:\n{rules}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_text_in_any_file_stops_the_rules(
        which in 0..TEMPLATE.len(),
        cut in any::<prop::sample::Index>(),
        junk in "[ -~\n\t\u{feff}ü]{0,40}",
        pro in any::<bool>(),
    ) {
        let mut files = template();
        let text = files.get_mut(TEMPLATE[which].0).unwrap();
        let mut at = cut.index(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.insert_str(at, &junk);
        let target = if pro { Target::Pro } else { Target::Integration };
        let question = Question { target, ..QUESTION };
        let both = [(template(), files.clone()), (files, template())];
        for findings in both.map(|(base, head)| found(Some(&base), &head, &question)) {
            for finding in findings {
                let place = finding.place.unwrap();
                prop_assert!(place.line > 0 && !place.path.is_empty());
            }
        }
    }
}
