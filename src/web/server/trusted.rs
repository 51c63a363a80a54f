//! Whose headers are believed: the proxies of ours, named in the settings and never guessed.

use std::net::IpAddr;
use std::str::FromStr;

/// Networks of proxies. Whoever connects through a socket of this machine is one too: its mode says who may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted(Vec<Network>);

/// Why a text names no network.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{found}` is neither an address nor a network such as 10.0.0.0/8")]
pub struct NoNetwork {
    found: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Network {
    /// As IPv6, IPv4 mapped (RFC 4291, 2.5.5.2).
    address: u128,
    /// The bits that count, 1 from the left.
    mask: u128,
}

impl Trusted {
    /// The networks of the settings.
    ///
    /// # Errors
    /// When one is no network.
    pub fn of<T: AsRef<str>>(networks: &[T]) -> Result<Trusted, NoNetwork> {
        let parsed: Result<Vec<Network>, NoNetwork> =
            networks.iter().map(|text| text.as_ref().parse()).collect();
        parsed.map(Trusted)
    }

    /// Whether the headers of who connected from there are believed; `None` is a socket of this machine.
    pub fn holds(&self, peer: Option<IpAddr>) -> bool {
        match peer.map(bits) {
            Some(peer) => self
                .0
                .iter()
                .any(|network| peer & network.mask == network.address),
            None => true,
        }
    }
}

impl Network {
    fn new(address: IpAddr, prefix: u32) -> Network {
        let mask = match 128_u32.checked_sub(prefix) {
            Some(free) => u128::MAX.checked_shl(free).unwrap_or(0),
            None => u128::MAX,
        };
        Network {
            address: bits(address) & mask,
            mask,
        }
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Network, NoNetwork> {
        let no_network = || NoNetwork {
            found: text.to_owned(),
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| no_network())?;
        let (longest, before) = match address {
            IpAddr::V4(_) => (32, 96),
            IpAddr::V6(_) => (128, 0),
        };
        let prefix: u32 = match prefix {
            Some(prefix) => prefix.trim().parse().map_err(|_| no_network())?,
            None => longest,
        };
        match prefix <= longest {
            true => Ok(Network::new(address, before + prefix)),
            false => Err(no_network()),
        }
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_other() {
        let trusted = Trusted::of(&["10.1.0.0/16", "2001:db8::/32", "192.0.2.7"]).unwrap();
        for inside in [
            "10.1.255.9",
            "::ffff:10.1.2.3",
            "2001:db8:ff::1",
            "192.0.2.7",
        ] {
            assert!(trusted.holds(peer(inside)), "{inside}");
        }
        for outside in ["10.2.0.1", "2001:db9::1", "192.0.2.8", "127.0.0.1", "::1"] {
            assert!(!trusted.holds(peer(outside)), "{outside}");
        }
        assert!(trusted.holds(None), "a socket's mode says who may connect");
    }

    #[test]
    fn a_network_may_be_one_address_none_or_all_of_a_kind() {
        let trusted = Trusted::of(&["127.0.0.0/8", "::1"]).unwrap();
        assert!(trusted.holds(peer("127.0.0.1")) && trusted.holds(peer("::1")));
        assert!(!trusted.holds(peer("10.0.0.1")) && !trusted.holds(peer("::2")));
        assert!(!Trusted::of::<&str>(&[]).unwrap().holds(peer("127.0.0.1")));
        assert!(Trusted::of(&["0.0.0.0/0"]).unwrap().holds(peer("8.8.8.8")));
        assert!(
            !Trusted::of(&["0.0.0.0/0"])
                .unwrap()
                .holds(peer("2001:db8::1"))
        );
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "proxy.example.org",
            "::/129",
            "10.0.0.0/x",
            "*",
        ] {
            assert!(Trusted::of(&[text]).is_err(), "{text}");
        }
    }
}
