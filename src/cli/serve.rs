//! `redress serve`: the pages, with the messages and the nightly batch in the background.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{Local, NaiveTime, Utc};
use redress::domain::vocabulary::Language;
use redress::web::{self, App, Listen, Settings};

use super::Context;
use super::config::Config;
use super::failure::Failure;
use super::rules;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address and port, or `unix:` and the path of a socket [default: setting `listen`]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Send no messages; another process (`redress notify`) does
    #[arg(long)]
    no_notify: bool,
}

/// How often waiting messages are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// `redress serve`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let config = &context.config;
    let listen = listen(args.listen.as_deref().unwrap_or(&config.listen))?;
    let batch_at = config
        .batch_at
        .as_deref()
        .map(|text| {
            NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| {
                Failure::Usage(format!(
                    "batch_at: `{text}` is no time of day such as 02:30"
                ))
            })
        })
        .transpose()?;
    let app = Arc::new(App::open(settings(config, &listen))?);
    if !args.no_notify {
        messages(config)?;
    }
    if let Some(at) = batch_at {
        nightly(config.clone(), at);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the server's threads cannot be started")?;
    runtime.block_on(web::serve(
        app,
        &listen,
        Arc::new(Utc::now),
        |address| say!("listening on {address}; end with Ctrl-C\n"),
        ended(),
    ))?;
    // What still hashes or queries is not waited for: its visitor is gone.
    runtime.shutdown_timeout(Duration::from_secs(2));
    Ok(())
}

fn listen(text: &str) -> Result<Listen, Failure> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Ok(Listen::Unix(PathBuf::from(path)));
    }
    let address: SocketAddr = text.parse().map_err(|_| {
        Failure::Usage(format!(
            "listen: `{text}` is neither an address with a port such as 127.0.0.1:8080 nor unix:/path/of/a/socket"
        ))
    })?;
    Ok(Listen::Tcp(address))
}

fn settings(config: &Config, listen: &Listen) -> Settings {
    let here_alone = match listen {
        Listen::Tcp(address) => address.ip().is_loopback(),
        Listen::Unix(_) => false,
    };
    let for_rules = config.clone();
    let for_packs = config.clone();
    Settings {
        register: config.register.clone(),
        lake: config.lake.clone(),
        out: config.out.clone(),
        organisation: config.organisation.clone(),
        language: config.language,
        currency: config.currency.clone(),
        rules: Arc::new(move || {
            rules::of(&for_rules, None)
                .map(|rules| rules.rulebook)
                .map_err(|e| format!("{e:#}"))
        }),
        packs: Arc::new(move |period, language| build_pack(&for_packs, period, language)),
        secure_cookies: config
            .secure_cookies
            .unwrap_or(!here_alone || config.address_header.is_some()),
        address_header: config.address_header.clone(),
        trusted_origins: config.trusted_origins.clone(),
    }
}

/// This program with this configuration, as a process of its own: what the batch takes of memory goes with it.
fn program(config: &Config) -> Result<Command, String> {
    let program = std::env::current_exe()
        .map_err(|e| format!("this program's file is not to be found: {e}"))?;
    let mut command = Command::new(program);
    if let Some(file) = &config.file {
        command.arg("--config").arg(file);
    }
    command
        .arg("--register")
        .arg(&config.register)
        .arg("--lake")
        .arg(&config.lake)
        .stdin(Stdio::null());
    Ok(command)
}

fn build_pack(config: &Config, period: &str, language: Language) -> Result<PathBuf, String> {
    let folder = config.out.join(format!("{period}-{language}"));
    let done = program(config)?
        .args([
            "--lang",
            language.as_str(),
            "review",
            "build",
            "--force",
            "--out",
        ])
        .arg(&folder)
        .arg("--")
        .arg(period)
        .output()
        .map_err(|e| format!("the review could not be begun: {e}"))?;
    match done.status.success() {
        true => Ok(folder),
        false => Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()),
    }
}

/// The nightly batch at a local time of day, for as long as the server runs.
fn nightly(config: Config, at: NaiveTime) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(until(at));
            let outcome = program(&config).and_then(|mut command| {
                command
                    .arg("run")
                    .status()
                    .map_err(|e| format!("the batch could not be begun: {e}"))
            });
            match outcome {
                Ok(status) if status.success() => {}
                Ok(status) => tracing::warn!(%status, "the nightly batch"),
                Err(error) => tracing::error!(error, "the nightly batch"),
            }
        }
    });
}

/// The time until the next such moment of the day; at least a minute, so that no batch runs twice.
fn until(at: NaiveTime) -> Duration {
    let now = Local::now().time();
    let seconds = (at - now).num_seconds();
    let wait = if seconds < 60 {
        seconds + 86_400
    } else {
        seconds
    };
    Duration::from_secs(u64::try_from(wait).unwrap_or(86_400))
}

/// Sends what waits, again and again, in a thread of its own: a slow gateway holds up no page.
fn messages(config: &Config) -> anyhow::Result<()> {
    let settings = super::notify::settings(config)?;
    let register = config.register.clone();
    std::thread::spawn(move || {
        loop {
            if let Err(error) = super::notify::round(&register, &settings, Utc::now()) {
                tracing::warn!(%error, "messages");
            }
            std::thread::sleep(LOOK_EVERY);
        }
    });
    Ok(())
}

/// Ctrl-C, or the service manager's request to end.
async fn ended() {
    let interrupted = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        },
        Err(_) => {
            let _ = interrupted.await;
        }
    }
}
