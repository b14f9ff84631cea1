//! The `server` block for a captured server: what is certain, and what a person must confirm.

use crate::catalogs::place::Place;
use crate::escape;
use mcpz_compiler::hir::canonical::quoted;
use std::fmt::Write;

/// One line of a proposed overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// `*.path` or `move_file.source`.
    pub place: String,
    /// `path`, `url`, `host`, `list<path>`, or `sql` for a parameter that no type can hold.
    pub ty: String,
    /// Why it is proposed.
    pub why: String,
}

/// The text of a block.
pub fn text(name: &str, place: &Place<'_>, catalog: &str, proposals: &[Proposal]) -> String {
    let place = match place {
        Place::Command(command) => {
            let words: Vec<String> = command.iter().map(|word| literal(word)).collect();
            format!("command [{}]", words.join(", "))
        }
        Place::Url(url, _) => format!("endpoint {}", literal(url)),
    };
    let mut block = format!("server {} {{\n    {place}\n    catalog {}\n", quoted(name), literal(catalog));
    let (typed, noted): (Vec<&Proposal>, Vec<&Proposal>) =
        proposals.iter().partition(|proposal| !proposal.ty.contains("sql"));
    if !typed.is_empty() {
        block.push_str(
            "    // Proposed from names and descriptions of parameters. The server did not say so: read each line,\n",
        );
        block.push_str("    // keep what is true, and delete this comment.\n");
        block.push_str("    overlay {\n");
        for proposal in typed {
            let _ =
                writeln!(block, "        {}: {}  // {}", proposal.place, proposal.ty, escape::inline(&proposal.why));
        }
        block.push_str("    }\n");
    }
    for proposal in noted {
        let why = escape::inline(&proposal.why);
        let _ = writeln!(
            block,
            "    // `{}` looks like SQL ({why}): judge it with `sql(args.., DIALECT)`.",
            proposal.place
        );
    }
    block.push_str("}\n");
    block
}

/// A string literal of the language.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if escape::is_dangerous(other) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(other));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_parses_and_holds_what_was_given() {
        let proposals = [
            Proposal { place: "*.path".into(), ty: "path".into(), why: "named `path`".into() },
            Proposal { place: "query.q".into(), ty: "sql".into(), why: "named `q`\nnewline".into() },
        ];
        let command = ["npx".to_owned(), "a \"b\"\\c".to_owned()];
        let text = text("fs", &Place::Command(&command), "catalog/fs.json", &proposals);
        let parse = mcpz_syntax::parse(&text);
        assert!(parse.errors().is_empty(), "{text}\n{:?}", parse.errors());
        assert!(text.contains("*.path: path  // named `path`"), "{text}");
        assert!(!text.contains("q`\nnewline"), "{text}");
    }
}
