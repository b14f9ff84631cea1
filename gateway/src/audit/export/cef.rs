//! The Common Event Format, version 0.
//!
//!     CEF:0|Vendor|Product|Version|Class|Name|Severity|key=value key=value
//!
//! In the head a bar and a backslash are written with a backslash before them, and there may be no line feed; in a value
//! an equals sign and a backslash are, and a line feed is `\n`, a carriage return `\r`. A bar in a value stands as it is.

use super::{Severity, severity, title};
use crate::audit::clock::unix_ms;
use crate::audit::entry::Entry;
use std::fmt::Write;

/// The line.
pub fn line(entry: &Entry) -> String {
    let severity = match severity(entry) {
        Severity::Informational => 1,
        Severity::Low => 4,
        Severity::Medium => 6,
        Severity::High => 8,
    };
    let class = [entry.text("kind"), entry.text("effect"), entry.text("reason")];
    let class: Vec<&str> = class.into_iter().filter(|part| !part.is_empty()).collect();
    let (class, name) = (head(&class.join(":")), head(&title(entry)));
    let mut line = format!("CEF:0|mcpz|mcpz-gateway|{}|{class}|{name}|{severity}|", env!("CARGO_PKG_VERSION"));
    let chain = entry.chain();
    let of_kind = |wanted: &str| chain.iter().find(|(kind, ..)| *kind == wanted).map_or("", |(_, _, subject)| *subject);
    // Success or failure is of what was decided; other records have neither.
    let outcome = match entry.text("effect") {
        "" => "",
        "allow" => "success",
        _ => "failure",
    };
    let number = |name: &str| entry.number(name).map(|number| number.to_string()).unwrap_or_default();
    let pairs = [
        ("rt", unix_ms(entry.text("time")).unwrap_or(0).to_string()),
        ("externalId", number("seq")),
        ("act", entry.text("effect").to_owned()),
        ("reason", entry.text("reason").to_owned()),
        ("outcome", outcome.to_owned()),
        ("suser", of_kind("user").to_owned()),
        ("sproc", of_kind("agent").to_owned()),
        ("destinationServiceName", entry.text("server").to_owned()),
        ("requestMethod", entry.text("method").to_owned()),
        ("request", entry.text("target").to_owned()),
        ("cs1Label", "rules".to_owned()),
        ("cs1", entry.texts("rules").join(" ")),
        ("cs2Label", "bundle".to_owned()),
        ("cs2", entry.text("bundle").to_owned()),
        ("cs3Label", "traceId".to_owned()),
        ("cs3", entry.text("trace_id").to_owned()),
        ("cs4Label", "decisionId".to_owned()),
        ("cs4", entry.text("id").to_owned()),
        ("cs5Label", "hash".to_owned()),
        ("cs5", entry.hash.clone()),
        ("cn1Label", "latencyMicroseconds".to_owned()),
        ("cn1", number("latency_us")),
    ];
    let is_empty = |key: &str| pairs.iter().any(|(name, text)| *name == key && text.is_empty());
    let mut separator = "";
    for (key, text) in &pairs {
        if !is_empty(key.strip_suffix("Label").unwrap_or(key)) {
            let _ = write!(line, "{separator}{key}={}", value(text));
            separator = " ";
        }
    }
    line
}

/// Text within the head.
fn head(text: &str) -> String {
    escaped(text, |character| match character {
        '|' => Some("\\|"),
        '\\' => Some("\\\\"),
        '\n' | '\r' => Some(" "),
        _ => None,
    })
}

/// A value of the extension.
fn value(text: &str) -> String {
    escaped(text, |character| match character {
        '=' => Some("\\="),
        '\\' => Some("\\\\"),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        _ => None,
    })
}

/// Control and direction-changing characters have no escape in this format: they become U+FFFD.
fn escaped(text: &str, escape: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match escape(character) {
            Some(replaced) => out.push_str(replaced),
            None if is_disruptive(character) => out.push('\u{fffd}'),
            None => out.push(character),
        }
    }
    out
}

/// Whether a character could end a line or turn text around where it is shown.
pub(super) fn is_disruptive(character: char) -> bool {
    let turns = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    character.is_control() || turns || character == '\u{61c}' || character == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::super::tests::{denial, reload};
    use super::*;

    #[test]
    fn heads_and_values_are_escaped_each_in_its_way() {
        assert_eq!(head("a|b\\c=d\ne"), "a\\|b\\\\c=d e");
        assert_eq!(value("a|b\\c=d\ne\rf"), "a|b\\\\c\\=d\\ne\\rf");
        assert_eq!(value("a\u{202e}b\u{1b}c"), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn what_decides_nothing_neither_succeeds_nor_fails() {
        assert!(!line(&reload()).contains("outcome="), "{}", line(&reload()));
    }

    #[test]
    fn a_denial_is_one_line() {
        assert_eq!(
            line(&denial()),
            format!(
                "CEF:0|mcpz|mcpz-gateway|{}|decision:deny:forbidden|call payments.re\\|fu=nd\\\\x\"] \u{fffd}|4|\
                 rt=1772445600123 externalId=7 act=deny reason=forbidden outcome=failure suser=user:ann \
                 sproc=agent:copilot:1 destinationServiceName=payments requestMethod=tools/call \
                 request=re|fu\\=nd\\\\x\"]\\n\u{fffd} cs1Label=rules cs1=PAY-1 PAY-2 cs2Label=bundle cs2=ab \
                 cs3Label=traceId cs3=4bf92f3577b34da6a3ce929d0e0e4736 cs4Label=decisionId cs4=d-1 \
                 cs5Label=hash cs5={} cn1Label=latencyMicroseconds cn1=12",
                env!("CARGO_PKG_VERSION"),
                "00".repeat(32)
            )
        );
    }
}
