//! What the service manager is told: that the server listens, that it ends (sd_notify(3), whose protocol is one
//! datagram to the socket named in `NOTIFY_SOCKET`). Without a service manager nothing is said.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Tells it; a manager that does not listen is no fault of the server.
pub fn say(state: &str) {
    let Some(to) = std::env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    if let Err(error) = send(&to, state) {
        tracing::warn!(%error, "the service manager was not told");
    }
}

fn send(to: &OsStr, state: &str) -> std::io::Result<()> {
    // A name that begins with @ lies in no folder.
    let address = match to.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(to)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manager_hears_what_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        send(path.as_os_str(), "READY=1").unwrap();
        let mut heard = [0_u8; 64];
        let n = manager.recv(&mut heard).unwrap();
        assert_eq!(&heard[..n], b"READY=1");
        assert!(send(dir.path().join("nobody").as_os_str(), "READY=1").is_err());
    }
}
