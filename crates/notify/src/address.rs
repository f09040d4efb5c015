//! Addresses: which may be reached. Names are resolved here and nowhere else, and what is connected to is what was checked,
//! so that a name cannot lead elsewhere a moment later.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::Host;

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only those that everybody can reach.
    Public,
    /// Also those of this machine and of private networks.
    Everything,
}

/// An address that may not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` leads to a private address; the server's setting `allow_private_addresses` lets it")]
pub(crate) struct Refused(String);

/// Why a name led nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotFound {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the name `{0}` is not known")]
    Unknown(String),
}

impl Reach {
    /// Checks an address that is written out.
    pub(crate) fn check(self, shown: &str, address: IpAddr) -> Result<(), Refused> {
        if self == Self::Everything || is_public(address) {
            Ok(())
        } else {
            Err(Refused(shown.to_owned()))
        }
    }

    /// Checks what an address says by itself, without asking for names.
    pub(crate) fn check_host(self, host: &Host<&str>) -> Result<(), Refused> {
        match host {
            Host::Ipv4(address) => self.check(&address.to_string(), (*address).into()),
            Host::Ipv6(address) => self.check(&address.to_string(), (*address).into()),
            Host::Domain(name) if is_local_name(name) => {
                self.check(name, Ipv4Addr::LOCALHOST.into())
            }
            Host::Domain(_) => Ok(()),
        }
    }

    /// The addresses of a name that may be connected to. One that may not be reached spoils all: a name that leads to both
    /// kinds of address means no good.
    pub(crate) async fn resolve(self, name: &str, port: u16) -> Result<Vec<SocketAddr>, NotFound> {
        let unknown = || NotFound::Unknown(name.to_owned());
        let found = tokio::net::lookup_host((name, port)).await;
        let mut found: Vec<_> = found.map_err(|_| unknown())?.collect();
        for address in &found {
            self.check(name, address.ip())?;
        }
        // Where both are there, the older kind is more likely to get through.
        found.sort_by_key(SocketAddr::is_ipv6);
        if found.is_empty() {
            return Err(unknown());
        }
        Ok(found)
    }
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)          // this network, private, loopback
            | (100, 64..=127, _)      // shared by carriers
            | (169, 254, _)           // link-local, and the metadata of clouds
            | (172, 16..=31, _)       // private
            | (192, 0, 0 | 2)         // protocols, documentation
            | (192, 88, 99)           // relays
            | (192, 168, _)           // private
            | (198, 18..=19, _)       // benchmarks
            | (198, 51, 100)          // documentation
            | (203, 0, 113)           // documentation
            | (224..=255, _, _) // multicast, reserved, broadcast
    );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = v4_within(address) {
        return is_public_v4(inner);
    }
    match address.segments() {
        // Local translation, Teredo, and documentation.
        [0x64, 0xff9b, 1, ..] | [0x2001, 0, ..] | [0x2001, 0xdb8, ..] => false,
        // Only what is given out so far: neither loopback, private, link-local nor multicast.
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

/// The address of the older kind that one of the newer stands for.
fn v4_within(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let inner = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] => Some(inner(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(inner(high, low)),
        [0x2002, high, low, ..] => Some(inner(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_for_everybody_is_refused() {
        for private in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
        ] {
            let address = private.parse().unwrap();
            assert!(Reach::Public.check(private, address).is_err(), "{private}");
            assert!(Reach::Everything.check(private, address).is_ok());
        }
    }

    #[test]
    fn what_everybody_can_reach_is_let_through() {
        for public in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "64:ff9b::808:808",
        ] {
            assert!(
                Reach::Public.check(public, public.parse().unwrap()).is_ok(),
                "{public}"
            );
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_where_it_leads() {
        let refused = Reach::Public.resolve("localhost", 80).await.unwrap_err();
        assert!(matches!(refused, NotFound::Refused(_)), "{refused:?}");
        let found = Reach::Everything.resolve("localhost", 80).await.unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        for name in ["localhost", "LOCALHOST.", "a.localhost"] {
            assert!(
                Reach::Public.check_host(&Host::Domain(name)).is_err(),
                "{name}"
            );
        }
    }
}
