//! Mails as read, beside what Python's standard library reads in them.

use proptest::prelude::*;
use redress::channels::mail_in::{Mail, MailFile};
use serde_json::Value;

use super::raw;

const EXPECTED: &str = include_str!("../oracle/mail/expected.json");

/// Pictures that a text shows by itself and that are smaller than this are not taken out.
const LEAST_PICTURE: u64 = 2_048;

fn in_words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn well_formed_mails_are_read_as_python_reads_them() {
    let expected: Value = serde_json::from_str(EXPECTED).unwrap();
    let mails = expected["mails"].as_object().unwrap();
    assert_eq!(mails.len(), 12);
    for (name, wanted) in mails {
        let mail = Mail::read(&raw(name));
        assert_eq!(mail.subject, wanted["subject"], "{name}");
        assert_eq!(
            mail.sender.name.as_deref(),
            wanted["name"].as_str(),
            "{name}"
        );
        assert_eq!(
            mail.sender.address.as_deref(),
            wanted["address"].as_str(),
            "{name}"
        );
        assert_eq!(in_words(&mail.text), wanted["words"], "{name}");
        files_agree(name, &mail.files, wanted["files"].as_array().unwrap());
    }
}

fn files_agree(mail: &str, found: &[MailFile], wanted: &[Value]) {
    let kept: Vec<&Value> = wanted
        .iter()
        .filter(|file| {
            let small = file["bytes"]
                .as_u64()
                .is_some_and(|bytes| bytes < LEAST_PICTURE);
            let icon = file["name"].is_null() && small;
            !icon
        })
        .collect();
    assert_eq!(found.len(), kept.len(), "{mail}");
    for (found, wanted) in found.iter().zip(kept) {
        assert_eq!(found.name, wanted["name"], "{mail}");
        assert_eq!(found.media_type, wanted["declared"], "{mail}");
        if let Some(bytes) = wanted["bytes"].as_u64() {
            assert_eq!(found.content.len() as u64, bytes, "{mail}: {}", found.name);
            assert_eq!(
                sha256(&found.content),
                wanted["sha256"],
                "{mail}: {}",
                found.name
            );
        }
    }
}

fn sha256(content: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn letters_that_no_field_names_rightly_are_read_all_the_same() {
    let turkish = Mail::read(&raw("tr-windows-1254-qp")).text;
    assert!(turkish.contains("Bayi \"üreticiye yazın\" diyor"));
    // ISO-8859-9 under the name of ISO-8859-1, as old programs send it.
    assert_eq!(Mail::read(&raw("tr-called-latin-1")).text, turkish);
    let russian = Mail::read(&raw("ru-koi8-r-8bit")).text;
    assert_eq!(Mail::read(&raw("ru-no-charset")).text, russian);
    let raw_letters = Mail::read(&raw("tr-raw-header-letters"));
    assert_eq!(raw_letters.subject, "Kırık karo, değişim isteği");
    assert_eq!(raw_letters.sender.name.as_deref(), Some("Elif Yıldız"));
    assert_eq!(raw_letters.text, turkish);
}

#[test]
fn broken_mails_give_what_can_be_read() {
    let mail = Mail::read(&raw("no-boundary"));
    assert_eq!(mail.text, "Karoların köşesi kırık, değişim istiyorum.");
    assert_eq!(mail.files.len(), 1);
    assert_eq!(mail.files[0].media_type, "image/png");

    let mail = Mail::read(&raw("cut-off"));
    assert_eq!(mail.text, "Fotograf ektedir, karo kirik.");
    assert_eq!(mail.files[0].name, "karo.jpg");
    assert_eq!(mail.files[0].media_type, "image/jpeg");
    assert!(mail.files[0].content.len() > 1_900);

    let mail = Mail::read(&raw("nul-bytes"));
    assert_eq!(mail.subject, "Karo kirik");
    assert_eq!(mail.text, "Karo ikinci gun catladi, degisim istiyorum.");

    let mail = Mail::read(&raw("bare-line-ends"));
    assert_eq!(mail.words(), "Karo\n\nBir karo kirik.");
}

#[test]
fn an_answer_speaks_for_itself_alone() {
    let mail = Mail::read(&raw("answer"));
    assert!(mail.is_answer);
    assert_eq!(
        mail.words(),
        "YNT: Şikâyet 2026-000001: sorumuz\n\nLot numarası GG-7741, kutu fotoğrafı ektedir."
    );
    assert!(mail.text.contains("lot numarasını yazar mısınız"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_stop_the_reading(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        Mail::read(&bytes);
    }

    #[test]
    fn no_damage_to_a_mail_stops_the_reading(
        name in prop::sample::select(vec!["nested", "html-only", "answer", "bounce", "forwarded-as-file", "tr-utf8-letter-cut"]),
        cut in 0.0_f64..1.0,
        hits in proptest::collection::vec((0.0_f64..1.0, any::<u8>()), 0..12),
        doubled in 0.0_f64..1.0,
    ) {
        let mut mail = raw(name);
        let place = |share: f64, length: usize| ((length as f64 * share) as usize).min(length.saturating_sub(1));
        for (share, byte) in hits {
            let at = place(share, mail.len());
            mail[at] = byte;
        }
        let from = place(doubled, mail.len());
        let again = mail[from..].to_vec();
        mail.extend(again);
        mail.truncate(place(cut, mail.len()));
        let read = Mail::read(&mail);
        prop_assert!(!read.text.contains('\0'));
        prop_assert!(!read.subject.contains('\n'));
        read.words();
        read.fingerprint();
    }
}
