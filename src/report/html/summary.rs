//! The head of the page: what the chain is, where it stands, and what there is to do.

use std::time::Duration;

use super::super::standing::Standing;
use super::super::status::{ChainStatus, State};
use super::super::words::{bytes, moment, span};
use super::markup::{Markup, text};
use crate::journal::History;
use crate::model::Timestamp;

/// The head.
pub(super) fn draw(
    html: &mut Markup,
    history: &History,
    status: &ChainStatus,
    standing: &Standing,
    now: Timestamp,
) {
    html.put(format_args!(
        "<header><p class=\"kind\">ckwrap report</p><h1>{}</h1>",
        text(history.chain.as_str())
    ));
    html.put(format_args!(
        "<p class=\"state state-{}\"><strong>{}</strong>{}</p>",
        status.state.word(),
        sentence_of(status.state),
        status.reason.as_deref().map(|reason| format!(": {}", text(reason))).unwrap_or_default()
    ));
    if let Some(todo) = &status.todo {
        html.put(format_args!("<p class=\"todo\"><strong>What to do:</strong> {}</p>", text(todo)));
    }
    html.raw("<dl class=\"facts\">");
    for (name, value) in facts(history, status, standing, now) {
        // Whole sentences have a line of their own.
        let class = if name == "Finish" { " class=\"wide\"" } else { "" };
        html.put(format_args!("<div{class}><dt>{name}</dt><dd>{}</dd></div>", text(&value)));
    }
    html.raw("</dl></header>");
}

fn sentence_of(state: State) -> &'static str {
    match state {
        State::New => "Has not begun",
        State::Running => "A segment runs, as far as is known",
        State::Killed => "The last segment was killed together with ckwrap",
        State::Waiting => "The next segment is in the queue",
        State::Unclear => "Whether the next segment is in the queue is not known",
        State::Stuck => "The next segment could not be put into the queue",
        State::Ended => "The last segment has ended",
        State::Finished => "Finished",
        State::Stopped => "Stopped before it was finished",
    }
}

fn facts(
    history: &History,
    status: &ChainStatus,
    standing: &Standing,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if !history.command.is_empty() {
        facts.push(("Command", history.command.join(" ")));
    }
    let began = history.started.map(|at| format!(", began {}", moment(at))).unwrap_or_default();
    facts.push(("Segments", format!("{}{began}", status.segments)));
    if let Some(words) = standing.slurm.words(now) {
        facts.push(("In Slurm", words));
    }
    facts.push(("Last good checkpoint", checkpoint(status)));
    if let Some(deadline) = status.deadline {
        let when = if deadline > now { format!("in {}", span(deadline - now)) } else { "over".to_owned() };
        facts.push(("Deadline", format!("{} ({when})", moment(deadline))));
    }
    facts.push(("Work lost so far", standing.waste.words()));
    facts.push(("Finish", finish(status.state, standing, now)));
    if !status.damaged_lines.is_empty() {
        facts.push(("Damaged in the journal and skipped", status.damaged_lines.join("; ")));
    }
    facts
}

fn checkpoint(status: &ChainStatus) -> String {
    status.checkpoint.as_ref().map_or_else(
        || "none".to_owned(),
        |seen| {
            let age = span(Duration::from_secs(seen.age_seconds));
            format!("{}, {}, seen {} ({age} ago)", seen.path, bytes(seen.size), moment(seen.seen))
        },
    )
}

fn finish(state: State, standing: &Standing, now: Timestamp) -> String {
    match (&standing.estimate, state) {
        (_, State::Finished) => "finished".to_owned(),
        (Some(estimate), _) => estimate.words(now),
        (None, State::Running | State::Waiting) => {
            "not known: the program has not said often enough how far it is".to_owned()
        }
        (None, _) => "not known: the chain does not go on by itself".to_owned(),
    }
}
