//! Losses over the number of observed checkpoints, as SVG.

use std::fmt::Write;

use crate::evaluate::{OBSERVED, Result, Row};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
/// Left, top, right and bottom of the plot itself.
const FRAME: [f64; 4] = [60.0, 40.0, 470.0, 350.0];
/// The lowest and the highest loss shown, in relation to `@300` as Slurm delivers it.
const RANGE: (f64, f64) = (0.1, 10.0);
const LINES: [f64; 5] = [0.1, 0.25, 1.0, 4.0, 10.0];

type Column = fn(&Row) -> f64;

const CURVES: [(&str, &str, Column); 7] = [
    ("ckwrap", "#0072b2", |row| row.ckwrap),
    ("ckwrap, program ends", "#56b4e9", |row| row.ckwrap_once),
    ("best of 1 request", "#009e73", |row| row.one_shot),
    ("best of 2 requests", "#8fd3b6", |row| row.two_shots),
    ("@300 by Slurm", "#000000", |row| row.at_300_slurm),
    ("mean + 3 sigma", "#d55e00", |row| row.mean_3_sigma),
    ("1.5 × longest", "#cc79a7", |row| row.half_more),
];

/// The picture.
pub(crate) fn svg(result: &Result) -> String {
    let [left, top, right, bottom] = FRAME;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <text x=\"{left}\" y=\"22\" font-size=\"14\">Time lost at the end of an allocation, in relation to sbatch --signal=@300</text>\n"
    );
    for line in LINES {
        let y = height(line);
        put(
            &mut text,
            &format!("<line x1=\"{left}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>"),
        );
        put(
            &mut text,
            &format!("<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{line}</text>", left - 8.0, y + 4.0),
        );
    }
    for observed in OBSERVED {
        let x = place(observed);
        put(
            &mut text,
            &format!("<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{observed}</text>", bottom + 18.0),
        );
    }
    let middle = f64::midpoint(left, right);
    put(
        &mut text,
        &format!(
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">checkpoints observed</text>",
            bottom + 36.0
        ),
    );
    for ((name, colour, column), y) in CURVES.into_iter().zip([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) {
        let y = top + 14.0 + 22.0 * y;
        let points: Vec<String> = OBSERVED
            .iter()
            .map(|observed| {
                let mean = result.mean(*observed, column, |row| row.at_300_slurm);
                format!("{:.1},{:.1}", place(*observed), height(mean))
            })
            .collect();
        put(
            &mut text,
            &format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                points.join(" ")
            ),
        );
        put(
            &mut text,
            &format!(
                "<line x1=\"{}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                right + 12.0,
                right + 32.0
            ),
        );
        put(&mut text, &format!("<text x=\"{}\" y=\"{}\">{name}</text>", right + 38.0, y + 4.0));
    }
    text.push_str("</svg>\n");
    text
}

fn put(text: &mut String, line: &str) {
    // Writing into a string does not fail.
    let _ = writeln!(text, "{line}");
}

fn place(observed: usize) -> f64 {
    let [left, _, right, _] = FRAME;
    let scale = |observed: usize| f64::from(u32::try_from(observed).unwrap_or(u32::MAX)).ln_1p();
    let last = OBSERVED.last().copied().unwrap_or(1);
    left + (right - left) * scale(observed) / scale(last)
}

fn height(value: f64) -> f64 {
    let [_, top, _, bottom] = FRAME;
    let (low, high) = RANGE;
    let value = value.clamp(low, high);
    bottom - (bottom - top) * (value / low).ln() / (high / low).ln()
}
