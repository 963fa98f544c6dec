//! Time stamps, library level: each check has a token that passes and a twin that differs in exactly
//! that respect; OpenSSL makes tokens that must be read as it reads them (skipped where there is
//! none).

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use ::der::oid::ObjectIdentifier as Oid;
use postacert::providers::Trust;
use postacert::smime::algorithm::DigestAlgorithm;
use postacert::smime::chain::{Anchor, PathFault};
use postacert::smime::revocation::Crl;
use postacert::smime::signed_data::{AttributeFault, SignatureFault, SignatureOctets};
use postacert::smime::time_stamp::{
    Answer, CheckedToken, EssFault, Granted, Imprint, Malformed, Nonce, ProfileFault, Request,
    Standing, Token, TokenFault, Trusted, Wanted,
};
use support::cms::{Attribute, Identified, MESSAGE_DIGEST, Signer};
use support::der;
use support::digest::Digest;
use support::keys::{self, Scheme};
use support::pki::{Certificate, EMAIL_PROTECTION, Extension, TIME_STAMPING, extension};
use support::skipped::skipped;
use support::stamp::{self, Stamp};

const CONTENT: &[u8] = b"octets that existed";

/// What is asked of a token, as the client does.
struct Asked {
    imprint: Imprint,
    nonce: Option<Nonce>,
    policy: Option<Oid>,
    anchors: Vec<Anchor>,
    crls: Vec<Crl>,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            imprint: Imprint::of(DigestAlgorithm::Sha256, CONTENT),
            nonce: Some(Nonce::new(&stamp::NONCE).unwrap()),
            policy: None,
            anchors: anchors(&[stamp::authority()]),
            crls: Vec::new(),
        }
    }
}

fn anchors(certificates: &[Certificate]) -> Vec<Anchor> {
    let read = |certificate: &Certificate| {
        let trust = Trust::from_certificates(&certificate.to_der(), "test").unwrap();
        trust.anchors
    };
    certificates.iter().flat_map(read).collect()
}

fn crls(lists: &[Vec<u8>]) -> Vec<Crl> {
    lists.iter().map(|list| Crl::parse(list).unwrap()).collect()
}

fn check(token: &[u8], asked: &Asked) -> Result<CheckedToken, TokenFault> {
    let octets = SignatureOctets::new(token)?;
    let token = Token::parse(&octets)?;
    let wanted = Wanted {
        imprint: &asked.imprint,
        nonce: asked.nonce.as_ref(),
        policy: asked.policy,
    };
    let trusted = Trusted {
        anchors: &asked.anchors,
        crls: &asked.crls,
    };
    token.check(&wanted, &trusted)
}

/// A good one.
fn good() -> Stamp {
    Stamp::over(CONTENT)
}

fn fault(stamp: &Stamp) -> TokenFault {
    check(&stamp.token(), &Asked::default()).expect_err("a fault")
}

fn fault_asked(stamp: &Stamp, change: impl FnOnce(&mut Asked)) -> TokenFault {
    let mut asked = Asked::default();
    change(&mut asked);
    check(&stamp.token(), &asked).expect_err("a fault")
}

fn with(change: impl FnOnce(&mut Stamp)) -> Stamp {
    let mut stamp = good();
    change(&mut stamp);
    stamp
}

/// The signer's part with one change.
fn signed(change: fn(Signer) -> Signer) -> Stamp {
    with(|stamp| stamp.change = change)
}

fn passes(stamp: &Stamp) -> CheckedToken {
    check(&stamp.token(), &Asked::default()).expect("a good token")
}

#[test]
fn a_good_token_says_all_that_it_states() {
    let checked = passes(&good());
    assert_eq!(checked.time().to_string(), "2026-05-04T08:15:02.25Z");
    assert_eq!(checked.info().accuracy.unwrap().to_string(), "1.5001");
    assert_eq!(checked.info().policy.to_string(), stamp::POLICY);
    assert_eq!(*checked.info().serial, [42]);
    assert!(checked.info().is_ordered);
    assert_eq!(checked.authority(), "Autorita di Prova TSA");
    assert_eq!(checked.certificate().sha256(), stamp::signer().sha256());
    assert_eq!(checked.digest(), DigestAlgorithm::Sha256);
    assert_eq!(checked.standing(), Standing::NotChecked);
}

#[test]
fn what_need_not_be_there_may_be_missing() {
    let bare = with(|stamp| {
        stamp.accuracy.clear();
        stamp.ordering.clear();
        stamp.authority.clear();
        stamp.extensions.clear();
    });
    let checked = passes(&bare);
    assert_eq!(
        (checked.info().accuracy, checked.info().is_ordered),
        (None, false)
    );
    // Kept tokens are checked without the request.
    let asked = Asked {
        nonce: None,
        ..Asked::default()
    };
    let without = with(|stamp| stamp.nonce.clear());
    check(&without.token(), &asked).expect("a good token");
    check(&good().token(), &asked).expect("a good token");
}

#[test]
fn what_it_states_is_read_strictly() {
    use Malformed as M;
    let cases: Vec<(M, Stamp)> = vec![
        (M::Version, with(|it| it.version = der::number(2))),
        (
            M::ImprintLength,
            with(|it| {
                let short = der::octets(&[7; 31]);
                it.imprint = der::sequence([Digest::Sha256.identifier(), short]);
            }),
        ),
        (M::Serial, with(|it| it.serial = der::integer(&[7; 33]))),
        (
            M::Time,
            with(|it| it.time = stamp::generalized("20260504081502")),
        ),
        (
            M::Accuracy,
            with(|it| {
                it.accuracy = der::sequence([der::implicit(0, &[0])]);
            }),
        ),
        (M::Ordering, with(|it| it.ordering = der::element(1, &[1]))),
        (M::Nonce, with(|it| it.nonce = der::integer(&[7; 33]))),
        (
            M::Critical("1.3.6.1.4.1.99999.1".parse().unwrap()),
            with(|it| {
                it.extensions = vec![extension::unknown(true)];
            }),
        ),
        (
            M::Extensions,
            with(|it| {
                it.extensions = vec![extension::unknown(false); 2];
            }),
        ),
        (M::After, with(|it| it.behind = der::number(1))),
    ];
    for (expected, stamp) in cases {
        assert_eq!(fault(&stamp), TokenFault::Info(expected));
    }
    // Missing fields, an algorithm that nobody knows, a time of another type.
    for stamp in [
        with(|it| it.policy.clear()),
        with(|it| it.serial.clear()),
        with(|it| it.time = der::time("2026-05-04T08:15:02Z")),
        with(|it| it.imprint = stamp::imprint(Digest::Md5, CONTENT)),
    ] {
        assert!(
            matches!(fault(&stamp), TokenFault::Info(_)),
            "{:?}",
            fault(&stamp)
        );
    }
}

#[test]
fn the_imprint_is_that_of_the_octets() {
    let other = Stamp::over(b"octets that existed.");
    assert_eq!(fault(&other), TokenFault::Imprint);
    // The same octets by another algorithm: whoever checks hashes by that.
    let longer = with(|it| it.imprint = stamp::imprint(Digest::Sha512, CONTENT));
    assert_eq!(fault(&longer), TokenFault::Imprint);
    let asked = Asked {
        imprint: Imprint::of(DigestAlgorithm::Sha512, CONTENT),
        ..Asked::default()
    };
    check(&longer.token(), &asked).expect("a good token");
    let weak = with(|it| it.imprint = stamp::imprint(Digest::Sha1, CONTENT));
    let asked = Asked {
        imprint: Imprint::of(DigestAlgorithm::Sha1, CONTENT),
        ..Asked::default()
    };
    assert_eq!(
        check(&weak.token(), &asked).unwrap_err(),
        TokenFault::WeakImprint
    );
}

#[test]
fn the_nonce_is_ours_and_the_policy_the_one_asked_for() {
    let other = with(|it| it.nonce = der::integer(&[7; 8]));
    assert_eq!(fault(&other), TokenFault::Nonce);
    assert_eq!(fault(&with(|it| it.nonce.clear())), TokenFault::Nonce);
    let policy = stamp::POLICY.parse().unwrap();
    let asked = Asked {
        policy: Some(policy),
        ..Asked::default()
    };
    check(&good().token(), &asked).expect("a good token");
    let wrong = fault_asked(&good(), |asked| {
        asked.policy = Some("1.2.3".parse().unwrap())
    });
    assert_eq!(wrong, TokenFault::Policy(policy));
}

#[test]
fn exactly_one_signer_signs() {
    let mut two = good();
    let octets = two.token();
    two.change = |signer| signer;
    let doubled = support::stamp::with_signers(&two, 2);
    assert_eq!(
        check(&doubled, &Asked::default()).unwrap_err(),
        TokenFault::Signers(2)
    );
    let none = support::stamp::with_signers(&two, 0);
    assert_eq!(
        check(&none, &Asked::default()).unwrap_err(),
        TokenFault::Signers(0)
    );
    assert_eq!(support::stamp::with_signers(&two, 1), octets);
}

#[test]
fn the_signature_is_over_what_it_states_and_over_its_type() {
    let altered = {
        let mut token = good().token();
        let at = find(&token, b"20260504081502.25Z");
        token[at + 13] = b'3';
        token
    };
    assert!(matches!(
        check(&altered, &Asked::default()),
        Err(TokenFault::Signature(SignatureFault::Digest { .. }))
    ));
    let other_key = signed(|signer| Signer {
        key: keys::STRANGER,
        ..signer
    });
    assert_eq!(
        fault(&other_key),
        TokenFault::Signature(SignatureFault::Value)
    );
    let data = signed(|signer| {
        let data = der::oid(support::cms::ID_DATA);
        signer.replaced(Attribute::new(support::cms::CONTENT_TYPE, data))
    });
    let content_type = SignatureFault::Attributes(AttributeFault::ContentType);
    assert_eq!(fault(&data), TokenFault::Signature(content_type));
    let no_digest = signed(|signer| signer.without(MESSAGE_DIGEST));
    let missing = SignatureFault::Attributes(AttributeFault::Missing("messageDigest"));
    assert_eq!(fault(&no_digest), TokenFault::Signature(missing));
    let bare = signed(|signer| Signer {
        attributes: None,
        ..signer
    });
    assert_eq!(fault(&bare), TokenFault::NoAttributes);
}

#[test]
fn mail_is_no_time_stamp_and_a_time_stamp_no_mail() {
    let mail = with(|it| it.content_type = support::cms::ID_DATA);
    assert_eq!(fault(&mail), TokenFault::NotTimeStamp);
    let token = good().token();
    let octets = SignatureOctets::new(&token).unwrap();
    let data = postacert::smime::signed_data::SignedData::parse(&octets).unwrap();
    let certificate = postacert::smime::certificate::Certificate::parse(&stamp::signer().to_der());
    let content = good().info();
    let content = postacert::smime::content::Content::new(
        &content,
        postacert::smime::content::ContentKind::Octets,
    );
    let work = postacert::work::Work::of_message(token.len());
    let verified = data.verify(&data.signers[0], &certificate.unwrap(), &content, &work);
    let content_type = SignatureFault::Attributes(AttributeFault::ContentType);
    assert_eq!(verified.unwrap_err(), content_type);
}

#[test]
fn old_and_short_algorithms_are_refused() {
    let sha1 = signed(|signer| {
        let content = good().info();
        signer.scheme(Scheme::Pkcs1(Digest::Sha1), &content)
    });
    assert_eq!(fault(&sha1), TokenFault::WeakDigest);
    let short = Certificate {
        key: keys::WEAK,
        ..stamp::signer()
    }
    .renumbered("short");
    assert_eq!(fault(&good().by(short)), TokenFault::WeakKey(1_024));
    let sha512 = signed(|signer| {
        let content = good().info();
        signer.scheme(Scheme::Pkcs1(Digest::Sha512), &content)
    });
    assert_eq!(passes(&sha512).digest(), DigestAlgorithm::Sha512);
}

#[test]
fn the_certificate_that_is_named_is_the_one_that_signed() {
    const V1: &str = stamp::SIGNING_CERTIFICATE;
    const V2: &str = stamp::SIGNING_CERTIFICATE_V2;
    // Each form alone, both together, another digest.
    passes(&signed(|signer| {
        signer
            .without(V2)
            .and(Attribute::new(V1, stamp::ess_v1(&stamp::signer())))
    }));
    passes(&signed(|signer| {
        signer.and(Attribute::new(V1, stamp::ess_v1(&stamp::signer())))
    }));
    passes(&signed(|signer| {
        let by = stamp::ess_v2_by(Digest::Sha512, &stamp::signer());
        signer.replaced(Attribute::new(V2, by))
    }));
    let cases: Vec<(EssFault, Stamp)> = vec![
        (EssFault::Missing, signed(|signer| signer.without(V2))),
        (
            EssFault::Hash,
            signed(|signer| {
                signer.replaced(Attribute::new(V2, stamp::ess_v2(&stamp::authority())))
            }),
        ),
        (
            EssFault::Hash,
            signed(|signer| signer.and(Attribute::new(V1, stamp::ess_v1(&stamp::authority())))),
        ),
        (
            EssFault::Algorithm,
            signed(|signer| {
                let by = stamp::ess_v2_by(Digest::Md5, &stamp::signer());
                signer.replaced(Attribute::new(V2, by))
            }),
        ),
        (
            EssFault::IssuerSerial,
            signed(|signer| {
                let renumbered = |of: &Certificate| {
                    let hash = der::octets(&Digest::Sha256.of(&of.to_der()));
                    let whose = stamp::issuer_serial(&of.issuer, &[7]);
                    der::sequence([der::sequence([der::sequence([hash, whose])])])
                };
                signer.replaced(Attribute::new(V2, renumbered(&stamp::signer())))
            }),
        ),
        (
            EssFault::IssuerSerial,
            signed(|signer| {
                let of = stamp::signer();
                let hash = der::octets(&Digest::Sha256.of(&of.to_der()));
                let whose = stamp::issuer_serial(stamp::SIGNER_NAME, &of.serial);
                let value = der::sequence([der::sequence([der::sequence([hash, whose])])]);
                signer.replaced(Attribute::new(V2, value))
            }),
        ),
        (
            EssFault::Encoding,
            signed(|signer| signer.replaced(Attribute::new(V2, der::sequence::<&[u8]>([])))),
        ),
    ];
    for (expected, stamp) in cases {
        assert_eq!(fault(&stamp), TokenFault::SigningCertificate(expected));
    }
}

#[test]
fn the_certificate_comes_along_whichever_way_it_is_named() {
    passes(&signed(|signer| Signer {
        identified: Identified::ByKeyIdentifier,
        ..signer
    }));
    let missing = with(|it| drop(it.carried.remove(0)));
    assert_eq!(fault(&missing), TokenFault::NoCertificate);
}

#[test]
fn the_certificate_is_for_time_stamps_alone() {
    let by = |certificate: Certificate| good().by(certificate.renumbered("profile"));
    let cases: Vec<(ProfileFault, Certificate)> = vec![
        // Another purpose, one more, none, and the right one that is not critical.
        (
            ProfileFault::ExtendedUsage,
            stamp::signer().with(stamp::usage(&[EMAIL_PROTECTION])),
        ),
        (
            ProfileFault::ExtendedUsage,
            stamp::signer().with(stamp::usage(&[TIME_STAMPING, EMAIL_PROTECTION])),
        ),
        (
            ProfileFault::ExtendedUsage,
            stamp::signer().without(extension::EXTENDED_USAGE),
        ),
        (
            ProfileFault::ExtendedUsage,
            stamp::signer().with(extension::extended_usage(&[TIME_STAMPING])),
        ),
        (
            ProfileFault::KeyUsage,
            stamp::signer().with(extension::key_usage(0x20)),
        ),
        (
            ProfileFault::Authority,
            stamp::signer().with(extension::authority(None)),
        ),
        (
            ProfileFault::Extensions,
            stamp::signer().with(extension::unknown(true)),
        ),
    ];
    for (expected, certificate) in cases {
        assert_eq!(fault(&by(certificate)), TokenFault::Profile(expected));
    }
    passes(&by(stamp::signer().with(extension::key_usage(0x40))));
    passes(&by(stamp::signer().without(extension::KEY_USAGE)));
    passes(&by(stamp::signer().with(extension::unknown(false))));
}

#[test]
fn the_authority_that_it_names_is_that_of_the_certificate() {
    let other = with(|it| {
        let name = support::pki::name("CN=Un altro,C=IT");
        it.authority = der::explicit(0, &der::explicit(4, &name));
    });
    assert_eq!(fault(&other), TokenFault::AuthorityName);
    let address = |text: &str| {
        let name = der::implicit(1, text.as_bytes());
        with(|it| it.authority = der::explicit(0, &name)).by_address(text)
    };
    passes(&address("tsa@marche.example"));
}

#[test]
fn it_was_made_while_the_certificate_was_in_force() {
    let ended = stamp::signer().valid("2024-01-01T00:00:00Z", "2026-05-04T08:15:01Z");
    assert!(matches!(
        fault(&good().by(ended)),
        TokenFault::CertificateTime { .. }
    ));
    let last_second = stamp::signer().valid("2024-01-01T00:00:00Z", "2026-05-04T08:15:02Z");
    passes(&good().by(last_second));
    let not_yet = stamp::signer().valid("2026-05-04T08:15:03Z", "2028-05-04T08:15:02Z");
    assert!(matches!(
        fault(&good().by(not_yet)),
        TokenFault::CertificateTime { .. }
    ));
    let first_second = stamp::signer().valid("2026-05-04T08:15:02Z", "2028-05-04T08:15:02Z");
    passes(&good().by(first_second));
}

#[test]
fn an_authority_that_is_trusted_stands_behind_it() {
    let stranger = fault_asked(&good(), |asked| {
        asked.anchors = anchors(&[support::world::editions().remove(0).certificate]);
    });
    assert_eq!(
        stranger,
        TokenFault::Unknown("CN=Autorita di Prova TSA,O=Marche di Prova,C=IT".into())
    );
    assert!(matches!(
        fault_asked(&good(), |asked| asked.anchors.clear()),
        TokenFault::Unknown(_)
    ));
    let ended = fault_asked(&good(), |asked| {
        let then = stamp::authority().valid("2020-01-01T00:00:00Z", "2026-05-04T08:15:01Z");
        asked.anchors = anchors(&[then]);
    });
    assert!(matches!(
        ended,
        TokenFault::Path(PathFault::AuthorityEnded(_))
    ));
    let later = fault_asked(&good(), |asked| {
        let then = stamp::authority().valid("2026-05-04T08:15:03Z", "2036-05-04T08:15:01Z");
        asked.anchors = anchors(&[then]);
    });
    assert_eq!(
        later,
        TokenFault::AuthorityTime("Autorita di Prova TSA".into())
    );
}

/// An authority between, and a signer that it issued.
fn between(change: impl FnOnce(Certificate) -> Certificate) -> Stamp {
    const NAME: &str = "CN=Autorita intermedia,O=Marche di Prova,C=IT";
    let authority = change(Certificate {
        subject: NAME.to_owned(),
        key: keys::STRANGER,
        extensions: vec![
            extension::authority(Some(0)),
            extension::key_usage(0x06),
            extension::subject_key(&keys::STRANGER.identifier()),
        ],
        ..stamp::authority()
    })
    .renumbered("between");
    let signer = stamp::signer().issued_by(NAME, keys::STRANGER);
    let mut stamp = good().by(signer);
    stamp.carried[1] = authority;
    stamp
}

#[test]
fn an_authority_between_may_issue_time_stamps() {
    passes(&between(|authority| authority));
    passes(&between(|authority| {
        authority.with(stamp::usage(&[TIME_STAMPING]))
    }));
    for broken in [
        between(|authority| authority.with(stamp::usage(&[EMAIL_PROTECTION]))),
        between(|authority| authority.with(extension::key_usage(0x80))),
        between(|authority| authority.without(extension::BASIC_CONSTRAINTS)),
        between(|authority| authority.with(extension::unknown(true))),
    ] {
        assert!(matches!(
            fault(&broken),
            TokenFault::Path(PathFault::IntermediateProfile(_))
        ));
    }
    let ended =
        between(|authority| authority.valid("2020-01-01T00:00:00Z", "2026-05-04T08:15:01Z"));
    assert!(matches!(
        fault(&ended),
        TokenFault::Path(PathFault::IntermediateTime(_))
    ));
}

#[test]
fn revocation_lists_are_read_as_the_standard_asks_of_time_stamps() {
    const BEFORE: &str = "2026-05-04T08:15:02Z";
    const AFTER: &str = "2026-05-04T08:15:03Z";
    let standing = |lists: &[Vec<u8>]| {
        let asked = Asked {
            crls: crls(lists),
            ..Asked::default()
        };
        check(&good().token(), &asked).map(|checked| checked.standing())
    };
    let signer = stamp::signer();
    assert_eq!(standing(&[]), Ok(Standing::NotChecked));
    assert_eq!(standing(&[stamp::revoking(&[])]), Ok(Standing::NotRevoked));
    let other = stamp::signer().renumbered("another");
    let of_other = stamp::revoking(&[(&other, BEFORE, Some(1))]);
    assert_eq!(standing(&[of_other]), Ok(Standing::NotRevoked));
    // A list that had ended, and one of another authority.
    let stale = stamp::revoking_in(["2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"], &[]);
    assert_eq!(standing(&[stale]), Ok(Standing::Undecided));
    // Harmless reasons: what was made before stands.
    for reason in [0, 3, 4, 5] {
        let after = stamp::revoking(&[(&signer, AFTER, Some(reason))]);
        assert_eq!(standing(&[after]), Ok(Standing::NotRevoked), "{reason}");
        let before = stamp::revoking(&[(&signer, BEFORE, Some(reason))]);
        assert!(
            matches!(standing(&[before]), Err(TokenFault::Revoked { .. })),
            "{reason}"
        );
    }
    // Any other, and none: nothing that the key signed counts.
    for reason in [None, Some(1), Some(2), Some(6), Some(9), Some(10)] {
        let after = stamp::revoking(&[(&signer, AFTER, reason)]);
        assert!(
            matches!(standing(&[after]), Err(TokenFault::Revoked { .. })),
            "{reason:?}"
        );
    }
    // Who signed the list: its issuer, or nobody.
    let forged = support::pki::revocation_list(
        stamp::AUTHORITY_NAME,
        keys::STRANGER,
        ["2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"],
        &[],
    );
    assert_eq!(standing(&[forged]), Ok(Standing::Undecided));
}

#[test]
fn nothing_stands_behind_a_token_and_nothing_cut_is_one() {
    let token = good().token();
    let longer = [&token[..], b"x"].concat();
    assert_eq!(
        check(&longer, &Asked::default()).unwrap_err(),
        TokenFault::After
    );
    for end in 0..token.len() {
        assert!(check(&token[..end], &Asked::default()).is_err(), "{end}");
    }
}

#[test]
fn an_octet_changed_anywhere_is_refused_or_changes_nothing_that_is_said() {
    let token = good().token();
    let checked = passes(&good());
    for at in 0..token.len() {
        let mut altered = token.clone();
        altered[at] ^= 0x11;
        if let Ok(other) = check(&altered, &Asked::default()) {
            assert_eq!(other.info(), checked.info(), "{at}");
            assert_eq!(
                other.certificate().der(),
                checked.certificate().der(),
                "{at}"
            );
        }
    }
}

#[test]
fn a_request_is_answered() {
    let digest = Digest::Sha256.of(CONTENT).try_into().unwrap();
    let request = Request::new(digest, Nonce::new(&[9; 16]).unwrap());
    let under = request.clone().under("1.2.3.4".parse().unwrap());
    for (request, status, granted) in [
        (&request, 0, Granted::Fully),
        (&under, 1, Granted::WithModifications),
    ] {
        let octets = Stamp::asked(&request.to_der()).answer(status);
        let answer = Answer::parse(&octets).expect("an answer");
        assert_eq!(answer.granted, granted);
        let octets = SignatureOctets::new(answer.token).unwrap();
        let token = Token::parse(&octets).expect("a token");
        let asked = Asked::default();
        let trusted = Trusted {
            anchors: &asked.anchors,
            crls: &[],
        };
        let imprint = request.imprint();
        token
            .check(&request.wanted(&imprint), &trusted)
            .expect("a good token");
    }
}

fn find(octets: &[u8], what: &[u8]) -> usize {
    let found = octets.windows(what.len()).position(|window| window == what);
    found.expect("it is there")
}

// OpenSSL as a witness.

const CONFIGURATION: &str = "
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[signer]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[tsa]
default_tsa = one
[one]
serial = serial
signer_cert = signer.pem
certs = authority.pem
signer_key = signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = yes
";

/// An authority of OpenSSL in a folder; `None` where there is no `openssl`.
fn openssl_authority(folder: &Path, key: &[&str]) -> Option<()> {
    let version = Command::new("openssl")
        .arg("version")
        .stdout(Stdio::null())
        .status();
    if version.is_err() {
        skipped("there is no openssl on this machine");
        return None;
    }
    std::fs::write(folder.join("c.cnf"), CONFIGURATION).unwrap();
    std::fs::write(folder.join("serial"), "01\n").unwrap();
    let run =
        |words: &[&str]| openssl(folder, words).unwrap_or_else(|said| panic!("{words:?} {said}"));
    let request = ["req", "-new", "-nodes", "-config", "c.cnf"];
    let mut authority = [&request[..], key].concat();
    authority.extend([
        "-x509",
        "-days",
        "30",
        "-extensions",
        "authority",
        "-subj",
        "/C=IT/O=Prova/CN=TSA root",
        "-keyout",
        "authority.key",
        "-out",
        "authority.pem",
    ]);
    run(&authority);
    let mut signer = [&request[..], key].concat();
    signer.extend([
        "-subj",
        "/C=IT/O=Prova/CN=TSA",
        "-keyout",
        "signer.key",
        "-out",
        "signer.csr",
    ]);
    run(&signer);
    run(&[
        "x509",
        "-req",
        "-in",
        "signer.csr",
        "-CA",
        "authority.pem",
        "-CAkey",
        "authority.key",
        "-CAcreateserial",
        "-days",
        "20",
        "-extfile",
        "c.cnf",
        "-extensions",
        "signer",
        "-out",
        "signer.pem",
    ]);
    Some(())
}

fn openssl(folder: &Path, words: &[&str]) -> Result<(), String> {
    let output = Command::new("openssl")
        .args(words)
        .current_dir(folder)
        .output();
    let output = output.expect("openssl starts");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[test]
fn openssl_answers_our_requests_and_says_the_same_of_its_tokens() {
    for key in [
        &["-newkey", "rsa:2048"][..],
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        if openssl_authority(folder, key).is_none() {
            return;
        }
        let digest = Digest::Sha256.of(CONTENT).try_into().unwrap();
        let request = Request::new(digest, Nonce::new(&[0xfe; 12]).unwrap());
        let asked = [request.clone(), request.under("1.2.3.4.5".parse().unwrap())];
        for request in asked {
            std::fs::write(folder.join("q.tsq"), request.to_der()).unwrap();
            openssl(
                folder,
                &[
                    "ts",
                    "-reply",
                    "-config",
                    "c.cnf",
                    "-queryfile",
                    "q.tsq",
                    "-out",
                    "a.tsr",
                ],
            )
            .expect("an answer");
            let octets = std::fs::read(folder.join("a.tsr")).unwrap();
            let answer = Answer::parse(&octets).expect("an answer");
            assert_eq!(answer.granted, Granted::Fully);
            let pem = std::fs::read(folder.join("authority.pem")).unwrap();
            let anchors = Trust::from_certificates(&pem, "test").unwrap().anchors;
            let imprint = request.imprint();
            let octets = SignatureOctets::new(answer.token).unwrap();
            let token = Token::parse(&octets).expect("a token");
            let trusted = Trusted {
                anchors: &anchors,
                crls: &[],
            };
            let checked = token
                .check(&request.wanted(&imprint), &trusted)
                .expect("good");
            assert_eq!(checked.info().accuracy.unwrap().to_string(), "1.5001");
            // The witness says the same, of this and of other octets.
            let verify = [
                "ts",
                "-verify",
                "-queryfile",
                "q.tsq",
                "-in",
                "a.tsr",
                "-CAfile",
            ];
            openssl(folder, &[&verify[..], &["authority.pem"]].concat()).expect("it holds");
            let other = Imprint::of(DigestAlgorithm::Sha256, b"other");
            let fault = token.check(&request.wanted(&other), &trusted).unwrap_err();
            assert_eq!(fault, TokenFault::Imprint);
        }
        // What is under no policy of the authority is refused, in words.
        let nonce = Nonce::new(&[1; 8]).unwrap();
        let request = Request::new([7; 32], nonce).under("1.9.9".parse().unwrap());
        std::fs::write(folder.join("q.tsq"), request.to_der()).unwrap();
        openssl(
            folder,
            &[
                "ts",
                "-reply",
                "-config",
                "c.cnf",
                "-queryfile",
                "q.tsq",
                "-out",
                "a.tsr",
            ],
        )
        .expect("an answer");
        let octets = std::fs::read(folder.join("a.tsr")).unwrap();
        let refusal = Answer::parse(&octets).unwrap_err();
        assert!(
            format!("{refusal:?}").contains("UnacceptedPolicy"),
            "{refusal:?}"
        );
    }
}

/// Our own tokens, whole and with each defect, are judged by OpenSSL as by us.
#[test]
fn openssl_says_the_same_of_our_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if Command::new("openssl")
        .arg("version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        skipped("there is no openssl on this machine");
        return;
    }
    let pem = support::pki::pem("CERTIFICATE", &stamp::authority().to_der());
    std::fs::write(folder.join("authority.pem"), pem).unwrap();
    std::fs::write(folder.join("content"), CONTENT).unwrap();
    let at = 1_777_882_502.to_string();
    let holds = |stamp: &Stamp| {
        std::fs::write(folder.join("t.tst"), stamp.token()).unwrap();
        openssl(
            folder,
            &[
                "ts",
                "-verify",
                "-data",
                "content",
                "-in",
                "t.tst",
                "-token_in",
                "-CAfile",
                "authority.pem",
                "-attime",
                &at,
            ],
        )
    };
    holds(&good()).expect("a good token");
    let email = Extension {
        critical: true,
        ..extension::extended_usage(&[EMAIL_PROTECTION])
    };
    for (what, broken) in [
        ("imprint", Stamp::over(b"other")),
        ("version", with(|it| it.version = der::number(2))),
        (
            "purpose",
            good().by(stamp::signer().with(email).renumbered("purpose")),
        ),
        (
            "ESS",
            signed(|signer| signer.without(stamp::SIGNING_CERTIFICATE_V2)),
        ),
        (
            "ESS of another",
            signed(|signer| {
                let other = stamp::ess_v2(&stamp::authority());
                signer.replaced(Attribute::new(stamp::SIGNING_CERTIFICATE_V2, other))
            }),
        ),
        (
            "key",
            signed(|signer| Signer {
                key: keys::STRANGER,
                ..signer
            }),
        ),
        ("no signer", with(|it| drop(it.carried.remove(0)))),
    ] {
        assert!(holds(&broken).is_err(), "OpenSSL takes {what}");
        fault(&broken);
    }
}
