//! Submitting: the command line as a whole, and the number that comes back.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use super::ACT_TIMEOUT;
use super::refusal::{stdout_of, whole_lines, words};
use crate::scheduler::call::{Answer, Call, MAX_OUTPUT, Output};

/// The command that submits: `[sbatch]`, or `[ssh, login, sbatch]` where compute nodes may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitCommand(pub Vec<OsString>);

/// A job that was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its number; for an array that of the array.
    pub id: u32,
}

impl SubmitCommand {
    /// The call that submits with these arguments; [`Submission::from_answer`] reads its answer.
    ///
    /// `environment` is that of the submission, see [`super::clean`]. Behind ssh it does not arrive, and the
    /// arguments are quoted: ssh hands one line of text to a shell on the other side.
    pub fn call(&self, arguments: &[OsString], environment: Vec<(OsString, OsString)>) -> Call {
        let remote = self.0.first().is_some_and(|word| is_remote_shell(word));
        let quoted = arguments.iter().map(|word| if remote { quote(word) } else { word.clone() });
        Call {
            argv: self.0.iter().cloned().chain(quoted).collect(),
            timeout: ACT_TIMEOUT,
            environment,
            max_output: MAX_OUTPUT,
        }
    }
}

fn is_remote_shell(command: &OsStr) -> bool {
    let name = Path::new(command).file_name().unwrap_or(command);
    ["ssh", "gsissh", "rsh", "tsh"].iter().any(|shell| name == *shell)
}

/// In single quotes, which every shell takes literally.
fn quote(word: &OsStr) -> OsString {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_=./:,@%+".contains(byte);
    if !word.is_empty() && word.as_bytes().iter().all(plain) {
        return word.to_owned();
    }
    let mut quoted = vec![b'\''];
    for byte in word.as_bytes() {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    OsString::from_vec(quoted)
}

impl Submission {
    /// What `sbatch --parsable` printed: `NUMBER` or `NUMBER;CLUSTER`. A login node may print more around it.
    pub fn from_answer(output: &Output) -> Answer<Self> {
        stdout_of(output).and_then(|text| {
            let text = String::from_utf8_lossy(text);
            let mut ids = whole_lines(&text).filter_map(job_number);
            match (ids.next(), ids.next()) {
                (Some(id), None) => Answer::Yes(Self { id }),
                _ => Answer::Unknown(format!("no job number came back: {}", words(output))),
            }
        })
    }
}

fn job_number(line: &str) -> Option<u32> {
    let (number, cluster) = line.trim().split_once(';').unwrap_or((line.trim(), ""));
    let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !cluster.contains(char::is_whitespace);
    if plain { number.parse().ok().filter(|id| *id > 0) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::scheduler::call::End;

    fn output(end: End, stdout: &str, stderr: &str) -> Output {
        Output { end, stdout: stdout.into(), stderr: stderr.into() }
    }

    #[rstest]
    #[case("123\n", Some(123))]
    #[case("123;cluster\n", Some(123))]
    #[case("Welcome to login1\n\n77\n", Some(77))]
    #[case("", None)]
    #[case("0\n", None)]
    #[case::cut_short("12", None)]
    #[case("4294967295\n", Some(4_294_967_295))]
    #[case("4294967296\n", None)]
    #[case("1\n2\n", None)]
    #[case("Submitted batch job 5\n", None)]
    #[case("+5\n", None)]
    fn numbers(#[case] text: &str, #[case] id: Option<u32>) {
        let answer = Submission::from_answer(&output(End::Exited(0), text, ""));
        assert_eq!(matches!(answer, Answer::Unknown(_)), id.is_none());
        assert_eq!(answer.yes().map(|job| job.id), id);
    }

    #[rstest]
    #[case(include_str!("../../../tests/fixtures/slurm-22.05/frozen-sbatch.txt"))]
    #[case(include_str!("../../../tests/fixtures/slurm-25.05/frozen-sbatch.txt"))]
    fn a_time_out_is_no_refusal(#[case] text: &str) {
        let answer = Submission::from_answer(&output(End::Exited(1), "", text.lines().nth(1).unwrap()));
        assert!(matches!(answer, Answer::Unknown(_)));
    }

    #[test]
    fn arguments_survive_a_remote_shell() {
        let arguments: Vec<OsString> = ["--job-name=it's a b", "", "--x=1"].map(OsString::from).into();
        let plain = SubmitCommand(vec!["sbatch".into()]).call(&arguments, vec![]);
        assert_eq!(plain.argv, ["sbatch", "--job-name=it's a b", "", "--x=1"]);
        let command = SubmitCommand(["/usr/bin/ssh", "login", "sbatch"].map(OsString::from).into());
        let remote = command.call(&arguments, vec![]);
        let expected = ["/usr/bin/ssh", "login", "sbatch", "'--job-name=it'\\''s a b'", "''", "--x=1"];
        assert_eq!(remote.argv, expected);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(stdout in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(Submission::from_answer(&Output { end: End::Exited(0), stdout, stderr: vec![] }));
        }
    }
}
