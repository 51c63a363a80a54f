//! `redress serve`: the pages, with the messages and the nightly batch in the background.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use chrono::Utc;
use redress_domain::vocabulary::Language;
use redress_register::RegisterError;
use redress_web::{self, App, Ended, Listen, Serving, Settings, Trusted};

mod jobs;
mod notified;
mod probe;
mod signals;

use self::jobs::Jobs;
use self::signals::Signals;
use super::child::program;
use super::config::Config;
use super::config::judged::{place, socket_mode, time_of_day};
use super::failure::Failure;
use super::logging::{LogArgs, LogFormat};
use super::{Context, logging, rules};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address and port, or `unix:` and the path of a socket [default: setting `listen`]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Where figures and health are given apart from the site [default: setting `metrics_listen`]
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<String>,
    /// Send no messages; another process (`redress notify`) does
    #[arg(long)]
    no_notify: bool,
    /// Ask the server that runs whether it is ready, say what it finds, and end: exit code 1 when it is not
    #[arg(long)]
    probe: bool,
    #[command(flatten)]
    pub log: LogArgs,
}

/// How long requests under way have to be answered when the server ends, and after them the jobs beside the pages.
const FINISH_WITHIN: Duration = Duration::from_secs(20);

/// The form of the log, for the batch that the server begins.
static LOG_FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// `redress serve`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let config = &context.config;
    LOG_FORMAT.get_or_init(|| args.log.log_format);
    let fault = |setting: &str, why: String| Failure::Usage(format!("{setting}: {why}"));
    if !args.probe {
        config.check()?;
    }
    let mode = socket_mode(&config.socket_mode).map_err(|why| fault("socket_mode", why))?;
    let listen = args.listen.as_deref().unwrap_or(&config.listen);
    let listen = place(listen, mode).map_err(|why| fault("listen", why))?;
    if args.probe {
        return probe::run(&listen);
    }
    let metrics = args
        .metrics_listen
        .as_deref()
        .or(config.metrics_listen.as_deref())
        .map(|text| place(text, mode).map_err(|why| fault("metrics_listen", why)))
        .transpose()?;
    let trusted = Trusted::of(&config.trusted_proxies)
        .map_err(|e| fault("trusted_proxies", e.to_string()))?;
    let batch_at = config
        .batch_at
        .as_deref()
        .map(|text| time_of_day(text).map_err(|why| fault("batch_at", why)))
        .transpose()?;
    let app = Arc::new(App::open(settings(config, &listen)?)?);
    clear_left_files(&app);
    let mut jobs = Jobs::default();
    if !args.no_notify {
        jobs.messages(config)?;
    }
    if let Some(at) = batch_at {
        let zone = app.register(|register| Ok::<_, RegisterError>(register.zone()))?;
        jobs.nightly(config.clone(), at, zone);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the server's threads cannot be started")?;
    let ended = runtime.block_on(async {
        let signals = Signals::listen()?;
        let first = signals.nth(1);
        let serving = Serving {
            listen,
            metrics,
            trusted,
            clock: Arc::new(Utc::now),
            finish_within: FINISH_WITHIN,
        };
        let ended = redress_web::serve(
            app,
            serving,
            |address| {
                logging::notice(&format!("listening on {address}; end with Ctrl-C"));
                notified::say("READY=1");
            },
            async move {
                first.await;
                notified::say("STOPPING=1");
            },
            signals.nth(2),
        )
        .await?;
        if ended == Ended::AtOnce {
            return Ok(ended);
        }
        // The jobs end while a second wish can still be heard.
        let told = tokio::task::spawn_blocking(move || jobs.end(FINISH_WITHIN));
        tokio::select! {
            _ = told => Ok::<_, anyhow::Error>(ended),
            () = signals.nth(2) => Ok(Ended::AtOnce),
        }
    })?;
    match ended {
        Ended::Finished | Ended::Late => {
            // What still hashes or queries is not waited for: its visitor is gone.
            runtime.shutdown_timeout(Duration::from_secs(2));
            Ok(())
        }
        Ended::AtOnce => {
            runtime.shutdown_background();
            anyhow::bail!("ended at once by a second signal; what was under way was broken off")
        }
    }
}

/// Deletes files that a server that was killed laid and did not record. That it cannot is no reason to serve nobody.
fn clear_left_files(app: &App) {
    match app.register(|register| register.drop_left_files(Utc::now())) {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "files that no case has were deleted"),
        Err(error) => tracing::warn!(%error, "files that no case has could not be deleted"),
    }
}

/// The form of the log as `--log-format` takes it.
fn log_format() -> &'static str {
    match LOG_FORMAT.get() {
        Some(LogFormat::Json) => "json",
        Some(LogFormat::Text) | None => "text",
    }
}

fn settings(config: &Config, listen: &Listen) -> anyhow::Result<Settings> {
    let here_alone = match listen {
        Listen::Tcp(address) => address.ip().is_loopback(),
        Listen::Unix { .. } => false,
    };
    let for_rules = config.clone();
    let for_packs = config.clone();
    Ok(Settings {
        register: config.register.clone(),
        lake: config.lake.clone(),
        out: config.out.clone(),
        organisation: config.organisation()?,
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
    })
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
