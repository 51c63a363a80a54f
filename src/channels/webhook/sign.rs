//! The signature of a webhook: HMAC-SHA-256 over number, moment and body (Standard Webhooks 1.0, "Signature scheme").

use redress_plain::base64::base64;
use redress_plain::sha256::Hmac;

/// What stands before the base64 of a secret.
pub(super) const SECRET_PREFIX: &str = "whsec_";

/// The value of `webhook-signature`: `v1,` and the base64 of the code over `<id>.<seconds since 1970>.<body>`.
pub(super) fn signature(secret: &[u8], id: &str, seconds: i64, body: &str) -> String {
    let signed = format!("{id}.{seconds}.{body}");
    format!("v1,{}", base64(&Hmac::keyed(secret).of(signed.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_comes_out() {
        // The test of the reference libraries: secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, here as its bytes
        // (<https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries>).
        let secret = [
            0x31, 0xf2, 0x90, 0xf6, 0xbf, 0x06, 0x29, 0x8a, 0xab, 0x4f, 0x08, 0xd4, 0x3c, 0x3f,
            0x08, 0x2c, 0xf6, 0x48, 0xa3, 0x62, 0xda, 0x2d, 0xa4, 0xb0,
        ];
        assert_eq!(
            format!("{SECRET_PREFIX}{}", base64(&secret)),
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        );
        let signed = signature(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
