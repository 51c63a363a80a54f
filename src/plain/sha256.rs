//! SHA-256 (FIPS 180-4), by `sha2`, and its keyed hash (RFC 2104), by `hmac`. Their functions are generic over the length of a
//! block and are compiled where they are called; here they are called once for all, and optimised, since the register hashes
//! each event that it writes or audits, and an extract gives each case's complainant a pseudonym.

use hmac::{KeyInit as _, Mac as _};
use sha2::Digest as _;

/// Bytes of a block.
const BLOCK: usize = 64;
/// Bytes of a digest.
const DIGEST: usize = 32;

/// A digest.
pub type Hash = [u8; DIGEST];

/// The digest of bytes that lie in one piece.
pub fn digest(bytes: impl AsRef<[u8]>) -> Hash {
    of(bytes.as_ref())
}

fn of(bytes: &[u8]) -> Hash {
    sha2::Sha256::digest(bytes).into()
}

/// A digest in the making, of bytes that come one after another.
#[derive(Debug, Clone, Default)]
pub struct Sha256(sha2::Sha256);

impl Sha256 {
    /// Of no bytes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes further bytes.
    pub fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.take(bytes.as_ref());
    }

    fn take(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes taken.
    pub fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

/// HMAC-SHA-256 with one key. The key's blocks are hashed when it is made, so that many short messages take half the time.
#[derive(Clone)]
pub struct Hmac(hmac::Hmac<sha2::Sha256>);

impl std::fmt::Debug for Hmac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hmac")
    }
}

impl Hmac {
    /// With a key of any length.
    pub fn keyed(key: &[u8]) -> Self {
        // A key longer than a block counts as its digest, and a shorter one as filled up with zeros, so that a whole block
        // can be given, which no key fails to be.
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            block[..DIGEST].copy_from_slice(&digest(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        Hmac(hmac::Hmac::new(&block.into()))
    }

    /// The keyed hash of a message.
    pub fn of(&self, message: &[u8]) -> Hash {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::hex;

    #[test]
    fn the_examples_of_the_standard_come_out() {
        // NIST, "SHA256" example values (FIPS 180-4): one block and two; and the digest of nothing (CAVP, SHA256ShortMsg).
        let examples = [
            (
                "",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ];
        for (text, expected) in examples {
            assert_eq!(hex(&digest(text)), expected);
            let mut pieces = Sha256::new();
            for byte in text.as_bytes() {
                pieces.update([*byte]);
            }
            assert_eq!(hex(&pieces.finish()), expected);
        }
    }

    #[test]
    fn hmac_gives_the_values_of_rfc_4231() {
        // Test cases 1, 2 and 6.
        let cases: [(&[u8], &[u8], &str); 3] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, expected) in cases {
            assert_eq!(hex(&Hmac::keyed(key).of(message)), expected);
        }
    }
}
