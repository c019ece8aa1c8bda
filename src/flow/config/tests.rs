use super::*;

#[test]
fn look() {
    for text in [
        "version: 1\n",
        "version: 1\nrules: { TP201: wran, TP210: off, TP601: off, TP401: warn }\n",
        "version: 2\nenviroments: []\n",
        "version: 1\nenvironments:\n\t- name: a\n",
        "version: 1\nenvironments:\n  - name: a\n\taccepts: [topics]\n",
        "version: 1\nenvironments: &x\n  - name: a\n    accepts: *x\n    <<: *y\n",
        "version: 1\nenvironments:\n  - name: a\n    accepts: topics\n    active: 0\n    requires: {tested: yes, soak: 2 hours}\n    deploy: {driver: jenkins}\n",
        "version: 1\nenvironments:\n  - name: a\n    accepts: [b]\n  - name: b\n    accepts: [c]\n  - name: c\n    accepts: [a]\n",
        "",
        "- a\n",
        "hello",
        "---\nversion: 1\n---\nversion: 1\n",
        "version: !!int 1\n",
        "%YAML 1.2\n---\nversion: 1\n",
        "version: 1\ncopy: true\ncomment: sometimes\nignore_paths: [/docs, '!a', docs/]\n",
        "version: 1\n? [a, b]\n: c\nversion: 1\n",
        "version: \"1\"\ncopy: {branch: production, of: prodution}\nfreezes: [{from: 2026-13-20T18:00:00Z, until: x, reason: ''}]\ncommands: {deploy: [everyone], help: [write]}\n",
        "version: 1\nenvironments:\n  - name: a\n    accepts: [topics]\n    deploy: {driver: workflow, file: x}\n    deploy: 3\n  - {name: A, branch: a, accepts: [a, a, A]}\n",
    ] {
        println!("=== {text}");
        match Configuration::read(text) {
            Ok(read) => println!("OK {}\n{:?}", read.path(), read.notices()),
            Err(problems) => {
                problems.iter().for_each(|p| println!("{}: {}\n    hint: {}", p.place, p.message, p.hint))
            }
        }
    }
    println!("{}", Configuration::built_in().effective());
    println!("{}", serde_json::to_string_pretty(&schema()).unwrap());
}
