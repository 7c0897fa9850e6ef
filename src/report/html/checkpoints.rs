//! How long checkpoints took, against how long before the deadline they were asked for.

use std::time::Duration;

use super::super::account::Account;
use super::super::words::{bytes, span};
use super::axis::{part, percent, spans};
use super::markup::Markup;
use super::progress::{across, upright};
use crate::model::SegmentNumber;

/// Columns at the most: more checkpoints share one, which shows the slowest.
const MOST: usize = 120;
const HEIGHT: f64 = 160.0;

/// One checkpoint that was asked for.
#[derive(Clone, Copy)]
struct Asked {
    segment: SegmentNumber,
    took: Duration,
    size: u64,
    /// How long before the deadline it was asked for, where that was the last request of its segment.
    lead: Option<Duration>,
}

/// The section with the columns, or with why there are none.
pub(super) fn draw(html: &mut Markup, accounts: &[Account<'_>]) {
    html.raw("<section aria-labelledby=\"checkpoints\"><h2 id=\"checkpoints\">Checkpoints</h2>");
    let asked = asked(accounts);
    if asked.is_empty() {
        html.raw("<p>No checkpoint that was asked for is on record.</p>");
    } else {
        words(html, &asked);
        columns(html, &asked);
    }
    html.raw("</section>");
}

fn asked(accounts: &[Account<'_>]) -> Vec<Asked> {
    let mut all = Vec::new();
    for account in accounts {
        let of_segment = account.segment.taken.iter().filter_map(|taken| Some((taken, taken.took?)));
        let first = all.len();
        all.extend(of_segment.map(|(taken, took)| Asked {
            segment: account.segment.number,
            took,
            size: taken.size,
            lead: None,
        }));
        if let Some(last) = all.get_mut(first..).and_then(<[Asked]>::last_mut) {
            last.lead = account.lead;
        }
    }
    all
}

fn words(html: &mut Markup, asked: &[Asked]) {
    let mut took: Vec<Duration> = asked.iter().map(|one| one.took).collect();
    took.sort_unstable();
    let median = took.get(took.len() / 2).copied().unwrap_or_default();
    let most = took.last().copied().unwrap_or_default();
    let largest = asked.iter().map(|one| one.size).max().unwrap_or(0);
    let late = asked.iter().filter(|one| one.lead.is_some_and(|lead| one.took > lead)).count();
    html.put(format_args!(
        "<p>{} asked for and complete: median {}, slowest {}, largest {}. {}</p>",
        if asked.len() == 1 { "1 checkpoint".to_owned() } else { format!("{} checkpoints", asked.len()) },
        short(median),
        short(most),
        bytes(largest),
        match late {
            0 => String::new(),
            late => format!("{late} took longer than the time there was before the deadline."),
        }
    ));
}

/// Short times with their tenths.
pub(super) fn short(time: Duration) -> String {
    if time < Duration::from_secs(10) { format!("{:.1}s", time.as_secs_f64()) } else { span(time) }
}

fn columns(html: &mut Markup, asked: &[Asked]) {
    let size = asked.len().div_ceil(MOST);
    let columns: Vec<Asked> =
        asked.chunks(size).filter_map(|part| part.iter().max_by_key(|one| one.took).copied()).collect();
    let longest =
        columns.iter().flat_map(|one| [Some(one.took), one.lead]).flatten().max().unwrap_or_default();
    let longest = longest.max(Duration::from_secs(1));
    let ticks = spans(longest);
    let caption = if size == 1 {
        "Each checkpoint".to_owned()
    } else {
        format!("The slowest of {size} checkpoints in a row")
    };
    html.put(format_args!(
        "<figure><figcaption>{caption}: time from the request until it was complete, and time left before the deadline at the request</figcaption><div class=\"plot\">"
    ));
    upright(html, &ticks, HEIGHT);
    html.put(format_args!(
        "<svg class=\"chart area\" width=\"100%\" height=\"{HEIGHT}\" role=\"img\" aria-labelledby=\"ck-t ck-d\"><title id=\"ck-t\">Duration of checkpoints</title><desc id=\"ck-d\">{} columns; the table of segments below holds the numbers.</desc>",
        columns.len()
    ));
    across(html, &ticks);
    #[expect(clippy::cast_precision_loss, reason = "at most a hundred or so")]
    let width = 1.0 / columns.len() as f64;
    let mut x = 0.0;
    for one in &columns {
        column(html, one, longest, x, width);
        x += width;
    }
    html.raw("</svg><span></span>");
    html.put(format_args!(
        "<div class=\"ends\"><span>segment {}</span><span>segment {}</span></div></div>",
        asked.first().map_or(0, |one| one.segment.0),
        asked.last().map_or(0, |one| one.segment.0)
    ));
    html.raw("<ul class=\"key\"><li><svg class=\"swatch\" width=\"14\" height=\"14\" aria-hidden=\"true\"><rect class=\"checkpointing\" width=\"14\" height=\"14\"/></svg>took</li><li><span class=\"line lead-key\"></span>time before the deadline (lead)</li></ul></figure>");
}

fn column(html: &mut Markup, one: &Asked, longest: Duration, x: f64, width: f64) {
    let height = part(one.took, longest) * HEIGHT;
    let wide = (width * 0.8).min(0.08);
    let left = x + (width - wide) / 2.0;
    let lead = one.lead.map(|lead| format!(", asked {} before the deadline", span(lead))).unwrap_or_default();
    html.put(format_args!(
        "<rect class=\"checkpointing\" x=\"{}\" width=\"{}\" y=\"{:.1}\" height=\"{height:.1}\"><title>segment {}: {}, {}{lead}</title></rect>",
        percent(left),
        percent(wide),
        HEIGHT - height,
        one.segment,
        short(one.took),
        bytes(one.size)
    ));
    if let Some(lead) = one.lead {
        let y = (HEIGHT - part(lead, longest) * HEIGHT).clamp(1.0, HEIGHT - 1.0);
        html.put(format_args!(
            "<line class=\"lead\" x1=\"{}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
            percent(x),
            percent(x + width)
        ));
    }
}
