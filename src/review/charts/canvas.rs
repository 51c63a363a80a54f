//! A thin layer over a plotters drawing area: pixels, strokes, texts and markers.
//!
//! Generic over the backend, so that the same drawing serves SVG and bitmaps.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::font;

/// Colours that differ in lightness as well as in hue, so that they survive grey print and the
/// usual kinds of colour blindness; shape or dash differs too wherever two are compared.
pub(crate) const INK: RGBColor = RGBColor(27, 33, 40);
pub(crate) const SOFT: RGBColor = RGBColor(84, 94, 105);
pub(crate) const GRID: RGBColor = RGBColor(222, 226, 231);
pub(crate) const AXIS: RGBColor = RGBColor(140, 149, 159);
pub(crate) const PAPER: RGBColor = RGBColor(255, 255, 255);
pub(crate) const BLUE: RGBColor = RGBColor(11, 83, 148);
pub(crate) const PALE: RGBColor = RGBColor(150, 190, 224);
pub(crate) const OCHRE: RGBColor = RGBColor(166, 97, 0);
/// For lines that may lie upon a blue one.
pub(crate) const GOLD: RGBColor = RGBColor(224, 152, 30);

/// Size of most texts, in pixels to the em.
pub(crate) const TEXT: f64 = 13.0;
pub(crate) const SMALL: f64 = 12.0;

/// Where a text hangs on its point.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hang {
    Left,
    Middle,
    Right,
}

/// A marker's form.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mark {
    Disc,
    /// A small disc, where many stand in a row.
    Dot,
    /// An empty disc.
    Ring,
    Square,
    Diamond,
}

/// What a drawing step answers: the backend's complaint as text.
pub(crate) type Drawn = Result<(), String>;

/// A sheet to draw on, in pixels from the upper left corner.
pub(crate) struct Canvas<DB: DrawingBackend> {
    area: DrawingArea<DB, Shift>,
    /// Dots of the backend to a pixel of the drawing.
    dots: u32,
}

impl<DB: DrawingBackend> Canvas<DB> {
    /// A white sheet, with so many dots to a pixel.
    pub(crate) fn new(backend: DB, dots: u32) -> Result<Self, String> {
        let area = backend.into_drawing_area();
        area.fill(&PAPER).map_err(|e| e.to_string())?;
        Ok(Canvas { area, dots })
    }

    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let dots = f64::from(self.dots);
        ((x * dots).round() as i32, (y * dots).round() as i32)
    }

    /// Ends the drawing.
    pub(crate) fn finish(self) -> Drawn {
        self.area.present().map_err(|e| e.to_string())
    }

    pub(crate) fn line(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        color: RGBColor,
        wide: u32,
    ) -> Drawn {
        self.path(&[from, to], color, wide)
    }

    pub(crate) fn path(&self, points: &[(f64, f64)], color: RGBColor, wide: u32) -> Drawn {
        if points.len() < 2 {
            return Ok(());
        }
        let points: Vec<(i32, i32)> = points.iter().map(|p| self.at(*p)).collect();
        self.area
            .draw(&PathElement::new(
                points,
                color.stroke_width(wide * self.dots),
            ))
            .map_err(|e| e.to_string())
    }

    /// A line broken into dashes; the pattern runs on through the corners.
    pub(crate) fn dashed(
        &self,
        points: &[(f64, f64)],
        color: RGBColor,
        wide: u32,
        dash: f64,
        gap: f64,
    ) -> Drawn {
        let mut drawing = true;
        let mut left = dash;
        for leg in points.windows(2) {
            let (mut x, mut y) = leg[0];
            let (to_x, to_y) = leg[1];
            loop {
                let rest = (to_x - x).hypot(to_y - y);
                if rest < 0.5 {
                    break;
                }
                let step = rest.min(left);
                let next = (x + (to_x - x) * step / rest, y + (to_y - y) * step / rest);
                if drawing {
                    self.line((x, y), next, color, wide)?;
                }
                left -= step;
                if left <= 0.01 {
                    drawing = !drawing;
                    left = if drawing { dash } else { gap };
                }
                (x, y) = next;
            }
        }
        Ok(())
    }

    pub(crate) fn bar(
        &self,
        left: f64,
        top: f64,
        right: f64,
        bottom: f64,
        color: RGBColor,
    ) -> Drawn {
        let corners = [self.at((left, top)), self.at((right, bottom))];
        self.area
            .draw(&Rectangle::new(corners, color.filled()))
            .map_err(|e| e.to_string())
    }

    pub(crate) fn frame(
        &self,
        left: f64,
        top: f64,
        right: f64,
        bottom: f64,
        color: RGBColor,
    ) -> Drawn {
        let corners = [
            (left, top),
            (right, top),
            (right, bottom),
            (left, bottom),
            (left, top),
        ];
        self.path(&corners, color, 1)
    }

    pub(crate) fn mark(&self, at: (f64, f64), mark: Mark, color: RGBColor) -> Drawn {
        match mark {
            Mark::Disc => self
                .area
                .draw(&Circle::new(self.at(at), 5 * self.dots, color.filled()))
                .map_err(|e| e.to_string()),
            Mark::Dot => self
                .area
                .draw(&Circle::new(self.at(at), 3 * self.dots, color.filled()))
                .map_err(|e| e.to_string()),
            Mark::Ring => {
                for (radius, color) in [(4, color), (2, PAPER)] {
                    self.area
                        .draw(&Circle::new(
                            self.at(at),
                            radius * self.dots,
                            color.filled(),
                        ))
                        .map_err(|e| e.to_string())?;
                }
                Ok(())
            }
            Mark::Diamond => {
                let (x, y) = at;
                let corners = [(x, y - 7.0), (x + 7.0, y), (x, y + 7.0), (x - 7.0, y)];
                let corners: Vec<(i32, i32)> = corners.iter().map(|p| self.at(*p)).collect();
                self.area
                    .draw(&Polygon::new(corners, color.filled()))
                    .map_err(|e| e.to_string())
            }
            Mark::Square => {
                let (x, y) = at;
                self.bar(x - 5.0, y - 5.0, x + 5.0, y + 5.0, color)?;
                self.bar(x - 3.0, y - 3.0, x + 3.0, y + 3.0, PAPER)
            }
        }
    }

    /// A text whose middle line runs through `at`.
    pub(crate) fn text(
        &self,
        at: (f64, f64),
        text: &str,
        size: f64,
        color: RGBColor,
        hang: Hang,
    ) -> Drawn {
        self.set(at, text, size, color, hang, FontStyle::Normal)
    }

    /// The same in semibold.
    pub(crate) fn bold(
        &self,
        at: (f64, f64),
        text: &str,
        size: f64,
        color: RGBColor,
        hang: Hang,
    ) -> Drawn {
        self.set(at, text, size, color, hang, FontStyle::Bold)
    }

    fn set(
        &self,
        at: (f64, f64),
        text: &str,
        size: f64,
        color: RGBColor,
        hang: Hang,
        style: FontStyle,
    ) -> Drawn {
        let hang = match hang {
            Hang::Left => HPos::Left,
            Hang::Middle => HPos::Center,
            Hang::Right => HPos::Right,
        };
        let style = TextStyle::from(
            (
                font::FAMILY,
                size * f64::from(self.dots) * font::PLOTTERS_EM,
                style,
            )
                .into_font(),
        )
        .color(&color)
        .pos(Pos::new(hang, VPos::Center));
        self.area
            .draw_text(text, &style, self.at(at))
            .map_err(|e| e.to_string())
    }
}
