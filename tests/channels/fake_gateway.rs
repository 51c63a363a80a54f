//! An SMS gateway on this machine that answers as a test tells it, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Method and address.
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn key(&self) -> &str {
        self.header("Idempotency-Key").unwrap_or("")
    }
}

/// What the gateway does with a request.
pub enum Reply {
    Answer(u16, &'static str),
    /// Says nothing for so long, then breaks off.
    Silence(Duration),
    /// Breaks off at once, with the request in its hands.
    BreakOff,
}

/// The gateway; its threads end with the test's process.
pub struct FakeGateway {
    pub port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl FakeGateway {
    /// Answers the n-th request (from 0) as told.
    pub fn start(reply: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let reply = Arc::new(reply);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, reply) = (Arc::clone(&seen), Arc::clone(&reply));
                thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    let n = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request.clone());
                        seen.len() - 1
                    };
                    answer(stream, reply(n, &request));
                });
            }
        });
        FakeGateway { port, requests }
    }

    /// A gateway that takes everything.
    pub fn willing() -> Self {
        FakeGateway::start(|_, _| Reply::Answer(200, "ok"))
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// `[sms]` for this gateway, with a form as body and further lines of settings.
    pub fn sms(&self, further: &str) -> String {
        format!(
            "[sms]\nkind = \"http\"\nurl = \"http://127.0.0.1:{}/send\"\ncountry_code = \"90\"\n\
             body = \"to={{to}}&text={{text}}&key={{key}}\"\n{further}\n",
            self.port
        )
    }
}

/// A port on which nobody listens.
pub fn dead_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut request = Request::default();
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    request.line = line.trim_end().to_owned();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => request.headers.push((name.to_owned(), value.to_owned())),
            None => break,
        }
    }
    let length = request
        .header("Content-Length")
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).unwrap();
    Some(request)
}

fn answer(mut stream: TcpStream, reply: Reply) {
    match reply {
        Reply::Answer(status, body) => {
            let text = format!(
                "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(text.as_bytes());
        }
        Reply::Silence(time) => thread::sleep(time),
        Reply::BreakOff => {}
    }
}
