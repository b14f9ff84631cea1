//! A picture in the language of Mermaid, for Markdown.

use super::{Kind, Picture};
use std::fmt::Write as _;

/// The picture in the language of Mermaid.
pub fn mermaid(picture: &Picture) -> String {
    let mut out = String::from("flowchart LR\n");
    for (row, shape) in picture.boxes.iter().enumerate() {
        let text: Vec<String> = shape.lines.iter().map(|line| quoted(line)).collect();
        let text = text.join("<br/>");
        let (open, close) = if shape.kind == Kind::Switch { ("{{", "}}") } else { ("[", "]") };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  n{row}{open}\"{text}\"{close}");
    }
    for arrow in &picture.arrows {
        let line = if arrow.is_lit { "==>" } else { "-->" };
        let texts: Vec<String> = arrow.texts().map(quoted).collect();
        let label = if texts.is_empty() { String::new() } else { format!("|\"{}\"|", texts.join("<br/>")) };
        let _ = writeln!(out, "  n{} {line}{label} n{}", arrow.from, arrow.to);
    }
    let lit: Vec<String> =
        picture.boxes.iter().enumerate().filter(|(_, shape)| shape.is_lit).map(|(row, _)| format!("n{row}")).collect();
    if !lit.is_empty() {
        let _ = writeln!(out, "  classDef lit stroke:#cf222e,stroke-width:3px\n  class {} lit", lit.join(","));
    }
    out
}

/// Text that Mermaid shows as it is.
fn quoted(text: &str) -> String {
    text.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
