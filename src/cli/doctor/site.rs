//! Slurm's settings, by its public commands.

use crate::cli::path::in_path;
use crate::doctor::{Asked, Header, Site};
use crate::scheduler::slurm::{Commands, KillWait, PartitionView, RequeueExit, setting};
use crate::scheduler::{Answer, Output, RefusalKind};
use crate::supervisor::ask as put;

/// Asks for the settings and the script's partition; `None`: there is no Slurm on this machine.
pub(super) fn ask(text: Option<&str>) -> Option<Site> {
    let commands = Commands::new(std::env::vars_os());
    let output = put(&commands.show_config());
    if let Answer::Refused(refusal) = setting(&output, "SLURM_VERSION")
        && refusal.kind == RefusalKind::NoCommand
    {
        return None;
    }
    // A controller that does not answer one question does not answer the next, and each takes half a minute.
    let silent = matches!(setting(&output, "KillWait"), Answer::Unknown(_) | Answer::Refused(_));
    let name = text.and_then(|text| Header::of(text).value("partition").map(str::to_owned));
    let single = name.filter(|name| !name.contains([',', '$']));
    let partition = single.map(|name| {
        let view = if silent {
            Asked::Unknown("it did not answer the question before".to_owned())
        } else {
            asked(PartitionView::from_answer(&put(&commands.show_partition(&name))))
        };
        (name, view)
    });
    Some(Site {
        version: setting(&output, "SLURM_VERSION").yes(),
        kill_wait: asked(KillWait::from_answer(&output).map(|wait| wait.0)),
        requeue: yes_or_no(&output, "JobRequeue"),
        append: yes_or_no(&output, "JobFileAppend"),
        requeue_exit: asked(RequeueExit::from_answer(&output).map(|codes| codes.0)),
        tracking: asked(setting(&output, "ProctrackType")),
        partition,
        sbatch: in_path("sbatch").is_some(),
    })
}

fn asked<T>(answer: Answer<T>) -> Asked<T> {
    match answer {
        Answer::Yes(value) => Asked::Known(value),
        Answer::Refused(refusal) => Asked::Unknown(refusal.text),
        Answer::Unknown(text) => Asked::Unknown(text),
    }
}

fn yes_or_no(output: &Output, name: &str) -> Asked<bool> {
    asked(setting(output, name).and_then(|value| match value.as_str() {
        "0" => Answer::Yes(false),
        "1" => Answer::Yes(true),
        other => Answer::Unknown(format!("{name} is neither 0 nor 1: {other}")),
    }))
}
