//! A form that was sent when the session had ended: its entries are shown again after signing in, so that
//! nothing typed is lost. They travel in the page itself; the server keeps nothing of them.

use super::visit::Fields;

/// Marks the fields of the form that waits.
const MARK: &str = "kept.";
/// The field of the key under which files of a form of the desk are held.
pub const HELD: &str = "held_files";
/// The box that lets them go.
pub const WITHOUT_HELD: &str = "without_held_files";
/// The button of a form that chooses another language for its page.
pub const LANGUAGE: &str = "lang";
/// The address that it was sent to.
const TO: &str = "kept_to";

/// A form that waits until its sender has signed in again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// A path of ours.
    pub to: String,
    pub fields: Vec<(String, String)>,
}

impl Kept {
    /// The form as it was sent.
    pub fn of(address: &str, form: &Fields) -> Kept {
        // The choice of a language was for the page that is shown now.
        let fields = form.0.iter().filter(|(name, _)| name != LANGUAGE);
        Kept {
            to: address.to_owned(),
            fields: fields.cloned().collect(),
        }
    }

    /// Whether files are held for it.
    pub fn has_files(&self) -> bool {
        self.fields.iter().any(|(name, _)| name == HELD)
    }

    /// The form that a sign-in page carried along.
    pub fn carried(form: &Fields) -> Option<Kept> {
        let to = form.given(TO).filter(|to| is_ours(to))?;
        let fields = form
            .0
            .iter()
            .filter_map(|(name, value)| {
                let name = name.strip_prefix(MARK)?;
                Some((name.to_owned(), value.clone()))
            })
            .collect();
        Some(Kept {
            to: to.to_owned(),
            fields,
        })
    }

    /// The hidden fields of a sign-in page.
    pub fn hidden(&self) -> Vec<(String, &str)> {
        let mut hidden = vec![(TO.to_owned(), self.to.as_str())];
        hidden.extend(
            self.fields
                .iter()
                .map(|(name, value)| (format!("{MARK}{name}"), value.as_str())),
        );
        hidden
    }
}

/// Whether an address is a path of this site: never another host (`//host`, `/\host`).
pub fn is_ours(address: &str) -> bool {
    address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains(['\\', '\r', '\n', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_back_as_it_was_sent() {
        let form = Fields(vec![
            ("text".into(), "çok\n\"uzun\"".into()),
            ("a".into(), "".into()),
        ]);
        let kept = Kept::of("/desk/case/2026-000001/note", &form);
        let carried = Fields(
            kept.hidden()
                .into_iter()
                .map(|(name, value)| (name, value.to_owned()))
                .collect(),
        );
        assert_eq!(Kept::carried(&carried), Some(kept));
    }

    #[test]
    fn a_choice_of_language_does_not_wait() {
        let form = Fields(vec![
            ("lang".into(), "ru".into()),
            ("held_files".into(), "k".into()),
        ]);
        let kept = Kept::of("/case/add", &form);
        assert!(kept.has_files());
        assert_eq!(kept.fields.len(), 1);
    }

    #[test]
    fn no_address_leads_away() {
        for away in ["https://x.org/", "//x.org", "/\\x.org", "x", "", "/a\r\nb"] {
            assert!(!is_ours(away), "{away}");
        }
        assert!(is_ours("/desk/case/2026-000001?x=1"));
    }
}
