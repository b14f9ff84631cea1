//! What a literal means: how many addresses a network has, a duration in words, when a zone changes next.

use crate::Package;
use crate::markup::{Markup, code, escape};
use crate::syntax::bytes;
use mcpz_compiler::check::literal as check;
use mcpz_compiler::hir::{SourceId, Span};
use mcpz_compiler::types::Type;
use mcpz_syntax::ast::AstNode;
use mcpz_syntax::ast::Literal;
use mcpz_syntax::literal::LiteralValue;
use mcpz_syntax::{SyntaxKind, SyntaxToken};

/// The meaning of the literal that a token is.
pub fn meaning(package: &Package, source: SourceId, token: &SyntaxToken, now_ms: i64) -> Option<Markup> {
    let text = match token.kind() {
        SyntaxKind::String | SyntaxKind::RawString => string_meaning(package, source, token, now_ms)?,
        kind if kind.is_literal() => value_meaning(token)?,
        _ => return None,
    };
    let mut markup = Markup::new();
    markup.text(text);
    Some(markup)
}

fn value_meaning(token: &SyntaxToken) -> Option<String> {
    let literal = Literal::cast(token.parent()?)?;
    match literal.value().ok()? {
        LiteralValue::Duration(ms) => Some(format!("duration: {}", duration_words(ms))),
        LiteralValue::Size(bytes) => Some(format!("size: {} bytes", grouped(bytes))),
        _ if token.kind() == SyntaxKind::Instant => instant_words(token.text()),
        _ if token.kind() == SyntaxKind::Date => date_words(token.text()),
        _ => None,
    }
}

/// A length of time in words: `1 hour 30 minutes`.
pub fn duration_words(ms: i64) -> String {
    const UNITS: [(i64, &str); 5] =
        [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"), (1, "millisecond")];
    let mut left = ms;
    let mut words = Vec::new();
    for (length, unit) in UNITS {
        let count = left / length;
        left %= length;
        if count == 1 {
            words.push(format!("1 {unit}"));
        } else if count > 1 {
            words.push(format!("{count} {unit}s"));
        }
    }
    if words.is_empty() { "nothing".to_owned() } else { words.join(" ") }
}

/// A number with its digits in groups of three.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(' ');
        }
        shown.push(digit);
    }
    shown
}

fn instant_words(text: &str) -> Option<String> {
    let at: jiff::Timestamp = text.parse().ok()?;
    let utc = at.to_zoned(jiff::tz::TimeZone::UTC);
    Some(format!("instant: {} UTC", utc.strftime("%A, %-d %B %Y, %H:%M:%S")))
}

fn date_words(text: &str) -> Option<String> {
    let date: jiff::civil::Date = text.parse().ok()?;
    Some(format!("date: {}", date.strftime("%A, %-d %B %Y")))
}

fn string_meaning(package: &Package, source: SourceId, token: &SyntaxToken, now_ms: i64) -> Option<String> {
    let literal = Literal::cast(token.parent()?);
    let range = bytes(token.text_range());
    let span = Span { source, start: range.start, end: range.end };
    let text = match &literal {
        Some(literal) => literal.string()?.text().to_owned(),
        None => token.text().trim_start_matches('r').trim_matches('"').to_owned(),
    };
    if token.parent().is_some_and(|parent| parent.kind() == SyntaxKind::NetworksEntry) {
        return network(&text);
    }
    if let Some(zone) = zone(&text, now_ms).filter(|_| text.contains('/') || text == "UTC") {
        return Some(zone);
    }
    let ty = package.index.types.get(&span)?.required().clone();
    Some(match ty {
        Type::Net => network(&text)?,
        Type::Host => host(&text)?,
        Type::Ip => format!("address: {}", code(&check::ip(&text).ok()?.to_string())),
        Type::Path => {
            format!("path of {} parts: {}", text.split('/').filter(|part| !part.is_empty()).count(), code(&text))
        }
        Type::Url => format!("URL: {}", code(&check::url(&text).ok()?)),
        Type::Duration => "duration".to_owned(),
        Type::Weekday => weekday(&text)?,
        other => format!("type {}", code(&other.to_string())),
    })
}

/// How many addresses a network has.
fn network(text: &str) -> Option<String> {
    let (address, length) = check::network(text).ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let free = bits - u32::from(length);
    let count = match free {
        0 => "1 address".to_owned(),
        1..=62 => format!("{} addresses", grouped(1_i64 << free)),
        _ => format!("2^{free} addresses"),
    };
    let last = match address {
        std::net::IpAddr::V4(first) => {
            let hosts = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
            std::net::Ipv4Addr::from(u32::from(first) | hosts).to_string()
        }
        std::net::IpAddr::V6(first) => {
            let hosts = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
            std::net::Ipv6Addr::from(u128::from(first) | hosts).to_string()
        }
    };
    Some(format!(
        "network {}: {count}, {} to {}",
        code(&format!("{address}/{length}")),
        code(&address.to_string()),
        code(&last)
    ))
}

fn host(text: &str) -> Option<String> {
    if let Some(domain) = text.strip_prefix("*.") {
        return Some(format!("host pattern: one label or more below {}", code(domain)));
    }
    Some(format!("host {}", code(&check::host(text).ok()?)))
}

fn weekday(text: &str) -> Option<String> {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let row = check::weekday(text).ok()?;
    DAYS.get(usize::from(row)).map(|day| format!("weekday: {day}"))
}

/// A zone: its offset now, and when that changes next.
fn zone(text: &str, now_ms: i64) -> Option<String> {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(text).ok()?;
    let now = jiff::Timestamp::from_millisecond(now_ms).ok()?;
    let offset = zone.to_offset(now);
    let mut words = format!("time zone {}: UTC{offset} now", code(text));
    match zone.following(now).next() {
        Some(change) => {
            let at = change.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
            words.push_str(&format!(
                "; changes to UTC{} on {} UTC ({})",
                change.offset(),
                at.strftime("%-d %B %Y at %H:%M"),
                escape(change.abbreviation())
            ));
        }
        None => words.push_str("; no change is known"),
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_said_in_words() {
        assert_eq!(duration_words(5_400_000), "1 hour 30 minutes");
        assert_eq!(duration_words(0), "nothing");
    }

    #[test]
    fn networks_say_how_many_addresses_they_have() {
        assert_eq!(
            network("10.0.0.0/8").unwrap(),
            "network `10.0.0.0/8`: 16 777 216 addresses, `10.0.0.0` to `10.255.255.255`"
        );
        assert_eq!(network("::1/128").unwrap(), "network `::1/128`: 1 address, `::1` to `::1`");
        assert!(network("10.0.0.0/99").is_none());
    }

    #[test]
    fn zones_say_when_they_change() {
        let words = zone("Europe/Berlin", 1_772_445_600_000).unwrap();
        assert_eq!(
            words,
            "time zone `Europe/Berlin`: UTC+01 now; changes to UTC+02 on 29 March 2026 at 01:00 UTC (CEST)"
        );
        assert!(zone("Nowhere/City", 0).is_none());
    }
}
