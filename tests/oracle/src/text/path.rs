//! Absolute, clean paths.

/// The components of a clean path; `None` when the text is no clean path. `/` has none.
pub fn parse(text: &str) -> Option<Vec<String>> {
    let rest = text.strip_prefix('/')?;
    let forbidden = |c: char| c == '\\' || c <= '\u{1f}' || c == '\u{7f}';
    if text.chars().any(forbidden) || has_encoded_separator(text) {
        return None;
    }
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let components: Vec<String> = rest.split('/').map(str::to_string).collect();
    let unclean = |part: &String| part.is_empty() || part == "." || part == "..";
    if components.iter().any(unclean) { None } else { Some(components) }
}

fn has_encoded_separator(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["%2e", "%2f", "%5c", "%00"].iter().any(|code| lower.contains(code))
}

/// The cleaned text.
pub fn text(components: &[String]) -> String {
    format!("/{}", components.join("/"))
}

/// Whether `path` is `base` or below it.
pub fn under(path: &[String], base: &[String]) -> bool {
    path.len() >= base.len() && path.iter().zip(base).all(|(a, b)| a == b)
}

/// What follows the last `.` of a name, unless that is its first character.
pub fn extension(name: &str) -> &str {
    match name.rfind('.') {
        None | Some(0) => "",
        Some(at) => &name[at + 1..],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_paths_only() {
        assert_eq!(parse("/"), Some(vec![]));
        assert_eq!(parse("/a/b/"), Some(vec!["a".to_string(), "b".to_string()]));
        for bad in ["", "a", "//", "/a//b", "/a/../b", "/.", "/a\\b", "/a%2Fb", "/a%2e", "/a\0", "/a//", "C:/a"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn under_compares_components() {
        let p = |text| parse(text).unwrap();
        assert!(under(&p("/w/a"), &p("/w")));
        assert!(under(&p("/w"), &p("/w/")));
        assert!(!under(&p("/work"), &p("/w")));
        assert!(under(&p("/x"), &p("/")));
    }
}
