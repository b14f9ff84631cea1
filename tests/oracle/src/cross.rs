//! The parts one by one: the runtime's parsers and the oracle's agree on every string of the pools,
//! and on random strings made of the characters that parsers stumble over.

use crate::generate::{Rng, pools};
use crate::text::{address, clock, glob, host, path, uri};
use crate::{exact, json, message};
use mcpz_bytecode::image::{UriPartImage, UriPatternImage};
use mcpz_bytecode::value::{self as machine, Decimal};
use mcpz_compiler::hir::{UriPart, UriPattern};
use mcpz_runtime::json::{Buffers, Limits};

const POOLS: [&[&str]; 12] = [
    pools::PATH_TEXTS,
    pools::HOST_TEXTS,
    pools::URL_TEXTS,
    pools::IP_TEXTS,
    pools::INSTANT_TEXTS,
    pools::TEXTS,
    pools::ODD_TEXTS,
    pools::INT_TEXTS,
    pools::DECIMAL_TEXTS,
    pools::INEXACT,
    pools::NETS,
    pools::SQL_TEXTS,
];

/// Strings of the pools, strings with one piece changed, and strings of odd pieces.
fn texts(count: usize) -> Vec<String> {
    let pieces = [
        "/", ".", "..", "%2e", "%", "a", "B", "0", "1", "9", "10", "255", "256", ":", "::", "ffff", "[", "]", "@", "-",
        "--", "_", "xn--", "é", "ß", "\u{200d}", "\u{3002}", "。", "١", "e", "E", "+", "T", "Z", "t", "2026", "-03",
        "-02", "10:00:00", "\\", "\0", " ", "\t", "x", "0x", "*", "?", "**", "\u{7f}", "é", "\u{301}", "😀", "ms", "h",
        "30", "d",
    ];
    let mut rng = Rng::new(11);
    let mut all: Vec<String> = POOLS.iter().flat_map(|pool| pool.iter().map(|text| text.to_string())).collect();
    let known = all.clone();
    while all.len() < count {
        let text: String = if rng.chance(40) {
            let base = rng.pick(&known).clone();
            let at = (0..=base.len()).filter(|at| base.is_char_boundary(*at)).nth(rng.below(base.chars().count() + 1));
            let (front, back) = base.split_at(at.unwrap_or(0));
            format!("{front}{}{back}", rng.pick(&pieces))
        } else {
            (0..rng.below(8)).map(|_| rng.word(&pieces)).collect()
        };
        all.push(text);
    }
    all
}

#[test]
fn paths() {
    for text in texts(20_000) {
        let ours = path::parse(&text);
        let theirs = machine::path::parse_path(&text).ok();
        assert_eq!(ours.as_ref().map(|parts| path::text(parts)).as_deref(), theirs, "{text:?}");
        let (Some(parts), Some(clean)) = (ours, theirs) else {
            continue;
        };
        let name = parts.last().map_or("", String::as_str);
        assert_eq!(name, machine::path::name(clean), "{text:?}");
        assert_eq!(path::extension(name), machine::path::extension(clean), "{text:?}");
        assert_eq!(i64::try_from(parts.len()).unwrap(), machine::path::depth(clean), "{text:?}");
        for base in pools::PATHS {
            let ours = path::under(&parts, &path::parse(base).unwrap());
            assert_eq!(ours, machine::path::under(clean, base), "{text:?} under {base}");
        }
    }
}

#[test]
fn hosts_and_addresses() {
    for text in texts(20_000) {
        let ours = host::parse(&text);
        let theirs = machine::host::parse_host(&text).ok().map(|host| host.into_owned());
        assert_eq!(ours, theirs, "{text:?}");
        for pattern in pools::HOST_PATTERNS {
            if let Some(name) = &ours {
                assert_eq!(
                    host::matches(name, pattern),
                    machine::host::host_matches(pattern, name),
                    "{name} {pattern}"
                );
            }
        }
        let (ours, theirs) = (address::parse(&text), machine::net::parse_ip(&text).ok());
        assert_eq!(ours, theirs, "{text:?}");
        for net in pools::NETS {
            if let Some(ip) = ours {
                let theirs = machine::net::net_contains(machine::net::parse_net(net).unwrap(), ip);
                assert_eq!(address::in_net(ip, address::parse_net(net).unwrap()), theirs, "{ip} in {net}");
            }
        }
    }
}

#[test]
fn times() {
    for text in texts(20_000) {
        assert_eq!(clock::parse_instant(&text), machine::time::parse_instant(&text).ok(), "{text:?}");
        assert_eq!(clock::parse_date(&text), machine::time::parse_date(&text).ok(), "{text:?}");
        assert_eq!(clock::parse_time(&text), machine::time::parse_time(&text).ok(), "{text:?}");
        assert_eq!(clock::parse_duration(&text), machine::time::parse_duration(&text).ok(), "{text:?}");
        assert_eq!(clock::parse_weekday(&text), machine::time::parse_weekday(&text).ok(), "{text:?}");
    }
}

#[test]
fn globs_and_resource_patterns() {
    let mut rng = Rng::new(5);
    for text in texts(4_000) {
        for pattern in pools::GLOBS.iter().chain(pools::PATH_GLOBS).chain(&["\\*", "a\\", "[a]", "***/a"]) {
            for path_like in [false, true] {
                let ours = glob::matches(&text, pattern, path_like);
                assert_eq!(ours, machine::glob::glob_matches(pattern, path_like, &text), "{text:?} {pattern}");
            }
        }
        let parts: Vec<UriPart> = (0..rng.within(1, 4)).map(|at| part(&mut rng, at)).collect();
        let image = UriPatternImage { parts: parts.iter().map(image).collect() };
        let ours = uri::captures(&UriPattern { parts: parts.clone() }, &text);
        let theirs = machine::pattern::match_uri(&image, &text)
            .map(|found| found.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect());
        assert_eq!(ours, theirs, "{text:?} {parts:?}");
    }
}

fn part(rng: &mut Rng, at: usize) -> UriPart {
    match rng.below(5) {
        0 => UriPart::Star,
        1 => UriPart::DoubleStar,
        2 => UriPart::Variable(format!("v{at}").into()),
        _ => UriPart::Text(rng.word(&["/", "a", "/w/", "10"])),
    }
}

fn image(part: &UriPart) -> UriPartImage {
    match part {
        UriPart::Text(text) => UriPartImage::Text(text.clone()),
        UriPart::Star => UriPartImage::Star,
        UriPart::DoubleStar => UriPartImage::DoubleStar,
        UriPart::Variable(name) => UriPartImage::Variable(name.to_string()),
    }
}

#[test]
fn arithmetic() {
    let numbers: Vec<i128> =
        pools::DECIMAL_TEXTS.iter().chain(pools::INT_TEXTS).filter_map(|text| exact::parse(text)).collect();
    let machine = |units| Decimal::from_units(units).unwrap();
    for a in &numbers {
        for b in &numbers {
            let units = |result: Result<Decimal, _>| result.ok().map(Decimal::units);
            assert_eq!(exact::add(*a, *b), units(machine(*a).checked_add(machine(*b))), "{a} + {b}");
            assert_eq!(exact::subtract(*a, *b), units(machine(*a).checked_sub(machine(*b))), "{a} - {b}");
            assert_eq!(exact::multiply(*a, *b), units(machine(*a).checked_mul(machine(*b))), "{a} * {b}");
        }
    }
}

/// JSON texts: well-formed ones, and ones with a byte or a piece changed.
fn json_texts(count: usize) -> Vec<Vec<u8>> {
    let bases = [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1,2.5,"é\u00e9",null,true]}}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"_meta":{"a":1},"progress":1e2}}"#,
        r#"{"jsonrpc":"2.0","id":"q","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///a","ref":{"type":"x"}}}"#,
    ];
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u0000",
        "\\ud800",
        "\\udc00",
        "1",
        "-",
        "0",
        ".",
        "e",
        "1e400",
        "null",
        "true",
        "\"id\":1,",
        "\"Method\":\"x\",",
        "\"\\u006dethod\":\"y\",",
        "\"URI\":1,",
        " ",
        "\u{1}",
        "\u{feff}",
        "\"a\":",
        "\"\u{17f}\":",
        "\"param\u{17f}\":1,",
    ];
    let mut rng = Rng::new(3);
    (0..count)
        .map(|_| {
            let mut text = rng.pick(&bases).as_bytes().to_vec();
            for _ in 0..rng.below(3) {
                let at = rng.below(text.len());
                match rng.below(3) {
                    0 => drop(text.remove(at)),
                    1 => drop(text.splice(at..at, rng.pick(&pieces).bytes())),
                    _ => text[at] = u8::try_from(rng.below(256)).unwrap(),
                }
            }
            text
        })
        .collect()
}

#[test]
fn messages() {
    let mut buffers = Buffers::new();
    let mut faults = std::collections::BTreeMap::new();
    for text in json_texts(60_000) {
        let ours = message::read(&text).map(|message| message.method.unwrap_or_default());
        let theirs = buffers.read_message(&text, &Limits::DEFAULT).map(|message| message.method.to_string());
        let shown = String::from_utf8_lossy(&text);
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{shown}"),
            // Both refuse; which fault is named may differ where a text has several.
            (Err(fault), Err(_)) => *faults.entry(*fault).or_insert(0) += 1,
            _ => panic!("{shown}: oracle {ours:?}, runtime {theirs:?}"),
        }
    }
    assert!(faults.len() >= 8, "{faults:?}");
}

#[test]
fn json_values() {
    for text in json_texts(20_000) {
        let mut buffers = Buffers::new();
        let ours = json::read(&text);
        let theirs = buffers.read(&text, &Limits::DEFAULT);
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{}", String::from_utf8_lossy(&text));
    }
}
