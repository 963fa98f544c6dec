//! What a check found: the case in which it speaks, what was expected, what was there.

use super::table::{Case, CheckId};

/// What a finding does to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A genuine provider or an honest transport would not produce this: not genuine.
    Refutes,
    /// Without this the question cannot be decided: cannot tell.
    Undecides,
    /// Genuine, but not about what the user says it is about.
    OtherMessage,
    /// Genuine, but whether it is about that cannot be decided.
    NotCompared,
    /// Odd about this message; the verdict stands.
    Doubt,
    /// Routine remark.
    Note,
}

impl Weight {
    /// The word in the JSON.
    pub const fn severity(self) -> &'static str {
        match self {
            Self::Refutes | Self::Undecides | Self::OtherMessage | Self::NotCompared => "failure",
            Self::Doubt => "doubt",
            Self::Note => "note",
        }
    }

    /// Whether this is a failed check.
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Doubt | Self::Note)
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    case: Case,
    weight: Weight,
    expected: Option<String>,
    found: Option<String>,
}

impl Finding {
    /// Which check found it, and in which case.
    pub const fn case(&self) -> Case {
        self.case
    }

    /// Which check.
    pub const fn check(&self) -> CheckId {
        self.case.check()
    }

    /// What it does to the verdict: what its case does, or less where nobody can be blamed.
    pub const fn weight(&self) -> Weight {
        self.weight
    }

    /// What was expected.
    pub fn expected(&self) -> Option<&str> {
        self.expected.as_deref()
    }

    /// What was there.
    pub fn found(&self) -> Option<&str> {
        self.found.as_deref()
    }
}

/// All that one examination found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
    passed: u128,
}

impl Findings {
    /// Notes that a check passed.
    pub(super) fn pass(&mut self, check: CheckId) {
        self.passed |= 1 << check as u8;
    }

    /// Adds a finding without values.
    pub(super) fn tell(&mut self, case: Case) {
        self.push(case, None, None);
    }

    /// Adds a finding with what was there.
    pub(super) fn tell_found(&mut self, case: Case, found: impl Into<String>) {
        self.push(case, None, Some(found.into()));
    }

    /// Adds a finding with what was expected and what was there.
    pub(super) fn tell_both(
        &mut self,
        case: Case,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.push(case, Some(expected.into()), Some(found.into()));
    }

    fn push(&mut self, case: Case, expected: Option<String>, found: Option<String>) {
        self.list.push(Finding {
            case,
            weight: case.weight(),
            expected,
            found,
        });
    }

    /// Takes over what another examination of the same message found.
    pub(super) fn append(&mut self, other: Self) {
        self.list.extend(other.list);
        self.passed |= other.passed;
    }

    /// Takes an accusation back: the check failed, and nobody can be blamed for it.
    pub(super) fn make_undecided(&mut self, check: CheckId) {
        let mut list = self.list.iter_mut();
        if let Some(finding) = list.find(|finding| finding.check() == check) {
            finding.weight = finding.weight.max(Weight::Undecides);
        }
    }

    /// Forgets remarks: about a signer whose signature does not hold they only distract.
    pub(super) fn forget_notes(&mut self) {
        self.list.retain(|finding| finding.weight != Weight::Note);
    }

    /// Forgets everything; for a message that turns out to be no certified mail, whose
    /// signature is not ours to judge.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts failures first, each group in the order of the checks.
    pub(super) fn sort(&mut self) {
        self.list
            .sort_by_key(|finding| (finding.weight, finding.check()));
    }

    /// The findings.
    pub fn list(&self) -> &[Finding] {
        &self.list
    }

    /// Whether a check has a finding of this weight.
    pub fn has(&self, weight: Weight) -> bool {
        self.list.iter().any(|finding| finding.weight == weight)
    }

    /// Checks that passed and have no finding, in their order.
    pub fn passed(&self) -> impl Iterator<Item = CheckId> + '_ {
        CheckId::ALL.iter().copied().filter(|&check| {
            self.passed & (1 << check as u8) != 0
                && self.list.iter().all(|finding| finding.check() != check)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_come_first_and_in_the_order_of_the_checks() {
        let mut findings = Findings::default();
        findings.tell(Case::ChainRevocationNotChecked);
        findings.tell(Case::HeaderKind);
        findings.tell(Case::ChainAnchorUnknown);
        findings.tell(Case::SignatureDigest);
        findings.sort();
        let order: Vec<Case> = findings.list().iter().map(Finding::case).collect();
        use Case::*;
        assert_eq!(
            order,
            [
                SignatureDigest,
                HeaderKind,
                ChainAnchorUnknown,
                ChainRevocationNotChecked
            ]
        );
    }

    #[test]
    fn a_check_with_a_finding_has_not_passed() {
        let mut findings = Findings::default();
        findings.pass(CheckId::ChainTime);
        findings.pass(CheckId::ChainAnchor);
        findings.tell(Case::ChainTimeEndedSince);
        assert_eq!(
            findings.passed().collect::<Vec<_>>(),
            [CheckId::ChainAnchor]
        );
    }
}
