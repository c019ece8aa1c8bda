//! Which addresses of the network may be called.

use reqwest::Url;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address that stands in the place of a name, if one does. A [`Url`] spells each as the client will read it:
/// `0x7f.1` is 127.0.0.1 here already.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Where clouds tell a machine its credentials, besides the link-local addresses that most of them use: Azure's
/// virtual public address, Alibaba's, Oracle's former one, and those of AWS and Google over IPv6. From the clouds' own
/// documentation.
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

/// Whether an address may be called. That of cloud machines' metadata never may.
pub(super) fn is_allowed(address: IpAddr, private_too: bool) -> bool {
    let address = match address {
        IpAddr::V6(v6) => embedded(v6).map_or(IpAddr::V6(v6), IpAddr::V4),
        v4 @ IpAddr::V4(_) => v4,
    };
    if METADATA.contains(&address) {
        return false;
    }
    match address {
        IpAddr::V4(v4) => !is_never(v4) && (private_too || !is_private_v4(v4)),
        IpAddr::V6(v6) => {
            let never = v6.is_unspecified() || v6.is_multicast() || (v6.segments()[0] & 0xffc0) == 0xfe80;
            !never && (private_too || !is_private_v6(v6))
        }
    }
}

/// The older address in a newer one: mapped, compatible, translated (NAT64) or tunnelled (6to4).
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [first, second, .., high, low] = v6.segments();
    let last = || Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match (first, second) {
        (0x64, 0xff9b) => last(),
        (0x2002, high) => Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(v6.segments()[2]))),
        _ if v6.to_ipv4_mapped().is_some() => v6.to_ipv4_mapped(),
        (0, 0) if !v6.is_loopback() && !v6.is_unspecified() => v6.to_ipv4(),
        _ => None,
    }
}

fn is_never(v4: Ipv4Addr) -> bool {
    let first = v4.octets()[0];
    v4.is_link_local() || first == 0 || first >= 224
}

fn is_private_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    v4.is_private()
        || v4.is_loopback()
        || v4.is_documentation()
        // Between carriers and their customers, for protocols, and for measurements.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (18..20).contains(&b))
}

fn is_private_v6(v6: Ipv6Addr) -> bool {
    let [first, second, ..] = v6.segments();
    // Only what is given out for the world at large is public.
    v6.is_loopback() || (first & 0xe000) != 0x2000 || (first, second) == (0x2001, 0x0db8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_allowed_unless_private_ones_are_too() {
        let allowed = |text: &str, private| is_allowed(text.parse().unwrap(), private);
        for public in ["93.184.215.14", "2606:2800:21f:cb07::1"] {
            assert!(allowed(public, false), "{public}");
        }
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "2001:db8::1",
        ] {
            assert!(!allowed(private, false), "{private}");
            assert!(allowed(private, true), "{private}");
        }
        for never in [
            "169.254.169.254",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "ff02::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "168.63.129.16",
            "::ffff:100.100.100.200",
            "fd00:ec2::254",
            "fd20:ce::254",
        ] {
            assert!(!allowed(never, true), "{never}");
        }
    }
}
