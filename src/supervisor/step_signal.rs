//! A trigger's signal to a whole job step, through Slurm: the ranks on other nodes are reached by nothing else.

use super::edge::Edge;
use super::processes::{LocalSteps, local_steps, signal_state};
use crate::model::Signal;
use crate::policy::{Event, TriggerAnswer};
use crate::profile::reach::Scene;
use crate::scheduler::Answer;
use crate::scheduler::slurm::{done, is_daemon, program_steps};

impl Edge {
    /// Sends it to the step of the program's ranks; exactly once, also where Slurm's answer is lost.
    pub(super) fn step_trigger(&mut self, signal: Signal, leader: i32, scene: &Scene) {
        let ranks = self.ranks(leader);
        if scene.tasks > 1 {
            return self.own_step_trigger(signal, &ranks);
        }
        match local_steps(&ranks, signal, is_daemon) {
            LocalSteps::Of(steps) => self.signal_steps(signal, &steps),
            LocalSteps::NotListening => self.push(Event::Triggered(TriggerAnswer::NotReady)),
            LocalSteps::Between(what) => {
                let text = format!("the program's ranks are no tasks of a job step ({what})");
                self.push(Event::Triggered(TriggerAnswer::Unusable(text)));
            }
            LocalSteps::NoRank => self.find_step(signal),
        }
    }

    /// ckwrap runs in every task of the step: this one hears its own signal too, which is not news.
    fn own_step_trigger(&mut self, signal: Signal, ranks: &[i32]) {
        let listens = |pid: &i32| signal_state(*pid).is_some_and(|state| state.catches(signal));
        let chain = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref());
        let step = chain.and_then(|slurm| slurm.environment.step);
        match step {
            Some(step) if !ranks.is_empty() && ranks.iter().all(listens) => {
                self.echo = Some(signal);
                self.signal_steps(signal, &[step]);
            }
            _ => self.push(Event::Triggered(TriggerAnswer::NotReady)),
        }
    }

    /// No rank is on this node. With one step alone there is no doubt which it is.
    fn find_step(&mut self, signal: Signal) {
        let Some(slurm) = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref()) else { return };
        let call = slurm.commands.steps(slurm.job);
        let own = slurm.environment.step;
        self.call(
            &call,
            Box::new(move |edge, output| match program_steps(&output) {
                Answer::Yes(mut steps) => {
                    steps.retain(|step| Some(*step) != own);
                    match steps.as_slice() {
                        [] => edge.handle(Event::Triggered(TriggerAnswer::NotReady)),
                        [step] => edge.signal_steps(signal, &[*step]),
                        several => {
                            let text = format!(
                                "no process of the program is on this node, and the job has {} steps: which is meant \
                                 cannot be told",
                                several.len()
                            );
                            edge.handle(Event::Triggered(TriggerAnswer::Unusable(text)));
                        }
                    }
                }
                Answer::Refused(refusal) => {
                    edge.handle(Event::Triggered(TriggerAnswer::Unusable(refusal.text)));
                }
                Answer::Unknown(_) => edge.handle(Event::Triggered(TriggerAnswer::NotReady)),
            }),
        );
    }

    fn signal_steps(&mut self, signal: Signal, steps: &[u32]) {
        let Some(slurm) = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref()) else { return };
        let call = slurm.commands.signal_steps(slurm.job, steps, signal);
        let names: Vec<String> = steps.iter().map(|step| format!("{}.{step}", slurm.job)).collect();
        let what = format!("{signal} to step {}", names.join(", "));
        self.call(
            &call,
            Box::new(move |edge, output| {
                let delivered = |what| TriggerAnswer::Delivered { what, signal: Some(signal) };
                let answer = match done(&output) {
                    Answer::Yes(()) => delivered(what),
                    // It may have arrived, and a second one would do harm.
                    Answer::Unknown(text) => delivered(format!("{what}, as far as can be told ({text})")),
                    Answer::Refused(refusal) => {
                        edge.echo = None;
                        TriggerAnswer::Unusable(refusal.text)
                    }
                };
                edge.handle(Event::Triggered(answer));
            }),
        );
    }
}
