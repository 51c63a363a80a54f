//! Which addresses a webhook may lead to: none of a private network, unless its owner was given leave. A webhook is an
//! address that somebody else chose, sent to from inside; without this it would be a way into what only insiders reach
//! (OWASP, Server-Side Request Forgery Prevention).
//!
//! A name is judged by what it resolves to at the moment of the connection, so that a name which leads elsewhere later
//! is refused then.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// What is wrong with an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AddressFault {
    #[error("it cannot be read ({0})")]
    Unreadable(String),
    #[error("it has to begin with https://; http:// is for private addresses that were allowed")]
    Scheme,
    #[error("a user name or a fragment has no place in it")]
    Extra,
    #[error("it leads to a private network; allow that with --allow-private where it is meant")]
    Private,
}

/// Checks an address as far as it can be without asking what its name resolves to.
pub(super) fn check(url: &str, allows_private: bool) -> Result<(), AddressFault> {
    // Read by itself: other schemes have addresses that the parser of web addresses does not know.
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("https") => {}
        Some("http") if allows_private => {}
        Some(_) => return Err(AddressFault::Scheme),
        None => return Err(AddressFault::Unreadable("it has no `://`".to_owned())),
    }
    let uri: Uri = url
        .parse()
        .map_err(|e| AddressFault::Unreadable(format!("{e}")))?;
    let Some(authority) = uri.authority() else {
        return Err(AddressFault::Unreadable("it names no host".to_owned()));
    };
    if authority.as_str().contains('@') || url.contains('#') {
        return Err(AddressFault::Extra);
    }
    let host = authority.host();
    let number: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let is_private = number.is_some_and(|ip| !is_public(ip))
        || host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost");
    match is_private && !allows_private {
        true => Err(AddressFault::Private),
        false => Ok(()),
    }
}

/// Resolves names as usual, and leaves out what is private; a name that has nothing else is not found.
#[derive(Debug, Default)]
pub(super) struct PublicOnly(DefaultResolver);

impl Resolver for PublicOnly {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        let mut public = self.empty();
        for address in found.iter().filter(|address| is_public(address.ip())) {
            public.push(*address);
        }
        match public.is_empty() {
            true => Err(ureq::Error::HostNotFound),
            false => Ok(public),
        }
    }
}

/// Whether an address is one of the open internet (IANA's special-purpose registries, RFC 6890).
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        // "This network", shared address space, protocol assignments, 6to4 relays, benchmarks, reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(inner) = ip.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [first, second, ..] = ip.segments();
    // Addresses that carry another one inside: NAT64, 6to4, Teredo. Whoever needs those has a name with a plain one too.
    let carries =
        (first, second) == (0x64, 0xff9b) || first == 0x2002 || (first, second) == (0x2001, 0);
    let documentation = (first, second) == (0x2001, 0xdb8) || first == 0x3fff;
    // Global unicast is 2000::/3; all else is loopback, local, multicast or not assigned.
    first & 0xe000 == 0x2000 && !carries && !documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_special_purpose_are_not_public() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn an_address_is_refused_for_what_is_wrong_with_it() {
        assert_eq!(check("https://hooks.example.org/redress", false), Ok(()));
        assert_eq!(check("https://[2606:4700::1111]:8443/x", false), Ok(()));
        let refused = [
            ("http://hooks.example.org/", AddressFault::Scheme),
            ("file:///etc/passwd", AddressFault::Scheme),
            ("https://user:pass@example.org/", AddressFault::Extra),
            ("https://example.org/#top", AddressFault::Extra),
            ("https://127.0.0.1/", AddressFault::Private),
            ("https://[::1]/", AddressFault::Private),
            ("https://localhost:8443/", AddressFault::Private),
            (
                "https://169.254.169.254/latest/meta-data",
                AddressFault::Private,
            ),
        ];
        for (url, why) in refused {
            assert_eq!(check(url, false), Err(why), "{url}");
        }
        assert_eq!(check("http://127.0.0.1:9000/", true), Ok(()));
        assert_eq!(check("ftp://127.0.0.1/", true), Err(AddressFault::Scheme));
    }
}
