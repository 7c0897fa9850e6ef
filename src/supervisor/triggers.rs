//! Asking the program for a checkpoint, by the trigger the policy chose.
//!
//! A signal is sent only to a process whose `SigCgt` shows a handler for it: every signal that programs use
//! for this kills one that has none.

use super::commands::Done;
use super::edge::Edge;
use super::processes::{self, find_ranks, signal_state};
use crate::checkpoint::write_trigger_file;
use crate::model::{Signal, Target, Trigger};
use crate::policy::{Event, TriggerAnswer};
use crate::scheduler::{Call, End};
use crate::sys;

/// What the `auto` trigger tries, in this order.
const AUTO: [Signal; 3] = [Signal::USR1, Signal::USR2, Signal::TERM];
/// Time a trigger's command has.
const COMMAND: std::time::Duration = std::time::Duration::from_secs(60);

impl Edge {
    pub(super) fn trigger(&mut self, trigger: Trigger) {
        match trigger {
            Trigger::Signal { signal, to } => {
                let answer = self.signal_trigger(signal, to);
                self.push(Event::Triggered(answer));
            }
            Trigger::Auto => {
                let answer = self.auto_trigger();
                self.push(Event::Triggered(answer));
            }
            Trigger::File { path, text } => self.file_trigger(path, text),
            Trigger::Run(argv) => self.command_trigger(&argv),
            Trigger::Limit(_) => {
                let text = "a limit is given when the program starts".to_owned();
                self.push(Event::Triggered(TriggerAnswer::Unusable(text)));
            }
            Trigger::Wait => {
                let what = "waiting for the program's own checkpoint".to_owned();
                self.push(Event::Triggered(TriggerAnswer::Delivered { what, signal: None }));
            }
        }
    }

    fn leader_pid(&self) -> Option<i32> {
        self.leader.filter(|leader| leader.alive).map(|leader| leader.pid)
    }

    fn auto_trigger(&self) -> TriggerAnswer {
        let Some(leader) = self.leader_pid() else { return TriggerAnswer::NotReady };
        let Some(state) = signal_state(leader) else { return TriggerAnswer::NotReady };
        match AUTO.into_iter().find(|signal| state.catches(*signal)) {
            Some(signal) => send_to(&[leader], signal, Target::Leader),
            None => TriggerAnswer::NotReady,
        }
    }

    fn signal_trigger(&self, signal: Signal, to: Target) -> TriggerAnswer {
        let Some(leader) = self.leader_pid() else { return TriggerAnswer::NotReady };
        let targets = match to {
            Target::Leader | Target::Launcher => vec![leader],
            Target::Group => self.group_of(leader),
            Target::Rank => self.ranks(leader).into_iter().take(1).collect(),
            Target::Ranks => self.ranks(leader),
            Target::Step => {
                return TriggerAnswer::Unusable("signals to a whole job step cannot be sent yet".into());
            }
        };
        send_to(&targets, signal, to)
    }

    fn group_of(&self, leader: i32) -> Vec<i32> {
        let group = if self.program.own_group { leader } else { sys::own_group() };
        let mut members = vec![leader];
        let of_group = |pid: &i32| processes::stat(*pid).is_some_and(|stat| stat.pgrp == group);
        members.extend(processes::descendants(leader).into_iter().filter(of_group));
        members
    }

    fn ranks(&self, leader: i32) -> Vec<i32> {
        let Some(chain) = &self.chain else { return Vec::new() };
        let job = chain.slurm.as_ref().map(|slurm| slurm.raw_job.to_string());
        find_ranks(leader, &chain.program_name(), sys::effective_uid(), job.as_deref())
    }

    fn file_trigger(&mut self, path: std::path::PathBuf, text: String) {
        let Some(chain) = &self.chain else { return };
        let full = chain.run_dir.join(&path);
        self.work(
            move |_| write_trigger_file(&full, &text).map_err(|error| error.to_string()),
            move |edge, written| {
                edge.push(Event::Triggered(match written {
                    Ok(()) => {
                        let what = format!("file {} written", path.display());
                        TriggerAnswer::Delivered { what, signal: None }
                    }
                    Err(text) => TriggerAnswer::Unusable(text),
                }));
            },
        );
    }

    fn command_trigger(&mut self, argv: &[String]) {
        let pid = self.leader_pid().unwrap_or(0).to_string();
        let call = Call {
            argv: argv.iter().map(|word| word.replace("{pid}", &pid).into()).collect(),
            timeout: COMMAND,
            environment: self.program.environment.clone(),
            max_output: 4096,
        };
        let name = argv.first().cloned().unwrap_or_default();
        let done: Done = Box::new(move |edge, output| {
            edge.push(Event::Triggered(match output.end {
                End::Exited(0) => TriggerAnswer::Delivered { what: format!("{name} run"), signal: None },
                end => TriggerAnswer::Unusable(format!("{name}: {end:?}")),
            }));
        });
        self.call(&call, done);
    }
}

/// Sends to those that have a handler; not ready if none has.
fn send_to(targets: &[i32], signal: Signal, to: Target) -> TriggerAnswer {
    let catches = |pid: &&i32| signal_state(**pid).is_some_and(|state| state.catches(signal));
    let ready: Vec<i32> = targets.iter().filter(catches).copied().collect();
    // A program whose ranks start one after the other is asked when all of them listen.
    if ready.is_empty() || (to == Target::Ranks && ready.len() < targets.len()) {
        return TriggerAnswer::NotReady;
    }
    let reached: Vec<String> =
        ready.into_iter().filter(|pid| sys::send(*pid, signal)).map(|pid| pid.to_string()).collect();
    if reached.is_empty() {
        return TriggerAnswer::NotReady;
    }
    TriggerAnswer::Delivered {
        what: format!("{signal} to process {}", reached.join(", ")),
        signal: Some(signal),
    }
}
