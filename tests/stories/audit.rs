//! Who made Towpath do what is kept, refused acts too, and whoever alters the record is found out.

use crate::rollback::towpath;
use crate::shop::topic;
use crate::stage::Stage;
use rusqlite::Connection;
use towpath_sandbox::Permission;

const INTEGRATION: [&str; 4] = ["--repository", "acme/store", "--environment", "integration"];

/// Two presses of a button and two acts of the operator's, of each one that is refused.
async fn acted() -> Stage {
    let stage = Stage::set().await;
    stage.store.allow("gast", Permission::Read);
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    for who in ["gast", "ana"] {
        pull.check("towpath: production").unwrap().press("retarget", who).await.unwrap();
        stage.quiet().await;
    }
    stage.check_named(&pull, "towpath: production").await;
    stage.check(&pull).await.passes();
    stage.comment(&pull).await;
    let asked = [&["rollback", "--reason", "broken, they say"], &INTEGRATION[..]].concat();
    assert_eq!(towpath(&stage, &asked).await.code, 6);
    let asked = [&["deploy", "--by", "rita"], &INTEGRATION[..]].concat();
    assert_eq!(towpath(&stage, &asked).await.code, 0);
    stage.quiet().await;
    stage
}

/// What `towpath audit` prints, without the moments.
async fn listed(stage: &Stage, more: &[&str]) -> Vec<String> {
    let said = towpath(stage, &[&["audit"], more].concat()).await;
    assert_eq!(said.code, 0, "{}", said.words);
    said.words.lines().map(|line| line.chars().skip(27).collect()).collect()
}

#[tokio::test]
async fn every_act_is_kept_with_who_what_where_why_and_what_came_of_it() {
    let stage = acted().await;
    let all = listed(&stage, &[]).await;
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all[0].contains("gast [read]  retarget  acme/store#1: refused: "), "{}", all[0]);
    assert!(
        all[1].contains("ana [write]  retarget  acme/store#1: changed the base to integration"),
        "{}",
        all[1]
    );
    assert!(
        all[2]
            .contains("operator [operator]  rollback  acme/store integration (broken, they say): refused: "),
        "{}",
        all[2]
    );
    assert!(
        all[3].contains("rita (operator) [operator]  deploy  acme/store integration: deploy 1 "),
        "{}",
        all[3]
    );
    assert_eq!(listed(&stage, &["--action", "deploy"]).await, all[3..]);
    assert_eq!(listed(&stage, &["--actor", "ANA"]).await, all[1..2]);
    assert_eq!(
        listed(&stage, &["--environment", "Integration", "--repository", "acme/store"]).await,
        all[2..]
    );
    assert_eq!(listed(&stage, &["--since", "2100-01-01"]).await, [""]);
    let json = towpath(&stage, &["audit", "--json", "--action", "deploy"]).await.words;
    let entry: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(entry["actor"], "rita (operator)");
    assert_eq!(entry["head"].as_str(), stage.store.tip("integration").as_deref());
    assert!(towpath(&stage, &["audit", "--csv"]).await.words.starts_with("number,at,actor,role,action,"));
    stage.end().await;
}

/// The hash in what is said of a sound log.
fn newest(words: &str) -> String {
    words.trim().rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_alters_the_record_is_found_out() {
    let mut stage = acted().await;
    let sound = towpath(&stage, &["audit", "verify"]).await;
    assert_eq!(sound.code, 0, "{}", sound.words);
    assert!(sound.words.starts_with("4 entries, all as written; "), "{}", sound.words);
    let known = newest(&sound.words);
    assert_eq!(towpath(&stage, &["audit", "verify", "--head", &known]).await.code, 0);
    stage.stop().await;
    let database = Connection::open(stage.data_folder().join("towpath.db")).unwrap();
    for denied in ["UPDATE audit SET text = '{}'", "DELETE FROM audit"] {
        assert!(database.execute(denied, []).is_err(), "{denied}");
    }
    database.execute_batch("DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept").unwrap();
    let altered = |sql: &str| {
        database.execute_batch(&format!("BEGIN; {sql}; COMMIT")).unwrap();
    };
    let kept: Vec<(i64, String, Vec<u8>, Vec<u8>)> = database
        .prepare("SELECT number, text, previous, hash FROM audit")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (sql, fault) in [
        ("UPDATE audit SET text = replace(text, 'ana', 'eve') WHERE number = 2", "entry 2 was changed"),
        ("DELETE FROM audit WHERE number = 2", "entry 2 was removed"),
        ("DELETE FROM audit WHERE number = 1", "entry 1 was removed"),
        (
            "UPDATE audit SET number = -2 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3; \
             UPDATE audit SET number = 3 WHERE number = -2",
            "entry 2 is not where it was written",
        ),
        ("DELETE FROM audit WHERE number = 4", "the end of the log was cut off"),
    ] {
        altered(sql);
        let said = towpath(&stage, &["audit", "verify", "--head", &known]).await;
        assert_eq!(said.code, 1, "{sql}: {}", said.words);
        assert!(said.words.contains(fault), "{sql}: {}", said.words);
        database.execute("DELETE FROM audit", []).unwrap();
        for (number, text, previous, hash) in &kept {
            let row = (number, text, previous, hash);
            database
                .execute("INSERT INTO audit (number, text, previous, hash) VALUES (?1, ?2, ?3, ?4)", row)
                .unwrap();
        }
    }
    drop(database);
    assert_eq!(towpath(&stage, &["audit", "verify", "--head", "12"]).await.code, 2);
    assert_eq!(towpath(&stage, &["audit", "verify", "--head", &known]).await.code, 0);
    stage.start().await;
    stage.end().await;
}
