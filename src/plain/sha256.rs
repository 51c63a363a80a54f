//! SHA-256 (FIPS 180-4), by `sha2`. Its functions are generic over the length of a block and are compiled where they are
//! called; here they are called once for all, and optimised, since the register hashes each event that it writes or audits.

use sha2::Digest as _;

/// A digest.
pub type Hash = [u8; 32];

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
}
