//! Hotfixes.

use crate::given::{REPOSITORY, apply, branch, commit};
use std::sync::Arc;
use towpath::model::{
    CarryBack, CarryStage, Hotfix, HotfixEnd, LandedHotfix, Mended, PullNumber, UnixMillis,
};
use towpath::store::{Change, Store};

fn hotfix(key: &str, since: i64) -> Hotfix {
    Hotfix {
        key: key.to_owned(),
        environment: "production".to_owned(),
        branch: branch("hotfix/cart"),
        title: "Cart".to_owned(),
        by: "rita".to_owned(),
        by_id: None,
        since: UnixMillis(since),
        cut_from: Some(commit(1)),
        pull: None,
        refused: None,
        landed: None,
        carry_back: None,
        mended: Vec::new(),
        accounts: Vec::new(),
        closed: None,
        over: None,
    }
}

fn recorded(hotfix: Hotfix) -> Change {
    Change::HotfixRecorded(REPOSITORY, Box::new(hotfix))
}

fn stored(hotfix: Hotfix) -> Change {
    Change::Hotfix(REPOSITORY, Box::new(hotfix))
}

pub(crate) async fn a_hotfix_is_recorded_once_and_keeps_what_people_say_of_it(store: Arc<dyn Store>) {
    let store = &*store;
    let all = async || store.hotfixes(REPOSITORY).await.unwrap();
    apply(store, vec![recorded(hotfix("b", 2)), recorded(hotfix("a", 1))]).await;
    assert_eq!(all().await, [hotfix("a", 1), hotfix("b", 2)]);
    let opened = Hotfix { pull: Some(PullNumber(7)), ..hotfix("a", 1) };
    apply(store, vec![stored(opened.clone()), recorded(hotfix("a", 9))]).await;
    assert_eq!(all().await[0], opened, "it is known already");
    let mended = Mended {
        environment: "staging".to_owned(),
        tip: commit(2),
        by: "rita".to_owned(),
        by_id: None,
        reason: "it's \"rewritten\"".to_owned(),
        at: UnixMillis(3),
    };
    apply(store, vec![Change::HotfixMended(REPOSITORY, "a".to_owned(), Box::new(mended.clone()))]).await;
    // Whoever looked before that was said takes nothing of it away.
    apply(store, vec![stored(opened.clone())]).await;
    let kept = Hotfix { mended: vec![mended], ..opened };
    assert_eq!(all().await[0], kept);
    let over = Some(HotfixEnd::Home { at: UnixMillis(4) });
    apply(store, vec![stored(Hotfix { over: over.clone(), ..kept })]).await;
    assert_eq!(all().await, [hotfix("b", 2)]);
    // Its branch and its pull request stay known.
    assert!(store.has_hotfix_of(REPOSITORY, PullNumber(7)).await.unwrap());
    assert!(!store.has_hotfix_of(REPOSITORY, PullNumber(8)).await.unwrap());
    let with = async |pull| store.hotfixes_of(REPOSITORY, PullNumber(pull)).await.unwrap();
    assert_eq!(with(7).await.len(), 1);
    assert!(with(8).await.is_empty());
    let stage = CarryStage::Merged { pull: PullNumber(8), made: commit(3) };
    let carry_back = Some(CarryBack { into: branch("integration"), stage });
    let carried = Hotfix { carry_back, ..with(7).await.remove(0) };
    apply(store, vec![stored(carried.clone())]).await;
    assert_eq!((with(7).await, with(8).await), (vec![carried.clone()], vec![carried]));
    let landed = LandedHotfix {
        at: UnixMillis(3),
        made: commit(4),
        picks: vec![commit(5)],
        as_one: false,
        brought: vec![commit(5), commit(6)],
    };
    apply(store, vec![stored(Hotfix { over, landed: Some(landed), ..hotfix("b", 2) })]).await;
    // What it has brought is known by each of its commits, and by no other.
    for (brought, key) in [(4, Some("b")), (5, Some("b")), (6, Some("b")), (1, None), (7, None)] {
        let found = store.hotfix_that_brought(REPOSITORY, commit(brought)).await.unwrap();
        assert_eq!(found.as_ref().map(|it| it.key.as_str()), key, "{brought}");
    }
    assert!(store.has_hotfix_on(REPOSITORY, &branch("hotfix/cart")).await.unwrap());
    assert!(!store.has_hotfix_on(REPOSITORY, &branch("hotfix/cart-2")).await.unwrap());
}
