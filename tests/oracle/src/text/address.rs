//! IP addresses and networks; IPv4 inside IPv6 is unwrapped.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address from text, unwrapped.
pub fn parse(text: &str) -> Option<IpAddr> {
    if let Some(v4) = dotted_quad(text) {
        return Some(IpAddr::V4(v4));
    }
    if !text.contains(':') {
        return None;
    }
    text.parse::<Ipv6Addr>().ok().map(|v6| unwrap(IpAddr::V6(v6)))
}

/// Four decimal numbers up to 255 without superfluous zeros.
pub fn dotted_quad(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = text.split('.').collect();
    let mut octets = [0_u8; 4];
    if parts.len() != 4 {
        return None;
    }
    for (octet, part) in octets.iter_mut().zip(&parts) {
        let plain = !part.is_empty() && part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || (part.len() > 1 && part.starts_with('0')) {
            return None;
        }
        *octet = part.parse().ok()?;
    }
    Some(Ipv4Addr::from(octets))
}

/// The IPv4 address that an IPv6 address embeds (mapped, compatible, NAT64, 6to4), else itself.
pub fn unwrap(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let s = v6.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => address,
        [0, 0, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        _ => address,
    }
}

/// A network from text: `10.0.0.0/8`, or an address alone.
pub fn parse_net(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let base: IpAddr = match dotted_quad(address) {
        Some(v4) => IpAddr::V4(v4),
        None => IpAddr::V6(address.parse().ok()?),
    };
    let width = if base.is_ipv4() { 32 } else { 128 };
    let length = match prefix {
        None => width,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()?
        }
        Some(_) => return None,
    };
    if length > width || (prefix.is_some_and(|digits| digits.len() > 1 && digits.starts_with('0'))) {
        return None;
    }
    Some((base, length))
}

/// Whether an address is in a network, both unwrapped.
pub fn in_net(address: IpAddr, net: (IpAddr, u8)) -> bool {
    let (base, length) = unwrap_net(net);
    match (unwrap(address), base) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same_prefix(u128::from(u32::from(a)), u128::from(u32::from(b)), 32, length),
        (IpAddr::V6(a), IpAddr::V6(b)) => same_prefix(u128::from(a), u128::from(b), 128, length),
        _ => false,
    }
}

/// A network written as IPv6 around IPv4 is that IPv4 network, when its prefix reaches into the embedded address.
fn unwrap_net((base, length): (IpAddr, u8)) -> (IpAddr, u8) {
    let IpAddr::V6(v6) = base else {
        return (base, length);
    };
    let offset = if v6.segments()[0] == 0x2002 { 16 } else { 96 };
    match unwrap(base) {
        IpAddr::V4(v4) if length >= offset && length - offset <= 32 => (IpAddr::V4(v4), length - offset),
        _ => (base, length),
    }
}

fn same_prefix(a: u128, b: u128, width: u32, length: u8) -> bool {
    let shift = width.saturating_sub(u32::from(length));
    let high = |value: u128| value.checked_shr(shift).unwrap_or(0);
    high(a) == high(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unwraps_embedded_addresses() {
        let v4 = parse("127.0.0.1").unwrap();
        for text in ["::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:7f00:0001:1::5"] {
            assert_eq!(parse(text), Some(v4), "{text}");
        }
        assert_eq!(parse("::1"), Some("::1".parse().unwrap()));
        for bad in ["0177.0.0.1", "1.2.3", "2130706433", "[::1]", "fe80::1%eth0", "1.2.3.256", ""] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn networks_hold_addresses() {
        let holds = |net, ip| in_net(parse(ip).unwrap(), parse_net(net).unwrap());
        assert!(holds("10.0.0.0/8", "10.9.9.9"));
        assert!(!holds("10.0.0.0/8", "11.0.0.0"));
        assert!(holds("0.0.0.0/0", "::ffff:1.2.3.4"));
        assert!(!holds("::/0", "1.2.3.4"));
        assert!(holds("fc00::/7", "fd00::1"));
    }
}
