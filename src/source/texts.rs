//! A setting that is one text or a list of them.

use serde::Deserialize;

/// One text, or several in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub struct Texts(Vec<String>);

/// As the file has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    One(String),
    More(Vec<String>),
}

impl From<Written> for Texts {
    fn from(written: Written) -> Self {
        match written {
            Written::One(text) => Texts(vec![text]),
            Written::More(texts) => Texts(texts),
        }
    }
}

impl FromIterator<String> for Texts {
    fn from_iter<I: IntoIterator<Item = String>>(texts: I) -> Self {
        Texts(texts.into_iter().collect())
    }
}

impl Texts {
    /// The texts, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether one of them is this one.
    pub fn holds(&self, text: &str) -> bool {
        self.0.iter().any(|one| one == text)
    }
}

impl std::fmt::Display for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("` or `"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Setting {
        missing: Texts,
    }

    fn read(toml: &str) -> Texts {
        toml::from_str::<Setting>(toml).unwrap().missing
    }

    #[test]
    fn one_text_and_a_list_of_one_are_the_same() {
        assert_eq!(read("missing = \"?\""), read("missing = [\"?\"]"));
        assert!(read("missing = \"?\"").holds("?"));
        let several = read("missing = [\"NULL\", \"\\\\N\"]");
        assert_eq!(several.iter().collect::<Vec<_>>(), ["NULL", "\\N"]);
        assert!(!several.holds(""));
    }

    #[test]
    fn a_number_is_no_text() {
        assert!(toml::from_str::<Setting>("missing = 1").is_err());
    }
}
