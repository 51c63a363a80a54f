//! The complaint form and the follow-up form: blank and filled, in every language, as files and on stdout.

mod office;
mod sound;

use office::Office;
use redress::domain::vocabulary::{Language, Means};
use redress::forms::words::Words;
use redress::forms::{complaint, follow_up};
use redress::register::Contact;
use redress::review::font::has_glyph;
use sound::{is_sound, row, ticked};

const FORMS: [&str; 2] = ["complaint", "follow-up"];
const FAILED: i32 = 1;
const USAGE: i32 = 2;

#[test]
fn the_languages_hold_the_same_texts() {
    let keys = |language| -> Vec<String> {
        let words = Words::load(language).expect("bundled texts");
        for (key, text) in words.all() {
            assert!(!text.trim().is_empty(), "{language}: {key} is empty");
            for c in text.chars() {
                assert!(has_glyph(c), "{language}: {key}: no glyph for {c}");
            }
        }
        words.all().keys().cloned().collect()
    };
    let english = keys(Language::En);
    assert_eq!(english, keys(Language::Tr));
    assert_eq!(english, keys(Language::Ru));
    for means in Means::ALL {
        assert!(english.contains(&format!("means.{means}")));
    }
}

#[test]
fn a_blank_form_is_sound_in_every_language_and_needs_no_register() {
    for language in Language::ALL {
        for page in [
            complaint("Acme <Ltd>", &Contact::default(), *language, None).expect("a form"),
            follow_up("Acme <Ltd>", &Contact::default(), *language, None).expect("a form"),
        ] {
            is_sound(&page, *language);
            assert!(page.contains("Acme &#60;Ltd&#62;") || page.contains("Acme &lt;Ltd&gt;"));
            assert!(!page.contains("<output"), "something is filled in");
            assert!(!page.contains(" checked"), "something is ticked");
        }
    }
    let office = Office::bare();
    for form in FORMS {
        let page = office.run(&format!("case form {form} --lang ru")).done();
        is_sound(&page, Language::Ru);
    }
}

#[test]
fn the_forms_say_how_the_organisation_is_reached_where_that_is_known() {
    let contact = Contact {
        phone: Some("+90 (232) 123 45 67".to_owned()),
        email: Some("sikayet@example.org".to_owned()),
        address: Some("Atatürk Cad. 1\n<Gebze>".to_owned()),
        ..Contact::default()
    };
    for (language, phone, returns) in [
        (
            Language::En,
            "Phone: ",
            "Hand this form in or send it to us",
        ),
        (Language::Tr, "Telefon: ", "Doldurduğunuz formu"),
        (Language::Ru, "Телефон: ", "Передайте или отправьте нам"),
    ] {
        let page = complaint("Acme", &contact, language, None).expect("a form");
        is_sound(&page, language);
        assert!(
            page.contains(&format!("{phone}<bdi>+90 (232) 123 45 67</bdi>")),
            "{page}"
        );
        assert!(page.contains("<bdi>sikayet@example.org</bdi>"), "{page}");
        assert!(
            page.contains("Atatürk Cad. 1") && !page.contains("<Gebze>"),
            "{page}"
        );
        assert!(page.contains(returns), "{page}");
        // Where it goes is for who fills it in; staff know.
        let page = follow_up("Acme", &contact, language, None).expect("a form");
        is_sound(&page, language);
        assert!(page.contains("<bdi>sikayet@example.org</bdi>") && !page.contains(returns));
        let nothing = complaint("Acme", &Contact::default(), language, None).expect("a form");
        assert!(!nothing.contains("<address>") && !nothing.contains(returns));
    }
}

#[test]
fn a_form_of_the_program_says_what_its_register_knows_of_the_organisation() {
    let office = Office::open();
    office.run("config set organisation_phone 4440123").done();
    for form in FORMS {
        let page = office.run(&format!("case form {form} --lang tr")).done();
        assert!(page.contains("Telefon: <bdi>4440123</bdi>"), "{page}");
    }
}

#[test]
fn both_forms_ask_what_the_standard_lists() {
    let page = complaint("Acme", &Contact::default(), Language::En, None).expect("a form");
    for part in [
        "Your details",
        "Person acting for you",
        "Order or invoice number",
        "Lot or serial number",
        "Date of the problem",
        "Description of the problem",
        "Is a remedy sought?",
        "Enclosures",
        "Signature",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let page = follow_up("Acme", &Contact::default(), Language::En, None).expect("a form");
    for part in [
        "Time of receipt",
        "Received through",
        "Kind of problem",
        "Severity",
        "Probability of recurrence",
        "Immediate action is needed",
        "Price reduction",
        "Enforcement of the guarantee",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for step in [
        "Complaint received",
        "Receipt acknowledged",
        "Complaint assessed",
        "Complaint investigated",
        "Complaint resolved",
        "Customer informed",
        "Correction made",
        "Correction verified",
        "Complaint closed",
    ] {
        assert_eq!(row(&page, step).matches("<textarea").count(), 3, "{step}");
    }
}

#[test]
fn a_case_fills_both_forms_in_every_language() {
    let office = Office::open();
    let n = office.register("Musluk akıtıyor.");
    for language in Language::ALL {
        for form in FORMS {
            let page = office
                .run(&format!("case form {form} {n} --lang {language}"))
                .done();
            is_sound(&page, *language);
            for known in ["Ali Veli", "+905551112233", "L-77", "ayse", n.as_str()] {
                assert!(page.contains(known), "{form} {language}: {known}");
            }
            assert!(page.contains("dir=\"auto\" lang=\"tr\">Musluk akıtıyor.</output>"));
            // What the register does not hold stays a line to write on.
            for blank in ["email", "occurred_on", "signature"] {
                assert!(page.contains(&format!("<input type=\"text\" id=\"{blank}\"")));
            }
        }
    }
    let page = office
        .run(&format!("case form complaint {n} --lang ru"))
        .done();
    assert_eq!(ticked(&page, "remedy_kinds"), ["replacement"]);
    assert_eq!(ticked(&page, "remedy_sought"), ["yes"]);
    assert!(page.contains("25.10.2024") && page.contains("01.10.2024"));
    let page = office.run(&format!("case form follow-up {n}")).done();
    assert_eq!(ticked(&page, "medium"), ["phone"]);
    assert!(ticked(&page, "severity").is_empty());
    assert!(page.contains("09:00</output>"));
}

#[test]
fn the_progress_shows_both_examinations_and_who_did_what() {
    let office = Office::open();
    let n = office.settled_in_two_passes();
    let page = office
        .run(&format!("case form follow-up {n} --lang tr"))
        .done();
    is_sound(&page, Language::Tr);
    for (name, values) in [
        ("severity", vec!["high"]),
        ("safety", vec!["yes"]),
        ("complex", vec!["no"]),
        ("actions", vec!["replacement", "apology"]),
        ("impact", vec![]),
        ("kinds", vec![]),
    ] {
        assert_eq!(ticked(&page, name), values, "{name}");
    }
    // The decision in force, in its own words; the first severity beside the last.
    assert!(page.contains("A new one.</output>") && !page.contains("At the house."));
    assert!(page.contains("Düşük, 25.10.2024</output>"));
    for (head, told) in [
        ("Alındı bildirimi yapıldı", ["25.10.2024", "ayse", "SMS"]),
        (
            "Şikâyet çözümlendi (tur 1)",
            ["04.11.2024", "mehmet", "Onarım"],
        ),
        (
            "Müşteri bilgilendirildi (tur 1)",
            [
                "05.11.2024",
                "ayse",
                "Telefon; müşterinin yanıtı: Reddedildi, 06.11.2024",
            ],
        ),
        (
            "Şikâyet çözümlendi (tur 2)",
            ["08.11.2024", "ayse", "Özür; tanınan telafi: Değişim"],
        ),
        (
            "Müşteri bilgilendirildi (tur 2)",
            ["11.11.2024", "ayse", "Mektup"],
        ),
        ("Şikâyet kapatıldı", ["13.11.2024", "ayse", "Tamamlandı"]),
    ] {
        let row = row(&page, head);
        for text in told {
            assert!(row.contains(text), "{head}: `{text}` is not in {row}");
        }
    }
    let examined = row(&page, "Şikâyet araştırıldı (tur 2)");
    assert!(examined.contains("plant1") && examined.contains("mehmet"));
}

#[test]
fn a_text_cannot_leave_its_place() {
    let office = Office::open();
    let n = office.register("<script>alert(1)</script></output></style> \"&\"");
    for form in FORMS {
        let page = office.run(&format!("case form {form} {n}")).done();
        is_sound(&page, Language::En);
        assert!(!page.contains("alert(1)<"), "{form}");
        assert!(page.contains("alert(1)"), "{form}");
        assert_eq!(page.matches("</style>").count(), 1, "{form}");
        assert!(!page.contains("tap & hose"), "{form}");
    }
}

#[test]
fn what_was_erased_is_shown_as_erased() {
    let office = Office::open();
    let n = office.register("The tap leaks.");
    std::fs::write(office.path("leak.txt"), "photo").expect("a file");
    office
        .run(&format!("case attach {n} leak.txt --by ayse"))
        .done();
    let page = office.run(&format!("case form complaint {n}")).done();
    assert!(page.contains("<td><bdi>leak.txt</bdi></td>"));
    office
        .run(&format!(
            "case erase {n} --rule 'request of the person' --by zeynep"
        ))
        .done();
    for (form, erased) in [("complaint", 6), ("follow-up", 5)] {
        let page = office.run(&format!("case form {form} {n}")).done();
        is_sound(&page, Language::En);
        for gone in ["Ali Veli", "5551112233", "The tap leaks.", "leak.txt"] {
            assert!(!page.contains(gone), "{form}: {gone}");
        }
        // Name, address, phone, e-mail and text; the complaint form lists the file too.
        assert_eq!(page.matches("class=\"erased\"").count(), erased, "{form}");
        assert!(page.contains("L-77"), "{form}");
    }
}

#[test]
fn a_file_is_replaced_only_when_told_so() {
    let office = Office::open();
    let n = office.register("The tap leaks.");
    let said = office.run("case form complaint --out form.html").done();
    assert_eq!(said, "form.html\n");
    let blank = std::fs::read_to_string(office.path("form.html")).expect("the form");
    is_sound(&blank, Language::En);
    let again = format!("case form complaint {n} --out form.html");
    office
        .run(&again)
        .refused(FAILED, "form.html: exists already");
    let kept = std::fs::read_to_string(office.path("form.html")).expect("the form");
    assert_eq!(kept, blank);
    office.run(&format!("{again} --force")).done();
    let filled = std::fs::read_to_string(office.path("form.html")).expect("the form");
    assert!(filled.contains("The tap leaks."));
    office
        .run("case form complaint --out nowhere/form.html")
        .refused(FAILED, "nowhere/form.html: cannot be written");
    let left: Vec<String> = std::fs::read_dir(office.folder.path())
        .expect("the folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into()
        })
        .filter(|name: &String| !name.starts_with("redress.sqlite"))
        .collect();
    assert_eq!(left, ["form.html"], "something was left aside");
}

#[test]
fn the_register_is_only_read() {
    let office = Office::open();
    let n = office.register("The tap leaks.");
    office.run("backup copy.sqlite").done();
    let before = std::fs::read(office.path("copy.sqlite")).expect("the copy");
    for form in FORMS {
        office
            .run(&format!("case form {form} {n} --register copy.sqlite"))
            .done();
    }
    let after = std::fs::read(office.path("copy.sqlite")).expect("the copy");
    assert!(before == after, "reading changed the register");
}

#[test]
fn what_cannot_be_filled_is_refused_as_elsewhere() {
    let office = Office::bare();
    office
        .run("case form complaint 2024-000001")
        .refused(FAILED, "there is no register at");
    let office = Office::open();
    for form in FORMS {
        let unknown = office.run(&format!("case form {form} 2024-000099"));
        let shown = office.run("case show 2024-000099");
        assert_eq!((unknown.code, &unknown.err), (shown.code, &shown.err));
        unknown.refused(FAILED, "there is no case `2024-000099`");
    }
    office
        .run("case form letter")
        .refused(USAGE, "possible values: complaint, follow-up");
    office
        .run("case form complaint --force")
        .refused(USAGE, "--out");
    office
        .run("case form complaint --lang xx")
        .refused(USAGE, "language");
    office
        .run("case form complaint --format json")
        .refused(USAGE, "leave --format out");
}
