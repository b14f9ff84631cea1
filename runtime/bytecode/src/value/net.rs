//! Addresses and networks; IPv4 inside IPv6 is unwrapped, so that an address has one value.

use crate::ErrorCode;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads an address, strictly (no zone ids, no octal or short forms), and unwraps it.
pub fn parse_ip(text: &str) -> Result<IpAddr, ErrorCode> {
    text.parse::<IpAddr>().map(unwrap_ip).map_err(|_| ErrorCode::Ip)
}

/// The IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4); else the address itself.
pub fn unwrap_ip(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => embedded_ipv4(v6).map_or(ip, IpAddr::V4),
    }
}

/// The embedded IPv4 address, if there is one.
fn embedded_ipv4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = v6.segments();
    let tail = Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(tail),
        // `::` and `::1` are addresses of their own.
        (0, 0, 0, 0, 0, 0) if tail.to_bits() > 1 => Some(tail),
        (0x2002, ..) => Some(Ipv4Addr::from_bits((u32::from(b) << 16) | u32::from(c))),
        _ => None,
    }
}

/// Reads `10.0.0.0/8`; an address alone is a network of one. Host bits must be zero. A network
/// inside the mapped or NAT64 range becomes the IPv4 network it stands for.
pub fn parse_net(text: &str) -> Result<(IpAddr, u8), ErrorCode> {
    let Some((address, length)) = text.split_once('/') else {
        let ip = parse_ip(text)?;
        return Ok((ip, width(ip)));
    };
    if length.is_empty()
        || length.len() > 3
        || !length.bytes().all(|b| b.is_ascii_digit())
        || (length.len() > 1 && length.starts_with('0'))
    {
        return Err(ErrorCode::Ip);
    }
    let address: IpAddr = address.parse().map_err(|_| ErrorCode::Ip)?;
    let length: u8 = length.parse().map_err(|_| ErrorCode::Ip)?;
    if !net_is_valid(address, length) {
        return Err(ErrorCode::Ip);
    }
    Ok(unwrap_net((address, length)))
}

/// The IPv4 network inside an IPv6 one, when its length reaches into the embedded address.
fn unwrap_net((address, length): (IpAddr, u8)) -> (IpAddr, u8) {
    let IpAddr::V6(v6) = address else {
        return (address, length);
    };
    let embedded_at = if v6.segments().first() == Some(&0x2002) { 16 } else { 96 };
    match (unwrap_ip(address), length.checked_sub(embedded_at)) {
        (v4 @ IpAddr::V4(_), Some(short)) if short <= 32 => (v4, short),
        _ => (address, length),
    }
}

/// Whether a length fits the address and the host bits are zero.
pub fn net_is_valid(address: IpAddr, length: u8) -> bool {
    length <= width(address) && mask(address, length) == address
}

/// Bits of an address.
fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

/// The network of this prefix length that an address lies in.
pub fn masked(ip: IpAddr, length: u8) -> IpAddr {
    mask(ip, length)
}

/// A network in the form that unwrapped addresses lie in.
pub fn unwrapped_net(network: (IpAddr, u8)) -> (IpAddr, u8) {
    unwrap_net(network)
}

/// The address with all but the first `length` bits zero.
fn mask(ip: IpAddr, length: u8) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => {
            let keep = u32::MAX.checked_shl(32_u32.saturating_sub(u32::from(length))).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & keep))
        }
        IpAddr::V6(v6) => {
            let keep = u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(length))).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & keep))
        }
    }
}

/// Whether an address lies in a network. The address is unwrapped first.
pub fn net_contains(network: (IpAddr, u8), ip: IpAddr) -> bool {
    let ip = unwrap_ip(ip);
    let (address, length) = unwrap_net(network);
    ip.is_ipv4() == address.is_ipv4() && mask(ip, length) == address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_loopback_is_in_loopback() {
        let loopback = parse_net("127.0.0.0/8").unwrap();
        for text in
            ["127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::127.0.0.1", "2002:7f00:1::", "::127.0.0.1"]
        {
            assert!(net_contains(loopback, parse_ip(text).unwrap()), "{text}");
        }
        assert!(net_contains(parse_net("::1").unwrap(), parse_ip("::1").unwrap()));
        assert!(!net_contains(loopback, parse_ip("::1").unwrap()));
        assert!(net_contains(parse_net("0.0.0.0/0").unwrap(), parse_ip("8.8.8.8").unwrap()));
    }

    #[test]
    fn odd_spellings_are_refused() {
        for text in ["0177.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "127.0.0.1 ", "fe80::1%eth0", "[::1]", ""] {
            assert_eq!(parse_ip(text), Err(ErrorCode::Ip), "{text}");
        }
        for text in ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "::/129"] {
            assert_eq!(parse_net(text), Err(ErrorCode::Ip), "{text}");
        }
        assert_eq!(parse_net("::ffff:10.0.0.0/104"), Ok((IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8)));
    }
}
