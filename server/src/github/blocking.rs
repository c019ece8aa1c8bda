//! Work that takes long for its size.

use tokio::runtime::{Handle, RuntimeFlavor};

/// From so many bytes on, others on the same thread would wait noticeably.
const LARGE: usize = 256 * 1024;

/// Works on so many bytes; where they are many, the thread's other work goes to another one meanwhile.
pub(crate) fn off_the_runtime<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let has_others = Handle::try_current().is_ok_and(|it| it.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes >= LARGE && has_others { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::Instant;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_is_large_keeps_nobody_waiting() {
        let begun = Instant::now();
        let large = tokio::spawn(async {
            off_the_runtime(LARGE, || std::thread::sleep(Duration::from_secs(5)));
        });
        tokio::time::sleep(Duration::from_millis(200)).await;
        tokio::spawn(async {}).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(4), "the only thread was kept");
        large.await.unwrap();
    }
}
