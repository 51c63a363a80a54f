//! A mail server on this machine that speaks as a test tells it, and keeps what it took.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// An e-mail that the server took, or held when it broke off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: String,
    pub content: Vec<u8>,
}

/// What the server says to a line; to the whole content it is asked with `.`. `None` breaks off.
type Saying = dyn Fn(usize, &str) -> Option<String> + Send + Sync;

/// The server; its threads end with the test's process.
pub struct FakeMailServer {
    pub port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
    connections: Arc<Mutex<usize>>,
}

/// What a willing server says.
pub fn usual(line: &str) -> Option<String> {
    let said = if line.starts_with("EHLO") {
        "250-localhost\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN"
    } else if line.starts_with("AUTH") {
        "235 welcome"
    } else if line == "DATA" {
        "354 go ahead"
    } else if line == "QUIT" {
        "221 bye"
    } else {
        "250 ok"
    };
    Some(said.to_owned())
}

impl FakeMailServer {
    /// Says to the n-th connection (from 0) as told.
    pub fn start(saying: impl Fn(usize, &str) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(0));
        let saying: Arc<Saying> = Arc::new(saying);
        let (seen, counted) = (Arc::clone(&mails), Arc::clone(&connections));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let n = {
                    let mut counted = counted.lock().unwrap();
                    *counted += 1;
                    *counted - 1
                };
                let (seen, saying) = (Arc::clone(&seen), Arc::clone(&saying));
                // Whoever breaks off ends the dialogue; that is what some tests are about.
                thread::spawn(move || converse(n, &stream, &saying, &seen));
            }
        });
        FakeMailServer {
            port,
            mails,
            connections,
        }
    }

    pub fn willing() -> Self {
        FakeMailServer::start(|_, line| usual(line))
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// `[mail]` for this server, with further lines of settings.
    pub fn mail(&self, further: &str) -> String {
        format!(
            "[mail]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\ntimeout = 2\n\
             from = \"Kuzey Yapı <sikayet@example.org>\"\n{further}\n",
            self.port
        )
    }
}

fn converse(
    n: usize,
    stream: &TcpStream,
    saying: &Arc<Saying>,
    mails: &Mutex<Vec<Mail>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let say = |text: &str| {
        let mut out = stream;
        out.write_all(format!("{text}\r\n").as_bytes()).ok()
    };
    say("220 localhost ready")?;
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if let Some(recipient) = line.strip_prefix("RCPT TO:<") {
            to = recipient.trim_end_matches('>').to_owned();
        }
        let reply = saying(n, line)?;
        let goes_ahead = reply.starts_with("354");
        say(&reply)?;
        if goes_ahead {
            let content = content(&mut reader)?;
            mails.lock().unwrap().push(Mail {
                to: to.clone(),
                content,
            });
            say(&saying(n, ".")?)?;
        }
        if line == "QUIT" {
            return Some(());
        }
    }
}

/// Everything up to the line with a single dot, doubled dots undone.
fn content(reader: &mut BufReader<&TcpStream>) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        if line == b".\r\n" {
            return Some(content);
        }
        content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
