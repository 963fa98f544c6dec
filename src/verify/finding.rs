//! What a check found: a stable id, a weight, what was expected, what was there, the rule.

use std::fmt;

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

macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $rule:literal;)*) => {
        /// Every check, in the order in which a failure makes the headline. The ids are a
        /// promise to other programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum CheckId { $($(#[$doc])* $variant),* }

        impl CheckId {
            /// All checks in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable id.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),* }
            }

            /// Where the rule stands.
            pub const fn rule(self) -> &'static str {
                match self { $(Self::$variant => $rule),* }
            }
        }
    };
}

checks! {
    // Step 1
    /// The message is within the size limit.
    MessageSize = "message.size", "pec-verify(1), LIMITS";
    /// Header, depth and number of parts are within the limits.
    MessageComplexity = "message.complexity", "pec-verify(1), LIMITS";
    /// No NUL octets.
    MessageOctets = "message.octets", "RFC 5322, 2.2; RFC 2045, 2.7";
    // Steps 2 and 3
    /// Fields that decide what is read stand once.
    HeaderAmbiguous = "header.ambiguous", "RFC 5322, 3.6; RFC 2045, 3";
    /// The message is signed at its top level.
    StructureSigned = "structure.signed", "RFC 6109, 2.1";
    /// All readers cut the parts at the same places.
    StructureBoundary = "structure.boundary", "RFC 2046, 5.1.1";
    /// It is signed in the clear, with a PKCS #7 signature part.
    StructureForm = "structure.form", "RFC 6109, 2.1, 4.3; RFC 8551, 3.5.3";
    /// The closing delimiter is there.
    StructureComplete = "structure.complete", "RFC 2046, 5.1.1";
    /// There are exactly two parts.
    StructureParts = "structure.parts", "RFC 1847, 2.1";
    // Step 5
    /// The signature object can be read.
    CmsDecode = "cms.decode", "RFC 5652, 3, 5.1";
    /// The content is outside the signature object.
    CmsDetached = "cms.detached", "RFC 8551, 3.5.3; RFC 5652, 5.2";
    /// There is exactly one signer.
    CmsSigners = "cms.signers", "RFC 6109, 2.1; RFC 5652, 5.1";
    // Steps 6 and 7
    /// Digest and signature algorithms are acceptable.
    SignatureAlgorithm = "signature.algorithm", "RFC 6109, 5.5; RFC 5652, 10.1";
    /// The signed attributes are there, once each, and fit.
    SignatureAttributes = "signature.attributes", "RFC 5652, 5.3, 11";
    /// The signature value fits the signer's key.
    SignatureValue = "signature.value", "RFC 5652, 5.6";
    /// The content is the one that was signed.
    SignatureDigest = "signature.digest", "RFC 5652, 5.4";
    // Step 9
    /// The signer's certificate is there and can be read.
    SignerCertificate = "signer.certificate", "RFC 6109, 2.1; RFC 5280, 4.1";
    /// Nobody borrows an authority's or a provider's name.
    ChainImpersonation = "chain.impersonation", "RFC 6109, 2.2.2, 7";
    /// The certificate has the policy of PEC signers.
    SignerPolicy = "signer.policy", "RFC 5280, 4.2.1.4";
    /// The certificate may sign mail.
    SignerUsage = "signer.usage", "RFC 6109, 5.5; RFC 5280, 4.2.1.3, 4.2.1.12";
    /// The certificate names an address that signs PEC.
    SignerAddress = "signer.address", "RFC 6109, 2.1, 5.5";
    /// The key is strong enough.
    SignerKey = "signer.key", "RFC 6109, 5.5";
    /// The certificate is that of a signer, not of an authority.
    SignerProfile = "signer.profile", "RFC 6109, 5.5";
    /// All critical extensions are understood.
    SignerCriticalExtension = "signer.critical-extension", "RFC 5280, 4.2";
    /// The certificate leads to a pinned key.
    ChainAnchor = "chain.anchor", "RFC 5280, 6.1";
    /// All certificates were valid at the time.
    ChainTime = "chain.time", "RFC 5280, 6.1.3";
    /// The names are among those that the authority may issue for.
    ChainConstraints = "chain.constraints", "RFC 5280, 4.2.1.10";
    /// The edition of the authority is known for the time.
    ChainEdition = "chain.edition", "RFC 5280, 6.1";
    // Step 11
    /// The certificate was not revoked at the time.
    ChainRevocation = "chain.revocation", "RFC 5280, 5, 6.3; RFC 6109, 2.2.2";
    // Step 12
    /// The signer is in the list of providers.
    ProviderListed = "provider.listed", "RFC 6109, 2.2.2, 4.5";
    /// The provider runs the domain that it speaks of.
    ProviderDomain = "provider.domain", "RFC 6109, 7";
    // Steps 13 and 14
    /// No transfer encoding hides another tree of parts.
    StructureEncoding = "structure.encoding", "RFC 2045, 6.4";
    /// There is exactly one daticert.xml at the first level of the signed part.
    DaticertPresent = "daticert.present", "RFC 6109, 4.3, 4.4";
    /// It is well-formed XML without forbidden constructs.
    DaticertXml = "daticert.xml", "RFC 6109, 4.4";
    /// It follows the document type.
    DaticertStructure = "daticert.structure", "RFC 6109, 4.4";
    /// Its kind and error are words of the rules.
    DaticertKind = "daticert.kind", "RFC 6109, 4.4";
    /// It has what its kind needs.
    DaticertFields = "daticert.fields", "RFC 6109, 3, 4.4";
    // Step 15
    /// The original message is there when it should be.
    OriginalPresent = "original.present", "RFC 6109, 3.1.5, 3.3.2";
    /// The recipient spoken of is one of the message's.
    OriginalRecipient = "original.recipient", "RFC 6109, 3.3.2, 4.4";
    /// The original bears the transaction's identifier.
    OriginalMessageId = "original.message-id", "RFC 6109, 2.2.1";
    /// The original bears the sender's Message-ID.
    OriginalReference = "original.reference", "RFC 6109, 2.2.1";
    /// The original is from the certified sender.
    OriginalSender = "original.sender", "RFC 6109, 3.1.1";
    /// The time can be true.
    TimePlausible = "time.plausible", "RFC 6109, 4.1; DM 2005-11-02";
    // Step 17
    /// The acceptance is of the same transaction.
    AcceptanceTransaction = "acceptance.transaction", "RFC 6109, 2.2.1, 3.1.2";
    /// The acceptance lists the recipient as certified mail.
    AcceptanceRecipient = "acceptance.recipient", "RFC 6109, 2.2.1, 3.1.2";
    // Step 16
    /// From is the signer.
    HeaderFrom = "header.from", "RFC 6109, 2.1, 3";
    /// The marks state the signed kind.
    HeaderKind = "header.kind", "RFC 6109, 3";
    /// The message referred to is the signed one.
    HeaderReference = "header.reference", "RFC 6109, 2.2.1, 3";
    /// The display name of From names the certified sender.
    HeaderDisplayName = "header.display-name", "RFC 6109, 3.1.5";
    /// Subject fits.
    HeaderSubject = "header.subject", "RFC 6109, 3";
    // Step 17
    /// The receipt is about the message that was sent.
    SentMessage = "sent.message", "RFC 6109, 2.2.1";
    /// The receipt's recipient is one of that message's.
    SentRecipient = "sent.recipient", "RFC 6109, 3.3.2";
    /// The content is the one that was sent.
    SentContent = "sent.content", "RFC 6109, 3.3.2.1, 3.3.2.2";
    // Doubts and notes only
    /// Nothing unsigned stands around the signed part.
    StructureUnsignedText = "structure.unsigned-text", "RFC 2046, 5.1.1; RFC 6109, 4.3";
    /// Certified messages inside the message.
    StructureNested = "structure.nested", "RFC 6109, 2.1";
    /// Nothing follows the signature object.
    CmsTrailing = "cms.trailing", "RFC 5652, 3";
    /// The unsigned hint of the digest is right.
    SignatureMicalg = "signature.micalg", "RFC 8551, 3.5.3.2";
    /// The issuer's name for itself is that of the certificate.
    ProviderName = "provider.name", "RFC 6109, 5.5";
    /// The names of the daticert.xml part agree.
    DaticertName = "daticert.name", "RFC 2183, 2.3";
    /// The readable text says what the data say.
    ContentText = "content.text", "RFC 6109, 3, 4.3.1";
    /// The HTML text says the same, and loads and runs nothing.
    ContentHtml = "content.html", "RFC 6109, 4.3.1";
    /// The original's subject is the certified one.
    OriginalSubject = "original.subject", "RFC 6109, 4.4";
    /// Hashes of a brief receipt have their form.
    OriginalHash = "original.hash", "RFC 6109, 3.3.2.2";
    /// The signing time is that of the data.
    TimeSigning = "time.signing", "RFC 6109, 4.1; RFC 5652, 11.3";
    /// The zone is Italian legal time.
    TimeZone = "time.zone", "RFC 6109, 4.2";
    /// The receipt is not older than its acceptance.
    AcceptanceOrder = "acceptance.order", "RFC 6109, 3.1.6, 3.5";
    /// To fits.
    HeaderTo = "header.to", "RFC 6109, 3";
    /// Date fits.
    HeaderDate = "header.date", "RFC 6109, 4.1";
    /// Reply-To fits.
    HeaderReplyTo = "header.reply-to", "RFC 6109, 3.1.5";
    /// Message-ID fits.
    HeaderMessageId = "header.message-id", "RFC 6109, 3.1.5";
    /// Sender, if there, is From.
    HeaderSender = "header.sender", "RFC 6109, 2.1";
    /// X-TipoRicevuta is the signed form.
    HeaderReceiptForm = "header.receipt-form", "RFC 6109, 3.3.2";
    /// No address can be taken for another.
    AddressLookalike = "address.lookalike", "RFC 5890, 4.4";
}

// `Findings::passed` is a set of 128.
const _: () = assert!(CheckId::ALL.len() <= 128);

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: CheckId,
    /// What it does to the verdict.
    pub weight: Weight,
    /// Key of the sentence in the catalogues: the id, often with a word that tells the case.
    pub text_key: &'static str,
    /// What was expected.
    pub expected: Option<String>,
    /// What was there.
    pub found: Option<String>,
}

/// All that one examination found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
    passed: u128,
}

impl Findings {
    /// Notes that a check passed.
    pub fn pass(&mut self, check: CheckId) {
        self.passed |= 1 << check as u8;
    }

    /// Adds a finding without values.
    pub fn add(&mut self, check: CheckId, weight: Weight, text_key: &'static str) {
        self.list.push(Finding {
            check,
            weight,
            text_key,
            expected: None,
            found: None,
        });
    }

    /// Adds a finding with what was there.
    pub fn add_found(
        &mut self,
        check: CheckId,
        weight: Weight,
        text_key: &'static str,
        found: impl Into<String>,
    ) {
        self.list.push(Finding {
            check,
            weight,
            text_key,
            expected: None,
            found: Some(found.into()),
        });
    }

    /// Adds a finding with what was expected and what was there.
    pub fn add_both(
        &mut self,
        check: CheckId,
        weight: Weight,
        text_key: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.list.push(Finding {
            check,
            weight,
            text_key,
            expected: Some(expected.into()),
            found: Some(found.into()),
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
        if let Some(finding) = list.find(|finding| finding.check == check) {
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
            .sort_by_key(|finding| (finding.weight, finding.check));
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
                && self.list.iter().all(|finding| finding.check != check)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<&str> = CheckId::ALL.iter().map(|check| check.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CheckId::ALL.len());
    }

    #[test]
    fn failures_come_first_and_in_the_order_of_the_checks() {
        let mut findings = Findings::default();
        findings.add(CheckId::ChainRevocation, Weight::Note, "");
        findings.add(CheckId::HeaderKind, Weight::Refutes, "");
        findings.add(CheckId::ChainAnchor, Weight::Undecides, "");
        findings.add(CheckId::SignatureDigest, Weight::Refutes, "");
        findings.sort();
        let order: Vec<CheckId> = findings
            .list()
            .iter()
            .map(|finding| finding.check)
            .collect();
        use CheckId::*;
        assert_eq!(
            order,
            [SignatureDigest, HeaderKind, ChainAnchor, ChainRevocation]
        );
    }

    #[test]
    fn a_check_with_a_finding_has_not_passed() {
        let mut findings = Findings::default();
        findings.pass(CheckId::ChainTime);
        findings.pass(CheckId::ChainAnchor);
        findings.add(CheckId::ChainTime, Weight::Note, "");
        assert_eq!(
            findings.passed().collect::<Vec<_>>(),
            [CheckId::ChainAnchor]
        );
    }
}
