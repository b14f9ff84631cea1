//! Where boxes stand: columns by distance from an entry point, rows in the order of the boxes that lead to them.

use super::Picture;

/// Width of a character in tenths of a pixel: a little more than the widest of the faces that the picture asks for has at 12
/// pixels (0.602 of the size), so that text stays in its box whichever is there.
const CHARACTER_TENTHS: usize = 74;
/// Width of a character beyond ASCII, which may come from another face.
const WIDE_TENTHS: usize = 130;
/// Height of a line of text.
pub const LINE: usize = 16;
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

/// Places of all boxes, and the size of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// By box.
    pub places: Vec<Place>,
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
        widths[*column] = widths[*column].max(text_width(&place.lines));
    }
    for arrow in &picture.arrows {
        let column = columns[arrow.from];
        channels[column] = channels[column].max(width_of(&arrow.label) + CHANNEL);
    }
    let mut lefts = vec![MARGIN; count];
    for column in 1..count {
        lefts[column] = lefts[column - 1] + widths[column - 1] + channels[column - 1];
    }
    let mut below = vec![MARGIN; count];
    let mut places = vec![Place::default(); picture.boxes.len()];
    // From the last to the first: a box stands level with the middle of what it leads to.
    for (row, shape) in picture.boxes.iter().enumerate() {
        let column = columns[row];
        let height = shape.lines.len().max(1) * LINE + PADDING;
        let y = below[column..].iter().copied().max().unwrap_or(MARGIN).max(below[column]);
        let y = if column + 1 == count || !leads_on(picture, row) { y } else { below[column].max(y) };
        places[row] = Place { x: lefts[column], y, width: text_width(&shape.lines), height };
        below[column] = y + height + GAP;
    }
    centre(picture, &columns, &mut places);
    let width = places.iter().map(|place| place.x + place.width).max().unwrap_or(0) + MARGIN;
    let height = places.iter().map(|place| place.y + place.height).max().unwrap_or(0) + MARGIN;
    Layout { places, width, height }
}

fn leads_on(picture: &Picture, row: usize) -> bool {
    picture.arrows.iter().any(|arrow| arrow.from == row)
}

fn text_width(lines: &[String]) -> usize {
    lines.iter().map(|line| width_of(line)).max().unwrap_or(0) + 2 * PADDING
}

/// The width of a line, at most.
pub fn width_of(line: &str) -> usize {
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
