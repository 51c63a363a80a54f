//! What a state or an activity may do to a case, by its words in English, Turkish or Russian.

use super::names::plain;

/// What a state does, as the proposed SQL names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Acknowledged,
    Wait,
    WaitCustomer,
    Solved,
    Closed,
    Withdrawn,
    Work,
    Note,
}

impl Does {
    /// Whether an answer was given, or none is expected any more.
    pub(super) const fn ends(self) -> bool {
        match self {
            Does::Solved | Does::Closed => true,
            Does::Acknowledged
            | Does::Wait
            | Does::WaitCustomer
            | Does::Withdrawn
            | Does::Work
            | Does::Note => false,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Does::Acknowledged => "acknowledged",
            Does::Wait => "wait",
            Does::WaitCustomer => "wait_customer",
            Does::Solved => "solved",
            Does::Closed => "closed",
            Does::Withdrawn => "withdrawn",
            Does::Work => "work",
            Does::Note => "note",
        }
    }
}

/// Beginnings of words, in the order in which they are looked for: "waiting for customer" waits before it is of a customer,
/// and "reopened" is work before it is open.
const BEGINNINGS: [(Does, &[&str]); 6] = [
    (
        Does::Withdrawn,
        &["cancel", "withdr", "iptal", "geri çek", "отмен", "отозв"],
    ),
    (
        Does::Wait,
        &[
            "await",
            "wait",
            "pend",
            "hold",
            "on hold",
            "suspend",
            "bekle",
            "askıda",
            "ожид",
            "приостан",
        ],
    ),
    (
        Does::Work,
        &[
            "reopen",
            "reinit",
            "yeniden",
            "tekrar",
            "повтор",
            "возобнов",
            "assign",
            "work",
            "in progress",
            "progress",
            "process",
            "active",
            "investig",
            "examin",
            "analy",
            "check",
            "take in charge",
            "route",
            "transfer",
            "forward",
            "escalat",
            "işlem",
            "atan",
            "incele",
            "havale",
            "yönlendir",
            "назнач",
            "в работе",
            "обработ",
            "рассм",
            "проверк",
            "передан",
        ],
    ),
    (
        Does::Closed,
        &[
            "clos",
            "complet",
            "done",
            "finish",
            "ended",
            "archiv",
            "kapa",
            "tamam",
            "bitti",
            "закры",
            "заверш",
            "выполн",
            "архив",
        ],
    ),
    (
        Does::Solved,
        &[
            "resol",
            "solv",
            "answer",
            "decid",
            "decision",
            "respond",
            "çözü",
            "cevap",
            "yanıt",
            "karar",
            "решен",
            "отвеч",
            "ответ",
            "удовлет",
        ],
    ),
    (
        Does::Note,
        &[
            "new",
            "open",
            "creat",
            "regist",
            "receiv",
            "submit",
            "insert",
            "start",
            "yeni",
            "açık",
            "açıl",
            "kayıt",
            "alındı",
            "нов",
            "откр",
            "созда",
            "зарег",
            "регист",
            "поступ",
        ],
    ),
];

/// Words that say that it is the customer who is waited for.
const CUSTOMER: [&str; 8] = [
    "user",
    "customer",
    "client",
    "caller",
    "müşteri",
    "başvuran",
    "клиент",
    "заявител",
];

/// What a state does; `None` where its words say nothing.
pub(super) fn does(state: &str) -> Option<Does> {
    let words = plain(state);
    let begins =
        |beginning: &str| words.starts_with(beginning) || words.contains(&format!(" {beginning}"));
    // Confirming a receipt is told to the customer.
    let receipt = ["receipt", "alındı", "получен"]
        .iter()
        .any(|word| begins(word));
    if receipt
        && ["confirm", "acknowl", "bildir", "подтвер"]
            .iter()
            .any(|word| begins(word))
    {
        return Some(Does::Acknowledged);
    }
    let found = BEGINNINGS
        .iter()
        .find(|(_, beginnings)| beginnings.iter().any(|beginning| begins(beginning)))
        .map(|(does, _)| *does)?;
    Some(match found {
        Does::Wait if CUSTOMER.iter().any(|word| begins(word)) => Does::WaitCustomer,
        other => other,
    })
}

/// Which channel a word stands for, as the canonical form has it; `None` where it says nothing.
pub(super) fn channel(word: &str) -> Option<&'static str> {
    let words = plain(word);
    let has = |beginnings: &[&str]| {
        beginnings
            .iter()
            .any(|b| words.starts_with(b) || words.contains(&format!(" {b}")))
    };
    if has(&[
        "phone",
        "telef",
        "tel",
        "ivr",
        "call",
        "çağrı",
        "телеф",
        "звон",
    ]) {
        Some("phone")
    } else if has(&[
        "e mail",
        "email",
        "mail",
        "e posta",
        "eposta",
        "почта",
        "эл почта",
        "электрон",
    ]) {
        Some("email")
    } else if has(&[
        "web",
        "internet",
        "form",
        "site",
        "self service",
        "online",
        "portal",
        "сайт",
        "форма",
        "интернет",
    ]) {
        Some("form")
    } else if has(&[
        "desk",
        "in person",
        "person",
        "visit",
        "yüz yüze",
        "şube",
        "лично",
        "офис",
    ]) {
        Some("in_person")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_three_languages_are_known() {
        for (state, expected) in [
            ("Closed", Does::Closed),
            ("Resolved", Does::Solved),
            ("Awaiting User Info", Does::WaitCustomer),
            ("Awaiting Vendor", Does::Wait),
            ("Active", Does::Work),
            ("New", Does::Note),
            ("reinitiate request", Does::Work),
            ("Confirmation of receipt", Does::Acknowledged),
            ("Müşteri Bekleniyor", Does::WaitCustomer),
            ("Kapalı", Does::Closed),
            ("İptal edildi", Does::Withdrawn),
            ("Закрыта", Does::Closed),
            ("Ожидание клиента", Does::WaitCustomer),
            ("В работе", Does::Work),
        ] {
            assert_eq!(does(state), Some(expected), "{state}");
        }
        assert_eq!(does("-100"), None);
        assert_eq!(does("T06 Determine necessity of stop advice"), None);
    }

    #[test]
    fn channels_are_known_by_their_usual_names() {
        assert_eq!(channel("Phone"), Some("phone"));
        assert_eq!(channel("e-mail"), Some("email"));
        assert_eq!(channel("Self service"), Some("form"));
        assert_eq!(channel("Desk"), Some("in_person"));
        assert_eq!(channel("Post"), None);
    }
}
