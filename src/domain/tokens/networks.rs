//! From where a token works: IPv4 and IPv6 addresses and networks (v1 contract section 4, security contract S56).

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// A token may list this many.
pub const MOST_NETWORKS: usize = 100;

/// Bits before the IPv4 address in an IPv4-mapped IPv6 address.
const MAPPED_BITS: u8 = 96;

/// Reads an address or a CIDR. Host bits are masked, IPv4-mapped IPv6 counts as IPv4; none for anything else.
pub fn read_network(text: &str) -> Option<IpNet> {
    let network = match text.split_once('/') {
        Some((_, bits)) if bits.is_empty() || !bits.bytes().all(|byte| byte.is_ascii_digit()) => return None,
        Some(_) => text.parse::<IpNet>().ok()?,
        None => IpNet::from(text.parse::<IpAddr>().ok()?),
    };
    Some(unmapped(network).trunc())
}

fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(six) = network else { return network };
    let mapped = six.addr().to_ipv4_mapped().filter(|_| six.prefix_len() >= MAPPED_BITS);
    match mapped.and_then(|four| Ipv4Net::new(four, six.prefix_len() - MAPPED_BITS).ok()) {
        Some(four) => IpNet::V4(four),
        None => network,
    }
}

/// Whether a call from this address is allowed by a list; an empty list allows every address, an unknown address is
/// allowed by an empty list alone.
pub fn allows(networks: &[IpNet], address: Option<IpAddr>) -> bool {
    if networks.is_empty() {
        return true;
    }
    address.is_some_and(|address| {
        let address = address.to_canonical();
        networks.iter().any(|network| network.contains(&address) || network.contains(&mapped(address)))
    })
}

/// The same address as an IPv6 network wide enough to hold all of IPv4 sees it.
fn mapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(four) => IpAddr::V6(four.to_ipv6_mapped()),
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from(six.octets())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        read_network(text).map(|network| network.to_string())
    }

    #[test]
    fn addresses_and_networks() {
        for (text, expected) in [
            ("10.1.2.3", "10.1.2.3/32"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::ffff:10.1.2.3", "10.1.2.3/32"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "10.1.2", "10.1.2.3/33", "10.1.2.3/", "10.1.2.3/+8", "host", "10.1.2.3/8/8", " 10.1.2.3"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_call_is_allowed_by_any_network_of_the_list() {
        let networks: Vec<IpNet> =
            ["10.0.0.0/8", "2001:db8::/32"].iter().filter_map(|text| read_network(text)).collect();
        let allowed = |text: &str| allows(&networks, Some(text.parse().unwrap()));
        assert!(allowed("10.9.9.9") && allowed("::ffff:10.9.9.9") && allowed("2001:db8::5"));
        assert!(!allowed("11.0.0.1") && !allowed("::1"));
        assert!(!allows(&networks, None));
        assert!(allows(&[], None));
        assert!(!allows(&[read_network("0.0.0.0/0").unwrap()], Some("::1".parse().unwrap())));
    }
}
