//! `redress case register`: a complaint into the register, with number and tracking password.

use anyhow::Context as _;
use chrono::NaiveDate;
use redress_domain::event::Registered;
use redress_domain::vocabulary::{Channel, Language, Response};
use redress_register::{
    Complaining, MessageFilter, NewCase, Person, Register, Registration, is_email, is_phone,
};
use serde::Serialize;

use super::common::{By, SCHEMA_VERSION, When, instant, text, word};
use crate::Context;
use crate::failure::{Failure, of_register};
use crate::output;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    when: When,
    /// How the complaint came
    #[arg(long, value_parser = word!(Channel))]
    channel: Channel,
    /// When it was received: call, mail, form [default: when it is registered]
    #[arg(long, value_name = "INSTANT")]
    received: Option<String>,
    /// The complaint in the complainant's words; `-` reads it from stdin
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    text: String,
    /// The complainant's name
    #[arg(long)]
    name: Option<String>,
    /// The complainant's phone number
    #[arg(long)]
    phone: Option<String>,
    /// The complainant's e-mail address
    #[arg(long)]
    email: Option<String>,
    /// The complainant's postal address
    #[arg(long)]
    address: Option<String>,
    /// Language of messages to the complainant [default: as known, else that of the settings]
    #[arg(long, value_parser = word!(Language))]
    language: Option<Language>,
    /// A complainant of the register, by number, instead of name and addresses
    #[arg(long, value_name = "ID", conflicts_with_all = ["name", "phone", "email", "address"])]
    known: Option<i64>,
    /// Product or service
    #[arg(long)]
    product: Option<String>,
    /// Lot or serial number
    #[arg(long)]
    lot: Option<String>,
    /// Plant or place it is about
    #[arg(long)]
    site: Option<String>,
    /// Unit that the complaint names
    #[arg(long)]
    unit: Option<String>,
    /// Remedy sought
    #[arg(long, value_parser = word!(Response))]
    remedy: Option<Response>,
    /// Day of sale
    #[arg(long, value_name = "DATE")]
    sold_on: Option<NaiveDate>,
    /// Day of production
    #[arg(long, value_name = "DATE")]
    produced_on: Option<NaiveDate>,
    /// Action taken at once, in a few words without personal data
    #[arg(long, value_name = "WORDS")]
    immediate_action: Option<String>,
    /// Print the tracking password, to hand it over; otherwise only the message to the customer has it
    #[arg(long)]
    print_password: bool,
}

#[derive(Debug, clap::Args)]
pub struct PasswordArgs {
    /// Number of the case
    #[arg(value_name = "CASE")]
    number: String,
    /// Print the password, to hand it over; otherwise only the message to the customer has it
    #[arg(long)]
    print_password: bool,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    schema_version: u32,
    number: &'a str,
    seq: i64,
    /// The message that takes number and password to the customer.
    message: Option<Going>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Going {
    id: i64,
    means: &'static str,
}

impl Args {
    /// Refuses what cannot be true, as the form for customers does: no message reaches such an address.
    fn check(&self) -> Result<(), Failure> {
        let unfit = |entry: Option<&str>, fits: fn(&str) -> bool| {
            let text = entry.map(str::trim).filter(|text| !text.is_empty());
            text.filter(|text| !fits(text)).map(str::to_owned)
        };
        if let Some(phone) = unfit(self.phone.as_deref(), is_phone) {
            return Err(Failure::Usage(format!(
                "--phone: `{phone}` is no telephone number; it has 7 to 15 figures, such as '+90 532 000 00 00'"
            )));
        }
        if let Some(email) = unfit(self.email.as_deref(), is_email) {
            return Err(Failure::Usage(format!(
                "--email: `{email}` is no mail address; write it as name@example.org"
            )));
        }
        Ok(())
    }
}

/// `redress case register`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let zone = register.zone();
    let actor = args.by.actor(&register)?;
    let received = args
        .received
        .as_deref()
        .map(|text| instant(text, zone))
        .transpose()?;
    let occurred_at = args.when.instant(zone, context.now)?;
    args.check()?;
    let language = match (args.language, args.known) {
        (Some(language), _) => language,
        (None, Some(id)) => register.complainant(id)?.person.language,
        (None, None) => context.config.language,
    };
    let complainant = match args.known {
        Some(id) => Complaining::Known(id),
        None => Complaining::Person(Person {
            name: args.name.clone(),
            phone: args.phone.clone(),
            email: args.email.clone(),
            address: args.address.clone(),
            language,
        }),
    };
    if !args.print_password && !reachable(&register, &complainant)? {
        return Err(unheard());
    }
    let new = NewCase {
        registered: Registered {
            received_at: received.unwrap_or(occurred_at),
            channel: args.channel,
            language,
            product: args.product.clone(),
            lot: args.lot.clone(),
            site: args.site.clone(),
            unit: args.unit.clone(),
            remedy_sought: args.remedy,
            sold_on: args.sold_on,
            produced_on: args.produced_on,
            immediate_action: args.immediate_action.clone(),
        },
        complainant,
        narrative: text(Some(&args.text))?.unwrap_or_default(),
        occurred_at,
        late_reason: args.when.late_reason.clone(),
    };
    let registration = register
        .register_case(&new, &actor, context.now)
        .map_err(of_register)?;
    print(context, &register, &registration, args.print_password)
}

/// `redress case password`.
pub fn password(context: &Context, args: &PasswordArgs) -> anyhow::Result<()> {
    let mut register = Register::open(&context.config.register)?;
    let case = register.case_by_number(&args.number)?;
    if !args.print_password && !reachable(&register, &Complaining::Known(case.complainant_id))? {
        return Err(unheard());
    }
    let registration = register.reset_tracking_password(case.case_key, context.now)?;
    print(context, &register, &registration, args.print_password)
}

fn reachable(register: &Register, who: &Complaining) -> anyhow::Result<bool> {
    let person = match who {
        Complaining::Person(person) => person.clone(),
        Complaining::Known(id) => register.complainant(*id)?.person,
    };
    let given = |value: Option<String>| value.is_some_and(|text| !text.trim().is_empty());
    Ok(given(person.phone) || given(person.email))
}

fn unheard() -> anyhow::Error {
    Failure::Usage(
        "the complainant has neither phone nor e-mail, so no message takes the tracking password to them; \
         add --print-password and hand it over"
            .into(),
    )
    .into()
}

fn print(
    context: &Context,
    register: &Register,
    registration: &Registration,
    with_password: bool,
) -> anyhow::Result<()> {
    let filter = MessageFilter {
        case_key: Some(registration.case_key),
        ..MessageFilter::default()
    };
    let message = match registration.message_id {
        None => None,
        Some(id) => {
            let found = register
                .messages(&filter)?
                .into_iter()
                .find(|m| m.message_id == id);
            let means = found
                .context("the message with the password is missing; run `redress audit verify`")?;
            Some(Going {
                id,
                means: means.means.as_str(),
            })
        }
    };
    let answer = Answer {
        schema_version: SCHEMA_VERSION,
        number: &registration.number,
        seq: registration.seq,
        message,
        password: with_password.then_some(registration.password.as_str()),
    };
    let human = || {
        let mut lines = format!("{}\n", answer.number);
        if let Some(going) = &answer.message {
            lines.push_str(&format!(
                "number and password go to the customer by {}, message {}\n",
                going.means, going.id
            ));
        }
        if let Some(password) = answer.password {
            lines.push_str(&format!("password: {password}\n"));
        }
        lines
    };
    output::print_document(&answer, human, context.format)
}
