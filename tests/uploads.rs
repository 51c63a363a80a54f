//! Files from outside as the register keeps them: pictures without what they say besides, names that do no harm, and a
//! disk without room. The pictures are Pillow's (tests/oracle/uploads), and other programs look at what is left of them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use img_parts::{DynImage, ImageEXIF as _};
use redress::domain::event::{EventBody, Registered};
use redress::domain::vocabulary::{Channel, Language, Role};
use redress::register::{
    Actor, Attachment, Complaining, NewCase, NewRegister, Person, Register, RegisterError,
};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_redress");

/// EXIF with the one entry that a turned picture keeps (Exif 2.32, 4.6.2 and 4.6.4 A): a directory of one entry, tag 274,
/// one SHORT, 6: the right-hand side is the top.
const TURNED: &[u8] = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";

/// What Pillow was told to say besides the picture.
const SAID: [&[u8]; 6] = [
    b"Karabulut",
    b"Acme",
    b"Telephone 7",
    b"SERIAL-0042",
    b"2026:03:02",
    b"xmpmeta",
];

/// A register with one case.
struct Desk {
    folder: TempDir,
    register: Register,
    case_key: i64,
    number: String,
}

fn now() -> DateTime<Utc> {
    "2026-03-02T06:00:00Z".parse().unwrap()
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let new = NewRegister {
            zone: chrono_tz::Europe::Istanbul,
            calendar_toml: "name = \"test\"\n".to_owned(),
            limits_toml: "intake = 2\n".to_owned(),
            now: now(),
        };
        let mut register = Register::create(&folder.path().join("register.sqlite"), &new).unwrap();
        let new = NewCase {
            registered: Registered {
                received_at: now(),
                channel: Channel::Phone,
                language: Language::Tr,
                product: None,
                lot: None,
                site: None,
                unit: None,
                remedy_sought: None,
                sold_on: None,
                produced_on: None,
                immediate_action: None,
            },
            complainant: Complaining::Person(Person {
                name: Some("Elif Kaya".to_owned()),
                phone: None,
                email: None,
                address: None,
                language: Language::Tr,
            }),
            narrative: "Karo çatladı.".to_owned(),
            occurred_at: now(),
            late_reason: None,
        };
        let case = register.register_case(&new, &contact(), now()).unwrap();
        Desk {
            folder,
            register,
            case_key: case.case_key,
            number: case.number,
        }
    }

    fn attach(&mut self, name: &str, content: &[u8]) -> Result<Attachment, RegisterError> {
        let by = contact();
        let mut content = content;
        self.register
            .attach(self.case_key, name, "x/y", &mut content, &by, now())
    }

    fn kept(&self) -> Vec<Attachment> {
        self.register.attachments(self.case_key).unwrap()
    }

    fn files(&self) -> PathBuf {
        self.folder.path().join("register.sqlite.files")
    }

    /// The hash of the original that the last event names.
    fn original(&self) -> Option<String> {
        let history = self.register.history(self.case_key).unwrap();
        match history.into_iter().next_back().unwrap().event.body {
            EventBody::EvidenceAdded(added) => added.original_sha256,
            other => panic!("{other:?}"),
        }
    }
}

fn contact() -> Actor {
    Actor::staff(Role::Contact, "ayse")
}

fn picture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/uploads");
    fs::read(path.join(name)).unwrap()
}

fn holds(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

fn sha256(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Files below a folder; none where it is not there.
fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(below(&path)),
            false => found.push(path),
        }
    }
    found
}

#[test]
fn pictures_are_kept_without_what_they_say_and_the_event_names_the_original() {
    let mut desk = Desk::new();
    for (name, media_type) in [
        ("turned.jpg", "image/jpeg"),
        ("progressive.jpg", "image/jpeg"),
        ("turned.png", "image/png"),
        ("turned.webp", "image/webp"),
        ("moving.gif", "image/gif"),
    ] {
        let given = picture(name);
        assert!(
            holds(&given, b"Karabulut"),
            "{name}: there is something to lose"
        );
        let kept = desk.attach(name, &given).unwrap();
        assert_eq!(kept.media_type, media_type);
        let content = desk.register.read_attachment(&kept.sha256).unwrap();
        for said in SAID {
            let said_so = String::from_utf8_lossy(said);
            assert!(!holds(&content, said), "{name} still says {said_so}");
        }
        assert_eq!(desk.original(), Some(sha256(&given)), "{name}");
        let again = desk.attach(name, &given).unwrap_err();
        assert!(
            matches!(again, RegisterError::Exists { .. }),
            "{name}: {again}"
        );
        // What is clean is kept as it is, and there is no other original.
        let again = desk.attach(name, &content).unwrap_err();
        assert!(
            matches!(again, RegisterError::Exists { .. }),
            "{name}: {again}"
        );
    }
    let report = desk.register.audit_verify(None).unwrap();
    assert!(report.first().is_none(), "{report:?}");
}

#[test]
fn another_program_finds_the_direction_and_nothing_else() {
    let mut desk = Desk::new();
    for name in ["turned.jpg", "progressive.jpg", "turned.png", "turned.webp"] {
        let exif = |content: Vec<u8>| {
            let image = DynImage::from_bytes(content.into()).unwrap();
            image.unwrap().exif().map(|block| block.to_vec())
        };
        assert!(exif(picture(name)).unwrap().len() > TURNED.len());
        let kept = desk.attach(name, &picture(name)).unwrap();
        let content = desk.register.read_attachment(&kept.sha256).unwrap();
        assert_eq!(exif(content).as_deref(), Some(TURNED), "{name}");
    }
}

#[test]
fn the_picture_itself_stays_byte_for_byte_and_point_for_point() {
    let mut desk = Desk::new();
    for name in ["turned.jpg", "progressive.jpg"] {
        let given = picture(name);
        // From the first table of quantisation on there is only the picture.
        let start = given
            .windows(2)
            .position(|marker| marker == [0xff, 0xdb])
            .unwrap();
        let kept = desk.attach(name, &given).unwrap();
        let content = desk.register.read_attachment(&kept.sha256).unwrap();
        assert!(content.ends_with(&given[start..]), "{name}");
    }
    let points = |content: &[u8]| {
        let mut reader = png::Decoder::new(std::io::Cursor::new(content))
            .read_info()
            .unwrap();
        let mut points = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut points).unwrap();
        points
    };
    let given = picture("turned.png");
    let kept = desk.attach("turned.png", &given).unwrap();
    let content = desk.register.read_attachment(&kept.sha256).unwrap();
    assert_eq!(points(&content), points(&given));
}

#[test]
fn what_hangs_behind_a_picture_is_cut_off() {
    let mut desk = Desk::new();
    for name in ["turned.jpg", "turned.png", "turned.webp", "moving.gif"] {
        let clean = desk.attach(name, &picture(name)).unwrap();
        let mut two = picture(name);
        two.extend(b"PK\x03\x04 classes <script>alert(1)</script>");
        let again = desk.attach(name, &two).unwrap_err();
        assert!(matches!(again, RegisterError::Exists { .. }), "{again}");
        let content = desk.register.read_attachment(&clean.sha256).unwrap();
        assert!(!holds(&content, b"PK\x03\x04"));
    }
}

#[test]
fn a_picture_that_is_cut_short_is_refused_in_words_and_leaves_nothing() {
    let mut desk = Desk::new();
    for name in ["turned.jpg", "turned.png", "turned.webp", "moving.gif"] {
        let given = picture(name);
        let refused = desk.attach(name, &given[..given.len() / 2]).unwrap_err();
        let said = refused.to_string();
        assert!(said.contains(name) && said.contains("cut short"), "{said}");
    }
    let refused = desk.attach("x.jpg", b"\xff\xd8\xff\xe1\0\x01").unwrap_err();
    assert!(refused.to_string().contains("damaged"), "{refused}");
    assert!(desk.kept().is_empty());
    assert_eq!(below(&desk.files()), Vec::<PathBuf>::new());
}

#[test]
fn names_and_types_of_files_are_not_believed() {
    let mut desk = Desk::new();
    for (given, wanted) in [
        ("../../etc/passwd", "passwd"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("nul.txt", "_nul.txt"),
        ("\u{feff}/", "file"),
    ] {
        let kept = desk.attach(given, given.as_bytes()).unwrap();
        assert_eq!(kept.name.as_deref(), Some(wanted));
        assert_eq!(kept.media_type, "application/octet-stream");
    }
    let by = contact();
    let (key, register) = (desk.case_key, &mut desk.register);
    let mut page = &b"<script>alert(1)</script>"[..];
    let kept = register
        .attach(key, "a.png", "image/png", &mut page, &by, now())
        .unwrap();
    assert_eq!(kept.media_type, "application/octet-stream");
    let mut text = "Karo çatladı.".as_bytes();
    let kept = register
        .attach(key, "a.txt", "text/plain", &mut text, &by, now())
        .unwrap();
    assert_eq!(kept.media_type, "text/plain");
}

#[test]
fn what_a_killed_process_left_among_the_files_goes_with_the_next_erasure() {
    let mut desk = Desk::new();
    let kept = desk.attach("a.txt", b"kept").unwrap();
    let folder = desk.files();
    let unnamed = sha256(b"unnamed");
    let place = folder.join(&unnamed[..2]);
    fs::create_dir_all(&place).unwrap();
    let left = [folder.join(".being-written-x"), place.join(&unnamed)];
    for path in &left {
        fs::write(path, b"words of somebody").unwrap();
    }
    let other = {
        let mut register = Register::open(desk.register.path()).unwrap();
        let new = NewCase {
            registered: Registered {
                received_at: now(),
                channel: Channel::Phone,
                language: Language::Tr,
                product: None,
                lot: None,
                site: None,
                unit: None,
                remedy_sought: None,
                sold_on: None,
                produced_on: None,
                immediate_action: None,
            },
            complainant: Complaining::Person(Person {
                name: Some("Ali Veli".to_owned()),
                phone: None,
                email: None,
                address: None,
                language: Language::Tr,
            }),
            narrative: "x".to_owned(),
            occurred_at: now(),
            late_reason: None,
        };
        register.register_case(&new, &contact(), now()).unwrap()
    };
    let age = |path: &Path, hours: u64| {
        let at = SystemTime::from(now()) - Duration::from_secs(hours * 3_600 + 60);
        File::options()
            .write(true)
            .open(path)
            .and_then(|file| file.set_modified(at))
            .unwrap();
    };
    // Somebody may just be recording what is young.
    left.iter().for_each(|path| age(path, 0));
    let erase = |desk: &mut Desk| {
        let rule = "request";
        desk.register
            .erase(other.case_key, rule, &contact(), now())
            .unwrap()
    };
    erase(&mut desk);
    assert!(left.iter().all(|path| path.is_file()));
    left.iter().for_each(|path| age(path, 1));
    age(&desk.register.attachment_path(&kept.sha256), 9);
    erase(&mut desk);
    assert!(left.iter().all(|path| !path.exists()));
    assert_eq!(
        desk.register.read_attachment(&kept.sha256).unwrap(),
        b"kept"
    );
}

fn redress(folder: &Path, limit: Option<u32>, arguments: &str) -> Output {
    let limit = limit.map_or(String::new(), |blocks| {
        // XFSZ is ignored, so that the write fails with an error instead of a signal.
        format!("trap '' XFSZ; ulimit -f {blocks}; ")
    });
    let script = format!("{limit}exec {BINARY} --register register.sqlite {arguments}");
    Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env_remove("REDRESS_CONFIG")
        .output()
        .unwrap()
}

/// A limit on the size of a file stands for a full disk.
#[test]
#[cfg(unix)]
fn without_room_a_file_is_refused_in_one_line_and_the_case_is_as_it_was() {
    let mut desk = Desk::new();
    desk.attach("a.txt", b"before").unwrap();
    let Desk {
        folder,
        register,
        number,
        case_key,
    } = desk;
    drop(register);
    let large: Vec<u8> = (0..400 * 1024_u32).map(|n| (n % 251) as u8).collect();
    fs::write(folder.path().join("plan.bin"), &large).unwrap();
    let before = below(&folder.path().join("register.sqlite.files"));
    let attach = format!("case attach {number} plan.bin --by ayse --role contact");
    // The register's shared-memory file needs 32 KiB.
    for blocks in [64, 200] {
        let done = redress(folder.path(), Some(blocks), &attach);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
        assert!(said.contains("no room left"), "{said}");
        let files = below(&folder.path().join("register.sqlite.files"));
        assert_eq!(files, before, "{blocks} blocks");
    }
    let register = Register::open(&folder.path().join("register.sqlite")).unwrap();
    assert_eq!(register.attachments(case_key).unwrap().len(), 1);
    assert!(register.audit_verify(None).unwrap().first().is_none());
    drop(register);
    // With room again the same step is done.
    let done = redress(folder.path(), None, &attach);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let register = Register::open(&folder.path().join("register.sqlite")).unwrap();
    assert_eq!(register.attachments(case_key).unwrap().len(), 2);
}

/// RFC 4648, 4, in lines of 76 letters.
fn base64(content: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (nth, part) in content.chunks(3).enumerate() {
        if nth > 0 && nth % 19 == 0 {
            text.push_str("\r\n");
        }
        let mut bits = [0_u8; 4];
        bits[1..=part.len()].copy_from_slice(part);
        let bits = u32::from_be_bytes(bits);
        for place in 0..4 {
            match place <= part.len() {
                true => text.push(LETTERS[(bits >> (18 - 6 * place)) as usize & 63].into()),
                false => text.push('='),
            }
        }
    }
    text
}

#[test]
#[cfg(unix)]
fn pictures_that_come_by_mail_are_cleaned_and_the_mail_is_kept_as_it_came() {
    assert_eq!(base64(b"foobar"), "Zm9vYmFy");
    assert_eq!(base64(b"fooba"), "Zm9vYmE=");
    assert_eq!(base64(b"foob"), "Zm9vYg==");
    let desk = Desk::new();
    let Desk {
        folder, register, ..
    } = desk;
    drop(register);
    let whole = picture("turned.jpg");
    let part = |name: &str, content: &[u8]| {
        format!(
            "--b\r\nContent-Type: image/jpeg; name={name}\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename={name}\r\n\r\n{}\r\n",
            base64(content)
        )
    };
    let mail = format!(
        "From: Elif <elif@example.org>\r\nTo: redress@example.com\r\nSubject: Karo\r\n\
         Date: Mon, 2 Mar 2026 09:00:00 +0300\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nKaro kirik geldi.\r\n{}{}--b--\r\n",
        part("karo.jpg", &whole),
        part("half.jpg", &whole[..whole.len() / 2]),
    );
    fs::write(folder.path().join("one.eml"), &mail).unwrap();
    let done = redress(folder.path(), None, "import mail one.eml");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let register = Register::open(&folder.path().join("register.sqlite")).unwrap();
    let person = register
        .find_complainants(None, Some("elif@example.org"))
        .unwrap();
    let case_key = register.cases_of(person[0].complainant_id).unwrap()[0];
    let mut kept = register.attachments(case_key).unwrap();
    kept.sort_by(|a, b| a.media_type.cmp(&b.media_type));
    let types: Vec<&str> = kept.iter().map(|file| file.media_type.as_str()).collect();
    // The damaged one is only within the original.
    assert_eq!(types, ["image/jpeg", "message/rfc822"]);
    let content = register.read_attachment(&kept[0].sha256).unwrap();
    assert!(!holds(&content, b"Karabulut") && !holds(&content, b"Acme"));
    let original = register.read_attachment(&kept[1].sha256).unwrap();
    assert_eq!(original, mail.as_bytes());
    let history = register.history(case_key).unwrap();
    let names: Vec<Option<String>> = history
        .iter()
        .filter_map(|recorded| match &recorded.event.body {
            EventBody::EvidenceAdded(added) => Some(added.original_sha256.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(names, [Some(sha256(&whole)), None]);
    assert!(
        history.iter().any(|recorded| recorded
            .text
            .as_deref()
            .is_some_and(|t| t.contains("damaged")
                || t.contains("bozuk")
                || t.contains("повреждения"))),
        "a note says that a file is only within the original"
    );
}
