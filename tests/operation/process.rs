//! The server as a process: its socket, its end, its log.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A process that does not outlive its test, however that ends.
pub(super) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server on a new register, listening on a socket.
pub(super) struct Server {
    pub(super) dir: TempDir,
    pub(super) child: Running,
    stderr: BufReader<std::process::ChildStderr>,
}

/// The program, with nothing of this environment's settings.
pub(super) fn redress(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("REDRESS_") {
            command.env_remove(name);
        }
    }
    command
}

pub(super) fn signal(child: &Running, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.0.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

impl Server {
    pub(super) fn start(arguments: &[&str]) -> Server {
        let dir = tempfile::tempdir().unwrap();
        let made = redress(dir.path()).arg("init").output().unwrap();
        assert!(made.status.success(), "{made:?}");
        Server::again(dir, arguments)
    }

    fn again(dir: TempDir, arguments: &[&str]) -> Server {
        Server::listening(dir, "unix:web", arguments).0
    }

    /// Where it listens too, as its log says.
    fn listening(dir: TempDir, place: &str, arguments: &[&str]) -> (Server, String) {
        let begun = redress(dir.path())
            .args(["serve", "--listen", place, "--no-notify"])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = Running(begun.unwrap());
        let mut stderr = BufReader::new(child.0.stderr.take().unwrap());
        let mut line = String::new();
        let place = loop {
            line.clear();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended");
            if let Some((_, place)) = line.split_once("listening on ") {
                break place.split(';').next().unwrap().to_owned();
            }
        };
        (Server { dir, child, stderr }, place)
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("web")
    }

    pub(super) fn connect(&self) -> UnixStream {
        UnixStream::connect(self.socket()).unwrap()
    }

    fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Waits for the end: its code, and what was said.
    pub(super) fn ended(mut self) -> (Option<i32>, String, TempDir) {
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        (self.child.0.wait().unwrap().code(), said, self.dir)
    }
}

/// A form under way: its head and the half of its body.
fn half_a_form(server: &Server) -> UnixStream {
    let mut stream = server.connect();
    stream
        .write_all(
            b"POST /track HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
              Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 38\r\n\
              Expect: 100-continue\r\n\r\n",
        )
        .unwrap();
    // The server asks for the body as soon as a handler reads it: from here on the request is under way.
    let mut asked = [0_u8; 25];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"number=2026-000001&").unwrap();
    stream
}

#[test]
fn a_socket_serves_and_goes_with_the_server() {
    let server = Server::start(&[]);
    let found = std::fs::metadata(server.socket()).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o660);
    assert!(server.get("/").starts_with("HTTP/1.1 200 OK\r\n"));
    let probe = redress(server.dir.path())
        .args(["serve", "--listen", "unix:web", "--probe"])
        .output()
        .unwrap();
    assert!(probe.status.success(), "{probe:?}");
    assert!(probe.stdout.starts_with(b"ready\n"));
    let second = redress(server.dir.path())
        .args(["serve", "--listen", "unix:web", "--no-notify"])
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&second.stderr).contains("another server answers there"),
        "{second:?}"
    );
    signal(&server.child, "-TERM");
    let (code, said, dir) = server.ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(!dir.path().join("web").exists());
    let probe = redress(dir.path())
        .args(["serve", "--listen", "unix:web", "--probe"])
        .output()
        .unwrap();
    assert_eq!(probe.status.code(), Some(1), "{probe:?}");
}

#[test]
fn what_a_killed_server_left_is_in_nobodys_way() {
    let server = Server::start(&[]);
    signal(&server.child, "-KILL");
    let (_, _, dir) = server.ended();
    assert!(dir.path().join("web").exists());
    let server = Server::again(dir, &[]);
    assert!(server.get("/healthz").ends_with("\r\n\r\nalive\n"));
    signal(&server.child, "-INT");
    assert_eq!(server.ended().0, Some(0));
}

#[test]
fn a_request_under_way_is_answered_and_nobody_else_gets_in() {
    let server = Server::start(&[]);
    let mut form = half_a_form(&server);
    signal(&server.child, "-TERM");
    // The socket's file goes when nobody is let in any more.
    while server.socket().exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(UnixStream::connect(server.socket()).is_err());
    form.write_all(b"password=wrong12345").unwrap();
    let mut answer = String::new();
    form.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    assert!(
        answer.contains("<form"),
        "the page with the form again: {answer}"
    );
    let (code, said, _) = server.ended();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let server = Server::start(&[]);
    let _form = half_a_form(&server);
    signal(&server.child, "-TERM");
    while server.socket().exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    signal(&server.child, "-TERM");
    let (code, said, _) = server.ended();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("ended at once by a second signal"), "{said}");
}

#[test]
fn the_log_is_one_object_a_line_and_holds_no_number_and_no_query() {
    let server = Server::start(&["--log-format", "json"]);
    server.get("/track?number=2026-000017&name=Elif%20Kaya");
    server.get("/desk/case/2026-000017?done=%0A%7B%22forged%22%3A1%7D");
    server.get("/t/3f9a7c");
    server.get("/no/such/elif.kaya");
    signal(&server.child, "-TERM");
    let (code, said, _) = server.ended();
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    let routes: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["route"].as_str())
        .collect();
    assert_eq!(
        routes,
        ["/track", "/desk/case/{number}", "/t/{token}", "none"],
        "{said}"
    );
    for line in &lines {
        assert!(line["timestamp"].is_string() && line["level"].is_string());
    }
    let first = &lines[0];
    assert_eq!(first["status"], 200);
    assert_eq!(first["request_id"].as_str().unwrap().len(), 32);
    for person in ["000017", "Elif", "elif", "3f9a7c", "forged"] {
        assert!(!said.contains(person), "{person} is in {said}");
    }
}

#[test]
fn a_proxy_that_nobody_trusts_is_told_of_once_and_health_that_is_good_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let made = redress(dir.path()).arg("init").output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let settings = "address_header = \"X-Forwarded-For\"\ntrusted_proxies = [\"10.0.0.1\"]\n";
    std::fs::write(dir.path().join("redress.toml"), settings).unwrap();
    let (server, place) = Server::listening(dir, "127.0.0.1:0", &["--log-format", "json"]);
    let address = place.trim_start_matches("http://").trim_end_matches('/');
    for path in ["/", "/healthz", "/readyz", "/track"] {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = "Host: localhost\r\nX-Forwarded-For: 203.0.113.7\r\nConnection: close";
        write!(stream, "GET {path} HTTP/1.1\r\n{head}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
    signal(&server.child, "-TERM");
    let (_, said, _) = server.ended();
    assert_eq!(said.matches("trusted_proxies").count(), 1, "{said}");
    assert!(!said.contains("203.0.113.7"), "{said}");
    let routes: Vec<String> = (said.lines())
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|line| Some(line["route"].as_str()?.to_owned()))
        .collect();
    assert_eq!(routes, ["/", "/track"], "{said}");
}

#[test]
fn figures_have_a_listener_of_their_own() {
    let server = Server::start(&["--metrics-listen", "unix:figures"]);
    assert!(server.get("/metrics").starts_with("HTTP/1.1 404 "));
    let mut stream = UnixStream::connect(server.dir.path().join("figures")).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("application/openmetrics-text"));
    assert!(
        answer.contains("redress_requests_total{route=\"none\",method=\"GET\",status=\"4xx\"} 1\n")
    );
    assert!(answer.ends_with("# EOF\n"));
    signal(&server.child, "-TERM");
    let (code, _, dir) = server.ended();
    assert_eq!(code, Some(0));
    assert!(!dir.path().join("figures").exists());
}

#[test]
fn a_batch_notes_how_it_ended_and_logs_its_steps_as_objects() {
    let dir = tempfile::tempdir().unwrap();
    let made = redress(dir.path()).arg("init").output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let batch = redress(dir.path())
        .args(["run", "--log-format", "json", "--check-period", "2026-Q1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&batch.stderr);
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no object: {line}")))
        .collect();
    let note = lines.iter().find(|line| {
        let message = line["message"].as_str().unwrap_or_default();
        message.starts_with("note: ")
    });
    assert!(
        note.is_some(),
        "the first night says why it reads all: {said}"
    );
    let steps: Vec<&Value> = lines
        .iter()
        .filter(|line| line["step"].is_string())
        .collect();
    assert_eq!(steps[0]["step"], "extract", "{said}");
    assert!(steps[0]["seconds"].is_number() && steps[0]["level"] == "INFO");
    let noted = std::fs::read_to_string(dir.path().join("lake/.run.json")).unwrap();
    let noted: Value = serde_json::from_str(&noted).unwrap();
    let expected = match batch.status.code() {
        Some(0) => "done",
        Some(10) => "checks_failed",
        _ => "failed",
    };
    assert_eq!(noted["outcome"], expected, "{said}");
    assert!(noted["ended_at"].is_string());
}
