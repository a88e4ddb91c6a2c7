//! Which addresses may be called. Everything that is not plainly part of the public internet is refused, in whatever
//! form it is written; the operator may allow networks by name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// This machine.
    #[error("it leads to this machine")]
    Loopback,
    /// A private, shared or link-local network.
    #[error("it leads into a private network")]
    Private,
    /// Multicast, documentation, unassigned and the like: nobody's address.
    #[error("its address is not one of the public internet")]
    Special,
    /// Only networks that the operator named are called this way.
    #[error("plain http and unusual ports are for networks that the operator allows")]
    NotNamed,
}

/// IPv4 networks that are not the public internet (RFC 6890 and its registry).
const SPECIAL_V4: [(Ipv4Net, Refused); 15] = [
    (v4(127, 0, 0, 0, 8), Refused::Loopback),
    (v4(0, 0, 0, 0, 8), Refused::Loopback),
    (v4(10, 0, 0, 0, 8), Refused::Private),
    (v4(100, 64, 0, 0, 10), Refused::Private),
    (v4(169, 254, 0, 0, 16), Refused::Private),
    (v4(172, 16, 0, 0, 12), Refused::Private),
    (v4(192, 168, 0, 0, 16), Refused::Private),
    (v4(192, 0, 0, 0, 24), Refused::Special),
    (v4(192, 0, 2, 0, 24), Refused::Special),
    (v4(192, 88, 99, 0, 24), Refused::Special),
    (v4(198, 18, 0, 0, 15), Refused::Special),
    (v4(198, 51, 100, 0, 24), Refused::Special),
    (v4(203, 0, 113, 0, 24), Refused::Special),
    (v4(224, 0, 0, 0, 4), Refused::Special),
    (v4(240, 0, 0, 0, 4), Refused::Special),
];

/// IPv6 networks inside the global unicast space 2000::/3 that are nobody's hosts: protocol assignments (Teredo among
/// them), documentation. 6to4 (2002::/16) is judged by the IPv4 address inside.
const SPECIAL_V6: [Ipv6Net; 3] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = segments;
    Ipv6Net::new_assert(Ipv6Addr::new(s0, s1, s2, s3, s4, s5, s6, s7), prefix)
}

/// What may be called.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    allowed: Vec<IpNet>,
}

impl Rules {
    /// The public internet, and the networks that the operator allows (`outbound.allow_private_targets`).
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether the operator named any network.
    pub fn is_extended(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// Whether the operator named a network that holds the address.
    pub fn names(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|network| network.contains(&address))
    }

    /// Says why an address is not called.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        if self.names(address) {
            return Ok(());
        }
        match address {
            IpAddr::V4(address) => check_v4(address),
            IpAddr::V6(address) => check_v6(address),
        }
    }
}

fn check_v4(address: Ipv4Addr) -> Result<(), Refused> {
    match SPECIAL_V4.iter().find(|(network, _)| network.contains(&address)) {
        Some((_, why)) => Err(*why),
        None => Ok(()),
    }
}

fn check_v6(address: Ipv6Addr) -> Result<(), Refused> {
    if address.is_loopback() || address.is_unspecified() {
        return Err(Refused::Loopback);
    }
    if let Some(inside) = embedded(address) {
        return check_v4(inside);
    }
    if address.is_unique_local() || address.is_unicast_link_local() {
        return Err(Refused::Private);
    }
    let special = SPECIAL_V6.iter().any(|network| network.contains(&address));
    if special || !GLOBAL_V6.contains(&address) {
        return Err(Refused::Special);
    }
    Ok(())
}

/// The IPv4 host that an IPv6 address stands for: IPv4-mapped (RFC 4291 2.5.5.2), NAT64 (RFC 6052), 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [_, b, c, _, _, _, g, h] = address.segments();
    let from = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    if let Some(mapped) = address.to_ipv4_mapped() {
        return Some(mapped);
    }
    if NAT64.contains(&address) {
        return Some(from(g, h));
    }
    (address.segments()[0] == 0x2002).then(|| from(b, c))
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str) -> Result<(), Refused> {
        Rules::default().check(text.parse().expect("an address"))
    }

    #[test]
    fn what_is_not_the_public_internet_is_refused() {
        use Refused::{Loopback, Private, Special};
        for (address, expected) in [
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("0.0.0.0", Loopback),
            ("0.1.2.3", Loopback),
            ("10.0.0.1", Private),
            ("10.255.255.255", Private),
            ("100.64.0.1", Private),
            ("100.127.255.255", Private),
            ("169.254.169.254", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("192.168.1.1", Private),
            ("192.0.0.8", Special),
            ("192.0.2.1", Special),
            ("192.88.99.1", Special),
            ("198.18.0.1", Special),
            ("198.19.255.255", Special),
            ("198.51.100.7", Special),
            ("203.0.113.9", Special),
            ("224.0.0.1", Special),
            ("239.255.255.255", Special),
            ("240.0.0.1", Special),
            ("255.255.255.255", Special),
            ("::", Loopback),
            ("::1", Loopback),
            ("::7f00:1", Special),
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:10.1.2.3", Private),
            ("::ffff:169.254.169.254", Private),
            ("::ffff:0:127.0.0.1", Special),
            ("64:ff9b::7f00:1", Loopback),
            ("64:ff9b::a00:1", Private),
            ("64:ff9b:1::1", Special),
            ("100::1", Special),
            ("2001::1", Special),
            ("2001:10::1", Special),
            ("2001:db8::1", Special),
            ("2002:7f00:1::", Loopback),
            ("2002:a00:1::1", Private),
            ("2002:a9fe:a9fe::1", Private),
            ("3fff::1", Special),
            ("5f00::1", Special),
            ("fc00::1", Private),
            ("fd12:3456::1", Private),
            ("fe80::1", Private),
            ("fec0::1", Special),
            ("ff02::1", Special),
        ] {
            assert_eq!(check(address), Err(expected), "{address}");
        }
    }

    #[test]
    fn the_public_internet_may_be_called() {
        for address in [
            "1.1.1.1",
            "93.184.216.34",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "198.17.255.255",
            "198.20.0.1",
            "223.255.255.254",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2a00:1450::1",
            "::ffff:93.184.216.34",
            "64:ff9b::5db8:d822",
            "2002:5db8:d822::1",
        ] {
            assert_eq!(check(address), Ok(()), "{address}");
        }
    }

    #[test]
    fn a_network_that_the_operator_names_may_be_called() {
        let rules = Rules::new(vec!["10.1.0.0/16".parse().expect("a network")]);
        for (address, allowed) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("127.0.0.1", false),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(rules.check(address).is_ok(), allowed, "{address}");
        }
    }

    proptest! {
        /// Whatever form an IPv4 address comes in, it is judged alike.
        #[test]
        fn forms_of_one_address_are_judged_alike(bits in any::<u32>()) {
            let plain = Ipv4Addr::from(bits);
            let [a, b, c, d] = plain.octets();
            let high = u16::from_be_bytes([a, b]);
            let low = u16::from_be_bytes([c, d]);
            let rules = Rules::default();
            let expected = rules.check(IpAddr::V4(plain));
            for form in [
                plain.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ] {
                prop_assert_eq!(rules.check(IpAddr::V6(form)), expected);
            }
        }

        /// The standard library's own idea of special addresses is never wider than ours.
        #[test]
        fn nothing_local_gets_through(bits in any::<u32>()) {
            let address = Ipv4Addr::from(bits);
            let local = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_multicast() || address.is_broadcast() || address.is_documentation()
                || address.is_unspecified();
            prop_assert!(!local || Rules::default().check(IpAddr::V4(address)).is_err());
        }

        /// Outside 2000::/3 only what stands for a public IPv4 host may be called.
        #[test]
        fn ipv6_is_global_unicast_alone(bits in any::<u128>()) {
            let address = Ipv6Addr::from(bits);
            let fine = GLOBAL_V6.contains(&address) || embedded(address).is_some();
            prop_assert!(fine || Rules::default().check(IpAddr::V6(address)).is_err());
        }
    }
}
