//! Asking the server that runs whether it is ready: for a container's health check and for scripts, where there is no
//! other program that could ask.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context as _, bail};
use redress_web::Listen;

use super::super::output;

/// How long the server has to answer.
const WITHIN: Duration = Duration::from_secs(5);

/// The most that is read of an answer, in bytes.
const MOST: u64 = 64 << 10;

/// Prints what the server at this place finds.
///
/// # Errors
/// When nobody answers there, or the server is not ready.
pub fn run(listen: &Listen) -> anyhow::Result<()> {
    let answer = match listen {
        Listen::Tcp(address) => {
            TcpStream::connect_timeout(address, WITHIN).and_then(|mut stream| {
                stream.set_read_timeout(Some(WITHIN))?;
                ask(&mut stream)
            })
        }
        Listen::Unix { path, .. } => UnixStream::connect(path).and_then(|mut stream| {
            stream.set_read_timeout(Some(WITHIN))?;
            ask(&mut stream)
        }),
    }
    .context("no server answers there")?;
    let (status, words) = read(&answer).context("what answers there is no server of ours")?;
    output::write_out(words.as_bytes())?;
    match status {
        200 => Ok(()),
        status => bail!("the server is not ready ({status})"),
    }
}

fn ask(stream: &mut (impl Read + Write)) -> io::Result<String> {
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Status and text of an answer.
fn read(answer: &str) -> Option<(u16, &str)> {
    let (head, words) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some((status, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_status_and_its_text() {
        let ready = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nready\n";
        assert_eq!(read(ready), Some((200, "ready\n")));
        let not = "HTTP/1.1 503 Service Unavailable\r\n\r\nnot ready\n";
        assert_eq!(read(not), Some((503, "not ready\n")));
        assert_eq!(read("220 mail.example.org ESMTP\r\n"), None);
    }
}
