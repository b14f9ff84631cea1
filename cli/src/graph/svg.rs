//! A picture as SVG, by itself: no font, script or address of anything else.

use super::layout::{ARROW_LINE, LINE, Layout, PADDING, Place, layout, text_width};
use super::{Arrow, Kind, Picture, PictureBox};
use crate::formats::markup as escaped;
use std::fmt::Write as _;

const STYLE: &str = "\
text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1b1f24}\
.b{stroke:#57606a;stroke-width:1}.entry{fill:#ddf4ff}.stage{fill:#f6f8fa}.switch{fill:#fff8c5}.rules{fill:#dafbe1}\
.a{stroke:#8c959f;stroke-width:1;fill:none}.l{fill:#57606a;font-size:11px}\
.lit .b{stroke:#cf222e;stroke-width:2.5}.lit .a{stroke:#cf222e;stroke-width:2.5}.lit .l{fill:#cf222e}";

/// The picture as SVG.
pub fn svg(picture: &Picture, title: &str) -> String {
    let plan = layout(picture);
    let Layout { width, height, .. } = plan;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
    );
    let _ = writeln!(out, "<title>{}</title>\n<style>{STYLE}</style>", escaped(title));
    let _ = writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
    for (arrow, end) in picture.arrows.iter().zip(&plan.ends) {
        draw_arrow(&mut out, arrow, plan.places[arrow.from], (plan.places[arrow.to].x, *end));
    }
    for (shape, place) in picture.boxes.iter().zip(&plan.places) {
        draw_box(&mut out, shape, *place);
    }
    out.push_str("</svg>\n");
    out
}

fn class(is_lit: bool) -> &'static str {
    if is_lit { " class=\"lit\"" } else { "" }
}

fn draw_arrow(out: &mut String, arrow: &Arrow, from: Place, (x2, y2): (usize, usize)) {
    let (x1, y1) = (from.x + from.width, from.y + from.height / 2);
    // The arrow runs level where its text stands.
    let level = text_width(arrow) + 24;
    let bend = x2.saturating_sub(level).max(x1);
    let _ = writeln!(
        out,
        "<g{}><path class=\"a\" d=\"M{x1} {y1} C{bend} {y1} {x1} {y2} {bend} {y2} L{x2} {y2}\"/>\
         <path class=\"a\" d=\"M{} {} L{x2} {y2} L{} {}\"/>",
        class(arrow.is_lit),
        x2.saturating_sub(6),
        y2.saturating_sub(4),
        x2.saturating_sub(6),
        y2 + 4,
    );
    let x = x2.saturating_sub(10);
    // The keys stand above the line.
    let first = if arrow.label.is_empty() { y2 + ARROW_LINE } else { y2 };
    for (row, text) in arrow.texts().enumerate() {
        let y = (first + row * ARROW_LINE).saturating_sub(if first == y2 && row == 0 { 5 } else { 2 });
        let _ = writeln!(out, "<text class=\"l\" x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{}</text>", escaped(text));
    }
    out.push_str("</g>\n");
}

fn draw_box(out: &mut String, shape: &PictureBox, place: Place) {
    let kind = match shape.kind {
        Kind::Entry => "entry",
        Kind::Stage => "stage",
        Kind::Switch => "switch",
        Kind::Rules => "rules",
    };
    let Place { x, y, width, height } = place;
    let _ = writeln!(
        out,
        "<g{}><rect class=\"b {kind}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\"/>",
        class(shape.is_lit)
    );
    for (row, line) in shape.lines.iter().enumerate() {
        let (x, y) = (x + PADDING, y + PADDING / 2 + (row + 1) * LINE - 4);
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" xml:space=\"preserve\">{}</text>", escaped(line));
    }
    out.push_str("</g>\n");
}
