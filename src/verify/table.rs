//! The table of checks: under each the cases in which it finds something, with their weight, the
//! key of what that means, and the advice.
//!
//! A new check, or a new case of one, is a row here, a sentence in each catalogue
//! (`output/catalogue/findings.*.toml`, `[finding]`), and a vector that shows it
//! (`tests/support/cases/`). Ids and keys are a promise to other programs. Where the weight depends
//! on the circumstances there is a row for each, with one key.

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
    ($(
        $(#[$doc:meta])*
        $check:ident = $id:literal, $rule:literal {
            $($case:ident: $weight:ident, $key:literal, $advice:ident;)+
        }
    )*) => {
        /// Every check, in the order in which a failure makes the headline. The ids are a
        /// promise to other programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum CheckId { $($(#[$doc])* $check),* }

        impl CheckId {
            /// All checks in their order.
            pub const ALL: &'static [Self] = &[$(Self::$check),*];

            /// The stable id.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$check => $id),* }
            }

            /// Where the rule stands.
            pub const fn rule(self) -> &'static str {
                match self { $(Self::$check => $rule),* }
            }
        }

        /// Every case in which a check finds something, in the order of the checks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Case { $($(#[doc = concat!("`", $key, "`: [`", stringify!($weight), "`](Weight::", stringify!($weight), ")")] $case),+),* }

        impl Case {
            /// All cases in their order.
            pub const ALL: &'static [Self] = &[$($(Self::$case),+),*];

            /// The check.
            pub const fn check(self) -> CheckId {
                match self { $($(Self::$case => CheckId::$check),+),* }
            }

            /// What it does to the verdict.
            pub const fn weight(self) -> Weight {
                match self { $($(Self::$case => Weight::$weight),+),* }
            }

            /// The stable key: the id of the check, often with a word that tells the case.
            pub const fn key(self) -> &'static str {
                match self { $($(Self::$case => $key),+),* }
            }

            /// What to do.
            pub const fn advice(self) -> Advice {
                match self { $($(Self::$case => Advice::$advice),+),* }
            }
        }
    };
}

checks! {
    // Step 1
    /// The message is within the size limit.
    MessageSize = "message.size", "pec-verify(1), LIMITS" {
        MessageSize: Undecides, "message.size", MessageSize;
    }
    /// Header, depth and number of parts are within the limits.
    MessageComplexity = "message.complexity", "pec-verify(1), LIMITS" {
        MessageComplexitySigned: Undecides, "message.complexity.signed", DistrustDisplay;
        MessageComplexityHeader: Undecides, "message.complexity.header", SaveAgain;
        MessageComplexityParts: Undecides, "message.complexity.parts", SaveAgain;
        MessageComplexityDepth: Note, "message.complexity.depth", MessageComplexityDepth;
        MessageComplexityWork: Undecides, "message.complexity.work", DistrustDisplay;
    }
    /// No NUL octets.
    MessageOctets = "message.octets", "RFC 5322, 2.2; RFC 2045, 2.7" {
        MessageOctets: Undecides, "message.octets", SaveAgain;
    }
    // Steps 2 and 3
    /// Fields that decide what is read stand once.
    HeaderAmbiguous = "header.ambiguous", "RFC 5322, 3.6; RFC 2045, 3" {
        HeaderAmbiguousControl: Undecides, "header.ambiguous.control", SaveOriginal;
        HeaderAmbiguousControlInText: Note, "header.ambiguous.control-in-text", Nothing;
        HeaderAmbiguousSignaturePart: Undecides, "header.ambiguous.signature-part", SaveOriginal;
        HeaderAmbiguousContentType: Refutes, "header.ambiguous.content-type", SaveAgainProvesNothing;
        HeaderAmbiguousContentTypeUnmarked: Undecides, "header.ambiguous.content-type", SaveAgainProvesNothing;
        HeaderAmbiguousMark: Refutes, "header.ambiguous.mark", SignedDataAndSaveAgain;
        HeaderAmbiguousDoubled: Doubt, "header.ambiguous.doubled", SignedData;
        HeaderAmbiguousMalformedHiding: Undecides, "header.ambiguous.malformed", SignedData;
        HeaderAmbiguousMalformed: Doubt, "header.ambiguous.malformed", SignedData;
        HeaderAmbiguousNameHiding: Undecides, "header.ambiguous.name", SignedData;
        HeaderAmbiguousName: Doubt, "header.ambiguous.name", SignedData;
        HeaderAmbiguousBlankHiding: Undecides, "header.ambiguous.blank", SignedDataAndSaveAgain;
        HeaderAmbiguousBlank: Doubt, "header.ambiguous.blank", SignedDataAndSaveAgain;
    }
    /// The message is signed at its top level.
    StructureSigned = "structure.signed", "RFC 6109, 2.1" {
        StructureSigned: Undecides, "structure.signed", StructureSigned;
    }
    /// All readers cut the parts at the same places.
    StructureBoundary = "structure.boundary", "RFC 2046, 5.1.1" {
        StructureBoundary: Undecides, "structure.boundary", SaveAgain;
        StructureBoundaryParameter: Undecides, "structure.boundary.parameter", SaveAgain;
        StructureBoundaryOdd: Undecides, "structure.boundary.odd", SignedDataAndSaveAgain;
        StructureBoundaryInner: Undecides, "structure.boundary.inner", AskProvider;
    }
    /// It is signed in the clear, with a PKCS #7 signature part.
    StructureForm = "structure.form", "RFC 6109, 2.1, 4.3; RFC 8551, 3.5.3" {
        StructureFormOpaque: Undecides, "structure.form.opaque", SaveAgain;
        StructureFormSignatureType: Undecides, "structure.form.signature-type", SaveAgain;
        StructureFormOdd: Undecides, "structure.form.odd", SignedDataAndSaveAgain;
        StructureFormEncoding: Doubt, "structure.form.encoding", SignedData;
    }
    /// The closing delimiter is there.
    StructureComplete = "structure.complete", "RFC 2046, 5.1.1" {
        StructureComplete: Undecides, "structure.complete", SaveAgainProvesNothing;
        StructureCompleteEnd: Doubt, "structure.complete.end", AsGood;
    }
    /// There are exactly two parts.
    StructureParts = "structure.parts", "RFC 1847, 2.1" {
        StructureParts: Refutes, "structure.parts", SaveAgainProvesNothing;
    }
    // Step 5
    /// The signature object can be read.
    CmsDecode = "cms.decode", "RFC 5652, 3, 5.1" {
        CmsDecode: Refutes, "cms.decode", SaveAgainProvesNothing;
        CmsDecodeCut: Undecides, "cms.decode", SaveAgainProvesNothing;
        CmsDecodeBase64: Refutes, "cms.decode.base64", SaveAgainProvesNothing;
        CmsDecodeEmpty: Refutes, "cms.decode.empty", SaveAgainProvesNothing;
        CmsDecodeEmptyCut: Undecides, "cms.decode.empty", SaveAgainProvesNothing;
        CmsDecodeVersion: Doubt, "cms.decode.version", CmsDecodeVersion;
    }
    /// The content is outside the signature object.
    CmsDetached = "cms.detached", "RFC 8551, 3.5.3; RFC 5652, 5.2" {
        CmsDetached: Refutes, "cms.detached", SaveAgainProvesNothing;
    }
    /// There is exactly one signer.
    CmsSigners = "cms.signers", "RFC 6109, 2.1; RFC 5652, 5.1" {
        CmsSignersNone: Refutes, "cms.signers.none", SaveAgainProvesNothing;
        CmsSignersMany: Refutes, "cms.signers.many", SaveAgainProvesNothing;
    }
    // Steps 6 and 7
    /// Digest and signature algorithms are acceptable.
    SignatureAlgorithm = "signature.algorithm", "RFC 6109, 5.5; RFC 5652, 10.1" {
        SignatureAlgorithmBroken: Refutes, "signature.algorithm.broken", DoNotRely;
        SignatureAlgorithmUnknown: Undecides, "signature.algorithm.unknown", NewerProgram;
        SignatureAlgorithmSha1: Note, "signature.algorithm.sha1", Nothing;
        SignatureAlgorithmSha1Late: Doubt, "signature.algorithm.sha1-late", CompareOfThoseDays;
    }
    /// The signed attributes are there, once each, and fit.
    SignatureAttributes = "signature.attributes", "RFC 5652, 5.3, 11" {
        SignatureAttributes: Refutes, "signature.attributes", SaveAgainProvesNothing;
        SignatureAttributesNone: Undecides, "signature.attributes.none", AskProvider;
    }
    /// The signature value fits the signer's key.
    SignatureValue = "signature.value", "RFC 5652, 5.6" {
        SignatureValue: Refutes, "signature.value", SaveAgainProvesNothing;
    }
    /// The content is the one that was signed.
    SignatureDigest = "signature.digest", "RFC 5652, 5.4" {
        SignatureDigest: Refutes, "signature.digest", SaveAgainProvesNothing;
        SignatureDigestUntried: Undecides, "signature.digest", SaveAgainProvesNothing;
        SignatureDigestCollision: Refutes, "signature.digest.collision", SignatureDigestCollision;
        SignatureDigestLineEndAdded: Doubt, "signature.digest.line-end-added", AsGood;
        SignatureDigestLineEndRemoved: Doubt, "signature.digest.line-end-removed", AsGood;
        SignatureDigestFromQuoted: Doubt, "signature.digest.from-quoted", AsGood;
        SignatureDigestDotsDoubled: Doubt, "signature.digest.dots-doubled", AsGood;
        SignatureDigestBlanksAdded: Doubt, "signature.digest.blanks-added", AsGood;
        SignatureDigestStoredAsUtf8: Doubt, "signature.digest.stored-as-utf8", AsGood;
        SignatureDigestStoredAsUtf16: Doubt, "signature.digest.stored-as-utf16", AsGood;
        SignatureDigestStoredAsGzip: Doubt, "signature.digest.stored-as-gzip", AsGood;
        SignatureDigestLineEndsDoubled: Doubt, "signature.digest.line-ends-doubled", AsGood;
        SignatureDigestLineEndsCr: Doubt, "signature.digest.line-ends-cr", AsGood;
    }
    // Step 9
    /// The signer's certificate is there and can be read.
    SignerCertificate = "signer.certificate", "RFC 6109, 2.1; RFC 5280, 4.1" {
        SignerCertificateMissing: Undecides, "signer.certificate.missing", SaveAgain;
        SignerCertificateUnreadable: Undecides, "signer.certificate.unreadable", SaveAgain;
        SignerCertificateDoubledExtension: Undecides, "signer.certificate.doubled-extension", AskProvider;
    }
    /// Nobody borrows an authority's or a provider's name.
    ChainImpersonation = "chain.impersonation", "RFC 6109, 2.2.2, 7" {
        ChainImpersonationAuthority: Refutes, "chain.impersonation.authority", DoNotRely;
        ChainImpersonationProvider: Refutes, "chain.impersonation.provider", DoNotRely;
        ChainImpersonationRoot: Refutes, "chain.impersonation.root", DoNotRely;
    }
    /// The certificate has the policy of PEC signers.
    SignerPolicy = "signer.policy", "RFC 5280, 4.2.1.4" {
        SignerPolicy: Refutes, "signer.policy", DoNotRely;
    }
    /// The certificate may sign mail.
    SignerUsage = "signer.usage", "RFC 6109, 5.5; RFC 5280, 4.2.1.3, 4.2.1.12" {
        SignerUsageExtended: Refutes, "signer.usage.extended", DoNotRely;
        SignerUsageKey: Refutes, "signer.usage.key", DoNotRely;
    }
    /// The certificate names an address that signs PEC.
    SignerAddress = "signer.address", "RFC 6109, 2.1, 5.5" {
        SignerAddress: Refutes, "signer.address", DoNotRely;
    }
    /// The key is strong enough.
    SignerKey = "signer.key", "RFC 6109, 5.5" {
        SignerKeyShort: Refutes, "signer.key.short", DoNotRely;
        SignerKeyShortThenUsual: Note, "signer.key.short-then-usual", Nothing;
    }
    /// The certificate is that of a signer, not of an authority.
    SignerProfile = "signer.profile", "RFC 6109, 5.5" {
        SignerProfileAuthority: Refutes, "signer.profile.authority", DoNotRely;
        SignerProfileNoKeyUsage: Note, "signer.profile.no-key-usage", Nothing;
        SignerProfileKeyUsageNotCritical: Note, "signer.profile.key-usage-not-critical", Nothing;
        SignerProfileBasicConstraints: Note, "signer.profile.basic-constraints", Nothing;
        SignerProfileSha1: Doubt, "signer.profile.sha1", CompareOfThoseDays;
    }
    /// All critical extensions are understood.
    SignerCriticalExtension = "signer.critical-extension", "RFC 5280, 4.2" {
        SignerCriticalExtension: Undecides, "signer.critical-extension", NewerProgram;
    }
    /// The certificate leads to a pinned key.
    ChainAnchor = "chain.anchor", "RFC 5280, 6.1" {
        ChainAnchorUnknown: Undecides, "chain.anchor.unknown", ChainAnchorUnknown;
        ChainAnchorIntermediate: Refutes, "chain.anchor.intermediate", DoNotRely;
        ChainAnchorTooLong: Refutes, "chain.anchor.too-long", DoNotRely;
    }
    /// All certificates were valid at the time.
    ChainTime = "chain.time", "RFC 5280, 6.1.3" {
        ChainTimeNotYet: Refutes, "chain.time.not-yet", WithoutAt;
        ChainTimeNotYetAsked: Undecides, "chain.time.not-yet", WithoutAt;
        ChainTimeEnded: Refutes, "chain.time.ended", WithoutAt;
        ChainTimeEndedAsked: Undecides, "chain.time.ended", WithoutAt;
        ChainTimeEndedSince: Note, "chain.time.ended-since", Nothing;
        ChainTimeAuthorityEnded: Refutes, "chain.time.authority-ended", NewerEdition;
        ChainTimeAuthorityEndedDataOlder: Undecides, "chain.time.authority-ended", NewerEdition;
        ChainTimeIntermediate: Undecides, "chain.time.intermediate", DoNotRely;
    }
    /// The names are among those that the authority may issue for.
    ChainConstraints = "chain.constraints", "RFC 5280, 4.2.1.10" {
        ChainConstraints: Refutes, "chain.constraints", ChainConstraints;
        ChainConstraintsBeforeFirst: Doubt, "chain.constraints.before-first", AskProvider;
        ChainConstraintsLater: Doubt, "chain.constraints.later", CompareOfThoseDays;
        ChainConstraintsAfterLast: Doubt, "chain.constraints.after-last", AskProvider;
        ChainConstraintsDataOlder: Doubt, "chain.constraints.data-older", NewerEdition;
    }
    /// The edition of the authority is known for the time.
    ChainEdition = "chain.edition", "RFC 5280, 6.1" {
        ChainEditionLater: Note, "chain.edition.later", Nothing;
        ChainEditionNext: Note, "chain.edition.next", Nothing;
        ChainEditionEarlier: Note, "chain.edition.earlier", Nothing;
        ChainEditionCarried: Note, "chain.edition.carried", Nothing;
    }
    // Step 11
    /// The certificate was not revoked at the time.
    ChainRevocation = "chain.revocation", "RFC 5280, 5, 6.3; RFC 6109, 2.2.2" {
        ChainRevocationNotChecked: Note, "chain.revocation.not-checked", ChainRevocationNotChecked;
        ChainRevocationNoList: Note, "chain.revocation.no-list", ChainRevocationNoList;
        ChainRevocationUnusableSignature: Doubt, "chain.revocation.unusable-signature", GetList;
        ChainRevocationUnusableIssuer: Doubt, "chain.revocation.unusable-issuer", GetList;
        ChainRevocationUnusableUsage: Doubt, "chain.revocation.unusable-usage", GetList;
        ChainRevocationUnusableExtension: Doubt, "chain.revocation.unusable-extension", GetCompleteList;
        ChainRevocationUnusableScope: Doubt, "chain.revocation.unusable-scope", GetCompleteList;
        ChainRevocationUnusablePoint: Doubt, "chain.revocation.unusable-point", GetCompleteList;
        ChainRevocationUnusableReasons: Doubt, "chain.revocation.unusable-reasons", GetCompleteList;
        ChainRevocationUnusableDelta: Doubt, "chain.revocation.unusable-delta", GetCompleteList;
        ChainRevocationUnusableIndirect: Doubt, "chain.revocation.unusable-indirect", GetCompleteList;
        ChainRevocationAnswerSignature: Doubt, "chain.revocation.answer-signature", GetList;
        ChainRevocationAnswerUnknown: Doubt, "chain.revocation.answer-unknown", GetList;
        ChainRevocationContradicting: Doubt, "chain.revocation.contradicting", ChainRevocationContradicting;
        ChainRevocationDamaged: Doubt, "chain.revocation.damaged", ChainRevocationDamaged;
        ChainRevocationDamagedBeside: Note, "chain.revocation.damaged", ChainRevocationDamaged;
        ChainRevocationLimited: Undecides, "chain.revocation.limited", ChainRevocationLimited;
        ChainRevocationLimitedLater: Doubt, "chain.revocation.limited-later", GetCompleteList;
        ChainRevocationStale: Doubt, "chain.revocation.stale", ChainRevocationOtherTime;
        ChainRevocationNotYet: Doubt, "chain.revocation.not-yet", ChainRevocationNotYet;
        ChainRevocationOtherTime: Doubt, "chain.revocation.other-time", ChainRevocationOtherTime;
        ChainRevocationLater: Doubt, "chain.revocation.later", ChainRevocationLater;
        ChainRevocationRevoked: Refutes, "chain.revocation.revoked", AskProvider;
        ChainRevocationSuspect: Doubt, "chain.revocation.suspect", AskProvider;
        ChainRevocationCompromisedLater: Doubt, "chain.revocation.compromised-later", ChainRevocationCompromisedLater;
        ChainRevocationUnreadableLater: Doubt, "chain.revocation.unreadable-later", ChainRevocationCompromisedLater;
    }
    // Step 12
    /// The signer is in the list of providers.
    ProviderListed = "provider.listed", "RFC 6109, 2.2.2, 4.5" {
        ProviderListedMissing: Undecides, "provider.listed.missing", ProviderListedMissing;
        ProviderListedOtherTime: Note, "provider.listed.other-time", ProviderListedOtherTime;
        ProviderListedBorrowedName: Doubt, "provider.listed.borrowed-name", ProviderListedBorrowedName;
    }
    /// The provider runs the domain that it speaks of.
    ProviderDomain = "provider.domain", "RFC 6109, 7" {
        ProviderDomainNotDecided: Note, "provider.domain.not-decided", ProviderDomainNotDecided;
        ProviderDomainOther: Undecides, "provider.domain.other", ProviderDomainOther;
        ProviderDomainOtherTime: Note, "provider.domain.other-time", ProviderDomainOtherTime;
        ProviderDomainUnlisted: Doubt, "provider.domain.unlisted", ProviderDomainUnlisted;
    }
    // Steps 13 and 14
    /// No transfer encoding hides another tree of parts.
    StructureEncoding = "structure.encoding", "RFC 2045, 6.4" {
        StructureEncoding: Undecides, "structure.encoding", AskProvider;
        StructureEncodingOuter: Undecides, "structure.encoding.outer", SignedDataAndSaveAgain;
    }
    /// There is exactly one daticert.xml at the first level of the signed part.
    DaticertPresent = "daticert.present", "RFC 6109, 4.3, 4.4" {
        DaticertPresent: Undecides, "daticert.present", DaticertPresent;
        DaticertPresentMany: Undecides, "daticert.present.many", AskProvider;
    }
    /// It is well-formed XML without forbidden constructs.
    DaticertXml = "daticert.xml", "RFC 6109, 4.4" {
        DaticertXml: Undecides, "daticert.xml", AskProvider;
        DaticertXmlEncoding: Undecides, "daticert.xml.encoding", AskProvider;
        DaticertXmlControl: Note, "daticert.xml.control", Nothing;
        DaticertXmlPassedOver: Note, "daticert.xml.passed-over", Nothing;
    }
    /// It follows the document type.
    DaticertStructure = "daticert.structure", "RFC 6109, 4.4" {
        DaticertStructure: Undecides, "daticert.structure", AskProvider;
        DaticertStructureUnknownElement: Note, "daticert.structure.unknown-element", Nothing;
    }
    /// Its kind and error are words of the rules.
    DaticertKind = "daticert.kind", "RFC 6109, 4.4" {
        DaticertKind: Undecides, "daticert.kind", AskProvider;
    }
    /// It has what its kind needs.
    DaticertFields = "daticert.fields", "RFC 6109, 3, 4.4" {
        DaticertFieldsValue: Undecides, "daticert.fields.value", AskProvider;
        DaticertFieldsErrorOfDelivery: Undecides, "daticert.fields.error", DaticertFieldsError;
        DaticertFieldsError: Doubt, "daticert.fields.error", DaticertFieldsError;
        DaticertFieldsMissing: Undecides, "daticert.fields.missing", AskProvider;
        DaticertFieldsUnexpected: Doubt, "daticert.fields.unexpected", DaticertFieldsUnexpected;
    }
    // Step 15
    /// The original message is there when it should be.
    OriginalPresent = "original.present", "RFC 6109, 3.1.5, 3.3.2" {
        OriginalPresentEnvelope: Undecides, "original.present.envelope", AskProvider;
        OriginalPresentMany: Undecides, "original.present.many", AskProvider;
        OriginalPresentUnreadable: Undecides, "original.present.unreadable", AskProvider;
        OriginalPresentConcise: Note, "original.present.concise", OriginalPresentConcise;
        OriginalPresentWithout: Note, "original.present.without", Nothing;
        OriginalPresentBrief: Note, "original.present.brief", OriginalPresentBrief;
    }
    /// The recipient spoken of is one of the message's.
    OriginalRecipient = "original.recipient", "RFC 6109, 3.3.2, 4.4" {
        OriginalRecipientUnlisted: Refutes, "original.recipient.unlisted", AskProvider;
        OriginalRecipientExternal: Refutes, "original.recipient.external", AskProvider;
        OriginalRecipientNotAddressed: Refutes, "original.recipient.not-addressed", AskProvider;
        OriginalRecipientOddlyAddressed: Doubt, "original.recipient.not-addressed", AskProvider;
    }
    /// The original bears the transaction's identifier.
    OriginalMessageId = "original.message-id", "RFC 6109, 2.2.1" {
        OriginalMessageId: Refutes, "original.message-id", AskProvider;
        OriginalMessageIdMissing: Doubt, "original.message-id.missing", OriginalMessageIdMissing;
    }
    /// The original bears the sender's Message-ID.
    OriginalReference = "original.reference", "RFC 6109, 2.2.1" {
        OriginalReference: Refutes, "original.reference", AskProvider;
        OriginalReferenceMissing: Doubt, "original.reference.missing", OriginalReferenceMissing;
    }
    /// The original is from the certified sender.
    OriginalSender = "original.sender", "RFC 6109, 3.1.1" {
        OriginalSender: Refutes, "original.sender", AskProvider;
        OriginalSenderOddlyWritten: Doubt, "original.sender", AskProvider;
        OriginalSenderUnclear: Doubt, "original.sender.unclear", OriginalSenderUnclear;
    }
    /// The time can be true.
    TimePlausible = "time.plausible", "RFC 6109, 4.1; DM 2005-11-02" {
        TimePlausiblePast: Refutes, "time.plausible.past", AskProvider;
        TimePlausibleFuture: Undecides, "time.plausible.future", TimePlausibleFuture;
        TimePlausibleAhead: Doubt, "time.plausible.ahead", TimePlausibleFuture;
        TimePlausibleAheadLittle: Note, "time.plausible.ahead", TimePlausibleFuture;
    }
    // Step 17
    /// The acceptance is of the same transaction.
    AcceptanceTransaction = "acceptance.transaction", "RFC 6109, 2.2.1, 3.1.2" {
        AcceptanceTransaction: OtherMessage, "acceptance.transaction", AcceptanceTransaction;
    }
    /// The acceptance lists the recipient as certified mail.
    AcceptanceRecipient = "acceptance.recipient", "RFC 6109, 2.2.1, 3.1.2" {
        AcceptanceRecipientUnlisted: Refutes, "acceptance.recipient.unlisted", AskProvider;
        AcceptanceRecipientExternal: Refutes, "acceptance.recipient.external", AskProvider;
    }
    // Step 16
    /// From is the signer.
    HeaderFrom = "header.from", "RFC 6109, 2.1, 3" {
        HeaderFrom: Refutes, "header.from", SignedDataAndSaveAgain;
        HeaderFromDoubled: Refutes, "header.from.doubled", SignedDataAndSaveAgain;
        HeaderFromMany: Refutes, "header.from.many", SignedDataAndSaveAgain;
        HeaderFromMissing: Refutes, "header.from.missing", SignedDataAndSaveAgain;
        HeaderFromGroup: Refutes, "header.from.group", SignedDataAndSaveAgain;
        HeaderFromOdd: Undecides, "header.from.odd", SignedDataAndSaveAgain;
    }
    /// The marks state the signed kind.
    HeaderKind = "header.kind", "RFC 6109, 3" {
        HeaderKind: Refutes, "header.kind", SignedDataAndSaveAgain;
        HeaderKindMissing: Doubt, "header.kind.missing", SignedData;
    }
    /// The message referred to is the signed one.
    HeaderReference = "header.reference", "RFC 6109, 2.2.1, 3" {
        HeaderReference: Refutes, "header.reference", SignedDataAndSaveAgain;
        HeaderReferenceMissing: Doubt, "header.reference.missing", SignedData;
    }
    /// The display name of From names the certified sender.
    HeaderDisplayName = "header.display-name", "RFC 6109, 3.1.5" {
        HeaderDisplayName: Doubt, "header.display-name", SignedData;
        HeaderDisplayNameStranger: Refutes, "header.display-name.stranger", SignedDataAndSaveAgain;
        HeaderDisplayNameReceipt: Doubt, "header.display-name.receipt", SignedData;
    }
    /// Subject fits.
    HeaderSubject = "header.subject", "RFC 6109, 3" {
        HeaderSubject: Doubt, "header.subject", SignedData;
        HeaderSubjectKind: Refutes, "header.subject.kind", SignedDataAndSaveAgain;
    }
    // Step 17
    /// The receipt is about the message that was sent.
    SentMessage = "sent.message", "RFC 6109, 2.2.1" {
        SentMessageOther: OtherMessage, "sent.message.other", SentMessageOther;
        SentMessageSubject: OtherMessage, "sent.message.subject", SentMessageSubject;
        SentMessageSender: OtherMessage, "sent.message.sender", SentMessageSender;
        SentMessageNoData: NotCompared, "sent.message.no-data", SentMessageNoData;
        SentMessageNoId: NotCompared, "sent.message.no-id", SentMessageNoId;
    }
    /// The receipt's recipient is one of that message's.
    SentRecipient = "sent.recipient", "RFC 6109, 3.3.2" {
        SentRecipient: OtherMessage, "sent.recipient", SentRecipient;
    }
    /// The content is the one that was sent.
    SentContent = "sent.content", "RFC 6109, 3.3.2.1, 3.3.2.2" {
        SentContentTooComplex: NotCompared, "sent.content.too-complex", SentContentTooComplex;
        SentContentAttachment: OtherMessage, "sent.content.attachment", SentContentAttachment;
        SentContentNone: NotCompared, "sent.content.none", SentContentNone;
        SentContentDiffers: OtherMessage, "sent.content.differs", SentContentDiffers;
        SentContentNotHeld: NotCompared, "sent.content.not-held", SentContentNotHeld;
        SentContentHash: NotCompared, "sent.content.hash", SentContentHash;
        SentContentCollision: OtherMessage, "sent.content.collision", SentContentCollision;
    }
    // Doubts and notes only
    /// Nothing unsigned stands around the signed part.
    StructureUnsignedText = "structure.unsigned-text", "RFC 2046, 5.1.1; RFC 6109, 4.3" {
        StructureUnsignedText: Doubt, "structure.unsigned-text", DisregardFooter;
        StructureUnsignedTextBefore: Doubt, "structure.unsigned-text.before", StructureUnsignedTextBefore;
        StructureUnsignedTextSignature: Doubt, "structure.unsigned-text.signature", DisregardFooter;
        StructureUnsignedTextName: Doubt, "structure.unsigned-text.name", StructureUnsignedTextName;
    }
    /// Certified messages inside the message.
    StructureNested = "structure.nested", "RFC 6109, 2.1" {
        StructureNested: Note, "structure.nested", Nothing;
    }
    /// Nothing follows the signature object.
    CmsTrailing = "cms.trailing", "RFC 5652, 3" {
        CmsTrailing: Doubt, "cms.trailing", CmsTrailing;
    }
    /// The unsigned hint of the digest is right.
    SignatureMicalg = "signature.micalg", "RFC 8551, 3.5.3.2" {
        SignatureMicalg: Note, "signature.micalg", Nothing;
    }
    /// The issuer's name for itself is that of the certificate.
    ProviderName = "provider.name", "RFC 6109, 5.5" {
        ProviderName: Note, "provider.name", Nothing;
    }
    /// The names of the daticert.xml part agree.
    DaticertName = "daticert.name", "RFC 2183, 2.3" {
        DaticertName: Doubt, "daticert.name", DaticertName;
    }
    /// The readable text says what the data say.
    ContentText = "content.text", "RFC 6109, 3, 4.3.1" {
        ContentTextContradiction: Doubt, "content.text.contradiction", CertifiedData;
        ContentTextOther: Doubt, "content.text.other", CertifiedData;
    }
    /// The HTML text says the same, and loads and runs nothing.
    ContentHtml = "content.html", "RFC 6109, 4.3.1" {
        ContentHtmlContradiction: Doubt, "content.html.contradiction", CertifiedData;
        ContentHtmlOther: Doubt, "content.html.other", CertifiedData;
        ContentHtmlActive: Doubt, "content.html.active", ContentHtmlActive;
    }
    /// The original's subject is the certified one.
    OriginalSubject = "original.subject", "RFC 6109, 4.4" {
        OriginalSubject: Doubt, "original.subject", OriginalSubject;
    }
    /// Hashes of a brief receipt have their form.
    OriginalHash = "original.hash", "RFC 6109, 3.3.2.2" {
        OriginalHashMalformed: Doubt, "original.hash.malformed", OriginalHashMalformed;
    }
    /// The signing time is that of the data.
    TimeSigning = "time.signing", "RFC 6109, 4.1; RFC 5652, 11.3" {
        TimeSigningUnreadable: Doubt, "time.signing.unreadable", TimeSigningUnreadable;
        TimeSigning: Doubt, "time.signing", TimeSigning;
        TimeSigningNear: Note, "time.signing", TimeSigning;
    }
    /// The zone is Italian legal time.
    TimeZone = "time.zone", "RFC 6109, 4.2" {
        TimeZone: Doubt, "time.zone", TimeZone;
        TimeZoneUtc: Note, "time.zone", TimeZone;
    }
    /// The receipt is not older than its acceptance.
    AcceptanceOrder = "acceptance.order", "RFC 6109, 3.1.6, 3.5" {
        AcceptanceOrder: Doubt, "acceptance.order", AskProvider;
    }
    /// To fits.
    HeaderTo = "header.to", "RFC 6109, 3" {
        HeaderTo: Doubt, "header.to", SignedData;
    }
    /// Date fits.
    HeaderDate = "header.date", "RFC 6109, 4.1" {
        HeaderDate: Doubt, "header.date", SignedData;
    }
    /// Reply-To fits.
    HeaderReplyTo = "header.reply-to", "RFC 6109, 3.1.5" {
        HeaderReplyTo: Doubt, "header.reply-to", HeaderReplyTo;
    }
    /// Message-ID fits.
    HeaderMessageId = "header.message-id", "RFC 6109, 3.1.5" {
        HeaderMessageId: Doubt, "header.message-id", SignedData;
    }
    /// Sender, if there, is From.
    HeaderSender = "header.sender", "RFC 6109, 2.1" {
        HeaderSender: Doubt, "header.sender", SignedData;
    }
    /// X-TipoRicevuta is the signed form.
    HeaderReceiptForm = "header.receipt-form", "RFC 6109, 3.3.2" {
        HeaderReceiptForm: Doubt, "header.receipt-form", SignedData;
    }
    /// No address can be taken for another.
    AddressLookalike = "address.lookalike", "RFC 5890, 4.4" {
        AddressLookalike: Doubt, "address.lookalike", AddressLookalike;
        AddressLookalikeLatin: Note, "address.lookalike", AddressLookalike;
    }
}

macro_rules! advices {
    ($($advice:ident = $word:literal;)*) => {
        /// What a person can do about a finding: sentences of the catalogues, `[advice]`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Advice { $(#[doc = concat!("`", $word, "`")] $advice),* }

        impl Advice {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$advice),*];

            /// The key of the sentence.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$advice => $word),* }
            }
        }
    };
}

advices! {
    Nothing = "nothing";
    MessageSize = "message-size";
    DistrustDisplay = "distrust-display";
    SaveAgain = "save-again";
    MessageComplexityDepth = "message-complexity-depth";
    SaveOriginal = "save-original";
    SaveAgainProvesNothing = "save-again-proves-nothing";
    SignedDataAndSaveAgain = "signed-data-and-save-again";
    SignedData = "signed-data";
    StructureSigned = "structure-signed";
    AsGood = "as-good";
    AskProvider = "ask-provider";
    DisregardFooter = "disregard-footer";
    StructureUnsignedTextBefore = "structure-unsigned-text-before";
    StructureUnsignedTextName = "structure-unsigned-text-name";
    CmsDecodeVersion = "cms-decode-version";
    CmsTrailing = "cms-trailing";
    DoNotRely = "do-not-rely";
    NewerProgram = "newer-program";
    SignatureDigestCollision = "signature-digest-collision";
    CompareOfThoseDays = "compare-of-those-days";
    ChainAnchorUnknown = "chain-anchor-unknown";
    WithoutAt = "without-at";
    NewerEdition = "newer-edition";
    ChainConstraints = "chain-constraints";
    ChainRevocationNotChecked = "chain-revocation-not-checked";
    ChainRevocationNoList = "chain-revocation-no-list";
    GetList = "get-list";
    GetCompleteList = "get-complete-list";
    ChainRevocationContradicting = "chain-revocation-contradicting";
    ChainRevocationDamaged = "chain-revocation-damaged";
    ChainRevocationLimited = "chain-revocation-limited";
    ChainRevocationOtherTime = "chain-revocation-other-time";
    ChainRevocationNotYet = "chain-revocation-not-yet";
    ChainRevocationLater = "chain-revocation-later";
    ChainRevocationCompromisedLater = "chain-revocation-compromised-later";
    ProviderListedMissing = "provider-listed-missing";
    ProviderListedOtherTime = "provider-listed-other-time";
    ProviderListedBorrowedName = "provider-listed-borrowed-name";
    ProviderDomainNotDecided = "provider-domain-not-decided";
    ProviderDomainOther = "provider-domain-other";
    ProviderDomainOtherTime = "provider-domain-other-time";
    ProviderDomainUnlisted = "provider-domain-unlisted";
    DaticertPresent = "daticert-present";
    DaticertName = "daticert-name";
    DaticertFieldsError = "daticert-fields-error";
    DaticertFieldsUnexpected = "daticert-fields-unexpected";
    OriginalPresentConcise = "original-present-concise";
    OriginalPresentBrief = "original-present-brief";
    OriginalHashMalformed = "original-hash-malformed";
    OriginalMessageIdMissing = "original-message-id-missing";
    OriginalReferenceMissing = "original-reference-missing";
    OriginalSenderUnclear = "original-sender-unclear";
    OriginalSubject = "original-subject";
    TimePlausibleFuture = "time-plausible-future";
    TimeZone = "time-zone";
    TimeSigningUnreadable = "time-signing-unreadable";
    TimeSigning = "time-signing";
    AcceptanceTransaction = "acceptance-transaction";
    HeaderReplyTo = "header-reply-to";
    SentMessageOther = "sent-message-other";
    SentMessageSubject = "sent-message-subject";
    SentMessageSender = "sent-message-sender";
    SentMessageNoData = "sent-message-no-data";
    SentMessageNoId = "sent-message-no-id";
    SentRecipient = "sent-recipient";
    SentContentTooComplex = "sent-content-too-complex";
    SentContentAttachment = "sent-content-attachment";
    SentContentNone = "sent-content-none";
    SentContentDiffers = "sent-content-differs";
    SentContentNotHeld = "sent-content-not-held";
    SentContentHash = "sent-content-hash";
    SentContentCollision = "sent-content-collision";
    CertifiedData = "certified-data";
    ContentHtmlActive = "content-html-active";
    AddressLookalike = "address-lookalike";
}

// `Findings::passed` is a set of 128.
const _: () = assert!(CheckId::ALL.len() <= 128);

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_begin_the_keys_of_their_cases() {
        let ids: BTreeSet<&str> = CheckId::ALL.iter().map(|check| check.id()).collect();
        assert_eq!(ids.len(), CheckId::ALL.len());
        for case in Case::ALL {
            let rest = case.key().strip_prefix(case.check().id());
            let is_of_it = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            assert!(is_of_it, "{case:?}: {}", case.key());
        }
    }

    /// Otherwise one of the rows is never told from the other.
    #[test]
    fn rows_of_one_key_differ_in_weight_and_not_in_advice() {
        let mut rows = BTreeSet::new();
        for case in Case::ALL {
            assert!(rows.insert((case.key(), case.weight())), "{case:?} twice");
            let mut same = Case::ALL.iter().filter(|other| other.key() == case.key());
            assert!(same.all(|other| other.advice() == case.advice()));
        }
    }

    #[test]
    fn every_advice_is_given_and_its_word_is_its_own() {
        let words: BTreeSet<&str> = Advice::ALL.iter().map(|advice| advice.word()).collect();
        assert_eq!(words.len(), Advice::ALL.len());
        for advice in Advice::ALL {
            assert!(
                Case::ALL.iter().any(|case| case.advice() == *advice),
                "{advice:?}"
            );
        }
    }
}
