//! Files of a form that is not taken yet: the session had ended, only the language was to change, or something else in
//! the form was wrong. No browser sends a file a second time by itself, so the server holds it for the form.

use super::answer::Answer;
use super::app::App;
use super::error::Result;
use super::once;
use super::public;
use super::resume::{HELD, Kept, WITHOUT_HELD};
use super::routes::Handler;
use super::visit::{Upload, Visit};
use super::visits::random_token;

/// The files that a form of the desk has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// For the form's hidden field.
    pub key: String,
    /// As their sender named them.
    pub names: Vec<String>,
}

impl Held {
    /// The files that came with a form of the desk, now or before; what is shown when it comes back.
    pub fn of(visit: &Visit) -> Option<Held> {
        visit.staff()?;
        let key = visit.form.text(HELD)?;
        let names: Vec<String> = visit.files.iter().map(|file| file.name.clone()).collect();
        (!names.is_empty()).then_some(Held { key, names })
    }
}

/// A form of a complainant whose session had ended, with its files, which wait under the form's own key.
///
/// # Errors
/// When the store of visits cannot be used.
pub fn of_complainant(app: &App, visit: &Visit) -> Result<Kept> {
    public::add::keep_files(app, visit)?;
    Ok(Kept::of(&visit.address, &visit.form))
}

/// A form of the desk whose sender has to sign in, with its files.
///
/// # Errors
/// When the store of visits cannot be used.
pub fn of_staff(app: &App, visit: &mut Visit) -> Result<Kept> {
    let key = gather(app, visit)?;
    if let Some(key) = key {
        hold(app, &key, &visit.files, visit)?;
    }
    Ok(Kept::of(&visit.address, &visit.form))
}

/// Lets a handler of the desk answer a form with all its files; they are held as long as it is not taken.
///
/// # Errors
/// Those of the handler; when the store of visits cannot be used.
pub fn handled(app: &App, visit: &mut Visit, handler: Handler) -> Result<Answer> {
    let Some(key) = gather(app, visit)? else {
        return handler(app, visit);
    };
    let answer = handler(app, visit)?;
    match answer.leads_on() {
        true => app.visits.let_go(&key)?,
        false => hold(app, &key, &visit.files, visit)?,
    }
    Ok(answer)
}

/// Puts the files that are held for a form to those that came with it now. Answers the form's key, `None` where it has
/// no files.
fn gather(app: &App, visit: &mut Visit) -> Result<Option<String>> {
    let given = visit.form.text(HELD).filter(|key| once::is_key(key));
    if given.is_none() && visit.files.is_empty() {
        return Ok(None);
    }
    let key = match given {
        Some(key) => key,
        None => random_token()?,
    };
    if visit.form.ticked(WITHOUT_HELD) {
        app.visits.let_go(&key)?;
    } else {
        for held in app.visits.held(&key)? {
            // One that was chosen again stands in place of the former one.
            let again = |file: &Upload| file.field == held.field && file.name == held.name;
            if !visit.files.iter().any(again) {
                visit.files.push(held);
            }
        }
    }
    let fields = &mut visit.form.0;
    fields.retain(|(name, _)| name != HELD && name != WITHOUT_HELD);
    if visit.files.is_empty() {
        return Ok(None);
    }
    fields.push((HELD.to_owned(), key.clone()));
    Ok(Some(key))
}

fn hold(app: &App, key: &str, files: &[Upload], visit: &Visit) -> Result<()> {
    if !app.visits.hold(key, files, visit.now)? {
        tracing::warn!("files of a form could not be held: there is no room");
    }
    Ok(())
}
