//! What a check found: the case in which it speaks, what was expected, what was there.

use super::table::{Case, CheckId, Weight};

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

/// What came of a comparison. A check gives it when both sides have been looked at, and not before.
#[must_use]
#[derive(Debug)]
pub(super) enum Comparison {
    /// The sides agree.
    Agrees,
    /// They do not.
    Differs(Finding),
    /// There was nothing to compare.
    NotMade,
}

impl Comparison {
    /// Of many that are alike, none of which may differ.
    pub(super) fn of_all(differing: Option<Finding>) -> Self {
        differing.map_or(Self::Agrees, Self::Differs)
    }
}

impl Case {
    /// This case, without values.
    pub(super) fn alone(self) -> Finding {
        self.with(None, None)
    }

    /// This case, with what was there.
    pub(super) fn found(self, found: impl Into<String>) -> Finding {
        self.with(None, Some(found.into()))
    }

    /// This case, with what was expected and what was there.
    pub(super) fn both(self, expected: impl Into<String>, found: impl Into<String>) -> Finding {
        self.with(Some(expected.into()), Some(found.into()))
    }

    fn with(self, expected: Option<String>, found: Option<String>) -> Finding {
        Finding {
            case: self,
            weight: self.weight(),
            expected,
            found,
        }
    }
}

/// All that one examination found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
    passed: u128,
}

impl Findings {
    /// Records what came of a check. One that is made several times has passed when it agreed, and
    /// never differed.
    pub(super) fn record(&mut self, check: CheckId, comparison: Comparison) {
        match comparison {
            Comparison::Agrees => self.passed |= 1 << check as u8,
            Comparison::Differs(finding) => {
                debug_assert_eq!(finding.check(), check);
                self.push(finding);
            }
            Comparison::NotMade => {}
        }
    }

    /// Records a check of many things, each of which was looked at, by those that differ.
    pub(super) fn record_all(&mut self, check: CheckId, differing: Vec<Finding>) {
        if differing.is_empty() {
            self.record(check, Comparison::Agrees);
        }
        for finding in differing {
            self.record(check, Comparison::Differs(finding));
        }
    }

    /// Adds what was met where nothing is compared, without values.
    pub(super) fn tell(&mut self, case: Case) {
        self.push(case.alone());
    }

    /// The same with what was there.
    pub(super) fn tell_found(&mut self, case: Case, found: impl Into<String>) {
        self.push(case.found(found));
    }

    /// The same with what was expected and what was there.
    pub(super) fn tell_both(
        &mut self,
        case: Case,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.push(case.both(expected, found));
    }

    fn push(&mut self, finding: Finding) {
        #[cfg(feature = "drop-a-finding")]
        if DROPPED
            .get()
            .is_some_and(|name| *name == format!("{:?}", finding.case))
        {
            return;
        }
        self.list.push(finding);
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

/// The case that is passed over: for `tests/vectors.rs` alone, which asks of each whether anybody
/// notices. The program that is shipped cannot be asked to.
#[cfg(feature = "drop-a-finding")]
static DROPPED: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// Passes over a case, by the name of its row, for as long as the process lives.
#[cfg(feature = "drop-a-finding")]
pub fn drop_a_finding(case: String) {
    // The first one stays.
    let _ = DROPPED.set(case);
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
        findings.record(CheckId::ChainTime, Comparison::Agrees);
        findings.record(CheckId::ChainAnchor, Comparison::Agrees);
        findings.tell(Case::ChainTimeEndedSince);
        assert_eq!(
            findings.passed().collect::<Vec<_>>(),
            [CheckId::ChainAnchor]
        );
    }
}
