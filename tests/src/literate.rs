//! Literate chapters: Markdown whose code blocks are tests.
//!
//! A chapter is cut at its `##` headings into sections. A fenced block belongs to a file of the
//! section's package: ```` ```json file=catalog/x.json ```` names it, a plain ```` ```mcpz ```` block
//! is policy. A policy block that holds a marker `// error: [E0301]` is a package of its own and gets
//! exactly the marked diagnostics; the other blocks of a section together make one package that
//! checks cleanly and whose tests pass.

use std::collections::BTreeMap;

/// A chapter cut into the packages it describes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chapter {
    /// Its examples, in order.
    pub examples: Vec<Example>,
}

/// One package of a chapter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Example {
    /// The heading it stands under.
    pub heading: String,
    /// Files by path.
    pub files: BTreeMap<String, String>,
    /// Expected diagnostics: (path, line from 1, code).
    pub expected: Vec<(String, usize, String)>,
}

/// A fenced block.
struct Block {
    language: String,
    path: Option<String>,
    text: String,
}

/// The path of policy that names no file.
pub const POLICY_PATH: &str = "policy/example.mcpz";

/// Cuts a chapter into its examples.
pub fn chapter(markdown: &str) -> Chapter {
    let mut examples = Vec::new();
    for (heading, body) in sections(markdown) {
        examples.extend(section_examples(&heading, &blocks(&body)));
    }
    Chapter { examples }
}

/// Splits a text at its `##` headings; what stands before the first is a section too.
fn sections(markdown: &str) -> Vec<(String, String)> {
    let mut sections = vec![(String::from("introduction"), String::new())];
    let mut fenced = false;
    for line in markdown.lines() {
        fenced ^= line.starts_with("```");
        match line.strip_prefix("## ") {
            Some(heading) if !fenced => sections.push((heading.to_owned(), String::new())),
            _ => {
                if let Some((_, body)) = sections.last_mut() {
                    body.push_str(line);
                    body.push('\n');
                }
            }
        }
    }
    sections
}

/// The fenced blocks of a section.
fn blocks(body: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in body.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(info), None) => {
                let mut words = info.split_whitespace();
                let language = words.next().unwrap_or_default().to_owned();
                let path = words.find_map(|word| word.strip_prefix("file=")).map(str::to_owned);
                open = Some(Block { language, path, text: String::new() });
            }
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The packages that a section's blocks make.
fn section_examples(heading: &str, blocks: &[Block]) -> Vec<Example> {
    let mut together = Example { heading: heading.to_owned(), ..Example::default() };
    let mut alone = Vec::new();
    let tested = blocks.iter().filter(|block| block.language == "mcpz" || block.language == "json");
    for block in tested {
        let path = block.path.clone().unwrap_or_else(|| POLICY_PATH.to_owned());
        let expected = markers(&path, &block.text);
        if expected.is_empty() {
            let text = together.files.entry(path).or_default();
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&block.text);
        } else {
            let files = BTreeMap::from([(path, block.text.clone())]);
            alone.push(Example { heading: heading.to_owned(), files, expected });
        }
    }
    if !together.files.is_empty() {
        alone.push(together);
    }
    alone
}

/// The markers of a block: `// error: [E0301]` or `// warning: [W0601]` at the end of a line.
fn markers(path: &str, text: &str) -> Vec<(String, usize, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for kind in ["// error: [", "// warning: ["] {
            if let Some((_, rest)) = line.split_once(kind) {
                let codes = rest.split(']').next().unwrap_or_default();
                found.extend(codes.split(',').map(|code| (path.to_owned(), index + 1, code.trim().to_owned())));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_block_stands_alone_and_the_rest_together() {
        let text = "# T\n\n## A\n```mcpz\nx // error: [E0001]\n```\n```mcpz\ny\n```\n```mcpz\nz\n```\n## B\n```text\nno\n```\n";
        let examples = chapter(text).examples;
        assert_eq!(examples.len(), 2);
        assert_eq!(examples[0].expected, vec![(POLICY_PATH.to_owned(), 1, "E0001".to_owned())]);
        assert_eq!(examples[1].files[POLICY_PATH], "y\n\nz\n");
        assert!(examples[1].expected.is_empty());
    }
}
