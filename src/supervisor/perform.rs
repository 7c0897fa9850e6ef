//! Carrying out the policy's actions: each becomes a system call, a helper command or a job for the worker.

use super::durable::Wait;
use super::edge::{Edge, Leader};
use super::ledger::Written;
use super::{looking::Found, processes, record};
use crate::checkpoint::{Answer as FileAnswer, remove_trigger_file};
use crate::checkpoint::{failure, finished, stopped};
use crate::journal::Durability;
use crate::model::{ChildExit, Now, Signal, Token};
use crate::policy::{
    Action, Answer, Assessment, End, Entry, Event, GraceAnswer, JobAnswer, JobFacts, JobPhase, Notice,
    Outcome, Retry, ScanAnswer, Ticket,
};
use crate::profile::rules::RetryUse;
use crate::scheduler::Answer as SlurmAnswer;
use crate::scheduler::slurm::{JobState, JobView, KillWait, Limit, PartitionView, PreemptMode, Presence};
use crate::sys::{self, Dispositions, SpawnRequest, failpoint};

impl Edge {
    pub(super) fn perform(&mut self, action: Action) {
        failpoint("supervisor");
        match action {
            Action::Spawn => self.spawn(),
            Action::Forward(signal) => self.forward(signal),
            Action::ForwardIfCaught(signal) => self.forward_if_caught(signal),
            Action::StopSelf => sys::stop_self(),
            Action::QueryJob(ticket) => self.query_job(ticket),
            Action::QueryGrace => self.query_grace(),
            Action::QueryKillWait => self.query_kill_wait(),
            Action::Trigger(trigger) => {
                self.asked = true;
                self.trigger(trigger);
            }
            Action::Scan(ticket) => self.scan(ticket),
            Action::Examine(path) => self.examine(path),
            Action::EndChild(signal) => self.end_child(signal),
            Action::ClearTree(grace) => self.clear_tree(grace),
            Action::Assess(exit) => self.assess(exit),
            Action::Keep(id) => self.keep(id),
            Action::StopKeeping => self.keeper.abandon(),
            Action::CheckOwner => self.check_owner(),
            Action::Record(entry) => self.record(&entry, None),
            Action::RecordDurably(entry) => self.record_durably(&entry),
            Action::Step(step) => self.step(&step),
            Action::Say(notice) => self.say(&notice),
            Action::Exit(outcome) => self.leave(outcome),
        }
    }

    fn spawn(&mut self) {
        // From here on a key at the terminal is the child's too; before, it was not.
        self.take_signals();
        let path =
            self.program.environment.iter().find(|(key, _)| key == "PATH").map(|(_, value)| value.clone());
        let request = SpawnRequest {
            argv: &self.program.argv,
            environment: &self.program.environment,
            path: path.as_deref(),
            stdio: [None; 3],
            own_group: self.program.own_group,
            dies_with_us: true,
            mask: self.inherited.mask,
            dispositions: Dispositions::Inherited { child_ignored: self.inherited.child_ignored },
            failure: None,
        };
        match sys::spawn(&request) {
            Ok(child) => {
                self.leader = Some(Leader { pid: child.pid, alive: true, ended: None });
                // Another segment of the same process starts with the same streams.
                if self.chain.as_ref().is_none_or(|chain| chain.engine != crate::scheduler::Engine::Local) {
                    sys::leave_stdio();
                    sys::close_inherited();
                }
                self.handle(Event::Spawned);
                self.note_kills();
                self.sweep_mailboxes();
            }
            Err(error) => {
                self.teller.error(&error.to_string());
                self.handle(Event::SpawnFailed(Self::status_of(&error)));
            }
        }
    }

    fn alive(&self) -> Option<i32> {
        self.leader.filter(|leader| leader.alive).map(|leader| leader.pid)
    }

    fn forward(&mut self, signal: Signal) {
        let Some(pid) = self.alive() else { return };
        let value =
            self.current.filter(|received| received.signal == signal).and_then(|received| received.value);
        match value {
            Some(value) => sys::send_value(pid, signal, value),
            None => sys::send(pid, signal),
        };
    }

    fn forward_if_caught(&mut self, signal: Signal) {
        let Some(pid) = self.alive() else { return };
        let survives = processes::signal_state(pid)
            .is_none_or(|state| (state.caught | state.ignored | state.blocked) & signal.bit() != 0);
        let harmless =
            [Signal::WINCH, Signal::CONT, Signal::TSTP, Signal::TTIN, Signal::TTOU].contains(&signal);
        if survives || harmless {
            self.forward(signal);
        } else {
            self.push(Event::Held(signal));
        }
    }

    fn end_child(&mut self, signal: Signal) {
        let Some(pid) = self.alive() else { return };
        // In a batch job the group is the child's own; a launcher and its ranks end together.
        let reached = self.program.own_group && sys::send_group(pid, signal);
        if !reached {
            sys::send(pid, signal);
        }
    }

    fn query_job(&mut self, ticket: Ticket) {
        let Some(slurm) = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref()) else { return };
        let (call, job) = (slurm.commands.show_job(slurm.job), slurm.job);
        self.call(
            &call,
            Box::new(move |edge, output| {
                let answer = match Presence::from_answer(&output, job) {
                    SlurmAnswer::Yes(Presence::Known(view)) => edge.facts(*view),
                    SlurmAnswer::Yes(Presence::Gone) => JobAnswer::Gone,
                    SlurmAnswer::Refused(refusal) => JobAnswer::Unknown(refusal.text),
                    SlurmAnswer::Unknown(text) => JobAnswer::Unknown(text),
                };
                edge.handle(Event::Job(ticket, answer));
            }),
        );
    }

    fn facts(&mut self, view: JobView) -> JobAnswer {
        let facts = facts_of(&view, sys::now());
        if let Some(slurm) = self.chain.as_mut().and_then(|chain| chain.slurm.as_mut()) {
            slurm.view = Some(view);
        }
        JobAnswer::Facts(facts)
    }

    fn query_grace(&mut self) {
        let Some(slurm) = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref()) else { return };
        let Some(partition) = &slurm.environment.partition else { return };
        let call = slurm.commands.show_partition(partition);
        self.call(
            &call,
            Box::new(|edge, output| {
                let grace = match PartitionView::from_answer(&output) {
                    SlurmAnswer::Yes(view) if view.preempt_mode != PreemptMode::Off => {
                        GraceAnswer::Time(view.grace_time)
                    }
                    SlurmAnswer::Yes(_) | SlurmAnswer::Refused(_) => GraceAnswer::None,
                    SlurmAnswer::Unknown(_) => GraceAnswer::Unknown,
                };
                edge.handle(Event::Grace(grace));
            }),
        );
    }

    fn query_kill_wait(&mut self) {
        let Some(slurm) = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref()) else { return };
        let call = slurm.commands.show_config();
        self.call(
            &call,
            Box::new(|edge, output| {
                // Without an answer Slurm's default stands.
                if let SlurmAnswer::Yes(KillWait(span)) = KillWait::from_answer(&output) {
                    edge.handle(Event::KillWait(span));
                }
            }),
        );
    }

    fn scan(&mut self, ticket: Ticket) {
        let answer = move |edge: &mut Self, found: Found| {
            edge.tell_invalid(&found);
            edge.handle(Event::Scanned(ticket, found.into_answer()));
        };
        if self.chain.is_some() {
            self.look(1, Box::new(answer));
        } else {
            self.push(Event::Scanned(
                ticket,
                ScanAnswer::Found { valid: None, newest: None, fallback: false },
            ));
        }
    }

    fn assess(&mut self, exit: ChildExit) {
        let Some(chain) = &self.chain else { return };
        let (profile, dir, marks) = (chain.plan.profile.clone(), chain.run_dir.clone(), chain.marks.clone());
        let files = chain.trigger_files();
        self.tell_kills();
        self.work(
            move |_| {
                failpoint("verdict");
                for file in files {
                    // One that stays would stop the next start; that one removes it again.
                    let _ = remove_trigger_file(&dir, &file);
                }
                let done = profile.finish.map_or(Answer::Unknown, |rule| {
                    match finished(&rule, exit, &dir, &marks) {
                        FileAnswer::Yes => Answer::Yes,
                        FileAnswer::No => Answer::No,
                        FileAnswer::Unknown(_) => Answer::Unknown,
                    }
                });
                let clean = stopped(&profile.stopped, exit, &dir, &marks) == FileAnswer::Yes;
                let retry = failure(&profile.retry, &dir, &marks).map(|(action, line)| match action {
                    RetryUse::Fallback => Retry::Fallback(line),
                    RetryUse::Stop => Retry::Stop(line),
                });
                Assessment { finished: done, stopped: clean, retry }
            },
            |edge, assessment| edge.handle(Event::Assessed(assessment)),
        );
    }

    /// Writes an entry; `reply` makes an event of the result where the policy waits for it.
    fn record(&mut self, entry: &Entry, reply: Option<fn(bool) -> Event>) {
        self.begin_to_sync(entry);
        let wait = self.wait_for_disk(entry);
        let Some(chain) = &self.chain else { return };
        let (records, durability) = record::records(chain, sys::now(), entry);
        let durability = if reply.is_some() { Durability::Synced } else { durability };
        self.work(
            move |ledger| {
                let not_on_disk = wait.and_then(Wait::over);
                (not_on_disk, ledger.write(&records, durability))
            },
            move |edge, (not_on_disk, written)| {
                if let Some(notice) = not_on_disk {
                    edge.tell_of_disk(&notice);
                }
                let done = written == Written::Done;
                match written {
                    Written::OwnerLost => edge.handle(Event::OwnerLost),
                    Written::Failed(text) => edge.journal_failed(&text),
                    Written::Done => {}
                }
                if let Some(reply) = reply {
                    edge.handle(reply(done));
                }
            },
        );
    }

    fn check_owner(&mut self) {
        // Behind something that hangs, one look is as good as many.
        if !self.is_idle() {
            return;
        }
        self.work(
            |ledger| ledger.is_lost(),
            |edge, lost| {
                if lost {
                    edge.handle(Event::OwnerLost);
                }
            },
        );
    }

    fn record_durably(&mut self, entry: &Entry) {
        if let (Entry::Intent(_), Some(chain)) = (entry, &mut self.chain) {
            let nonce = sys::random();
            chain.token = Some(Token::new(&chain.id, chain.segment, nonce));
        }
        self.record(entry, Some(Event::Recorded));
    }

    fn journal_failed(&mut self, text: &str) {
        let Some(chain) = &mut self.chain else { return };
        if chain.no_journal.is_none() {
            chain.no_journal = Some(text.to_owned());
            self.teller.warn(&format!("the journal cannot be written: {text}; the program runs on"));
        }
    }

    /// The policy knows what follows from it, the edge knows why: one warning holds both.
    fn say(&mut self, notice: &Notice) {
        if matches!(notice, Notice::NotKept(_)) {
            return self.not_kept(notice);
        }
        match self.chain.as_ref().and_then(|chain| chain.no_journal.as_ref()) {
            Some(why) if *notice == Notice::NoJournal => self.teller.warn(&format!("{notice}: {why}")),
            _ => self.teller.notice(notice),
        }
    }

    fn leave(&mut self, outcome: Outcome) {
        if self.chain.is_some() && outcome != Outcome::NextSegment {
            self.work(super::ledger::Ledger::release, |_, ()| {});
        }
        self.end(outcome);
    }
}

/// What matters to the policy of Slurm's answer.
pub(super) fn facts_of(view: &JobView, now: Now) -> JobFacts {
    let end = match (view.end_time, view.time_limit) {
        (Some(at), _) => End::At(now.instant_of(at)),
        (None, Limit::Unlimited) => End::Never,
        (None, _) => End::Unknown,
    };
    JobFacts {
        phase: match &view.state {
            JobState::Pending => JobPhase::Pending,
            JobState::Running => JobPhase::Running,
            JobState::Suspended => JobPhase::Suspended,
            JobState::Completing => JobPhase::Completing,
            state if state.has_ended() => JobPhase::Ended,
            _ => JobPhase::Other,
        },
        time_limit: view.reason.as_deref() == Some("TimeLimit"),
        preempted: view.preempt_time.is_some(),
        restarts: view.restarts,
        end,
    }
}
