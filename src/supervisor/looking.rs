//! Finding the checkpoints that are whole: files on the worker, checking commands in the loop.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::commands::Done;
use super::edge::Edge;
use crate::checkpoint::{Candidate, Validity, examine, parts, scan, validate};
use crate::model::CheckpointId;
use crate::policy::ScanAnswer;
use crate::scheduler::slurm::clean;
use crate::scheduler::{Call, End};
use crate::sys::{failpoint, guarded};

/// Time one checking command has; a large checkpoint on a slow file system takes a while to read.
const CHECK: Duration = Duration::from_secs(120);
/// Candidates that are put to the test at the most.
const MOST: usize = 5;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// Whole ones, best first, at most as many as were wanted; and whether each is an older copy.
    pub(super) valid: Vec<(CheckpointId, bool)>,
    /// The best by name and age, whole or not.
    pub(super) newest: Option<CheckpointId>,
    /// All that lay there.
    pub(super) all: Vec<CheckpointId>,
    /// The same, with what they consist of.
    pub(super) candidates: Vec<Candidate>,
    /// Why it cannot be told.
    pub(super) unknown: Option<String>,
    /// Those that failed a test, and how.
    pub(super) invalid: Vec<(CheckpointId, String)>,
}

impl Found {
    /// The files and directories of all that lay there, relative to the run directory.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.candidates.iter().flat_map(parts).collect()
    }

    pub(super) fn into_answer(self) -> ScanAnswer {
        match (self.valid.into_iter().next(), self.unknown) {
            (Some((id, fallback)), _) => ScanAnswer::Found { valid: Some(id), newest: self.newest, fallback },
            (None, Some(text)) => ScanAnswer::Unknown(text),
            (None, None) => ScanAnswer::Found { valid: None, newest: self.newest, fallback: false },
        }
    }
}

type Then = Box<dyn FnOnce(&mut Edge, Found) + Send>;

struct Search {
    wanted: usize,
    found: Found,
    /// Not yet tested, best first.
    rest: VecDeque<Candidate>,
    /// How many of them may be.
    left: usize,
    then: Then,
}

enum Step {
    Over,
    Check(Candidate, Vec<Vec<OsString>>),
}

impl Edge {
    /// Looks for whole checkpoints, `wanted` at the most.
    pub(super) fn look(&mut self, wanted: usize, then: Then) {
        let Some(chain) = &self.chain else { return };
        let dir = chain.run_dir.clone();
        let Some(rule) = chain.plan.profile.checkpoint.clone() else {
            match chain.announced.clone() {
                Some(path) => self.work(move |_| found_at(&dir, &path), |edge, found| then(edge, found)),
                None => then(self, Found::default()),
            }
            return;
        };
        self.work(
            move |_| {
                guarded(|| {
                    failpoint("checkpoint");
                    scan(&dir, &rule).map_err(|error| error.to_string())
                })
            },
            move |edge, scanned| {
                let mut search =
                    Search { wanted, found: Found::default(), rest: VecDeque::new(), left: MOST, then };
                match scanned.unwrap_or_else(|panic| Err(edge.mistake(&panic))) {
                    Ok(candidates) => {
                        search.found.newest = candidates.first().map(|candidate| candidate.id.clone());
                        search.found.all = candidates.iter().map(|candidate| candidate.id.clone()).collect();
                        search.found.candidates.clone_from(&candidates);
                        search.rest = candidates.into();
                    }
                    Err(text) => search.found.unknown = Some(text),
                }
                edge.go_on_looking(search);
            },
        );
    }

    /// Names those that failed a test, each once: one that is being written fails it at every look.
    pub(super) fn tell_invalid(&mut self, found: &Found) {
        let Some(chain) = &mut self.chain else { return };
        for (id, reason) in &found.invalid {
            let text = format!("checkpoint {} is not whole: {reason}", id.path.display());
            if !chain.told_invalid.contains(&text) {
                self.teller.warn(&text);
                chain.told_invalid.push(text);
            }
        }
    }

    /// The program's environment without what makes it a rank: a check that uses MPI is a program of its own, and must not
    /// take the place of the rank that is about to start.
    fn outside_of_step(&self) -> Vec<(OsString, OsString)> {
        let environment = self.program.environment.clone();
        if self.in_step { clean(environment, Vec::new()) } else { environment }
    }

    fn go_on_looking(&mut self, mut search: Search) {
        let Some(chain) = &self.chain else { return };
        let Some(rule) = chain.plan.profile.checkpoint.clone() else { return };
        let dir = chain.run_dir.clone();
        let known = chain.validated.clone();
        self.work(
            move |_| {
                let step = guarded(|| test_files(&mut search, &rule.validate, &dir, &known));
                (search, step)
            },
            |edge, (mut search, step)| match step {
                Ok(Step::Over) => (search.then)(edge, search.found),
                Ok(Step::Check(candidate, commands)) => edge.run_checks(search, candidate, commands.into()),
                Err(panic) => {
                    search.found.unknown = Some(edge.mistake(&panic));
                    (search.then)(edge, search.found);
                }
            },
        );
    }

    /// Runs the commands one after the other; the checkpoint is whole if each exits 0.
    fn run_checks(
        &mut self,
        mut search: Search,
        candidate: Candidate,
        mut commands: VecDeque<Vec<OsString>>,
    ) {
        let Some(argv) = commands.pop_front() else {
            if let Some(chain) = &mut self.chain {
                chain.validated.push(candidate.id.clone());
            }
            search.found.valid.push((candidate.id, candidate.fallback));
            self.go_on_looking(search);
            return;
        };
        let name = argv.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        let environment = self.outside_of_step();
        let call = Call { argv, timeout: CHECK, environment, max_output: 4096 };
        let done: Done = Box::new(move |edge, output| match output.end {
            End::Exited(0) => edge.run_checks(search, candidate, commands),
            End::Exited(code) => {
                search.found.invalid.push((candidate.id, format!("{name} exits {code}")));
                edge.go_on_looking(search);
            }
            // Where no process could be had for the moment, the tool may be there.
            End::NotStarted { errno }
                if ![libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE].contains(&errno) =>
            {
                // Without the tool nothing speaks against the checkpoint.
                edge.teller.warn(&format!(
                    "{name} cannot be run, so {} is taken as whole",
                    candidate.id.path.display()
                ));
                edge.run_checks(search, candidate, commands);
            }
            end => {
                search.found.unknown = Some(format!("the check {name} {}", words(end)));
                edge.go_on_looking(search);
            }
        });
        self.call(&call, done);
    }
}

/// What lies where the program said that its checkpoint is. It is whole by the program's own word.
fn found_at(dir: &std::path::Path, path: &std::path::Path) -> Found {
    match examine(dir, path) {
        Ok(id) => Found {
            valid: id.iter().map(|id| (id.clone(), false)).collect(),
            newest: id.clone(),
            all: id.into_iter().collect(),
            ..Found::default()
        },
        Err(error) => Found { unknown: Some(error.to_string()), ..Found::default() },
    }
}

fn words(end: End) -> String {
    match end {
        End::Exited(code) => format!("exits {code}"),
        End::Killed(signal) => format!("died of {signal}"),
        End::TimedOut => format!("did not end within {} s", CHECK.as_secs()),
        End::Unread => "said what could not be read".into(),
        End::NotStarted { errno } => format!("could not be started: errno {errno}"),
    }
}

fn test_files(
    search: &mut Search,
    rules: &[crate::profile::rules::Validation],
    dir: &std::path::Path,
    known: &[CheckpointId],
) -> Step {
    while search.found.valid.len() < search.wanted && search.left > 0 {
        search.left -= 1;
        let Some(candidate) = search.rest.pop_front() else { break };
        if known.contains(&candidate.id) {
            search.found.valid.push((candidate.id, candidate.fallback));
            continue;
        }
        match validate(&candidate, search.rest.front(), rules, dir) {
            Validity::Valid => search.found.valid.push((candidate.id, candidate.fallback)),
            Validity::Invalid(reason) => search.found.invalid.push((candidate.id, reason)),
            Validity::Unknown(reason) => search.found.unknown = Some(reason),
            Validity::NeedsCommand(commands) => return Step::Check(candidate, commands),
        }
    }
    Step::Over
}
