//! Puts a complaint's words together: greeting, what happened, closing, quoted mail, and slips of the hand.

use super::catalogue::{CATEGORIES, Family};
use super::texts::{Texts, Wordings};
use redress_domain::vocabulary::{Channel, Language};
use redress_plain::rng::Rng;

/// What the words are about: which lines of the text file were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Core {
    /// Place of the cause, and of its line.
    Cause(usize, usize),
    /// Place of the category, and of its line.
    Background(usize, usize),
}

/// What fills the slots of a text.
#[derive(Debug, Clone, Copy)]
pub struct Slots<'a> {
    pub product: &'a str,
    pub lot: &'a str,
}

/// Takes background lines in turn, so that none comes again before all were used.
#[derive(Debug)]
pub struct Backgrounds {
    orders: [Vec<(usize, usize)>; 3],
    used: [usize; 3],
}

/// How often each category of background complaints comes once every line was used: by weight.
const CATEGORY_WEIGHTS: [u32; CATEGORIES.len()] = [
    60, 70, 45, 35, 25, 45, 40, 35, 15, 50, 45, 90, 75, 30, 45, 25, 35, 30, 40, 30, 25, 20, 40, 12,
    18,
];

impl Backgrounds {
    /// A random order of all lines for each language.
    pub fn new(texts: &Texts, rng: &mut Rng) -> Self {
        let order = |language| {
            let lists = &texts.of(language).backgrounds;
            let mut lines: Vec<(usize, usize)> = lists
                .iter()
                .enumerate()
                .flat_map(|(category, lines)| (0..lines.len()).map(move |line| (category, line)))
                .collect();
            rng.shuffle(&mut lines);
            lines
        };
        Backgrounds {
            orders: [Language::En, Language::Tr, Language::Ru].map(order),
            used: [0; 3],
        }
    }

    /// The next line, and whether it was used before (so that something has to be added to it).
    pub fn next(&mut self, texts: &Texts, language: Language, rng: &mut Rng) -> (Core, bool) {
        let which = match language {
            Language::En => 0,
            Language::Tr => 1,
            Language::Ru => 2,
        };
        let used = self.used[which];
        self.used[which] += 1;
        match self.orders[which].get(used) {
            Some((category, line)) => (Core::Background(*category, *line), false),
            None => {
                let category = rng.weighted(&CATEGORY_WEIGHTS);
                let line = rng.place(texts.of(language).backgrounds[category].len());
                (Core::Background(category, line), true)
            }
        }
    }
}

/// The words of a first complaint. `mixed` adds a sentence on another matter, `extra` a second line of
/// the same cause.
pub fn compose(
    texts: &Texts,
    language: Language,
    channel: Channel,
    core: Core,
    mixed: bool,
    slots: Slots<'_>,
    rng: &mut Rng,
) -> String {
    let wordings = texts.of(language);
    let mut body = body_of(wordings, core).to_owned();
    if mixed {
        add_aside(wordings, core, &mut body, rng);
    }
    let filled = fill(&body, language, slots, rng);
    let whole = frame(wordings, channel, &filled, rng);
    disturb(&whole, language, channel, rng)
}

/// The words of a repeat: the same matter again, said to be so.
pub fn compose_repeat(
    texts: &Texts,
    language: Language,
    channel: Channel,
    core: Core,
    slots: Slots<'_>,
    rng: &mut Rng,
) -> String {
    let wordings = texts.of(language);
    let opening = match language {
        Language::Tr => rng.pick(&[
            "Aynı sorun yine başıma geldi.",
            "Daha önce de yazmıştım, çözülmüş sayıldı ama çözülmedi.",
            "Geçen seferki başvurumun devamıdır:",
            "Verdiğiniz karar işe yaramadı, baştan anlatıyorum.",
            "İkinci kez aynı konudan yazıyorum.",
        ]),
        Language::Ru => rng.pick(&[
            "Опять то же самое.",
            "Пишу повторно: в прошлый раз вопрос закрыли, а он остался.",
            "Ваше решение не помогло, рассказываю заново.",
            "Всё повторилось, хотя мне обещали исправить.",
        ]),
        Language::En => rng.pick(&[
            "The same thing has happened again.",
            "I wrote about this before; it was called settled, and it is not.",
            "Your last decision did not cure it, so here it is once more.",
            "Second time round with the same trouble.",
        ]),
    };
    let body = format!("{opening} {}", body_of(wordings, core));
    let filled = fill(&body, language, slots, rng);
    let whole = frame(wordings, channel, &filled, rng);
    disturb(&whole, language, channel, rng)
}

/// The words of a duplicate: what was sent before, with new slips and at times a word in front.
pub fn compose_duplicate(original: &str, language: Language, rng: &mut Rng) -> String {
    let prefix = match (language, rng.below(4)) {
        (Language::Tr, 0) => "Tekrar gönderiyorum. ",
        (Language::Ru, 0) => "Отправляю ещё раз. ",
        (Language::En, 0) => "Sending this again. ",
        _ => "",
    };
    let slips = rng.below(3);
    let mut text = format!("{prefix}{original}");
    for _ in 0..slips {
        slip(&mut text, rng);
    }
    text
}

/// A line with its slots filled, for decisions, rejections and notes.
pub fn phrase(
    lines: &[&'static str],
    language: Language,
    slots: Slots<'_>,
    rng: &mut Rng,
) -> String {
    let line = rng.pick(lines);
    fill(line, language, slots, rng)
}

/// Which kind of product a line speaks of, by its words; `None` when it names none.
pub fn family_in(text: &str) -> Option<Family> {
    const WORDS: &[(&str, Family)] = &[
        ("derz", Family::Grout),
        ("затирк", Family::Grout),
        ("grout", Family::Grout),
        ("silikon", Family::Sealant),
        ("mastik", Family::Sealant),
        ("köpük", Family::Sealant),
        ("силикон", Family::Sealant),
        ("герметик", Family::Sealant),
        ("sealant", Family::Sealant),
        ("silicone", Family::Sealant),
        ("foam", Family::Sealant),
        ("пен", Family::Sealant),
        ("membran", Family::Membrane),
        ("мембран", Family::Membrane),
        ("membrane", Family::Membrane),
        ("levha", Family::Board),
        ("xps", Family::Board),
        ("плит", Family::Board),
        ("board", Family::Board),
        ("sürme yalıtım", Family::Mortar),
        ("şap", Family::Mortar),
        ("стяжк", Family::Mortar),
        ("screed", Family::Mortar),
        ("yapıştırıcı", Family::Adhesive),
        ("клей", Family::Adhesive),
        ("adhesive", Family::Adhesive),
        ("glue", Family::Adhesive),
        ("macun", Family::Putty),
        ("шпатл", Family::Putty),
        ("шпакл", Family::Putty),
        ("putty", Family::Putty),
        ("filler", Family::Putty),
        ("vernik", Family::Wood),
        ("ahşap", Family::Wood),
        ("лак", Family::Wood),
        ("varnish", Family::Wood),
        ("astar", Family::Primer),
        ("грунт", Family::Primer),
        ("primer", Family::Primer),
        ("boya", Family::Paint),
        ("краск", Family::Paint),
        ("эмал", Family::Paint),
        ("paint", Family::Paint),
    ];
    let lower = text.to_lowercase();
    WORDS
        .iter()
        .filter_map(|(word, family)| lower.find(word).map(|at| (at, *family)))
        .min_by_key(|(at, _)| *at)
        .map(|(_, family)| family)
}

/// The line of a core.
pub fn body_of(wordings: &Wordings, core: Core) -> &'static str {
    match core {
        Core::Cause(cause, line) => wordings.causes[cause][line],
        Core::Background(category, line) => wordings.backgrounds[category][line],
    }
}

/// A sentence or a whole line from another category, before or after.
fn add_aside(wordings: &Wordings, core: Core, body: &mut String, rng: &mut Rng) {
    let own = match core {
        Core::Background(category, _) => Some(category),
        Core::Cause(..) => None,
    };
    for _ in 0..rng.between(1, 2) {
        let other = rng.place(wordings.backgrounds.len());
        if Some(other) == own {
            continue;
        }
        let line = rng.pick(&wordings.backgrounds[other]);
        let sentences: Vec<&str> = line
            .split_inclusive(['.', '!', '?'])
            .map(str::trim)
            .filter(|s| s.len() > 3)
            .collect();
        let aside = if sentences.is_empty() {
            line
        } else {
            rng.pick(&sentences)
        };
        *body = if rng.chance(350) {
            format!("{aside} {body}")
        } else {
            format!("{body} {aside}")
        };
    }
}

const PLACES_TR: &[&str] = &[
    "Kadıköy",
    "Ümraniye",
    "Pendik",
    "Beylikdüzü",
    "Çankaya",
    "Keçiören",
    "Nilüfer",
    "İnegöl",
    "Karşıyaka",
    "Bornova",
    "Muratpaşa",
    "Seyhan",
    "İzmit",
    "Darıca",
    "Ortahisar",
    "Tepebaşı",
    "Selçuklu",
    "Şahinbey",
];
const PLACES_RU: &[&str] = &[
    "Анталья",
    "Аланья",
    "Мерсин",
    "Стамбул",
    "Бурса",
    "Измир",
    "Кемер",
    "Бодрум",
    "Трабзон",
    "Анкара",
];
const PLACES_EN: &[&str] = &[
    "Fethiye",
    "Kuşadası",
    "Didim",
    "Kalkan",
    "Bodrum",
    "Antalya",
    "Marmaris",
    "Beşiktaş",
    "Çeşme",
    "Dalyan",
];

fn fill(text: &str, language: Language, slots: Slots<'_>, rng: &mut Rng) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    let places = match language {
        Language::Tr => PLACES_TR,
        Language::Ru => PLACES_RU,
        Language::En => PLACES_EN,
    };
    let mut out = String::with_capacity(text.len() + 24);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (slot, tail) = after.split_once('}').unwrap_or((after, ""));
        match slot {
            "product" => out.push_str(slots.product),
            "lot" => out.push_str(slots.lot),
            "place" => out.push_str(rng.pick(places)),
            "days" => out.push_str(&rng.between(3, 24).to_string()),
            "amount" => out.push_str(&rng.between(2, 40).to_string()),
            _ => out.push_str(&format!("KY{}", rng.between(100_000, 999_999))),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Greeting, wish, closing and quoted mail around the matter, as the channel has it.
fn frame(wordings: &Wordings, channel: Channel, body: &str, rng: &mut Rng) -> String {
    let (greeting, closing, tail) = match channel {
        Channel::Email => (850, 850, 330),
        Channel::Form => (420, 380, 20),
        // A clerk writes the matter down, not the courtesies.
        Channel::Phone | Channel::InPerson | Channel::Other => (0, 0, 0),
    };
    let mut text = String::with_capacity(body.len() + 120);
    if rng.chance(greeting) {
        text.push_str(rng.pick(&wordings.greetings));
        text.push(' ');
    }
    text.push_str(body);
    if rng.chance(160) {
        text.push(' ');
        text.push_str(rng.pick(&wordings.remedy_notes));
    }
    if rng.chance(closing) {
        text.push(' ');
        text.push_str(rng.pick(&wordings.closings));
    }
    if rng.chance(tail) {
        text.push(' ');
        text.push_str(rng.pick(&wordings.quoted_tails));
    }
    // The slots of the frame are rare; what they would hold is in the matter already.
    text
}

/// Slips of the hand, Turkish typed without its letters, and writing without capitals.
fn disturb(text: &str, language: Language, channel: Channel, rng: &mut Rng) -> String {
    let mut text = text.to_owned();
    if channel == Channel::Phone || channel == Channel::InPerson {
        return text;
    }
    if language == Language::Tr && rng.chance(290) {
        text = ascii(&text);
    }
    if rng.chance(70) {
        text = text.to_lowercase().replace('\u{307}', "");
    }
    if rng.chance(180) {
        for _ in 0..rng.between(1, 3) {
            slip(&mut text, rng);
        }
    }
    text
}

/// Turkish as typed on a keyboard without Turkish letters.
fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'ı' => 'i',
            'İ' => 'I',
            'ş' => 's',
            'Ş' => 'S',
            'ğ' => 'g',
            'Ğ' => 'G',
            'ç' => 'c',
            'Ç' => 'C',
            'ö' => 'o',
            'Ö' => 'O',
            'ü' => 'u',
            'Ü' => 'U',
            other => other,
        })
        .collect()
}

/// One typing error within a word: two letters swapped, one left out, or one doubled.
fn slip(text: &mut String, rng: &mut Rng) {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 12 {
        return;
    }
    let at = 1 + rng.place(letters.len() - 3);
    let inside = letters[at - 1..=at + 1].iter().all(|c| c.is_alphabetic());
    if !inside {
        return;
    }
    match rng.below(3) {
        0 => letters.swap(at, at + 1),
        1 => {
            letters.remove(at);
        }
        _ => letters.insert(at, letters[at]),
    }
    *text = letters.into_iter().collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_filled_and_nothing_else_is_touched() {
        let slots = Slots {
            product: "P",
            lot: "L-1",
        };
        let text = fill(
            "a {product} b {lot} c",
            Language::En,
            slots,
            &mut Rng::new(1, 1),
        );
        assert_eq!(text, "a P b L-1 c");
    }

    #[test]
    fn words_tell_the_kind_of_product() {
        assert_eq!(
            family_in("Silikon kurumuyor, boya sorun değil"),
            Some(Family::Sealant)
        );
        assert_eq!(family_in("Краска пахнет"), Some(Family::Paint));
        assert_eq!(family_in("the driver shouted"), None);
    }
}
