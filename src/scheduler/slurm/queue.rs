//! The user's jobs in the queue: the one with a token, and those that wait for this one.

use super::refusal::{stdout_within, words};
use super::{ACT_TIMEOUT, Commands, Dependency, JobState, QUERY_TIMEOUT};
use crate::model::{ChainId, JobId, Token};
use crate::scheduler::call::{Answer, Call, End, Output};

/// Room for some ten thousand jobs with long comments.
const MAX_QUEUE: usize = 16 << 20;

/// In front of the token in a job's comment.
pub(super) const TOKEN_MARK: &str = "ckwrap:";

/// A job found in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedJob {
    /// Its name.
    pub id: JobId,
    /// Its state.
    pub state: JobState,
}

/// A job that waits for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// Its name; a whole array by its plain number.
    pub id: JobId,
    /// What it waits for.
    pub dependency: Dependency,
}

impl Commands {
    /// Looks for the job that carries a token; [`QueuedJob::with_token`] reads the answer. Jobs that ended are
    /// shown too, for `MinJobAge` (slurm.conf(5), 300 s by default).
    pub fn find_by_token(&self, user: &str) -> Call {
        // The comment comes last, so that nothing in it can pass for an id or a state of the same line.
        self.queue(&["squeue", "-h", "-u", user, "-t", "all", "-o", "%i|%T|%k"])
    }

    /// Looks for the user's waiting jobs and what they wait for; [`Dependent::on`] reads the answer.
    pub fn dependents(&self, user: &str) -> Call {
        self.queue(&["squeue", "-h", "-u", user, "-t", "PENDING", "-o", "%i|%E|%k"])
    }

    /// Makes a waiting job wait for something else.
    pub fn set_dependency(&self, id: JobId, dependency: &Dependency) -> Call {
        let update = [format!("JobId={id}"), format!("Dependency={dependency}")];
        self.call(ACT_TIMEOUT, &["scontrol", "update", &update[0], &update[1]])
    }

    fn queue(&self, argv: &[&str]) -> Call {
        Call { max_output: MAX_QUEUE, ..self.call(QUERY_TIMEOUT, argv) }
    }
}

impl QueuedJob {
    /// The jobs that carry this token, in the queue of a user whose job `own` is running. A queue that does not even show
    /// that one is not the queue that was asked for, and proves no absence.
    pub fn successors(output: &Output, token: &Token, own: JobId) -> Answer<Vec<Self>> {
        Self::with_token(output, token).and_then(|found| {
            if found.is_empty() && !Self::shows(output, own) {
                return Answer::Unknown(format!(
                    "the queue does not show this job {own} itself: {}",
                    words(output)
                ));
            }
            Answer::Yes(found)
        })
    }

    /// Whether other tasks of the array of `own` have not ended yet. A queue that does not show that one proves nothing.
    pub fn has_siblings(output: &Output, own: JobId) -> Answer<bool> {
        let parse = |line: &str| {
            let (id, rest) = line.split_once('|')?;
            let state = rest.split_once('|').map_or(rest, |(state, _)| state);
            Some((queue_id(id)?, JobState::from_words(state)))
        };
        lines(output, parse).and_then(|jobs| {
            if !jobs.iter().any(|(id, _)| *id == own) {
                return Answer::Unknown(format!(
                    "the queue does not show this job {own} itself: {}",
                    words(output)
                ));
            }
            let is_left = |(id, state): &(JobId, JobState)| {
                *id != own && number(*id) == number(own) && !state.has_ended()
            };
            Answer::Yes(jobs.iter().any(is_left))
        })
    }

    fn shows(output: &Output, own: JobId) -> bool {
        let id = |line: &str| queue_id(line.split_once('|')?.0);
        lines(output, id).yes().is_some_and(|ids| ids.contains(&own))
    }

    /// The jobs that carry this token. None is an answer too: the controller holds no such job now, though a
    /// submission that has not reached it may still be under way.
    pub fn with_token(output: &Output, token: &Token) -> Answer<Vec<Self>> {
        lines(output, |line| {
            let (id, rest) = line.split_once('|')?;
            let (state, comment) = rest.split_once('|')?;
            let id = queue_id(id)?;
            carries(comment, token).then(|| Self { id, state: JobState::from_words(state) })
        })
    }
}

impl Dependent {
    /// The jobs that wait for `job`, other than `except` (the successor itself waits for its predecessor) and
    /// other than the chain's own: a second submission whose answer was lost must end, not be waited for.
    pub fn on(output: &Output, job: JobId, except: Option<JobId>, chain: &ChainId) -> Answer<Vec<Self>> {
        let own = format!("{TOKEN_MARK}{chain}.");
        lines(output, |line| {
            let (id, rest) = line.split_once('|')?;
            let (dependency, comment) = rest.split_once('|').unwrap_or((rest, ""));
            let id = queue_id(id)?;
            let dependency = Dependency::from_text(dependency)?;
            let excepted = except.is_some_and(|except| number(except) == number(id));
            let own = comment.split_whitespace().any(|word| word.starts_with(&own));
            (dependency.names(job) && !excepted && !own).then_some(Self { id, dependency })
        })
    }
}

fn lines<T>(output: &Output, parse: impl Fn(&str) -> Option<T>) -> Answer<Vec<T>> {
    // A user that squeue does not know, for one, comes with exit code 0 and no lines (measured on 22.05.8).
    if output.end == End::Exited(0) && find(&output.stderr, b"error:") {
        return Answer::Unknown(words(output));
    }
    stdout_within(output, MAX_QUEUE).and_then(|text| {
        // A job that is not seen, as the rest did not come, is not absent.
        if !text.is_empty() && !text.ends_with(b"\n") {
            return Answer::Unknown("the answer about the queue is cut short".to_owned());
        }
        // A comment may hold newlines; what follows is no line of squeue's and is passed over.
        let lines = text.split(|byte| *byte == b'\n');
        Answer::Yes(lines.filter_map(|line| parse(&String::from_utf8_lossy(line))).collect())
    })
}

fn find(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// Whether the token is one of the words of a comment, with its mark or without.
fn carries(comment: &str, token: &Token) -> bool {
    comment.split_whitespace().any(|word| word.strip_prefix(TOKEN_MARK).unwrap_or(word) == token.as_str())
}

/// squeue's `%i`: `12`, `5_3`, `5_[3]`, `5_[2-4%1]`, `7+0`.
fn queue_id(text: &str) -> Option<JobId> {
    let text = text.trim();
    if let Some((leader, "0")) = text.split_once('+') {
        return leader.parse().ok();
    }
    let Some((array, tasks)) = text.split_once("_[") else { return text.parse().ok() };
    let tasks = tasks.strip_suffix(']')?;
    let tasks = tasks.split_once('%').map_or(tasks, |(list, _)| list);
    format!("{array}_{tasks}").parse().ok().or_else(|| array.parse().ok())
}

fn number(id: JobId) -> u32 {
    match id {
        JobId::Single(number) | JobId::Task { array: number, .. } => number,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn printed(text: &str) -> Output {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        Output { end: End::Exited(0), stdout: format!("{text}{end}").into(), stderr: vec![] }
    }

    fn token(text: &str) -> Token {
        Token::try_from(text.to_owned()).unwrap()
    }

    #[rstest]
    #[case("12", Some(JobId::Single(12)))]
    #[case("5_3", Some(JobId::Task { array: 5, task: 3 }))]
    #[case("5_[3]", Some(JobId::Task { array: 5, task: 3 }))]
    #[case("5_[3%1]", Some(JobId::Task { array: 5, task: 3 }))]
    #[case("5_[2-4%1]", Some(JobId::Single(5)))]
    #[case("5_[1,3-9...]", Some(JobId::Single(5)))]
    #[case("7+0", Some(JobId::Single(7)))]
    #[case("7+1", None)]
    #[case("squeue: error", None)]
    fn ids_in_the_queue(#[case] text: &str, #[case] id: Option<JobId>) {
        assert_eq!(queue_id(text), id);
    }

    #[rstest]
    #[case::some("5_[2-4%1]|PENDING|(null)\n5_1|RUNNING|(null)", Some(true))]
    #[case::one("5_[4]|PENDING|(null)\n5_1|RUNNING|(null)", Some(true))]
    #[case::none("5_1|RUNNING|(null)\n6|PENDING|(null)", Some(false))]
    #[case::had_their_turn("5_1|RUNNING|(null)\n5_2|COMPLETED|(null)\n5_[3-4]|CANCELLED|(null)", Some(false))]
    #[case::another_queue("6|PENDING|(null)", None)]
    fn tasks_that_are_left(#[case] queue: &str, #[case] left: Option<bool>) {
        let own = JobId::Task { array: 5, task: 1 };
        assert_eq!(QueuedJob::has_siblings(&printed(queue), own).yes(), left);
    }

    #[test]
    fn the_token_is_a_whole_word_of_the_comment() {
        let queue = "7|COMPLETED|(null)\n8|PENDING|mine | too ckwrap:c.2.0a\n9|RUNNING|ckwrap:c.2.0ab\n\
                     10_[4]|PENDING|two\nlines ckwrap:c.2.0a\n11|CANCELLED|ckwrap:c.2.0a\n12|PENDING|xckwrap:c.2.0a";
        let found = QueuedJob::with_token(&printed(queue), &token("c.2.0a")).yes().unwrap();
        let ids: Vec<_> = found.iter().map(|job| (job.id, job.state.clone())).collect();
        // Job 10's comment is broken by its newline; it is not ours, as ckwrap writes one line.
        assert_eq!(ids, [(JobId::Single(8), JobState::Pending), (JobId::Single(11), JobState::Cancelled)]);
    }

    #[test]
    fn an_empty_queue_is_an_answer_and_a_failed_query_is_none() {
        assert_eq!(QueuedJob::with_token(&printed(""), &token("a")), Answer::Yes(vec![]));
        let lost = Output {
            end: End::Exited(1),
            stdout: vec![],
            stderr: b"slurm_load_jobs error: Unable to contact slurm controller (connect failure)".to_vec(),
        };
        assert!(matches!(QueuedJob::with_token(&lost, &token("a")), Answer::Unknown(_)));
    }

    #[rstest]
    #[case::not_there("7|RUNNING|(null)\n", Some(0))]
    #[case::there("7|RUNNING|(null)\n8|PENDING|ckwrap:c.2.0a\n", Some(1))]
    #[case::there_alone("8|PENDING|ckwrap:c.2.0a\n", Some(1))]
    #[case::nothing("", None)]
    #[case::of_another("9|RUNNING|(null)\n", None)]
    #[case::no_queue("Zeile\n\n", None)]
    fn only_a_queue_that_shows_this_job_proves_an_absence(#[case] text: &str, #[case] count: Option<usize>) {
        let answer = QueuedJob::successors(&printed(text), &token("c.2.0a"), JobId::Single(7));
        assert_eq!(answer.yes().map(|jobs| jobs.len()), count);
    }

    #[test]
    fn a_queue_of_which_the_end_is_missing_is_no_answer() {
        let cut = Output { stdout: b"7|PENDING|(null)\n8|PENDING|ckwrap:c.2.0".to_vec(), ..printed("") };
        assert!(matches!(QueuedJob::with_token(&cut, &token("c.2.0a")), Answer::Unknown(_)));
    }

    #[test]
    fn an_unknown_user_is_no_empty_queue() {
        let text = include_str!("../../../tests/fixtures/slurm-22.05/unknown-user-squeue.txt");
        let output =
            Output { end: End::Exited(0), stdout: vec![], stderr: text.lines().nth(1).unwrap().into() };
        assert!(matches!(QueuedJob::with_token(&output, &token("a")), Answer::Unknown(_)));
    }

    #[test]
    fn dependents_of_a_real_queue() {
        let text = include_str!("../../../tests/fixtures/slurm-22.05/dependents-squeue.txt");
        let (old, new) = (JobId::Single(77), JobId::Single(84));
        let found = Dependent::on(&printed(text), old, Some(new), &ChainId::local()).yes().unwrap();
        let moved: Vec<_> = found
            .iter()
            .map(|job| (job.id.to_string(), job.dependency.moved(old, new).to_string()))
            .collect();
        let expected = [
            ("80", "afterok:84,afterany:78_1"),
            ("81", "afterok:84?afterany:78_*"),
            ("83", "afternotok:84,afternotok:78_1"),
        ];
        assert_eq!(moved, expected.map(|(id, text)| (id.to_owned(), text.to_owned())));
        let task = JobId::Task { array: 78, task: 2 };
        assert_eq!(Dependent::on(&printed(text), task, None, &ChainId::local()).yes().unwrap().len(), 1);
    }

    #[test]
    fn dependents_without_the_successor_itself() {
        let queue = "19_[2-3%1]|(null)\n24|afterok:11(unfulfilled)\n25_[1-2]|afternotok:11(unfulfilled)\n\
                     26|afterany:11(unfulfilled)\n28|afterany:11(unfulfilled)|mine ckwrap:c.1.0a\n27|afterok:19_*(unfulfilled)";
        let except = Some(JobId::Single(26));
        let found =
            Dependent::on(&printed(queue), JobId::Single(11), except, &"c".parse().unwrap()).yes().unwrap();
        let ids: Vec<_> = found.iter().map(|dependent| dependent.id).collect();
        assert_eq!(ids, [JobId::Single(24), JobId::Single(25)]);
        let commands = Commands::new([]);
        let moved = found[0].dependency.moved(JobId::Single(11), JobId::Single(26));
        let call = commands.set_dependency(found[0].id, &moved);
        assert_eq!(call.argv, ["scontrol", "update", "JobId=24", "Dependency=afterok:26"]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(stdout in proptest::collection::vec(any::<u8>(), 0..300)) {
            let output = Output { end: End::Exited(0), stdout, stderr: vec![] };
            drop(QueuedJob::with_token(&output, &token("a")));
            drop(Dependent::on(&output, JobId::Single(1), None, &ChainId::local()));
        }
    }
}
