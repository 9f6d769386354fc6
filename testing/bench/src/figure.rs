//! Curves as SVG. Both axes are logarithmic: what is measured here spans decades.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use plotters::prelude::*;

/// A curve's points, from left to right.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// A picture of some curves.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    /// Its file's name, without the ending.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) across: &'static str,
    pub(super) up: &'static str,
    pub(super) curves: Vec<Curve>,
}

const SIZE: (u32, u32) = (760, 440);
/// Colours that are told apart by most eyes (Okabe and Ito).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(120, 120, 120),
];

impl Figure {
    /// Adds a point to the curve of this name.
    pub(super) fn add(&mut self, name: &str, point: (f64, f64)) {
        match self.curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => {
                let place = curve.points.partition_point(|(across, _)| *across < point.0);
                curve.points.insert(place, point);
            }
            None => self.curves.push(Curve { name: name.to_owned(), points: vec![point] }),
        }
    }

    /// Draws it into a directory, on white, which shows on any page.
    pub(super) fn draw(&self, directory: &Path) -> Result<()> {
        let path = directory.join(format!("{}.svg", self.name));
        self.drawn(&path).map_err(|error| anyhow!("{error}")).context(path.display().to_string())
    }

    fn drawn(&self, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let area = SVGBackend::new(path, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let (across, up) = (self.span(|point| point.0)?, self.span(|point| point.1)?);
        // The names of the curves stand above them.
        let above = 1.5 * (up.1 / up.0).powf(0.45);
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(
                (across.0 / 1.1..across.1 * 1.1).log_scale(),
                (up.0 / 1.5..up.1 * above).log_scale(),
            )?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(self.across)
            .y_desc(self.up)
            .x_label_formatter(&|value| number(*value))
            .y_label_formatter(&|value| number(*value))
            .draw()?;
        for (curve, colour) in self.curves.iter().zip(COLOURS.iter().cycle()) {
            let line = LineSeries::new(curve.points.clone(), colour.stroke_width(2)).point_size(4);
            chart.draw_series(line)?.label(&curve.name).legend(move |(x, y)| {
                PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
            });
        }
        let legend = &mut chart.configure_series_labels();
        legend.background_style(WHITE.mix(0.85)).border_style(BLACK.mix(0.3));
        legend.position(SeriesLabelPosition::UpperLeft).draw()?;
        Ok(area.present()?)
    }

    fn span(&self, of: impl Fn(&(f64, f64)) -> f64) -> Result<(f64, f64)> {
        let all = || self.curves.iter().flat_map(|curve| &curve.points).map(&of);
        let least = all().min_by(f64::total_cmp).context("a figure without points")?;
        let most = all().max_by(f64::total_cmp).context("a figure without points")?;
        Ok((least, most))
    }
}

fn number(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { format!("{value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_its_curves_and_none_without_points_is_drawn() {
        let directory = tempfile::tempdir().unwrap();
        let mut figure =
            Figure { name: "f", title: "Growth", across: "MiB", up: "s", curves: Vec::new() };
        assert!(figure.draw(directory.path()).is_err());
        figure.add("ours", (1.0, 0.1));
        figure.add("merge", (1.0, 2.0));
        figure.add("ours", (10.0, 0.3));
        figure.add("ours", (3.0, 0.2));
        assert_eq!(figure.curves.len(), 2);
        assert_eq!(figure.curves[0].points, [(1.0, 0.1), (3.0, 0.2), (10.0, 0.3)]);
        figure.draw(directory.path()).unwrap();
        let drawn = std::fs::read_to_string(directory.path().join("f.svg")).unwrap();
        assert!(["Growth", "ours", "merge"].iter().all(|word| drawn.contains(word)), "{drawn}");
    }
}
