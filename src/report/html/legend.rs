//! The kinds of time, how each looks, and their sums.

use std::time::Duration;

use super::super::account::{Kind, Totals, sum};
use super::super::words::span;
use super::axis::{part, percent};
use super::markup::Markup;

/// The name by which the style sheet knows a kind.
pub(super) fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Queued => "queued",
        Kind::Gap => "gap",
        Kind::Computing => "computing",
        Kind::Checkpointing => "checkpointing",
        Kind::Lost => "lost",
    }
}

/// What is meant by a kind.
fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Queued => "from the continuation that Slurm had taken to the start of the next segment",
        Kind::Gap => "between two segments, and not known to be in the queue",
        Kind::Computing => "computing that was kept",
        Kind::Checkpointing => "from each request to the complete checkpoint",
        Kind::Lost => "computed after the checkpoint from which the chain went on",
    }
}

/// A small piece of the colour and pattern of a kind.
pub(super) fn swatch(kind: Kind) -> String {
    format!(
        "<svg class=\"swatch\" width=\"14\" height=\"14\" aria-hidden=\"true\"><rect class=\"{}\" width=\"14\" height=\"14\"/></svg>",
        class(kind)
    )
}

/// All of them with their names, for the charts below.
pub(super) fn key(html: &mut Markup) {
    html.raw("<ul class=\"key\">");
    for kind in Kind::ALL {
        html.put(format_args!("<li>{}{}</li>", swatch(kind), kind.word()));
    }
    html.raw("</ul>");
}

/// The sums as a bar and a table.
pub(super) fn sums(html: &mut Markup, totals: &Totals) {
    let whole = sum(Kind::ALL.map(|kind| totals.get(kind)));
    html.raw("<section aria-labelledby=\"sums\"><h2 id=\"sums\">Where the time went</h2>");
    html.raw("<svg class=\"chart\" width=\"100%\" height=\"28\" aria-hidden=\"true\">");
    let mut at = Duration::ZERO;
    for kind in Kind::ALL {
        let time = totals.get(kind);
        html.put(format_args!(
            "<rect class=\"{}\" x=\"{}\" width=\"{}\" height=\"28\"><title>{}: {}</title></rect>",
            class(kind),
            percent(part(at, whole)),
            percent(part(time, whole)),
            kind.word(),
            span(time)
        ));
        at = at.saturating_add(time);
    }
    html.raw("</svg><table><thead><tr><th scope=\"col\">What</th><th scope=\"col\" class=\"n\">Time</th><th scope=\"col\" class=\"n\">Share</th></tr></thead><tbody>");
    for kind in Kind::ALL {
        let time = totals.get(kind);
        let least = if kind == Kind::Lost && totals.is_least() { "at least " } else { "" };
        html.put(format_args!(
            "<tr><th scope=\"row\">{}{}<span class=\"meaning\">{}</span></th><td class=\"n\">{least}{}</td><td class=\"n\">{:.1}%</td></tr>",
            swatch(kind),
            kind.word(),
            meaning(kind),
            span(time),
            part(time, whole) * 100.0
        ));
    }
    html.raw("</tbody></table>");
    if totals.end_unknown > 0 {
        html.put(format_args!(
            "<p class=\"note\">The end of {} is not on record: ckwrap was killed with the job, as by a node failure. They may have run on after the last that was heard of them, and lost more than is counted.</p>",
            segments(totals.end_unknown)
        ));
    }
    if totals.lost_unknown > 0 {
        html.put(format_args!(
            "<p class=\"note\">Of {} it cannot be told how much work was lost; their time counts as computing.</p>",
            segments(totals.lost_unknown)
        ));
    }
    html.raw("</section>");
}

fn segments(count: usize) -> String {
    if count == 1 { "1 segment".to_owned() } else { format!("{count} segments") }
}
