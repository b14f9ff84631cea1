//! A picture in the DOT language.

use super::{Kind, Picture};
use std::fmt::Write as _;

/// The picture in the DOT language.
pub fn dot(picture: &Picture) -> String {
    let mut out =
        String::from("digraph decision {\n  rankdir=LR;\n  node [shape=box, style=filled, fontname=\"monospace\"];\n");
    for (row, shape) in picture.boxes.iter().enumerate() {
        let colour = match shape.kind {
            Kind::Entry => "#ddf4ff",
            Kind::Stage => "#f6f8fa",
            Kind::Switch => "#fff8c5",
            Kind::Rules => "#dafbe1",
        };
        let text: String = shape.lines.iter().map(|line| format!("{}\\l", quoted(line))).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  n{row} [label=\"{text}\", fillcolor=\"{colour}\"{}];", lit(shape.is_lit));
    }
    for arrow in &picture.arrows {
        let (from, to) = (arrow.from, arrow.to);
        let texts: Vec<String> = arrow.texts().map(quoted).collect();
        let _ = writeln!(out, "  n{from} -> n{to} [label=\"{}\"{}];", texts.join("\\n"), lit(arrow.is_lit));
    }
    out.push_str("}\n");
    out
}

fn lit(is_lit: bool) -> &'static str {
    if is_lit { ", color=\"#cf222e\", penwidth=2.5" } else { "" }
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
