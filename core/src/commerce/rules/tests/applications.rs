//! Several applications in one repository, in each form in which they can be described.

use super::*;

const FRONT: &str = "\
name: front
type: nodejs:22
relationships:
    api: \"shop:http\"
disk: 700
mounts:
    cache: \"shared:files/cache\"
hooks:
    build: npm ci
crons:
    warm:
        spec: \"*/15 * * * *\"
        cmd: npm run warm
";

const FRONT_ROUTE: &str = "\"http://front.{default}/\":\n    type: upstream\n    upstream: \"front:http\"\n";

/// How the applications are described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By a `.magento.app.yaml` in the folder of each.
    Folders,
    /// By one file, in a list.
    List,
    /// By one file, below their names.
    Map,
}

const FORMS: [Form; 3] = [Form::Folders, Form::List, Form::Map];

/// The template in `shop/` beside a storefront in `front/`.
fn both(form: Form) -> Files {
    let of_all = |path: &str| matches!(path, ".magento/services.yaml" | ".magento/routes.yaml");
    let place =
        |(path, text)| if of_all(path) { (path.to_owned(), text) } else { (format!("shop/{path}"), text) };
    let mut files: Files =
        TEMPLATE.into_iter().map(place).map(|(path, text)| (path, text.to_owned())).collect();
    files.get_mut(".magento/routes.yaml").unwrap().push_str(FRONT_ROUTE);
    files.insert("front/package.json".to_owned(), "{}".to_owned());
    if form == Form::Folders {
        files.insert("front/.magento.app.yaml".to_owned(), FRONT.to_owned());
        return files;
    }
    let shop = files.remove("shop/.magento.app.yaml").unwrap();
    let described = [("shop", shop.as_str()), ("front", FRONT)].map(|(folder, text)| {
        let lines = text.lines().filter(|line| form == Form::List || !line.starts_with("name:"));
        let source = format!("    source: {{ root: /{folder} }}\n");
        let lines: String = lines.flat_map(|line| ["    ", line, "\n"]).collect();
        let head = if form == Form::List { "-\n".to_owned() } else { format!("{folder}:\n") };
        head + &source + &lines
    });
    files.insert(".magento/applications.yaml".to_owned(), described.concat());
    files
}

/// The file that describes an application.
fn described_in(form: Form, folder: &str) -> String {
    if form == Form::Folders {
        format!("{folder}/.magento.app.yaml")
    } else {
        ".magento/applications.yaml".to_owned()
    }
}

/// What an edit of the storefront's or the shop's files gives: weight, code, file, and the line's words.
fn told(form: Form, path: &str, (from, to): (&str, &str)) -> Vec<String> {
    let base = both(form);
    let mut head = base.clone();
    let text = head.get_mut(path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{form:?} {path}: {from}");
    *text = text.replace(from, to);
    let findings = found(Some(&base), &head, &QUESTION);
    findings
        .iter()
        .map(|it| {
            let place = it.place.as_ref().unwrap();
            let line = head.get(&place.path).and_then(|text| text.lines().nth(place.line as usize - 1));
            format!("{} {} {}: {}", it.severity_word(), it.code, place.path, line.unwrap_or_default().trim())
        })
        .collect()
}

#[test]
fn several_applications_break_no_rule_in_any_form() {
    for form in FORMS {
        for target in [Target::Integration, Target::Pro] {
            let findings = found(Some(&both(form)), &both(form), &Question { target, ..QUESTION });
            assert_eq!(lines(&findings), "", "{form:?}");
        }
    }
}

#[test]
fn each_application_is_judged_by_its_own_files() {
    for form in FORMS {
        let (shop, front) = (described_in(form, "shop"), described_in(form, "front"));
        for (path, edit, expected) in [
            (
                "shop/app/etc/config.php",
                ("'french' =>", "'belgian' =>"),
                "fail TP701 shop/app/etc/config.php: 'stores' => [",
            ),
            (
                &front,
                ("shared:files/cache", "shared:files/warm"),
                "fail TP704 {front}: cache: \"shared:files/warm\"",
            ),
            (&front, ("disk: 700", "disk: 64"), "fail TP720 {front}: disk: 64"),
            (&front, ("shop:http", "store:http"), "fail TP708 {front}: api: \"store:http\""),
            (&front, ("*/15 * * * *", "* * * * *"), "warn TP719 {front}: spec: \"* * * * *\""),
            (&shop, ("        set -e\n", "        set -x\n"), "warn TP710 {shop}: build: |"),
            (
                ".magento/routes.yaml",
                ("front:http", "shopfront:http"),
                "fail TP708 .magento/routes.yaml: upstream: \"shopfront:http\"",
            ),
            (
                "shop/.magento.env.yaml",
                ("SCD_THREADS: 4", "SCD_THREADS: \"4\""),
                "fail TP707 shop/.magento.env.yaml: SCD_THREADS: \"4\"",
            ),
        ] {
            let expected = expected.replace("{front}", &front).replace("{shop}", &shop);
            assert_eq!(told(form, path, edit), [expected], "{form:?}");
        }
    }
}

#[test]
fn the_name_of_an_application_is_the_place_of_its_data() {
    for form in FORMS {
        let front = described_in(form, "front");
        let (from, to) = if form == Form::Map {
            ("\nfront:\n", "\nfront2:\n")
        } else {
            ("name: front\n", "name: front2\n")
        };
        let mut base = both(form);
        base.insert(".magento/routes.yaml".to_owned(), String::new());
        let mut head = base.clone();
        let text = head.get_mut(&front).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{text}");
        *text = text.replace(from, to);
        let findings = found(Some(&base), &head, &QUESTION);
        assert_eq!(findings.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), ["TP704"], "{form:?}");
    }
}

#[test]
fn to_describe_applications_otherwise_changes_nothing() {
    for (before, after) in FORMS.into_iter().flat_map(|before| FORMS.map(|after| (before, after))) {
        let findings =
            found(Some(&both(before)), &both(after), &Question { target: Target::Pro, ..QUESTION });
        assert_eq!(lines(&findings), "", "{before:?} {after:?}");
    }
}

#[test]
fn an_application_that_cannot_be_read_holds_no_other_up() {
    let mut head = both(Form::Folders);
    head.insert("front/.magento.app.yaml".to_owned(), "name: [front\n".to_owned());
    let config = head.get_mut("shop/app/etc/config.php").unwrap();
    *config = config.replace("'french' =>", "'belgian' =>");
    let findings = found(Some(&both(Form::Folders)), &head, &QUESTION);
    let codes: Vec<&str> = findings.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["TP701", "TP706"], "{}", lines(&findings));
}
