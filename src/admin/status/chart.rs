//! A small chart of the last minutes: one line in a drawing that needs no script.

use std::fmt::Write;

use maud::{Markup, html};

use super::history::POINTS;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 60.0;

/// A chart of these values, the newest at the right; the highest reaches the top.
pub fn chart(name: &str, now: &str, values: &[f64]) -> Markup {
    let highest = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    html! {
        figure {
            figcaption { (name) " " b { (now) } }
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label={ (name) ", now " (now) } {
                polyline points=(points(values, highest)) {}
            }
        }
    }
}

fn points(values: &[f64], highest: f64) -> String {
    let step = WIDTH / (POINTS - 1) as f64;
    let first = POINTS.saturating_sub(values.len());
    let mut points = String::new();
    for (at, value) in values.iter().enumerate() {
        let (x, y) = ((first + at) as f64 * step, (HEIGHT - 1.0) * (1.0 - value / highest) + 0.5);
        // Writing into a String cannot fail.
        let _ = write!(points, "{x:.1},{y:.1} ");
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stands_at_the_right_and_the_highest_at_the_top() {
        assert_eq!(points(&[0.0, 2.0, 1.0], 2.0), "295.0,59.5 297.5,0.5 300.0,30.0 ");
        assert_eq!(points(&[], 1.0), "");
        assert!(chart("a<b", "1", &[0.0]).into_string().contains("a&lt;b"));
    }
}
