//! A PostgreSQL server of the tests' own: started once from the installed programs in a folder of its own, ended with the
//! tests. It runs as a user without rights, for PostgreSQL refuses to run as root.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use postgres::{Client, NoTls};

use crate::metrics::repository;

/// `nobody`: the user of the server where the tests run as root.
const NOBODY: u32 = 65_534;

/// Who may come, and how. The first line that fits counts.
const ACCESS: &str = "\
local all all trust
hostnossl all sealed all reject
hostssl all sealed all trust
host all locked all scram-sha-256
host all all all trust
";

/// A running server.
pub struct Server {
    pub folder: PathBuf,
    pub port: u16,
    /// Ends the server when the standard input of this process's child is closed, which the end of the tests does.
    _keeper: Child,
}

/// The server, started by the first test that asks.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start)
}

/// The folder of the programs: `REDRESS_POSTGRES`, or Debian's newest.
fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("REDRESS_POSTGRES") {
        return folder.into();
    }
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL's server; install it or name its bin folder in REDRESS_POSTGRES")
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let number = path.file_name()?.to_str()?.parse().ok()?;
            Some((number, path.join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .collect();
    versions.sort();
    versions.pop().expect("a version with initdb").1
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A program as the user that the server runs as.
fn as_server(program: &Path) -> Vec<String> {
    let program = program.display().to_string();
    if !is_root() {
        return vec![program];
    }
    let nobody = [
        "setpriv".to_owned(),
        format!("--reuid={NOBODY}"),
        format!("--regid={NOBODY}"),
        "--clear-groups".to_owned(),
    ];
    nobody.into_iter().chain([program]).collect()
}

fn give(path: &Path) {
    if is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn start() -> Server {
    let bin = programs();
    let folder = std::env::temp_dir().join(format!("redress-postgres-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    give(&folder);
    let data = folder.join("data");
    let mut making = as_server(&bin.join("initdb")).into_iter();
    let made = Command::new(making.next().unwrap())
        .args(making)
        .arg("-D")
        .arg(&data)
        .args([
            "-U",
            "admin",
            "--auth=trust",
            "-N",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ])
        .current_dir("/")
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    fs::write(data.join("pg_hba.conf"), ACCESS).unwrap();
    certificates(&folder);
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let settings = [
        "listen_addresses=localhost".to_owned(),
        format!("unix_socket_directories={}", folder.display()),
        format!("port={port}"),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", folder.join("server.crt").display()),
        format!("ssl_key_file={}", folder.join("server.key").display()),
        "fsync=off".to_owned(),
        "max_connections=60".to_owned(),
        // Words of the server are compared: they are in English whoever runs the tests.
        "lc_messages=C".to_owned(),
        // The server's own zone is nobody's: what depends on it would show.
        "timezone=America/New_York".to_owned(),
        "datestyle=SQL, DMY".to_owned(),
    ];
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(
            "trap '' INT; folder=$1; shift; \"$@\" 2>\"$folder/log\" & pid=$!; cat >/dev/null; kill -INT $pid; \
             wait $pid; rm -rf \"$folder\"",
        )
        .arg("sh")
        .arg(&folder)
        .args(as_server(&bin.join("postgres")))
        .arg("-D")
        .arg(&data);
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    let keeper = command
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let server = Server {
        folder,
        port,
        _keeper: keeper,
    };
    for _ in 0..300 {
        if server.try_admin("postgres").is_ok() {
            server.prepare();
            return server;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!(
        "the server did not start: {}",
        fs::read_to_string(server.folder.join("log")).unwrap_or_default()
    );
}

/// Two authorities; one of them signed the server's certificate for `localhost`, so that 127.0.0.1 is another name.
fn certificates(folder: &Path) {
    let openssl = |arguments: &[&str]| {
        let done = Command::new("openssl")
            .args(arguments)
            .current_dir(folder)
            .output()
            .expect("openssl");
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    };
    for name in ["ca", "other"] {
        openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            &format!("/CN=Test {name}"),
            "-keyout",
            &format!("{name}.key"),
            "-out",
            &format!("{name}.crt"),
        ]);
    }
    openssl(&[
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
        "server.key",
        "-out",
        "server.csr",
    ]);
    fs::write(folder.join("ext"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl(&[
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "ext",
        "-out",
        "server.crt",
    ]);
    let key = folder.join("server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    give(&key);
}

impl Server {
    fn try_admin(&self, database: &str) -> Result<Client, postgres::Error> {
        postgres::Config::new()
            .host_path(&self.folder)
            .port(self.port)
            .user("admin")
            .dbname(database)
            .connect(NoTls)
    }

    /// The owner of everything, in a database.
    pub fn admin(&self, database: &str) -> Client {
        self.try_admin(database).unwrap()
    }

    /// Does something as the owner.
    pub fn run(&self, database: &str, sql: &str) {
        self.admin(database).batch_execute(sql).unwrap();
    }

    /// The address of a database over the server's socket.
    pub fn url(&self, user: &str, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://{user}@{folder}:{}/{database}", self.port)
    }

    /// The same over TCP.
    pub fn tcp(&self, user: &str, host: &str, database: &str) -> String {
        format!("postgres://{user}@{host}:{}/{database}", self.port)
    }

    /// Roles, and Zammad's tables with the stories as a database to copy.
    fn prepare(&self) {
        self.run(
            "postgres",
            "CREATE ROLE reader LOGIN; CREATE ROLE sealed LOGIN SUPERUSER; \
             CREATE ROLE locked LOGIN SUPERUSER PASSWORD 'hush-hush'",
        );
        self.run("postgres", "CREATE DATABASE stories");
        let stores = repository().join("tests/oracle/stores");
        let mut client = self.admin("stories");
        client
            .batch_execute(&fs::read_to_string(stores.join("postgres/zammad.sql")).unwrap())
            .unwrap();
        for entry in fs::read_dir(stores.join("zammad/tables")).unwrap() {
            let path = entry.unwrap().path();
            copy_in(
                &mut client,
                &path,
                path.file_stem().unwrap().to_str().unwrap(),
            );
        }
        drop(client);
        // Nobody may be in a database that is copied: this one is for those who only read.
        self.run("postgres", "CREATE DATABASE zammad TEMPLATE stories");
    }

    /// A database of a test's own, with Zammad's tables and the stories.
    pub fn zammad(&self) -> String {
        self.copy_of("stories")
    }

    /// An empty one.
    pub fn empty(&self) -> String {
        self.copy_of("template0")
    }

    /// A database that begins as another one.
    pub fn copy_of(&self, template: &str) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        static ONE_BY_ONE: Mutex<()> = Mutex::new(());
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let _turn = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
        self.run(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE {template}"),
        );
        name
    }

    /// Sessions of ours in a database.
    pub fn sessions(&self, database: &str) -> i64 {
        self.admin("postgres")
            .query_one(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'redress' AND datname = $1",
                &[&database],
            )
            .unwrap()
            .get(0)
    }

    /// Whether the last session of ours ends by itself.
    pub fn is_left_alone(&self, database: &str) -> bool {
        for _ in 0..100 {
            if self.sessions(database) == 0 {
                return true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    }
}

/// Puts a CSV file into the table of its columns.
pub fn copy_in(client: &mut Client, path: &Path, table: &str) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let columns: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect();
    let mut writer = client
        .copy_in(&format!(
            "COPY \"{table}\" ({}) FROM STDIN (FORMAT csv, HEADER)",
            columns.join(", ")
        ))
        .unwrap();
    writer.write_all(&fs::read(path).unwrap()).unwrap();
    writer.finish().unwrap();
}
