//! Asking the program for a checkpoint, by the trigger the policy chose.
//!
//! A signal is sent only to a process whose `SigCgt` shows a handler for it: every signal that programs use
//! for this kills one that has none.

use super::commands::Done;
use super::edge::Edge;
use super::processes::{self, LocalSteps, find_ranks, local_steps, signal_state, survives};
use crate::checkpoint::write_trigger_file;
use crate::model::{Signal, Target, Trigger};
use crate::policy::{Event, TriggerAnswer};
use crate::profile::reach::{Reach, Scene, Starter, meant_by_leader, reach, usual_target};
use crate::scheduler::slurm::is_daemon;
use crate::scheduler::{Call, End};
use crate::sys;

/// What the `auto` trigger tries, in this order.
const AUTO: [Signal; 3] = [Signal::USR1, Signal::USR2, Signal::TERM];
/// Time a trigger's command has.
const COMMAND: std::time::Duration = std::time::Duration::from_secs(60);

impl Edge {
    pub(super) fn trigger(&mut self, trigger: Trigger) {
        match trigger {
            Trigger::Signal { signal, to } => self.signal_trigger(signal, to),
            Trigger::Auto => self.auto_trigger(),
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

    /// Where the program runs, for the question who may be signalled.
    fn scene(&self) -> Scene {
        let Some(chain) = &self.chain else { return Scene::default() };
        let [starter, inner] = crate::profile::program(&chain.plan.command).starters;
        let slurm = chain.slurm.as_ref().map(|slurm| &slurm.environment);
        let in_step = slurm.filter(|slurm| slurm.in_step());
        Scene {
            starter,
            inner,
            slurm: slurm.is_some(),
            nodes: slurm.and_then(|slurm| slurm.nodes).unwrap_or(1),
            tasks: in_step.and_then(|slurm| slurm.tasks).unwrap_or(0),
        }
    }

    /// The first signal that the program listens to: its process, or its ranks where a launcher has started them.
    fn auto_trigger(&mut self) {
        let Some(leader) = self.leader_pid() else { return self.not_ready() };
        let scene = self.scene();
        let to = usual_target(&scene);
        let listeners = if to == Target::Leader { vec![self.listener(leader)] } else { self.ranks(leader) };
        let reachable = |signal| !matches!(reach(signal, to, &scene), Reach::Unusable(_));
        let caught = |signal: &Signal| all_listen(&listeners, *signal) && reachable(*signal);
        match AUTO.into_iter().find(caught) {
            Some(signal) => self.signal_trigger(signal, to),
            None => self.not_ready(),
        }
    }

    /// The process that is asked where no ranks are: what was started, or the program that it has started.
    fn listener(&self, leader: i32) -> i32 {
        let command = self.chain.as_ref().map(|chain| chain.plan.command.as_slice()).unwrap_or_default();
        let is_wrapped = crate::profile::program(command).index > 0;
        meant_by_leader(leader, is_wrapped, || self.ranks(leader))
    }

    fn not_ready(&mut self) {
        self.push(Event::Triggered(TriggerAnswer::NotReady));
    }

    fn signal_trigger(&mut self, signal: Signal, to: Target) {
        let Some(leader) = self.leader_pid() else { return self.not_ready() };
        let scene = self.scene();
        let answer = match reach(signal, to, &scene) {
            Reach::Leader => send_to(&[self.listener(leader)], signal, to),
            Reach::Group => send_to(&group_of(leader), signal, to),
            Reach::Rank => send_to(self.ranks(leader).get(..1).unwrap_or_default(), signal, to),
            Reach::Ranks => send_to(&self.ranks(leader), signal, to),
            Reach::Launcher => self.send_through(leader, signal, &scene),
            Reach::Step => return self.step_trigger(signal, leader, &scene),
            Reach::Unusable(why) => TriggerAnswer::Unusable(unusable(signal, &scene, why)),
        };
        self.push(Event::Triggered(answer));
    }

    /// Gives it to the launcher, once the ranks listen.
    fn send_through(&self, launcher: i32, signal: Signal, scene: &Scene) -> TriggerAnswer {
        let ranks = self.ranks(launcher);
        let ready = if scene.slurm && scene.starter == Some(Starter::Srun) {
            // It goes to the whole step: to a shell between srun and the program too.
            matches!(local_steps(&ranks, signal, is_daemon), LocalSteps::Of(_))
        } else {
            all_listen(&ranks, signal)
        };
        // srun waits for its signals with all of them blocked, so that it shows no handler.
        if !ready || !survives(launcher, signal) || !sys::send(launcher, signal) {
            return TriggerAnswer::NotReady;
        }
        let name = scene.starter.map_or("the launcher", Starter::name);
        TriggerAnswer::Delivered {
            what: format!("{signal} to {name} (process {launcher}), which hands it on"),
            signal: Some(signal),
        }
    }

    pub(super) fn ranks(&self, leader: i32) -> Vec<i32> {
        let Some(chain) = &self.chain else { return Vec::new() };
        // Inside a step each task has a ckwrap of its own, which looks after the processes below it.
        let near = self.scene().tasks > 1;
        let slurm = chain.slurm.as_ref().filter(|_| !near);
        let job = slurm.map(|slurm| slurm.raw_job.to_string());
        find_ranks(leader, &chain.program_name(), sys::effective_uid(), job.as_deref())
    }

    fn file_trigger(&mut self, path: std::path::PathBuf, text: String) {
        let Some(chain) = &self.chain else { return };
        let (dir, full) = (chain.run_dir.clone(), chain.run_dir.join(&path));
        self.work(
            move |_| write_trigger_file(&dir, &full, &text).map_err(|error| error.to_string()),
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

/// The process and those of its descendants that are in its process group.
fn group_of(leader: i32) -> Vec<i32> {
    let group = processes::stat(leader).map_or(leader, |stat| stat.pgrp);
    let mut members = vec![leader];
    let of_group = |pid: &i32| processes::stat(*pid).is_some_and(|stat| stat.pgrp == group);
    members.extend(processes::descendants(leader).into_iter().filter(of_group));
    members
}

fn unusable(signal: Signal, scene: &Scene, why: &str) -> String {
    let launcher = scene.starter.map(|starter| format!(" behind {}", starter.name())).unwrap_or_default();
    format!("{signal} is not sent{launcher}: {why}")
}

/// Whether there are any, and each has a handler.
fn all_listen(processes: &[i32], signal: Signal) -> bool {
    let listens = |pid: &i32| signal_state(*pid).is_some_and(|state| state.catches(signal));
    !processes.is_empty() && processes.iter().all(listens)
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
