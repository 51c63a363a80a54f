//! What a column may be, by its name in English, Turkish or Russian.

/// What a column is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Case,
    State,
    /// When a row of a log happened.
    Time,
    Received,
    Acknowledged,
    Routed,
    Decided,
    Closed,
    Complainant,
    Category,
    Department,
    Product,
    Channel,
    Actor,
    Text,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Role::Case => "number of the case",
            Role::State => "state",
            Role::Time => "when it happened",
            Role::Received => "receipt",
            Role::Acknowledged => "acknowledgement",
            Role::Routed => "routing",
            Role::Decided => "answer",
            Role::Closed => "closing",
            Role::Complainant => "complainant",
            Role::Category => "category",
            Role::Department => "department",
            Role::Product => "product",
            Role::Channel => "channel",
            Role::Actor => "who did it",
            Role::Text => "the complaint's words",
        }
    }

    /// Names that such a column has, the plainest first.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Role::Case => &[
                "case id",
                "case concept name",
                "case number",
                "case no",
                "case",
                "ticket id",
                "ticket number",
                "ticket no",
                "ticket",
                "number",
                "no",
                "nr",
                "numara",
                "kayıt no",
                "kayıt numarası",
                "talep no",
                "başvuru no",
                "şikayet no",
                "şikâyet no",
                "номер",
                "номер обращения",
                "номер жалобы",
                "номер заявки",
                "заявка",
                "обращение",
                "id",
                "reference",
            ],
            Role::State => &[
                "concept name",
                "activity",
                "state",
                "status",
                "durum",
                "aşama",
                "aktivite",
                "статус",
                "состояние",
                "этап",
                "стадия",
                "действие",
                "event",
                "stage",
            ],
            Role::Time => &[
                "time timestamp",
                "timestamp",
                "time",
                "updated at",
                "updated",
                "event time",
                "zaman",
                "tarih saat",
                "işlem tarihi",
                "время",
                "дата изменения",
                "дата и время",
            ],
            Role::Received => &[
                "received",
                "received at",
                "date received",
                "received on",
                "opened at",
                "opened",
                "created at",
                "created",
                "start date",
                "startdate",
                "start",
                "submitted",
                "geliş",
                "geliş tarihi",
                "kayıt tarihi",
                "başvuru tarihi",
                "açılış tarihi",
                "alınma tarihi",
                "дата поступления",
                "дата регистрации",
                "дата создания",
                "поступила",
                "создана",
                "date",
                "tarih",
                "дата",
            ],
            Role::Acknowledged => &[
                "acknowledged",
                "acknowledged at",
                "confirmation",
                "alındı bildirimi",
                "подтверждение",
                "дата подтверждения",
            ],
            Role::Routed => &[
                "routed",
                "routed at",
                "assigned at",
                "forwarded",
                "date sent to company",
                "havale",
                "havale tarihi",
                "atama tarihi",
                "yönlendirme tarihi",
                "дата передачи",
                "передано",
                "дата назначения",
            ],
            Role::Decided => &[
                "resolved at",
                "resolved",
                "answered",
                "answered at",
                "answer",
                "decided",
                "decision",
                "solved",
                "solved at",
                "response",
                "cevap",
                "cevap tarihi",
                "yanıt",
                "yanıt tarihi",
                "karar tarihi",
                "çözüm tarihi",
                "дата ответа",
                "ответ",
                "дата решения",
                "решение",
                "решена",
            ],
            Role::Closed => &[
                "closed at",
                "closed",
                "end date",
                "enddate",
                "ended",
                "completed",
                "kapanış",
                "kapanış tarihi",
                "bitiş tarihi",
                "дата закрытия",
                "закрыта",
                "дата завершения",
            ],
            Role::Complainant => &[
                "complainant",
                "customer id",
                "customer",
                "caller id",
                "caller",
                "requester",
                "client",
                "müşteri no",
                "müşteri",
                "şikayetçi",
                "şikâyetçi",
                "başvuran",
                "клиент",
                "заявитель",
                "заказчик",
            ],
            Role::Category => &[
                "category",
                "kategori",
                "konu",
                "категория",
                "тема",
                "issue",
                "topic",
                "subject",
                "type",
                "tür",
                "тип",
                "service type",
            ],
            Role::Department => &[
                "department",
                "assignment group",
                "org group",
                "team",
                "queue",
                "group",
                "workgroup",
                "birim",
                "departman",
                "bölüm",
                "отдел",
                "подразделение",
                "группа",
            ],
            Role::Product => &["product", "ürün", "товар", "продукт", "изделие", "item"],
            Role::Channel => &[
                "channel",
                "contact type",
                "submitted via",
                "source",
                "kanal",
                "канал",
                "источник",
            ],
            Role::Actor => &[
                "org resource",
                "resource",
                "updated by",
                "assigned to",
                "agent",
                "user",
                "görevli",
                "atanan",
                "sorumlu",
                "исполнитель",
                "ответственный",
            ],
            Role::Text => &[
                "description",
                "narrative",
                "text",
                "complaint",
                "message",
                "body",
                "comment",
                "açıklama",
                "metin",
                "şikayet",
                "şikâyet",
                "описание",
                "текст",
                "жалоба",
                "сообщение",
                "комментарий",
            ],
        }
    }

    /// How well a column's name fits: 0 not at all; more for a name that is one of those, less for one that has one
    /// among its words; of equals the plainer name is more.
    pub(super) fn fits(self, name: &str) -> u32 {
        let name = plain(name);
        let names = self.names();
        let score = |place: usize, base: u32| base + (names.len() - place) as u32;
        names
            .iter()
            .enumerate()
            .filter_map(|(place, known)| {
                if name == *known {
                    Some(score(place, 200))
                } else if has_words(&name, known) {
                    Some(score(place, 100))
                } else {
                    None
                }
            })
            .max()
            .unwrap_or(0)
    }
}

/// Whether a name has the words of another in a row.
fn has_words(name: &str, words: &str) -> bool {
    format!(" {name} ").contains(&format!(" {words} "))
}

/// A name in small letters, its words apart by spaces: `case:concept:name`, `caseId` and `Case_ID` alike.
pub(super) fn plain(name: &str) -> String {
    let mut said = String::with_capacity(name.len() + 4);
    let mut before_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            said.push(' ');
            before_small = false;
            continue;
        }
        if c.is_uppercase() && before_small {
            said.push(' ');
        }
        before_small = c.is_lowercase();
        match c {
            // Both Turkish capitals, whose small letters are their own.
            'İ' => said.push('i'),
            _ => said.extend(c.to_lowercase()),
        }
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_every_usual_writing() {
        assert_eq!(plain("case:concept:name"), "case concept name");
        assert_eq!(plain("caseId"), "case id");
        assert_eq!(plain("Kayıt_No"), "kayıt no");
        assert_eq!(plain("İşlem Tarihi"), "işlem tarihi");
        assert_eq!(plain("Дата поступления"), "дата поступления");
    }

    #[test]
    fn the_name_itself_fits_better_than_one_among_its_words() {
        assert!(Role::Case.fits("number") > Role::Case.fits("incident_number"));
        assert!(Role::Case.fits("incident_number") > 0);
        assert_eq!(Role::Case.fits("notify"), 0, "`no` is not a word of it");
        assert!(Role::State.fits("Durum") > 0 && Role::State.fits("incident_state") > 0);
        assert!(Role::Category.fits("category") > Role::Category.fits("contact_type"));
    }
}
