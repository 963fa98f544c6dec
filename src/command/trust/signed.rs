//! Trust files that we sign, so that data can be renewed without a new program: `FILE.minisig`
//! beside the file (minisign, Ed25519 over BLAKE2b).

use minisign_verify::{PublicKey, Signature};

/// The key of those who publish the program. None is in use yet: while there is none, no trust file
/// counts as signed, and whoever imports one vouches for each authority in it by its fingerprint.
pub(super) const RELEASE_KEY: Option<&str> = None;

/// Octets of a signature file: four short lines.
pub(super) const MAX_OCTETS: usize = 4 * 1024;

/// Whether the signature is that of the key over the file.
pub(super) fn holds(octets: &[u8], signature: &str, key: Option<&str>) -> bool {
    let key = key.and_then(|key| PublicKey::from_base64(key).ok());
    let signature = Signature::decode(signature).ok();
    match (key, signature) {
        // Signatures over the file itself, without its digest, are of an earlier form.
        (Some(key), Some(signature)) => key.verify(octets, &signature, false).is_ok(),
        (_, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../../fixtures/trust/test.pub");
    const FILE: &[u8] = include_bytes!("../../../fixtures/trust/signed.toml");
    const SIGNATURE: &str = include_str!("../../../fixtures/trust/signed.toml.minisig");

    #[test]
    fn only_the_file_that_was_signed_is_signed() {
        let key = KEY.lines().nth(1);
        assert!(holds(FILE, SIGNATURE, key));
        let mut other = FILE.to_vec();
        other[0] ^= 1;
        assert!(!holds(&other, SIGNATURE, key));
        assert!(!holds(FILE, SIGNATURE, RELEASE_KEY));
        let changed = SIGNATURE.replacen("\ntrusted comment: ", "\ntrusted comment: x", 1);
        assert!(!holds(FILE, &changed, key));
    }
}
