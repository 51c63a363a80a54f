//! E-mail in: what a person writes to the organisation becomes a complaint, or an addition to the one it names.
//!
//! A mail goes from its mailbox (`mailbox`, `maildir`, `mbox`) to what it says (`message` and the files below it), is
//! sorted out when no person wrote it (`sorting`), finds its place (`standing`) and is taken in (`intake`). Nothing is
//! lost on the way: the mail as it came is kept with its case. `docs/adr/0015-mails-once-by-their-original.md` says how a
//! second run is harmless.

mod charset;
mod error;
mod files;
mod headers;
mod html;
mod intake;
mod language;
mod mailbox;
mod maildir;
mod mbox;
mod message;
mod number;
mod parts;
mod seen;
mod sorting;
mod standing;
mod text;
mod transfer;
mod when;
mod words;

pub use error::MailError;
pub use files::MailFile;
pub use headers::{Headers, Mailbox};
pub use intake::{Intake, Order, Outcome};
pub use mailbox::{Incoming, LARGEST_MAIL, Mails, put_away};
pub use message::Mail;
pub use sorting::Automatic;
