//! A chart of latency against rules, as SVG.

use super::time;
use crate::engines::EngineName;
use crate::generate::recipe::GROWTH;
use crate::measure::{Case, Form};
use crate::run::Results;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Pixels.
const SIZE: (u32, u32) = (960, 560);
/// One colour for each engine, told apart by people who do not see all colours (Okabe and Ito's).
const COLOURS: [RGBColor; 8] = [
    RGBColor(213, 94, 0),
    RGBColor(120, 120, 120),
    RGBColor(0, 114, 178),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
];

/// An engine's line: rules, and nanoseconds at p50.
type Line = (EngineName, Vec<(f64, f64)>);

/// The chart; none when fewer than two sizes were measured.
pub fn svg(results: &Results, form: Form) -> Option<String> {
    let lines: Vec<Line> = EngineName::ALL
        .into_iter()
        .map(|engine| (engine, points(results, engine, form)))
        .filter(|(_, points)| points.len() > 1)
        .collect();
    if lines.is_empty() {
        return None;
    }
    let mut text = String::new();
    draw(&mut text, &lines, form).ok()?;
    Some(text)
}

fn points(results: &Results, engine: EngineName, form: Form) -> Vec<(f64, f64)> {
    let rows = results.rows.iter().filter(|row| {
        row.engine == engine.name()
            && row.input == form
            && row.case == Case::Mixed
            && GROWTH.contains(&row.workload.as_str())
    });
    rows.map(|row| (row.rules as f64, row.p50_ns)).collect()
}

fn draw(text: &mut String, lines: &[Line], form: Form) -> Result<(), Box<dyn std::error::Error>> {
    let all = || lines.iter().flat_map(|(_, points)| points);
    let low = all().map(|point| point.1).fold(f64::MAX, f64::min) / 1.5;
    let high = all().map(|point| point.1).fold(0.0, f64::max) * 1.5;
    let most = all().map(|point| point.0).fold(0.0, f64::max);
    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let what = match form {
        Form::Read => "already read",
        Form::Bytes400 => "from 400 bytes",
        Form::Bytes4k => "from 4 KB",
    };
    let title = format!("Time of a decision {what}, mixed calls, p50");
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .margin_right(140)
        .x_label_area_size(44)
        .y_label_area_size(76)
        .build_cartesian_2d((8.0..most * 1.1).log_scale(), (low..high).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(RGBColor(236, 236, 236))
        .x_desc("rules")
        .x_label_formatter(&|rules| format!("{rules:.0}"))
        .y_label_formatter(&|ns| time(*ns))
        .label_style(("sans-serif", 14))
        .draw()?;
    for ((engine, points), label_at) in lines.iter().zip(label_places(lines, low, high)) {
        let colour = colour(*engine);
        let width = if *engine == EngineName::Mcpz { 4 } else { 2 };
        chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(width)))?;
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 4, colour.filled())))?;
        let style =
            TextStyle::from(("sans-serif", 14).into_font()).color(&colour).pos(Pos::new(HPos::Left, VPos::Center));
        let (x, y) = chart.backend_coord(&(most * 1.1, label_at));
        area.draw(&Text::new(engine.name().to_owned(), (x + 8, y), style))?;
    }
    area.present()?;
    Ok(())
}

fn colour(engine: EngineName) -> RGBColor {
    let place = EngineName::ALL.into_iter().position(|other| other == engine).unwrap_or(0);
    COLOURS[place % COLOURS.len()]
}

/// Where each name stands at the right edge: at the end of its line, moved up when another is there.
fn label_places(lines: &[Line], low: f64, high: f64) -> Vec<f64> {
    let gap = (high / low).powf(0.035);
    let ends = lines.iter().map(|(_, points)| points.last().map_or(low, |point| point.1));
    let mut order: Vec<(usize, f64)> = ends.enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut places = vec![low; lines.len()];
    let mut least = low;
    for (line, end) in order {
        let place = end.max(least);
        places[line] = place;
        least = place * gap;
    }
    places
}
