//! Phone numbers as people write them, as a gateway wants them.

/// How numbers without a country code are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbering {
    /// Digits of the country code; `None`: numbers are handed on as they were registered.
    pub country: Option<String>,
    /// What stands before a number within the country and is left out abroad: 0 in Turkey, 8 in Russia.
    pub trunk: String,
}

/// A number in the three forms that gateways ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    /// With `+` and country code (E.164), where the country is known.
    pub international: String,
    /// The same without the `+`.
    pub digits: String,
    /// Without country code and trunk prefix; that of another country as `digits`.
    pub national: String,
}

/// Digits that a number has at least; a short code is no customer's number.
const SHORTEST: usize = 6;

/// Digits that a number has at most (E.164).
const LONGEST: usize = 15;

/// Digits of a national number at most in the countries where a number may begin with its country's code.
const NATIONAL: usize = 10;

impl Numbering {
    /// Reads a number; `None` where it is none.
    pub fn read(&self, written: &str) -> Option<Number> {
        let kept: String = written
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '-' | '.' | '/'))
            .collect();
        let (is_international, digits) = match kept.strip_prefix('+') {
            Some(rest) => (true, rest.to_owned()),
            None => match kept.strip_prefix("00") {
                Some(rest) => (true, rest.to_owned()),
                None => (false, kept),
            },
        };
        let fits = (SHORTEST..=LONGEST).contains(&digits.len());
        if !fits || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let Some(country) = &self.country else {
            let international = if is_international {
                format!("+{digits}")
            } else {
                digits.clone()
            };
            return Some(Number {
                international,
                national: digits.clone(),
                digits,
            });
        };
        let digits = if is_international {
            digits
        } else if let Some(national) = self.without_trunk(&digits) {
            format!("{country}{national}")
        } else if digits.len() > NATIONAL && digits.starts_with(country.as_str()) {
            digits
        } else {
            format!("{country}{digits}")
        };
        let national = digits.strip_prefix(country.as_str()).unwrap_or(&digits);
        Some(Number {
            international: format!("+{digits}"),
            national: national.to_owned(),
            digits,
        })
    }

    fn without_trunk<'a>(&self, digits: &'a str) -> Option<&'a str> {
        // No national number begins with 0; one that begins with 8 may be complete as it is.
        let is_certain = self.trunk.starts_with('0') || digits.len() > NATIONAL;
        if self.trunk.is_empty() || !is_certain {
            return None;
        }
        digits.strip_prefix(self.trunk.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(country: Option<&str>, trunk: &str, written: &str) -> Option<Number> {
        let numbering = Numbering {
            country: country.map(str::to_owned),
            trunk: trunk.to_owned(),
        };
        numbering.read(written)
    }

    #[test]
    fn every_way_to_write_a_turkish_number_is_the_same_number() {
        for written in [
            "+90 555 111 22 33",
            "0090 555 111 22 33",
            "0555 111 22 33",
            "(0555) 111-22-33",
            "5551112233",
            "905551112233",
        ] {
            let number = read(Some("90"), "0", written).unwrap();
            assert_eq!(number.international, "+905551112233", "{written}");
            assert_eq!(number.digits, "905551112233", "{written}");
            assert_eq!(number.national, "5551112233", "{written}");
        }
    }

    #[test]
    fn a_russian_number_loses_its_eight() {
        let number = read(Some("7"), "8", "8 (912) 345-67-89").unwrap();
        assert_eq!(number.international, "+79123456789");
        let number = read(Some("7"), "8", "+7 912 345-67-89").unwrap();
        assert_eq!(number.national, "9123456789");
    }

    #[test]
    fn a_short_number_loses_its_zero_too() {
        let number = read(Some("49"), "0", "030 901820").unwrap();
        assert_eq!(number.international, "+4930901820");
    }

    #[test]
    fn a_number_of_another_country_keeps_its_code() {
        let number = read(Some("90"), "0", "+49 30 901820").unwrap();
        assert_eq!(number.international, "+4930901820");
        assert_eq!(number.national, "4930901820");
    }

    #[test]
    fn without_a_country_numbers_go_as_they_were_registered() {
        let number = read(None, "0", "0555 111 22 33").unwrap();
        assert_eq!(number.international, "05551112233");
        let number = read(None, "0", "+90 555 111 22 33").unwrap();
        assert_eq!(number.international, "+905551112233");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for written in ["", "ask Elif", "12345", "1234567890123456", "+90555x112233"] {
            assert_eq!(read(Some("90"), "0", written), None, "{written}");
        }
    }
}
