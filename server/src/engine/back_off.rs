use std::time::Duration;

/// How long to wait after a failure: the one retry policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackOff {
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// After so many failures in a row the work item is given up.
    pub give_up_after: u32,
}

impl BackOff {
    /// The wait after this many failures in a row; `None` means give up. It doubles, and `random`
    /// spreads it over its upper half so that what failed together does not come back together.
    pub fn wait(&self, failures: u32, random: u32) -> Option<Duration> {
        if failures >= self.give_up_after {
            return None;
        }
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(30)).min(self.longest);
        let half = doubled / 2;
        Some(half + doubled.saturating_sub(half).saturating_mul(random) / u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BackOff =
        BackOff { first: Duration::from_secs(1), longest: Duration::from_secs(60), give_up_after: 12 };

    #[test]
    fn waits_double_up_to_a_bound_and_then_end() {
        let longest: Vec<_> = (1..=12).map(|n| POLICY.wait(n, u32::MAX)).collect();
        let seconds = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60].map(|s| Some(Duration::from_secs(s)));
        assert_eq!(longest[..11], seconds);
        assert_eq!(longest[11], None);
    }

    proptest::proptest! {
        #[test]
        fn a_wait_keeps_to_its_upper_half(failures in 1_u32..12, random in proptest::num::u32::ANY) {
            let (wait, most) = (POLICY.wait(failures, random).unwrap(), POLICY.wait(failures, u32::MAX).unwrap());
            proptest::prop_assert!(wait >= most / 2 && wait <= most);
        }
    }
}
