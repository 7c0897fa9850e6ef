//! The words a segment starts with, and what the program is told through its environment.

use std::ffi::OsString;

use super::edge::Edge;
use super::run::{Run, own_limit};
use crate::checkpoint::{LogMarks, Streams, remove_trigger_file};
use crate::model::{CheckpointId, Now, Trigger};
use crate::profile::{limit, restart};
use crate::scheduler::slurm::SlurmEnvironment;

/// Variables that speak of one segment, and must reach neither a successor nor the program of another segment. The
/// socket may also be that of a service manager, which has not been told of the program.
pub(crate) const OF_ONE_SEGMENT: [&str; 8] = [
    "CKWRAP_CHAIN",
    "CKWRAP_TOKEN",
    "CKWRAP_SEGMENT",
    "CKWRAP_CHECKPOINT",
    "CKWRAP_STOP_FILE",
    "CKWRAP_DEADLINE",
    "CKWRAP_ACTIVE",
    "NOTIFY_SOCKET",
];

impl Edge {
    /// The words to start and what the program is told through its environment.
    pub(super) fn set_command(
        &mut self,
        run: &Run,
        command: &[OsString],
        checkpoint: Option<CheckpointId>,
        began: Now,
    ) {
        let socket = self.open_mailbox(run);
        let Some(chain) = &mut self.chain else { return };
        let path = checkpoint.as_ref().map(|id| id.path.as_path());
        let mut words = restart::command_line(command, &run.plan.profile.restart, path);
        let end = run.slurm.as_ref().and_then(|slurm| slurm.end_time).map(|at| began.instant_of(at));
        let left = [end, own_limit(run, began.instant)].into_iter().flatten().min();
        let only_a_limit =
            run.plan.settings.triggers.iter().all(|trigger| matches!(trigger, Trigger::Limit(_)));
        if let (Some(left), true) = (left, only_a_limit)
            && let Some(Trigger::Limit(given)) = run.plan.settings.triggers.first()
        {
            words.extend(limit::words(given, left.since(began.instant)));
        }
        for file in chain.trigger_files() {
            if let Err(error) = remove_trigger_file(&run.run_dir, &file) {
                self.teller.warn(&format!("a stale trigger file is in the way: {error}"));
            }
        }
        let profile = &run.plan.profile;
        chain.marks = LogMarks::take(
            profile.finish.as_ref(),
            &profile.stopped,
            &profile.retry,
            Streams::of_this_process(),
            &run.run_dir,
        );
        let mut own: Vec<(&str, OsString)> = vec![
            ("CKWRAP_CHAIN", chain.id.as_str().into()),
            ("CKWRAP_SEGMENT", chain.segment.to_string().into()),
            ("CKWRAP_CHECKPOINT", path.map(|path| path.as_os_str().to_owned()).unwrap_or_default()),
            ("CKWRAP_ACTIVE", active_mark(run.slurm.as_ref()).into()),
        ];
        own.extend(
            chain.trigger_files().into_iter().next().map(|file| ("CKWRAP_STOP_FILE", file.into_os_string())),
        );
        own.extend(socket.map(|path| ("NOTIFY_SOCKET", path)));
        own.extend(left.map(|left| ("CKWRAP_DEADLINE", began.wall_of(left).seconds().to_string().into())));
        let foreign =
            run.environment.iter().filter(|(name, _)| !OF_ONE_SEGMENT.iter().any(|other| name == *other));
        self.program.environment =
            foreign.cloned().chain(own.iter().map(|(name, value)| ((*name).into(), value.clone()))).collect();
        self.program.argv.clone_from(&words);
        let from = path.map_or_else(|| "no checkpoint".to_owned(), |path| path.display().to_string());
        let line: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        self.teller.debug(&format!(
            "segment {} of chain {} starts from {from} (profile {}): {}",
            chain.segment,
            chain.id,
            run.plan.profile.name,
            line.join(" ")
        ));
        chain.command = words;
        chain.checkpoint = checkpoint;
    }
}

/// Tells a ckwrap that is started inside this one that the chain is in good hands.
pub(crate) fn active_mark(slurm: Option<&SlurmEnvironment>) -> String {
    match slurm {
        Some(slurm) => format!("{}.{}", slurm.raw_id, slurm.restarts),
        None => "local".to_owned(),
    }
}
