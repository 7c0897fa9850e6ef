//! The table of segments; of very many, groups of them, and in full only those that people look for.

use std::time::Duration;

use super::super::account::{Account, Kind, Reach, Totals};
use super::super::words::{bytes, end, moment, span};
use super::checkpoints::short;
use super::markup::{Markup, link, text};
use super::page::Logs;
use crate::journal::record::Verdict;

/// More are not told in full.
const MOST: usize = 400;
/// Of more: so many of the latest, and so many of note, are.
const LATEST: usize = 100;
const OF_NOTE: usize = 200;
/// Groups of segments at the most.
const GROUPS: usize = 100;

/// A shorter gap is not told of beside a wait.
const MOMENT: Duration = Duration::from_secs(60);

const COLUMNS: [&str; 10] =
    ["Segment", "Job", "Node", "Started (UTC)", "Waited", "Computed", "Checkpoints", "Lost", "End", "Log"];
const OF_GROUP: [&str; 7] =
    ["Segments", "Started (UTC)", "Waited", "Computed", "Checkpointing", "Lost", "Ended badly"];

/// The section.
pub(super) fn draw(html: &mut Markup, accounts: &[Account<'_>], logs: &Logs) {
    html.raw("<section aria-labelledby=\"segments\"><h2 id=\"segments\">Segments</h2>");
    let every: Vec<usize> = (0..accounts.len()).collect();
    if accounts.is_empty() {
        html.raw("<p>No segment has begun yet.</p>");
    } else if accounts.len() <= MOST {
        table(html, "All segments", accounts, &every, logs);
    } else {
        groups(html, accounts);
        let bad = |place: &usize| {
            accounts.get(*place).is_some_and(|it| ended_badly(it, place + 1 == accounts.len()))
        };
        let mut of_note: Vec<usize> = every.iter().rev().copied().filter(bad).take(OF_NOTE).collect();
        of_note.reverse();
        let all = every.iter().filter(|place| bad(place)).count();
        if !of_note.is_empty() {
            let caption = format!(
                "The latest {} of {all} segments that failed, were killed or lost all their work",
                of_note.len()
            );
            table(html, &caption, accounts, &of_note, logs);
        }
        let latest = every.get(accounts.len() - LATEST..).unwrap_or_default();
        table(html, &format!("The latest {LATEST} segments"), accounts, latest, logs);
    }
    html.raw("</section>");
}

/// Whether people would look for it: it failed, was killed with ckwrap, or left nothing.
fn ended_badly(account: &Account<'_>, is_last: bool) -> bool {
    match account.segment.end {
        Some(end) => {
            end.verdict == Verdict::Failed || end.fresh == Some(false) && end.verdict == Verdict::Unfinished
        }
        None => !is_last || account.reach == Reach::LastHeard,
    }
}

fn begin(html: &mut Markup, caption: &str, columns: &[&str]) {
    html.put(format_args!("<table class=\"cards\" role=\"table\"><caption>{caption}</caption><thead role=\"rowgroup\"><tr role=\"row\">"));
    for column in columns {
        html.put(format_args!("<th scope=\"col\" role=\"columnheader\">{column}</th>"));
    }
    html.raw("</tr></thead><tbody role=\"rowgroup\">");
}

fn row(html: &mut Markup, columns: &[&str], cells: &[String]) {
    html.raw("<tr role=\"row\">");
    for (place, (column, cell)) in columns.iter().zip(cells).enumerate() {
        if place == 0 {
            html.put(format_args!(
                "<th scope=\"row\" role=\"rowheader\"><span class=\"label\">{column} </span>{cell}</th>"
            ));
        } else {
            html.put(format_args!(
                "<td role=\"cell\"><span class=\"label\">{column} </span><span>{cell}</span></td>"
            ));
        }
    }
    html.raw("</tr>\n");
}

fn table(html: &mut Markup, caption: &str, accounts: &[Account<'_>], places: &[usize], logs: &Logs) {
    begin(html, caption, &COLUMNS);
    for place in places {
        if let Some(account) = accounts.get(*place) {
            row(html, &COLUMNS, &cells(account, *place == 0, *place + 1 < accounts.len(), logs));
        }
    }
    html.raw("</tbody></table>");
}

fn cells(account: &Account<'_>, is_first: bool, followed: bool, logs: &Logs) -> Vec<String> {
    let segment = account.segment;
    let job = match (segment.job, segment.restart) {
        (None, _) => "none".to_owned(),
        (Some(job), 0) => job.to_string(),
        (Some(job), restart) => format!("{job}, restart {restart}"),
    };
    let log = segment.job.and_then(|job| logs.of.get(&job)).map_or_else(
        || "not found".to_owned(),
        |path| {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            any(&format!("<a href=\"{}\">{}</a>", text(&link(path)), text(&name)))
        },
    );
    vec![
        segment.number.to_string(),
        job,
        if segment.host.is_empty() { "not known".to_owned() } else { any(&text(&segment.host)) },
        moment(segment.started),
        waited(account, is_first),
        computed(account),
        checkpoints(account),
        lost(account),
        text(&ended(account, followed)),
        log,
    ]
}

/// May be broken anywhere where it is too long.
fn any(html: &str) -> String {
    format!("<span class=\"any\">{html}</span>")
}

fn waited(account: &Account<'_>, is_first: bool) -> String {
    let (queued, gap) = (account.spent(Kind::Queued), account.spent(Kind::Gap));
    match (queued.is_zero(), gap.is_zero()) {
        (true, true) if is_first => "not recorded".to_owned(),
        (true, false) => format!("gap of {}", span(gap)),
        // Carrying the chain on takes a moment.
        _ if gap < MOMENT => span(queued.saturating_add(gap)),
        _ => format!("{}, gap of {}", span(queued), span(gap)),
    }
}

fn computed(account: &Account<'_>) -> String {
    let time = account.spent(Kind::Computing).saturating_add(account.spent(Kind::Lost));
    match account.reach {
        Reach::Ended => span(time),
        Reach::Running => format!("{} so far", span(time)),
        Reach::LastHeard => format!("at least {}", span(time)),
    }
}

fn checkpoints(account: &Account<'_>) -> String {
    let taken = &account.segment.taken;
    let Some(last) = taken.last() else {
        return match account.saved {
            Some(_) => "1, found at the end".to_owned(),
            None => "none".to_owned(),
        };
    };
    let took = last.took.map(|took| format!(" in {}", short(took))).unwrap_or_default();
    let lead =
        account.lead.map(|lead| format!(", asked {} before the deadline", span(lead))).unwrap_or_default();
    match taken.len() {
        1 => format!("{}{took}{lead}", bytes(last.size)),
        count => format!("{count}, last {}{took}{lead}", bytes(last.size)),
    }
}

fn lost(account: &Account<'_>) -> String {
    match (account.lost(), account.reach) {
        (None, _) => "not known".to_owned(),
        (Some(_), Reach::Running) => "nothing so far".to_owned(),
        (Some(lost), Reach::LastHeard) => format!("at least {}", span(lost)),
        (Some(lost), Reach::Ended) => span(lost),
    }
}

fn ended(account: &Account<'_>, followed: bool) -> String {
    match (end(account.segment, followed).as_str(), account.reach) {
        ("-", Reach::Running) => "runs".to_owned(),
        ("-", _) => "killed, or not known".to_owned(),
        ("unknown", _) => "cause not known".to_owned(),
        (words, _) => words.to_owned(),
    }
}

fn groups(html: &mut Markup, accounts: &[Account<'_>]) {
    let size = accounts.len().div_ceil(GROUPS);
    begin(html, &format!("All segments, {size} in a row added up"), &OF_GROUP);
    for (number, group) in accounts.chunks(size).enumerate() {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let totals = Totals::of(group);
        let is_last = (number + 1) * size >= accounts.len();
        let bad = group
            .iter()
            .enumerate()
            .filter(|(place, it)| ended_badly(it, is_last && place + 1 == group.len()))
            .count();
        let bound = if totals.is_least() { "at least " } else { "" };
        let sum = |one: Duration, other: Duration| span(one.saturating_add(other));
        let cells = [
            format!("{}\u{2013}{}", first.segment.number, last.segment.number),
            moment(first.segment.started),
            sum(totals.queued, totals.gaps),
            sum(totals.computing, totals.lost),
            span(totals.checkpointing),
            format!("{bound}{}", span(totals.lost)),
            bad.to_string(),
        ];
        row(html, &OF_GROUP, &cells);
    }
    html.raw("</tbody></table>");
}
