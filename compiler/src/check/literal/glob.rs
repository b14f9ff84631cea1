//! Globs over whole strings, paths and URLs, as `like` takes them.
//!
//! `*` is any run of characters, `?` one, `\` makes the next one plain. On a path or URL `*` stops
//! at `/` and `**` does not.

use super::LiteralError;

/// A glob and what is odd about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// The pattern.
    pub pattern: String,
    /// What an author probably did not mean.
    pub note: Option<GlobNote>,
}

/// What an author probably did not mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobNote {
    /// No wildcard: `==` says the same.
    NoWildcard,
    /// Written as a regular expression; `matches` is meant. The byte range shows why.
    LooksLikeRegex(usize, usize),
}

/// Reads a glob.
pub fn glob(text: &str, on_path: bool) -> Result<Glob, LiteralError> {
    let trailing = text.len() - text.trim_end_matches('\\').len();
    if trailing % 2 == 1 {
        return Err(LiteralError::at(text.len() - 1, text.len(), "the `\\` at the end has nothing to escape")
            .help("write `\\\\` for a backslash"));
    }
    if on_path && !text.starts_with(['/', '*', '?']) {
        return Err(LiteralError::whole(text, "a path starts with `/`, so this pattern never matches")
            .help("start with `/`, or with `**/` for any depth")
            .replacement(format!("**/{text}")));
    }
    Ok(Glob { pattern: text.to_owned(), note: note(text) })
}

fn note(text: &str) -> Option<GlobNote> {
    if let Some((start, end)) = regex_sign(text) {
        return Some(GlobNote::LooksLikeRegex(start, end));
    }
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '*' | '?' => return None,
            _ => {}
        }
    }
    Some(GlobNote::NoWildcard)
}

/// Where a glob shows that a regular expression was meant.
fn regex_sign(text: &str) -> Option<(usize, usize)> {
    if text.starts_with('^') {
        return Some((0, 1));
    }
    if text.ends_with('$') && text.len() > 1 {
        return Some((text.len() - 1, text.len()));
    }
    let signs = [".*", ".+", "\\d", "\\w", "\\s", "\\.", "[0-9]", "[a-z", "[A-Z", "(?:"];
    signs.iter().filter_map(|sign| text.find(sign).map(|at| (at, at + sign.len()))).find(|(start, end)| {
        // `x.*` names every extension: only a dot that a regular expression would need counts.
        text[*start..*end] != *".*" || *start == 0 || text[..*start].ends_with([')', ']'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes() {
        assert_eq!(glob("inv_*", false).unwrap().note, None);
        assert_eq!(glob("inv", false).unwrap().note, Some(GlobNote::NoWildcard));
        assert_eq!(glob(r"a\*", false).unwrap().note, Some(GlobNote::NoWildcard));
        assert_eq!(glob("^inv.*$", false).unwrap().note, Some(GlobNote::LooksLikeRegex(0, 1)));
        assert_eq!(glob("**/.env.*", true).unwrap().note, None);
        assert_eq!(glob("report.*", false).unwrap().note, None);
        assert_eq!(glob(r"inv\d+", false).unwrap().note, Some(GlobNote::LooksLikeRegex(3, 5)));
    }

    #[test]
    fn mistakes() {
        assert!(glob("a\\", false).is_err());
        assert!(glob("a\\\\", false).is_ok());
        assert_eq!(glob("*.md", true).map(|glob| glob.pattern).as_deref(), Ok("*.md"));
        assert_eq!(glob("x/*.md", true).unwrap_err().replacement.as_deref(), Some("**/x/*.md"));
    }
}
