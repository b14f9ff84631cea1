//! Addresses and networks: `10.0.0.7`, `10.0.0.0/8`, `2001:db8::/32`.

use super::LiteralError;
use mcpz_bytecode::value::net::{parse_net, unwrap_ip};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address. IPv4 inside IPv6 is unwrapped.
pub fn ip(text: &str) -> Result<IpAddr, LiteralError> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(unwrap_ip(address)),
        Err(_) if text.contains('/') => {
            let slash = text.find('/').unwrap_or(0);
            Err(LiteralError::at(slash, text.len(), "an address has no prefix length")
                .help("a network stands on the right of `in`: `x in \"10.0.0.0/8\"`"))
        }
        Err(_) => Err(LiteralError::whole(text, format!("`{text}` is not an IPv4 or IPv6 address"))
            .help("write four decimal numbers without leading zeros, or IPv6 text")),
    }
}

/// A network: an address whose host bits are zero, and a prefix length.
pub fn network(text: &str) -> Result<(IpAddr, u8), LiteralError> {
    let Some((address_text, prefix_text)) = text.split_once('/') else {
        return Err(without_prefix(text));
    };
    let address: IpAddr = address_text.parse().map_err(|_| {
        LiteralError::at(0, address_text.len(), format!("`{address_text}` is not an IPv4 or IPv6 address"))
    })?;
    let longest: u8 = if address.is_ipv4() { 32 } else { 128 };
    let prefix_start = address_text.len() + 1;
    let digits = !prefix_text.is_empty() && prefix_text.bytes().all(|byte| byte.is_ascii_digit());
    let prefix = prefix_text.parse::<u8>().ok().filter(|prefix| digits && *prefix <= longest).ok_or_else(|| {
        LiteralError::at(prefix_start, text.len(), format!("`{prefix_text}` is not a prefix length"))
            .help(format!("a prefix length here is a number from 0 to {longest}"))
    })?;
    let masked = mask(address, prefix);
    if masked != address {
        return Err(LiteralError::at(0, address_text.len(), format!("`{address_text}` has bits set after the prefix"))
            .help(format!("the network that holds it is `{masked}/{prefix}`"))
            .replacement(format!("{masked}/{prefix}")));
    }
    // The runtime's own reading decides: a network in the mapped range is the IPv4 one it stands for.
    let read = parse_net(text).map_err(|_| LiteralError::whole(text, format!("`{text}` is not a network")))?;
    embedding(text, address, read).map_or(Ok(read), Err)
}

/// What is surprising about a network of addresses that embed IPv4 ones, because these are unwrapped first.
fn embedding(text: &str, written: IpAddr, (read, prefix): (IpAddr, u8)) -> Option<LiteralError> {
    match (written, read) {
        (IpAddr::V6(_), IpAddr::V4(_)) if prefix == 0 => Some(
            LiteralError::whole(text, format!("`{text}` stands for every IPv4 address"))
                .help("addresses that embed an IPv4 one are that one here; if all are meant, write `0.0.0.0/0`"),
        ),
        (IpAddr::V6(_), IpAddr::V6(_)) => {
            let IpAddr::V4(v4) = unwrap_ip(written) else { return None };
            Some(
                LiteralError::whole(text, format!("no address is in `{text}`"))
                    .help(format!("such an address is the IPv4 one that it embeds: write `{v4}/32`"))
                    .replacement(format!("{v4}/32")),
            )
        }
        _ => None,
    }
}

fn without_prefix(text: &str) -> LiteralError {
    match text.parse::<IpAddr>() {
        Ok(address) => {
            let longest = if address.is_ipv4() { 32 } else { 128 };
            LiteralError::whole(text, format!("the network `{text}` lacks a prefix length"))
                .help(format!("for this one address write `{text}/{longest}`"))
                .replacement(format!("{text}/{longest}"))
        }
        Err(_) => LiteralError::whole(text, format!("`{text}` is not a network"))
            .help("write an address and a prefix length: `10.0.0.0/8`"),
    }
}

fn mask(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from(u32::from(v4) & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        assert_eq!(network("10.0.0.0/8"), Ok(("10.0.0.0".parse().unwrap(), 8)));
        assert_eq!(network("0.0.0.0/0"), Ok(("0.0.0.0".parse().unwrap(), 0)));
        assert_eq!(network("10.0.0.1").unwrap_err().replacement.as_deref(), Some("10.0.0.1/32"));
        assert_eq!(network("10.1.2.3/8").unwrap_err().replacement.as_deref(), Some("10.0.0.0/8"));
        let bad = network("10.0.0.0/33").unwrap_err();
        assert_eq!((bad.start, bad.end), (9, 11));
        assert!(network("010.0.0.0/8").is_err());
    }

    #[test]
    fn networks_of_embedded_addresses_are_what_they_seem_or_errors() {
        assert_eq!(network("2002:a00::/24"), Ok(("10.0.0.0".parse().unwrap(), 8)));
        assert_eq!(network("::/0"), Ok(("::".parse().unwrap(), 0)));
        for text in ["2002::/16", "::ffff:0:0/96", "64:ff9b::/96"] {
            assert!(network(text).unwrap_err().message.contains("every IPv4"), "{text}");
        }
        assert_eq!(network("2002:a00:1:5::/64").unwrap_err().replacement.as_deref(), Some("10.0.0.1/32"));
    }

    #[test]
    fn embedded_addresses_are_unwrapped() {
        for text in ["::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:0a00:0001::", "::10.0.0.1", "10.0.0.1"] {
            assert_eq!(ip(text), Ok("10.0.0.1".parse().unwrap()), "{text}");
        }
        assert_eq!(ip("::1"), Ok("::1".parse().unwrap()));
    }
}
