//! Charts as SVG and PNG: plain data in, pictures out.
//!
//! Every chart carries a title, a text alternative and the role of an image. Values are labelled
//! where they stand; nothing is told by colour alone.

pub mod ageing;
pub mod bridge;
mod canvas;
pub mod control;
pub mod course;
pub mod funnel;
pub mod intervals;
pub mod multiples;
pub mod pareto;
pub mod plotted;
pub mod stacked;
pub mod steps;
pub mod survival;

use plotters::prelude::{BitMapBackend, DrawingBackend, SVGBackend};
use serde::Serialize;

use super::model::{Chart, Drawing, ReviewModel};
use super::{ReviewError, font};
use canvas::{Canvas, Drawn};

/// Width of every chart, in pixels: the text width of A4 at 96 dots to the inch.
pub const WIDTH: u32 = 680;

/// A labelled place on an axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tick {
    pub at: f64,
    pub label: String,
}

/// A chart ready to be written to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartFile {
    /// File name with its extension.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// All charts of a review as files that stand alone: SVG with the typeface inside, and PNG at twice the size.
///
/// # Errors
/// When the bundled font is damaged or a chart cannot be drawn.
pub fn files(model: &ReviewModel) -> Result<Vec<ChartFile>, ReviewError> {
    let mut files = Vec::new();
    for chart in model.charts() {
        let style = format!("<style>{}</style>\n", font::font_face());
        files.push(ChartFile {
            name: format!("{}.svg", chart.name),
            bytes: with_head(chart, &style)?.into_bytes(),
        });
        files.push(ChartFile {
            name: format!("{}.png", chart.name),
            bytes: bitmap(chart)?,
        });
    }
    Ok(files)
}

/// One chart for a page that has the typeface already.
///
/// # Errors
/// When the bundled font is damaged or the chart cannot be drawn.
pub fn inline(chart: &Chart) -> Result<String, ReviewError> {
    with_head(chart, "")
}

/// Draws the chart and puts title, text alternative and role where plotters leaves them out.
fn with_head(chart: &Chart, style: &str) -> Result<String, ReviewError> {
    let (height, body) = draw(chart)?;
    let id = &chart.name;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n<title id=\"{id}-title\">{}</title>\n\
         <desc id=\"{id}-desc\">{}</desc>\n{style}{body}",
        escape(&chart.title),
        escape(&chart.alt),
    ))
}

/// The height and the drawing without its opening tag.
fn draw(chart: &Chart) -> Result<(u32, String), ReviewError> {
    font::register()?;
    let height = height(chart);
    let mut svg = String::new();
    let drawn = Canvas::new(SVGBackend::with_string(&mut svg, (WIDTH, height)), 1)
        .and_then(|canvas| draw_on(chart, canvas));
    drawn.map_err(|reason| cannot(chart, reason))?;
    let body = svg
        .split_once('>')
        .map(|(_, body)| body.trim_start().to_owned())
        .unwrap_or_default();
    Ok((height, body))
}

/// Dots to a pixel of a bitmap: sharp on paper.
const DOTS: u32 = 2;

/// The chart as PNG.
fn bitmap(chart: &Chart) -> Result<Vec<u8>, ReviewError> {
    font::register()?;
    let (wide, high) = (WIDTH * DOTS, height(chart) * DOTS);
    let mut pixels = vec![0; wide as usize * high as usize * 3];
    let drawn = Canvas::new(BitMapBackend::with_buffer(&mut pixels, (wide, high)), DOTS)
        .and_then(|canvas| draw_on(chart, canvas));
    drawn.map_err(|reason| cannot(chart, reason))?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, wide, high);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&pixels))
        .map_err(|error| cannot(chart, error.to_string()))?;
    Ok(bytes)
}

fn cannot(chart: &Chart, reason: String) -> ReviewError {
    ReviewError::Chart {
        name: chart.name.clone(),
        reason,
    }
}

fn height(chart: &Chart) -> u32 {
    match &chart.drawing {
        Drawing::Intervals(data) => data.height(),
        Drawing::Stacked(data) => data.height(),
        Drawing::Bridge(data) => data.height(),
        Drawing::Ageing(data) => data.height(),
        Drawing::Pareto(data) => data.height(),
        Drawing::Survival(data) => data.height(),
        Drawing::Course(data) => data.height(),
        Drawing::Control(data) => data.height(),
        Drawing::Multiples(data) => data.height(),
        Drawing::Steps(data) => data.height(),
        Drawing::Funnel(data) => data.height(),
    }
}

fn draw_on<DB: DrawingBackend>(chart: &Chart, canvas: Canvas<DB>) -> Drawn {
    match &chart.drawing {
        Drawing::Intervals(data) => data.draw(&canvas)?,
        Drawing::Stacked(data) => data.draw(&canvas)?,
        Drawing::Bridge(data) => data.draw(&canvas)?,
        Drawing::Ageing(data) => data.draw(&canvas)?,
        Drawing::Pareto(data) => data.draw(&canvas)?,
        Drawing::Survival(data) => data.draw(&canvas)?,
        Drawing::Course(data) => data.draw(&canvas)?,
        Drawing::Control(data) => data.draw(&canvas)?,
        Drawing::Multiples(data) => data.draw(&canvas)?,
        Drawing::Steps(data) => data.draw(&canvas)?,
        Drawing::Funnel(data) => data.draw(&canvas)?,
    }
    canvas.finish()
}

/// Text for XML: markup escaped.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A place between two ends of an axis, in pixels.
fn scale(value: f64, (from, to): (f64, f64), (first, last): (f64, f64)) -> f64 {
    if to <= from {
        return first;
    }
    first + (value - from) / (to - from) * (last - first)
}
