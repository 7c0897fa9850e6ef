//! A bar for each segment, or for so many in a row, one below the other from the same start.

use std::time::Duration;

use super::super::account::{Account, Kind, sum};
use super::super::words::span;
use super::axis::{below, part, percent, spans};
use super::legend::class;
use super::markup::Markup;

/// Bars at the most: more segments share one.
const MOST: usize = 50;

/// One bar: which segments it is of, and the mean time of each kind.
struct Bar {
    name: String,
    times: [Duration; 5],
}

/// The bars and their axis.
pub(super) fn draw(html: &mut Markup, accounts: &[Account<'_>]) {
    if accounts.is_empty() {
        return;
    }
    let size = accounts.len().div_ceil(MOST);
    let bars: Vec<Bar> = accounts.chunks(size).map(bar).collect();
    let longest = bars.iter().map(|bar| sum(bar.times)).max().unwrap_or(Duration::ZERO);
    let title = if size == 1 {
        "Each segment from the end of the one before to its own end".to_owned()
    } else {
        format!("Segments from the end of the one before to their own end, means of {size} in a row")
    };
    html.put(format_args!(
        "<figure><figcaption>{title}</figcaption><div class=\"bars\" role=\"img\" aria-label=\"{title}; the table of segments below holds the numbers\">"
    ));
    for bar in &bars {
        html.put(format_args!(
            "<div class=\"bar\"><span class=\"of\">{}</span><svg class=\"chart\" width=\"100%\" height=\"13\">",
            bar.name
        ));
        let mut at = Duration::ZERO;
        for (kind, time) in Kind::ALL.into_iter().zip(bar.times).filter(|(_, time)| !time.is_zero()) {
            html.put(format_args!(
                "<rect class=\"{}\" x=\"{}\" width=\"{}\" height=\"13\"><title>{}, {} {}</title></rect>",
                class(kind),
                percent(part(at, longest)),
                percent(part(time, longest)),
                bar.name,
                kind.word(),
                span(time)
            ));
            at = at.saturating_add(time);
        }
        html.raw("</svg></div>");
    }
    html.raw("<div class=\"bar\"><span class=\"of\"></span>");
    below(html, &spans(longest));
    html.raw("</div></div></figure>");
}

fn bar(accounts: &[Account<'_>]) -> Bar {
    let count = u32::try_from(accounts.len()).unwrap_or(u32::MAX).max(1);
    let mean = |kind| sum(accounts.iter().map(|account| account.spent(kind))) / count;
    let number =
        |account: Option<&Account<'_>>| account.map(|it| it.segment.number.to_string()).unwrap_or_default();
    let (first, last) = (number(accounts.first()), number(accounts.last()));
    let name = if first == last { first } else { format!("{first}\u{2013}{last}") };
    Bar { name, times: Kind::ALL.map(mean) }
}
