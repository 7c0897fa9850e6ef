//! The steps of a continuation as calls of Slurm's commands, and their answers in the policy's words.

use super::commands::Done;
use super::edge::Edge;
use super::words::OF_ONE_SEGMENT;
use crate::model::JobId;
use crate::policy::{Event, Refused, Step, StepAnswer};
use crate::scheduler::slurm::{
    Dependent, JobView, QueuedJob, RequeueExit, Submission, SubmitCommand, Successor, batch_script, clean,
    done,
};
use crate::scheduler::{Answer, Call, Output, RefusalKind};

/// The saved batch script in the chain's directory.
const SCRIPT: &str = "job.sh";
/// What Slurm said about the job it belongs to.
const OPTIONS: &str = "job.json";

fn answer_of<T>(answer: Answer<T>, yes: impl FnOnce(T) -> StepAnswer) -> StepAnswer {
    match answer {
        Answer::Yes(value) => yes(value),
        Answer::Unknown(text) => StepAnswer::Unknown(text),
        Answer::Refused(refusal) => {
            let kind = match refusal.kind {
                RefusalKind::Disabled => Refused::Disabled,
                RefusalKind::AlreadyPending => Refused::AlreadyPending,
                RefusalKind::NoLongerPending | RefusalKind::AlreadyOver => Refused::NotPending,
                RefusalKind::InvalidJob
                | RefusalKind::Permission
                | RefusalKind::NotAllowed
                | RefusalKind::NoCommand
                | RefusalKind::Other => Refused::Other,
            };
            StepAnswer::Refused(kind, refusal.text)
        }
    }
}

fn plain(output: &Output) -> StepAnswer {
    answer_of(done(output), |()| StepAnswer::Done)
}

fn moved(path: &std::path::Path) -> String {
    format!("{} is not the directory any more that this chain began in", path.display())
}

impl Edge {
    pub(super) fn step(&mut self, step: &Step) {
        let Some(slurm) = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref()) else {
            self.push(Event::Step(StepAnswer::Refused(Refused::Other, "there is no scheduler".into())));
            return;
        };
        let (commands, job) = (&slurm.commands, slurm.job);
        let user = slurm.environment.user.clone().unwrap_or_else(|| crate::sys::effective_uid().to_string());
        match *step {
            Step::Requeue { incomplete } => self.ask_plainly(&commands.requeue(job, incomplete)),
            Step::AllowRequeue => self.ask_plainly(&commands.allow_requeue(job)),
            Step::Hasten(wait) => self.ask_plainly(&commands.hasten(job, wait)),
            Step::CancelSuccessor(successor) => self.ask_plainly(&commands.cancel(successor)),
            Step::CancelPending => match job {
                JobId::Task { array, .. } => self.ask_plainly(&commands.cancel_pending(array)),
                JobId::Single(_) => self.push(Event::Step(StepAnswer::Done)),
            },
            Step::FindTasks => {
                let call = commands.find_by_token(&user);
                self.ask(&call, move |output| {
                    answer_of(QueuedJob::has_siblings(output, job), |left| {
                        if left { StepAnswer::Done } else { StepAnswer::Absent }
                    })
                });
            }
            Step::RequeueExitCodes => {
                let call = commands.show_config();
                self.ask(&call, |output| {
                    answer_of(RequeueExit::from_answer(output), |codes| StepAnswer::Codes(codes.0))
                });
            }
            Step::FindSuccessor => {
                let call = commands.find_by_token(&user);
                self.find_successor(&call);
            }
            Step::FetchScript => self.fetch_script(),
            Step::Submit { next_index } => self.submit(next_index),
            Step::MoveDependents(successor) => {
                let call = commands.dependents(&user);
                self.move_dependents(&call, job, successor);
            }
        }
    }

    fn ask(&mut self, call: &Call, read: impl FnOnce(&Output) -> StepAnswer + 'static) {
        self.call(call, Box::new(move |edge, output| edge.handle(Event::Step(read(&output)))));
    }

    fn ask_plainly(&mut self, call: &Call) {
        self.ask(call, plain);
    }

    fn find_successor(&mut self, call: &Call) {
        let chain = self.chain.as_ref();
        let known = chain.and_then(|chain| Some((chain.token.clone()?, chain.job()?)));
        let Some((token, own)) = known else { return };
        let done: Done = Box::new(move |edge, output| {
            let answer = answer_of(QueuedJob::successors(&output, &token, own), |jobs| match jobs.first() {
                Some(found) => StepAnswer::Job(edge.as_successor(found.id)),
                None => StepAnswer::Absent,
            });
            edge.handle(Event::Step(answer));
        });
        self.call(call, done);
    }

    /// The job of this number as the chain will meet it: a task, where this one is a task.
    fn as_successor(&self, found: JobId) -> JobId {
        match (found, self.chain.as_ref().and_then(|chain| chain.job())) {
            (JobId::Single(array), Some(JobId::Task { task, .. })) => {
                let next = self.chain.as_ref().and_then(|chain| chain.submitted_index);
                JobId::Task { array, task: next.unwrap_or(task) }
            }
            (found, _) => found,
        }
    }

    /// Asks for the job's options, then for its script, and saves both.
    fn fetch_script(&mut self) {
        let Some(slurm) = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref()) else { return };
        let (call, job) = (slurm.commands.show_job(slurm.job), slurm.job);
        let done: Done = Box::new(move |edge, output| match JobView::from_answer(&output, job) {
            Answer::Yes(view) => {
                if let Some(slurm) = edge.chain.as_mut().and_then(|chain| chain.slurm.as_mut()) {
                    slurm.view = Some(view);
                }
                edge.load_saved_script();
            }
            other => edge.handle(Event::Step(answer_of(other, |_| StepAnswer::Done))),
        });
        self.call(&call, done);
    }

    /// The script of a chain does not change: a saved one is good for all segments.
    fn load_saved_script(&mut self) {
        self.work(
            |ledger| {
                let Some(store) = &ledger.store else { return Ok(None) };
                // sbatch finds the script by its path.
                match store.dir().is_in_place() {
                    Ok(true) => {}
                    Ok(false) => return Err(moved(store.dir().path())),
                    Err(error) => return Err(error.to_string()),
                }
                let script = store.dir().read(SCRIPT, 16 << 20).ok().flatten();
                Ok(script.filter(|script| script.starts_with(b"#!")))
            },
            |edge, script| match script {
                Ok(Some(script)) => {
                    edge.script = Some(script);
                    edge.handle(Event::Step(StepAnswer::Done));
                }
                Ok(None) => edge.fetch_from_slurm(),
                Err(text) => edge.handle(Event::Step(StepAnswer::Refused(Refused::Other, text))),
            },
        );
    }

    fn fetch_from_slurm(&mut self) {
        let Some(slurm) = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref()) else { return };
        let call = slurm.commands.write_batch_script(slurm.raw_job);
        self.call(
            &call,
            Box::new(|edge, output| match batch_script(&output) {
                Answer::Yes(script) => edge.save_script(script),
                other => edge.handle(Event::Step(answer_of(other, |_| StepAnswer::Done))),
            }),
        );
    }

    fn save_script(&mut self, script: Vec<u8>) {
        let view = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref()?.view.as_ref());
        let fields: std::collections::BTreeMap<String, String> = view
            .map(|view| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                view.fields.iter().map(|(key, value)| (key.to_owned(), text(value))).collect()
            })
            .unwrap_or_default();
        let options = serde_json::to_vec_pretty(&fields).unwrap_or_default();
        let kept = script.clone();
        self.work(
            move |ledger| match &ledger.store {
                Some(store) => {
                    let saved = store.dir().replace(SCRIPT, &script);
                    saved
                        .and_then(|()| store.dir().replace(OPTIONS, &options))
                        .map_err(|error| error.to_string())
                }
                None => Err("there is no journal directory".to_owned()),
            },
            move |edge, saved| match saved {
                Ok(()) => {
                    edge.script = Some(kept);
                    edge.handle(Event::Step(StepAnswer::Done));
                }
                Err(text) => edge.handle(Event::Step(StepAnswer::Refused(Refused::Other, text))),
            },
        );
    }

    fn submit(&mut self, next_index: bool) {
        match self.submission(next_index) {
            Ok(call) => self.call(
                &call,
                Box::new(|edge, output| {
                    let answer = answer_of(Submission::from_answer(&output), |submission| {
                        StepAnswer::Job(edge.as_successor(JobId::Single(submission.id)))
                    });
                    edge.handle(Event::Step(answer));
                }),
            ),
            Err(text) => self.push(Event::Step(StepAnswer::Refused(Refused::Other, text))),
        }
    }

    fn submission(&mut self, next_index: bool) -> Result<Call, String> {
        let environment = self.caller_environment.clone();
        let script = self.script.clone().ok_or("the batch script is not known")?;
        let chain = self.chain.as_mut().ok_or("there is no chain")?;
        let script_path = chain.dir().join(SCRIPT);
        let slurm = chain.slurm.as_ref().ok_or("there is no Slurm job")?;
        let next = match slurm.job {
            JobId::Task { task, .. } if next_index => Some(task.saturating_add(1)),
            _ => None,
        };
        chain.submitted_index = next;
        let token = chain.token.clone().ok_or("the continuation has no token")?;
        let successor = Successor {
            job: slurm.view.as_ref().ok_or("the job's options are not known")?,
            environment: &slurm.environment,
            script: &script,
            script_path: &script_path,
            token: &token,
            next_index: next,
            extra: &chain.plan.sbatch_args,
        };
        let arguments = successor.arguments().map_err(|error| error.to_string())?;
        let own = [("CKWRAP_CHAIN", chain.id.as_str()), ("CKWRAP_TOKEN", token.as_str())];
        let lasting = environment.iter().filter(|(name, _)| {
            name.to_string_lossy().starts_with("CKWRAP_")
                && !OF_ONE_SEGMENT.iter().any(|other| name == *other)
        });
        let set: Vec<_> =
            lasting.cloned().chain(own.map(|(name, value)| (name.into(), value.into()))).collect();
        let command = SubmitCommand(chain.plan.submit_command.iter().map(Into::into).collect());
        Ok(command.call(&arguments, clean(environment, set)))
    }

    fn move_dependents(&mut self, call: &Call, from: JobId, to: JobId) {
        let Some(id) = self.chain.as_ref().map(|chain| chain.id.clone()) else { return };
        let done: Done = Box::new(move |edge, output| match Dependent::on(&output, from, Some(to), &id) {
            Answer::Yes(dependents) => edge.move_next(dependents, from, to),
            other => edge.handle(Event::Step(answer_of(other, |_| StepAnswer::Done))),
        });
        self.call(call, done);
    }

    fn move_next(&mut self, mut dependents: Vec<Dependent>, from: JobId, to: JobId) {
        let slurm = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref());
        let (Some(dependent), Some(slurm)) = (dependents.pop(), slurm) else {
            self.handle(Event::Step(StepAnswer::Done));
            return;
        };
        let call = slurm.commands.set_dependency(dependent.id, &dependent.dependency.moved(from, to));
        let done: Done = Box::new(move |edge, output| match plain(&output) {
            StepAnswer::Done => edge.move_next(dependents, from, to),
            answer => edge.handle(Event::Step(answer)),
        });
        self.call(&call, done);
    }
}
