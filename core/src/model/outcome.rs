/// What a pull request gets, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It may merge.
    Pass,
    /// It may merge; something deserves a look.
    Warn,
    /// It may not merge yet: a person or the clock has to act.
    Wait,
    /// GitHub or git did not answer: never a pass.
    Unknown,
    /// It may not merge: the author must act.
    Fail,
}

impl Outcome {
    /// The word used in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Wait => "wait",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}
