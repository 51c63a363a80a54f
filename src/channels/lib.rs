//! Ways in and out of the register other than its own pages: SMS and e-mail from the outbox.
//!
//! What goes out is queued by the register in the transaction that causes it; here it is only sent, and what
//! became of it recorded. `docs/messages.md` says how gateways are set up.

mod e_mail;
mod escape;
mod file_outbox;
mod letter;
pub mod mail_in;
pub mod notify;
mod phone;
mod refusal;
mod rule;
mod secret;
pub mod settings;
mod sms_gateway;
mod smtp;
mod template;
pub mod webhook;

pub use file_outbox::forget as forget_files;
pub use letter::delivery_key;
pub use refusal::Refusal;
pub use secret::Secret;
