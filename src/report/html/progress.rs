//! How far the program said it was over time, and where that leads.

use super::super::forecast::Forecast;
use super::super::trace::Sample;
use super::super::words::{amount, moment};
use super::axis::{Tick, below, moments, part, percent};
use super::markup::{Markup, text};
use crate::model::Timestamp;

/// Height of the drawing.
const HEIGHT: f64 = 200.0;
/// Its width, in units of its own: it is stretched.
const WIDTH: f64 = 1000.0;

/// Where things lie in the drawing.
struct Frame {
    from: Timestamp,
    to: Timestamp,
    total: f64,
}

impl Frame {
    fn x(&self, at: Timestamp) -> f64 {
        part(at - self.from, self.to - self.from) * WIDTH
    }

    fn y(&self, done: f64) -> f64 {
        HEIGHT - (done / self.total).clamp(0.0, 1.0) * HEIGHT
    }
}

/// The section with the curve, or with why there is none.
pub(super) fn draw(
    html: &mut Markup,
    began: Timestamp,
    samples: &[Sample],
    forecast: Option<&Forecast>,
    now: Timestamp,
) {
    html.raw("<section aria-labelledby=\"progress\"><h2 id=\"progress\">Progress</h2>");
    match samples.last() {
        None => html.raw(
            "<p>The program has not said how far it is. It can, with <code>ckwrap notify --progress DONE/TOTAL</code> or <code>X_CKWRAP_PROGRESS=DONE/TOTAL</code> on the notify socket.</p>",
        ),
        Some(last) => curve(html, began, samples, *last, forecast, now),
    }
    html.raw("</section>");
}

fn curve(
    html: &mut Markup,
    began: Timestamp,
    samples: &[Sample],
    last: Sample,
    forecast: Option<&Forecast>,
    now: Timestamp,
) {
    let end = forecast.map_or(last.at, |it| it.late.unwrap_or(it.finish).max(it.finish));
    let frame = Frame { from: began.min(last.at), to: end.max(last.at), total: last.progress.total() };
    let (done, total) = (amount(last.progress.done()), amount(last.progress.total()));
    html.put(format_args!(
        "<p>{}% done ({} of {}), as the program said {} (UTC). {}</p>",
        last.progress.percent(),
        done,
        total,
        moment(last.at),
        forecast.map(|it| text(&capital(&it.words(now)))).unwrap_or_default()
    ));
    html.raw("<figure><figcaption>Done over time (UTC)</figcaption><div class=\"plot\">");
    heights(html, frame.total);
    html.put(format_args!(
        "<svg class=\"chart area\" width=\"100%\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-labelledby=\"curve-t curve-d\"><title id=\"curve-t\">Progress and forecast</title><desc id=\"curve-d\">From {} of {total} at {} to {done} of {total} at {}.</desc>",
        samples.first().map(|first| amount(first.progress.done())).unwrap_or_default(),
        samples.first().map(|first| moment(first.at)).unwrap_or_default(),
        moment(last.at)
    ));
    for part in [0.0, 0.5, 1.0] {
        let y = HEIGHT - part * HEIGHT;
        html.put(format_args!("<line class=\"grid\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\"/>"));
    }
    if let Some(forecast) = forecast {
        ahead(html, &frame, last, forecast);
    }
    html.raw("<polyline class=\"curve\" points=\"");
    for sample in samples {
        html.put(format_args!("{:.1},{:.1} ", frame.x(sample.at), frame.y(sample.progress.done())));
    }
    html.raw("\"/></svg><span></span>");
    below(html, &moments(frame.from, frame.to));
    html.raw("</div><ul class=\"key\"><li><span class=\"line\"></span>said by the program</li>");
    if forecast.is_some() {
        html.raw("<li><span class=\"line dashed\"></span>forecast</li><li><span class=\"band-key\"></span>its range</li>");
    }
    html.raw("</ul></figure>");
}

/// The forecast as a dashed line, and its range as an area.
fn ahead(html: &mut Markup, frame: &Frame, last: Sample, forecast: &Forecast) {
    let (x, y) = (frame.x(last.at), frame.y(last.progress.done()));
    if let (Some(early), Some(late)) = (forecast.early, forecast.late) {
        html.put(format_args!(
            "<polygon class=\"band\" points=\"{x:.1},{y:.1} {:.1},0 {:.1},0\"/>",
            frame.x(early),
            frame.x(late)
        ));
    }
    html.put(format_args!(
        "<line class=\"forecast\" x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"0\"/>",
        frame.x(forecast.finish)
    ));
}

/// The numbers to the left.
fn heights(html: &mut Markup, total: f64) {
    html.put(format_args!(
        "<svg class=\"axis\" width=\"56\" height=\"{HEIGHT}\" aria-hidden=\"true\"><text x=\"50\" y=\"11\" text-anchor=\"end\">{}</text><text x=\"50\" y=\"104\" text-anchor=\"end\">{}</text><text x=\"50\" y=\"197\" text-anchor=\"end\">0</text></svg>",
        amount(total),
        amount(total / 2.0)
    ));
}

/// The forecast as a sentence.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// Places on an upright axis, for drawings of so much height.
pub(super) fn upright(html: &mut Markup, ticks: &[Tick], height: f64) {
    html.put(format_args!("<svg class=\"axis\" width=\"56\" height=\"{height}\" aria-hidden=\"true\">"));
    for tick in ticks {
        let y = (height - tick.at * height + 4.0).clamp(11.0, height - 3.0);
        html.put(format_args!("<text x=\"50\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", tick.name));
    }
    html.raw("</svg>");
}

/// Lines across at the same places.
pub(super) fn across(html: &mut Markup, ticks: &[Tick]) {
    for tick in ticks {
        let y = percent(1.0 - tick.at);
        html.put(format_args!("<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>"));
    }
}
