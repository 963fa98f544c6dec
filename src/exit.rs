//! What the exit status of the program means. Repeated in every manual page.

use std::process::ExitCode;

/// One variant per number; scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: done, or the answer is yes.
    Yes,
    /// 1: the answer is no.
    No,
    /// 2: the question is wrong: usage, configuration, a file that cannot be read.
    Unusable,
    /// 3: undecided.
    Undecided,
    /// 4: could not be done now (network, server, disk); trying again is safe.
    NotNow,
    /// 5: the provider refused us (login, policy, quota); trying again is not.
    Refused,
}

impl ExitStatus {
    /// The number that the shell sees.
    pub const fn number(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Unusable => 2,
            Self::Undecided => 3,
            Self::NotNow => 4,
            Self::Refused => 5,
        }
    }

    /// The worse of two answers, for a run over several inputs: 1, then 3, then 2, then 5, then
    /// 4, then 0.
    pub fn worse(self, other: Self) -> Self {
        let weight = |status| match status {
            Self::No => 5,
            Self::Undecided => 4,
            Self::Unusable => 3,
            Self::Refused => 2,
            Self::NotNow => 1,
            Self::Yes => 0,
        };
        if weight(other) > weight(self) {
            other
        } else {
            self
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.number())
    }
}

#[cfg(test)]
mod tests {
    use super::ExitStatus::{self, *};

    #[test]
    fn the_worst_answer_wins() {
        let worst = |all: &[ExitStatus]| all.iter().copied().fold(Yes, ExitStatus::worse).number();
        assert_eq!(worst(&[]), 0);
        assert_eq!(worst(&[Yes, Unusable]), 2);
        assert_eq!(worst(&[Unusable, Undecided, Yes]), 3);
        assert_eq!(worst(&[Undecided, No, Unusable]), 1);
    }
}
