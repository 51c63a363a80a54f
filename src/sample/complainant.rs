//! Invented complainants, each derived from its number alone, so that none has to be remembered.

use redress_domain::vocabulary::Language;
use redress_plain::rng::Rng;

/// A person who complains. Phones begin with an area code that does not exist, and mail addresses end
/// in the reserved `.invalid` (RFC 2606), so that nothing can ever be sent to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complainant {
    /// From 1.
    pub no: u64,
    pub name: String,
    pub phone: String,
    pub email: String,
    pub language: Language,
}

/// Number of the stream of complainants under the seed.
const STREAM: u64 = 0x636f_6d70_0000_0000;

type Names = (&'static [&'static str], &'static [&'static str]);

const TR: Names = (
    &[
        "Abidin",
        "Asuman",
        "Behiç",
        "Bedia",
        "Cavit",
        "Dilruba",
        "Erdinç",
        "Fatoş",
        "Gülizar",
        "Hikmet",
        "İclal",
        "Kemalettin",
        "Leman",
        "Mazhar",
        "Nezihe",
        "Orçun",
        "Perran",
        "Ragıp",
        "Sevda",
        "Tacettin",
        "Ulviye",
        "Vedia",
        "Yekta",
        "Zühtü",
    ],
    &[
        "Ağaçdelen",
        "Bulutgeçer",
        "Çayırbaşı",
        "Derinırmak",
        "Elmacıkgil",
        "Fenerönü",
        "Gökkuşağı",
        "Hisarüstü",
        "İncirlibağ",
        "Kumyolu",
        "Lalezargil",
        "Mavitaş",
        "Narbahçe",
        "Ormanaltı",
        "Pınarsuyu",
        "Rüzgaraltı",
        "Söğütdalı",
        "Tuzlugöl",
        "Uzunköprülü",
        "Yedidere",
    ],
);
const RU: Names = (
    &[
        "Агния",
        "Борислав",
        "Варвара",
        "Глеб",
        "Демьян",
        "Евлампия",
        "Захар",
        "Инесса",
        "Клим",
        "Лукерья",
        "Милена",
        "Нестор",
        "Прасковья",
        "Родион",
        "Савелий",
        "Таисия",
        "Ульяна",
        "Фёкла",
        "Эльвира",
        "Ярослав",
    ],
    &[
        "Берёзкино",
        "Водопадько",
        "Горностаенко",
        "Дубравенко",
        "Журавленко",
        "Заречненко",
        "Калинкович",
        "Лугович",
        "Медовенко",
        "Облачко",
        "Перелеско",
        "Родниченко",
        "Снегиренко",
        "Туманович",
        "Холмович",
        "Черешненко",
    ],
);
const EN: Names = (
    &[
        "Alder", "Bettina", "Corwin", "Delphine", "Edmund", "Fenella", "Gideon", "Hattie", "Ivor",
        "Jocasta", "Kester", "Lavinia", "Mungo", "Nerys", "Osbert", "Primrose", "Quentin",
        "Rosalba", "Silas", "Tamsin",
    ],
    &[
        "Applewick",
        "Brackenfold",
        "Copperdale",
        "Dunmarsh",
        "Elderstone",
        "Fernhollow",
        "Gorsebank",
        "Hazelmoor",
        "Ivybridge-Low",
        "Juniperhill",
        "Larkmead",
        "Mossgrove",
        "Nettlebed-Ross",
        "Oatfield",
        "Pebblecroft",
        "Quillbrook",
    ],
);

impl Complainant {
    /// The complainant of that number under that seed: seven of ten write Turkish, the others in equal
    /// parts Russian and English.
    pub fn derive(seed: u64, no: u64) -> Self {
        let mut rng = Rng::new(seed, STREAM ^ no);
        let language = language_of(&mut rng);
        let (first, last) = match language {
            Language::Tr => TR,
            Language::Ru => RU,
            Language::En => EN,
        };
        let name = format!("{} {}", rng.pick(first), rng.pick(last));
        Complainant {
            no,
            name,
            phone: format!("0090 000 {:03} {:04}", no / 10_000 % 1000, no % 10_000),
            email: format!("complainant{no}@sample.invalid"),
            language,
        }
    }

    /// The language of that complainant, without the rest.
    pub fn language(seed: u64, no: u64) -> Language {
        language_of(&mut Rng::new(seed, STREAM ^ no))
    }
}

fn language_of(rng: &mut Rng) -> Language {
    match rng.below(100) {
        0..70 => Language::Tr,
        70..85 => Language::Ru,
        _ => Language::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_alone_agrees_with_the_whole() {
        for no in 1..200 {
            assert_eq!(
                Complainant::derive(3, no).language,
                Complainant::language(3, no)
            );
        }
    }
}
