//! Which addresses may be connected to (design §6): the public internet, and what the operator has named.
//!
//! What always holds: whoever connects has asked [`Guard::check`] about the very address that is connected to,
//! after resolving, and for addresses that stand in the URI itself too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Decides about addresses.
#[derive(Debug, Clone)]
pub struct Guard {
    /// `ingest.allow_networks`.
    allowed: Vec<IpNet>,
}

impl Guard {
    /// Lets `allowed` in beside the public internet.
    #[must_use]
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether `address` may be connected to.
    ///
    /// An IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4, Teredo) is judged as it is written: none of
    /// them is public, so none is a way around the rule for the IPv4 address.
    ///
    /// # Errors
    /// What kind of address it is.
    pub fn check(&self, address: IpAddr) -> Result<(), Kind> {
        if self.allowed.iter().any(|network| network.contains(&address)) {
            return Ok(());
        }
        match address {
            IpAddr::V4(address) => kind_v4(address),
            IpAddr::V6(address) => kind_v6(address),
        }
        .map_or(Ok(()), Err)
    }
}

/// What an address is, in English and Chinese.
pub type Kind = (&'static str, &'static str);

const UNSPECIFIED: Kind = ("no address of a host", "未指定地址");
const PRIVATE: Kind = ("a private address", "内网地址");
const CARRIER: Kind = ("a private address of a carrier", "运营商内网地址");
const LOOPBACK: Kind = ("an address of this machine", "本机地址");
const LINK_LOCAL: Kind = ("a link-local address", "链路本地地址");
const RESERVED: Kind = ("a reserved address", "保留地址");
const EXAMPLE: Kind = ("an address for examples", "文档示例地址");
const RELAY: Kind = ("a 6to4 relay", "6to4 中继地址");
const TESTS: Kind = ("an address for tests", "测试网络地址");
const MULTICAST: Kind = ("a multicast address", "组播地址");
const BROADCAST: Kind = ("a broadcast or reserved address", "广播或保留地址");
const MAPPED: Kind = ("an IPv4-mapped address", "IPv4 映射地址");
const COMPATIBLE: Kind = ("an IPv4-compatible address", "IPv4 兼容地址");
const NAT64: Kind = ("a NAT64 address", "NAT64 地址");
const TEREDO: Kind = ("a Teredo address", "Teredo 地址");
const SIX_TO_FOUR: Kind = ("a 6to4 address", "6to4 地址");

/// IANA's special-purpose registry for IPv4, with multicast and what is reserved.
const V4: [(Ipv4Addr, u8, Kind); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8, UNSPECIFIED),
    (Ipv4Addr::new(10, 0, 0, 0), 8, PRIVATE),
    (Ipv4Addr::new(100, 64, 0, 0), 10, CARRIER),
    (Ipv4Addr::new(127, 0, 0, 0), 8, LOOPBACK),
    (Ipv4Addr::new(169, 254, 0, 0), 16, LINK_LOCAL),
    (Ipv4Addr::new(172, 16, 0, 0), 12, PRIVATE),
    (Ipv4Addr::new(192, 0, 0, 0), 24, RESERVED),
    (Ipv4Addr::new(192, 0, 2, 0), 24, EXAMPLE),
    (Ipv4Addr::new(192, 88, 99, 0), 24, RELAY),
    (Ipv4Addr::new(192, 168, 0, 0), 16, PRIVATE),
    (Ipv4Addr::new(198, 18, 0, 0), 15, TESTS),
    (Ipv4Addr::new(198, 51, 100, 0), 24, EXAMPLE),
    (Ipv4Addr::new(203, 0, 113, 0), 24, EXAMPLE),
    (Ipv4Addr::new(224, 0, 0, 0), 4, MULTICAST),
    (Ipv4Addr::new(240, 0, 0, 0), 4, BROADCAST),
];

/// What of IPv6 has a name of its own. Beyond it, only `2000::/3` is public.
const V6: [(Ipv6Addr, u8, Kind); 15] = [
    (Ipv6Addr::UNSPECIFIED, 128, UNSPECIFIED),
    (Ipv6Addr::LOCALHOST, 128, LOOPBACK),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, MAPPED),
    (Ipv6Addr::UNSPECIFIED, 96, COMPATIBLE),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, NAT64),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, NAT64),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, TEREDO),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, RESERVED),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, EXAMPLE),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, SIX_TO_FOUR),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, EXAMPLE),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, PRIVATE),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, LINK_LOCAL),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, PRIVATE),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, MULTICAST),
];

/// `None` for a public one.
fn kind_v4(address: Ipv4Addr) -> Option<Kind> {
    let mut named = V4
        .iter()
        .filter(|(network, length, _)| Ipv4Net::new(*network, *length).is_ok_and(|network| network.contains(&address)));
    named.next().map(|(_, _, kind)| *kind)
}

/// `None` for a public one.
fn kind_v6(address: Ipv6Addr) -> Option<Kind> {
    let mut named = V6
        .iter()
        .filter(|(network, length, _)| Ipv6Net::new(*network, *length).is_ok_and(|network| network.contains(&address)));
    let is_global = address.segments()[0] & 0xe000 == 0x2000;
    named.next().map(|(_, _, kind)| *kind).or_else(|| (!is_global).then_some(RESERVED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_public_internet_is_refused() {
        let guard = Guard::new(Vec::new());
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(guard.check(text.parse().unwrap()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_public_internet_is_let_in() {
        let guard = Guard::new(Vec::new());
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450::1",
            "2003::1",
        ] {
            assert_eq!(guard.check(text.parse().unwrap()), Ok(()), "{text}");
        }
    }

    #[test]
    fn named_networks_are_let_in_and_nothing_beside_them() {
        let guard = Guard::new(vec!["10.1.0.0/16".parse().unwrap(), "fd00::/64".parse().unwrap()]);
        for text in ["10.1.2.3", "fd00::5"] {
            assert_eq!(guard.check(text.parse().unwrap()), Ok(()), "{text}");
        }
        for text in ["10.2.0.1", "fd00:0:0:1::1", "::ffff:10.1.2.3", "64:ff9b::a01:203", "2002:a01:203::1"] {
            assert!(guard.check(text.parse().unwrap()).is_err(), "{text}");
        }
    }
}
