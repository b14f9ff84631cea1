//! Where boxes stand: columns by distance from an entry point, rows in the order of the boxes that lead to them.

use super::{Arrow, Picture};

/// Width of a character in tenths of a pixel: a little more than the widest of the faces that the picture asks for has at 12
/// pixels (0.602 of the size), so that text stays in its box whichever is there.
const CHARACTER_TENTHS: usize = 74;
/// Width of a character beyond ASCII, which may come from another face.
const WIDE_TENTHS: usize = 130;
/// Height of a line of text.
pub const LINE: usize = 16;
/// Height of a line of text on an arrow.
pub const ARROW_LINE: usize = 13;
/// Space between the texts of two arrows.
const ARROW_GAP: usize = 5;
/// Space inside a box.
pub const PADDING: usize = 8;
/// Space between boxes of a column.
const GAP: usize = 14;
/// Narrowest space between columns; labels of arrows stand there.
const CHANNEL: usize = 48;
/// Space around everything.
const MARGIN: usize = 16;

/// A box that has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Left.
    pub x: usize,
    /// Top.
    pub y: usize,
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
}

/// Places of all boxes, where arrows end, and the size of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// By box.
    pub places: Vec<Place>,
    /// How far down each arrow ends, by arrow.
    pub ends: Vec<usize>,
    /// Width of the picture.
    pub width: usize,
    /// Height of the picture.
    pub height: usize,
}

/// Lays a picture out. Boxes stand in the order they were made, which is depth first, so arrows cross little.
pub fn layout(picture: &Picture) -> Layout {
    let columns = columns(picture);
    let count = columns.iter().max().map_or(0, |last| last + 1);
    let (mut widths, mut channels) = (vec![0; count], vec![CHANNEL; count]);
    for (place, column) in picture.boxes.iter().zip(&columns) {
        widths[*column] = widths[*column].max(box_width(&place.lines));
    }
    for arrow in &picture.arrows {
        let column = columns[arrow.from];
        channels[column] = channels[column].max(text_width(arrow) + CHANNEL);
    }
    let mut lefts = vec![MARGIN; count];
    for column in 1..count {
        lefts[column] = lefts[column - 1] + widths[column - 1] + channels[column - 1];
    }
    let rooms = rooms(picture);
    let mut below = vec![MARGIN; count];
    let mut places = vec![Place::default(); picture.boxes.len()];
    // From the last to the first: a box stands level with the middle of what it leads to.
    for (row, shape) in picture.boxes.iter().enumerate() {
        let column = columns[row];
        let height = (shape.lines.len().max(1) * LINE + PADDING).max(rooms[row]);
        let y = below[column..].iter().copied().max().unwrap_or(MARGIN).max(below[column]);
        let y = if column + 1 == count || !leads_on(picture, row) { y } else { below[column].max(y) };
        places[row] = Place { x: lefts[column], y, width: box_width(&shape.lines), height };
        below[column] = y + height + GAP;
    }
    centre(picture, &columns, &mut places);
    let ends = ends(picture, &places, &rooms);
    let width = places.iter().map(|place| place.x + place.width).max().unwrap_or(0) + MARGIN;
    let height = places.iter().map(|place| place.y + place.height).max().unwrap_or(0) + MARGIN;
    Layout { places, ends, width, height }
}

fn leads_on(picture: &Picture, row: usize) -> bool {
    picture.arrows.iter().any(|arrow| arrow.from == row)
}

/// How high a box must be so that the text of every arrow that ends there has room of its own.
fn rooms(picture: &Picture) -> Vec<usize> {
    let mut rooms = vec![0; picture.boxes.len()];
    for arrow in &picture.arrows {
        rooms[arrow.to] += room(arrow);
    }
    rooms
}

/// The height of an arrow's text, and of what parts it from the next one's.
fn room(arrow: &Arrow) -> usize {
    if arrow.texts().next().is_none() { 0 } else { above(arrow) + arrow.rules.len() * ARROW_LINE + ARROW_GAP }
}

/// How much of an arrow's room is above its line.
fn above(arrow: &Arrow) -> usize {
    if arrow.label.is_empty() { ARROW_GAP } else { ARROW_LINE }
}

/// Where arrows end: those with text one below the other, the keys above the line and rules below it.
fn ends(picture: &Picture, places: &[Place], rooms: &[usize]) -> Vec<usize> {
    let tops = places.iter().zip(rooms).map(|(place, room)| place.y + place.height.saturating_sub(*room) / 2);
    let mut next: Vec<usize> = tops.collect();
    let end = |arrow: &Arrow| {
        let room = room(arrow);
        if room == 0 {
            return places[arrow.to].y + places[arrow.to].height / 2;
        }
        let end = next[arrow.to] + above(arrow);
        next[arrow.to] += room;
        end
    };
    picture.arrows.iter().map(end).collect()
}

/// The width of an arrow's text.
pub fn text_width(arrow: &Arrow) -> usize {
    arrow.texts().map(width_of).max().unwrap_or(0)
}

fn box_width(lines: &[String]) -> usize {
    lines.iter().map(|line| width_of(line)).max().unwrap_or(0) + 2 * PADDING
}

/// The width of a line, at most.
fn width_of(line: &str) -> usize {
    let tenths = line.chars().map(|c| if c.is_ascii() { CHARACTER_TENTHS } else { WIDE_TENTHS });
    tenths.sum::<usize>().div_ceil(10)
}

/// How far each box is from an entry point, the longest way.
fn columns(picture: &Picture) -> Vec<usize> {
    let mut columns = vec![0; picture.boxes.len()];
    // A way has at most as many arrows as there are boxes, so this ends.
    for _ in 0..picture.boxes.len() {
        let mut moved = false;
        for arrow in &picture.arrows {
            let wanted = columns[arrow.from] + 1;
            if columns[arrow.to] < wanted {
                columns[arrow.to] = wanted;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    columns
}

/// Moves every box down to the middle of what it leads to, as far as its column leaves room.
fn centre(picture: &Picture, columns: &[usize], places: &mut [Place]) {
    for row in (0..places.len()).rev() {
        let led = picture.arrows.iter().filter(|arrow| arrow.from == row && arrow.to > row).map(|arrow| arrow.to);
        let middles: Vec<usize> = led.map(|to| places[to].y + places[to].height / 2).collect();
        let (Some(first), Some(last)) = (middles.iter().min(), middles.iter().max()) else { continue };
        let wanted = ((first + last) / 2).saturating_sub(places[row].height / 2);
        let next = (row + 1..places.len()).find(|other| columns[*other] == columns[row]);
        let room = next.map_or(usize::MAX, |next| places[next].y.saturating_sub(places[row].height + GAP));
        places[row].y = wanted.min(room).max(places[row].y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Kind, PictureBox};

    #[test]
    fn arrows_that_end_at_one_box_have_room_for_the_text_of_each() {
        let of = |text: &str| PictureBox { lines: vec![text.to_owned()], kind: Kind::Rules, is_lit: false };
        let arrow = |from: usize, label: &str, rules: &[&str]| {
            let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
            Arrow { from, to: 2, label: label.to_owned(), rules, is_lit: false }
        };
        let boxes = vec![of("one"), of("two"), of("shared")];
        let arrows =
            vec![arrow(0, "key", &["A  a.mcpz:1", "B  a.mcpz:2"]), arrow(1, "", &["A  a.mcpz:1"]), arrow(1, "", &[])];
        let plan = layout(&Picture { boxes, arrows });
        let shared = plan.places[2];
        // Keys and two rules, then one rule: the second line stands below all that the first one carries.
        assert_eq!(plan.ends[1] - plan.ends[0], 2 * ARROW_LINE + 2 * ARROW_GAP);
        assert_eq!(shared.height, 4 * ARROW_LINE + 3 * ARROW_GAP);
        assert_eq!(plan.ends[2], shared.y + shared.height / 2);
        assert!(plan.ends.iter().all(|end| (shared.y..=shared.y + shared.height).contains(end)), "{plan:?}");
    }
}
