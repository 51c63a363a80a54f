//! Where a gateway stands, by its address.

/// Where a gateway stands.
#[derive(Debug)]
pub(super) struct Host<'a>(&'a str);

impl Host<'_> {
    pub(super) fn is_this_machine(&self) -> bool {
        let bare = self.0.trim_start_matches('[').trim_end_matches(']');
        let address = bare.parse::<std::net::IpAddr>();
        bare.eq_ignore_ascii_case("localhost") || address.is_ok_and(|a| a.is_loopback())
    }
}

/// The host of an address of the web.
pub(super) fn host_of(url: &str) -> Option<Host<'_>> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host_and_port = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match host_and_port.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) | None => host_and_port,
    };
    (!host.is_empty()).then_some(Host(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_local() {
        let local = [
            "http://localhost:8080/x",
            "http://127.0.0.1",
            "http://[::1]:9/",
        ];
        for url in local {
            assert!(host_of(url).unwrap().is_this_machine(), "{url}");
        }
        assert!(
            !host_of("https://example.org/127.0.0.1")
                .unwrap()
                .is_this_machine()
        );
        assert!(host_of("https:///x").is_none());
    }
}
