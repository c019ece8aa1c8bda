use super::samples::*;
use super::*;
use crate::flow::Flow;

#[test]
fn dump() {
    for (head, base, verdict) in every_cause() {
        let subject = subject(head, base);
        let check = check(&Flow::pro(), &[(subject.clone(), verdict.clone())]);
        println!(
            "=== {}\n{:?}\n{}\n--- text\n{}",
            check.title,
            check.conclusion,
            check.full_summary(),
            check.text.clone().unwrap_or_default()
        );
        println!("--- comment\n{}", comment(&Flow::pro(), &subject, &verdict, None));
        println!("--- terminal\n{}", terminal(&Flow::pro(), &subject.pull, &verdict, false));
    }
}
