//! The whole chain on one line of time.

use std::time::Duration;

use super::super::account::{Account, Kind, Stretch, sum};
use super::super::words::{moment, span};
use super::axis::{below, moments, part, percent};
use super::legend::{class, key};
use super::markup::Markup;
use crate::model::Timestamp;

/// Up to so many segments each stretch is drawn by itself; of more, shares of so many equal parts of the time.
const MOST_SEGMENTS: usize = 60;
const PARTS: usize = 300;
const HEIGHT: f64 = 56.0;

/// The line, its axis and its key.
pub(super) fn draw(html: &mut Markup, accounts: &[Account<'_>]) {
    let Some((first, last)) = accounts.first().zip(accounts.last()) else { return };
    let (from, to) =
        (first.segment.started, accounts.iter().map(|account| account.until).max().unwrap_or(last.until));
    html.put(format_args!(
        "<figure><figcaption>The chain from {} to {} (UTC)</figcaption><svg class=\"chart\" width=\"100%\" height=\"{HEIGHT}\" role=\"img\" aria-labelledby=\"strip-t strip-d\"><title id=\"strip-t\">Waiting, computing, checkpoints and lost work over time</title><desc id=\"strip-d\">{} segments in {}. The table of segments below holds the same in numbers.</desc>",
        moment(from), moment(to), accounts.len(), span(to - from)
    ));
    if accounts.len() <= MOST_SEGMENTS {
        for account in accounts {
            account.stretches.iter().for_each(|stretch| exact(html, account, stretch, from, to));
        }
    } else {
        shares(html, accounts, from, to);
    }
    html.raw("</svg>");
    below(html, &moments(from, to));
    key(html);
    html.raw("</figure>");
}

fn exact(html: &mut Markup, account: &Account<'_>, stretch: &Stretch, from: Timestamp, to: Timestamp) {
    html.put(format_args!(
        "<rect class=\"{}\" x=\"{}\" width=\"{}\" height=\"{HEIGHT}\"><title>{} {}: {} from {}</title></rect>",
        class(stretch.kind),
        percent(part(stretch.from - from, to - from)),
        percent(part(stretch.length(), to - from)),
        if matches!(stretch.kind, Kind::Queued | Kind::Gap) { "before segment" } else { "segment" },
        account.segment.number,
        format_args!("{} {}", stretch.kind.word(), span(stretch.length())),
        moment(stretch.from)
    ));
}

/// In each part of the time, how much of it went where, one above the other.
fn shares(html: &mut Markup, accounts: &[Account<'_>], from: Timestamp, to: Timestamp) {
    let mut parts = vec![[Duration::ZERO; 5]; PARTS];
    let whole = i64::try_from((to - from).as_millis()).unwrap_or(i64::MAX).max(1);
    let border = |number: i64| {
        let at = i128::from(whole) * i128::from(number) / 300;
        Timestamp(from.0.saturating_add(i64::try_from(at).unwrap_or(i64::MAX)))
    };
    for stretch in accounts.iter().flat_map(|account| &account.stretches) {
        let first = i128::from(stretch.from.0.saturating_sub(from.0).max(0)) * 300 / i128::from(whole);
        let mut number = i64::try_from(first).unwrap_or(0);
        let kind = Kind::ALL.iter().position(|kind| *kind == stretch.kind).unwrap_or(0);
        while let Some(sums) = usize::try_from(number).ok().and_then(|number| parts.get_mut(number)) {
            let (begin, end) = (stretch.from.max(border(number)), stretch.to.min(border(number + 1)));
            if let Some(share) = sums.get_mut(kind) {
                *share = share.saturating_add(end - begin);
            }
            if end >= stretch.to {
                break;
            }
            number += 1;
        }
    }
    let mut x = 0.0;
    for sums in &parts {
        let all = sum(sums.iter().copied());
        let mut y = HEIGHT;
        for (kind, share) in Kind::ALL.into_iter().zip(sums).filter(|(_, share)| !share.is_zero()) {
            let height = part(*share, all) * HEIGHT;
            y -= height;
            html.put(format_args!(
                "<rect class=\"{}\" x=\"{x:.3}%\" width=\"0.34%\" y=\"{y:.1}\" height=\"{height:.1}\"/>",
                class(kind)
            ));
        }
        x += 100.0 / 300.0;
    }
}
