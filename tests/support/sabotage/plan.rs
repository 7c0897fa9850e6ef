//! What is to be spoiled:
//!
//! | fault | what happens |
//! |---|---|
//! | `list` | nothing; each call is reported as `THREAD CALL K` |
//! | `fail:THREAD:CALL:K:ERRNO` | the K-th call of this name in this thread fails; with `K+` each from the K-th on |
//! | `lie:THREAD:CALL:K:ERRNO` | it is done, and fails all the same, as over NFS when an answer is lost |
//! | `short:THREAD:CALL:K:BYTES` | no more than so many bytes are taken |
//! | `kill:N` | SIGKILL to all of it in place of the N-th call of all threads, from the first signal to another process on |
//!
//! Threads are `main`, `thread1`, `thread2`, ... in the order in which they were made; `child1`, ... are processes that have not
//! executed a program yet.

use std::str::FromStr;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// None.
    List,
    /// A call goes wrong.
    Call { thread: String, call: String, first: u64, for_good: bool, how: How },
    /// The end of the process.
    Kill(u64),
}

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Not done, with this error.
    Fail(i64),
    /// Done, with this error.
    Lie(i64),
    /// Done in part.
    Short(u64),
}

impl Fault {
    /// What becomes of the k-th call of this name in this thread.
    pub(crate) fn of(&self, thread: &str, call: &str, k: u64) -> Option<How> {
        match self {
            Self::Call { thread: its, call: name, first, for_good, how }
                if its == thread && name == call && (k == *first || (*for_good && k > *first)) =>
            {
                Some(*how)
            }
            _ => None,
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("no such fault: {text}");
        let number = |word: &str| word.parse::<u64>().map_err(|_| unknown());
        match text.split(':').collect::<Vec<_>>()[..] {
            ["list"] => Ok(Self::List),
            ["kill", n] => Ok(Self::Kill(number(n)?)),
            [how, thread, call, k, value] => {
                let (first, for_good) = (number(k.trim_end_matches('+'))?, k.ends_with('+'));
                let how = match how {
                    "fail" => How::Fail(errno(value).ok_or_else(unknown)?),
                    "lie" => How::Lie(errno(value).ok_or_else(unknown)?),
                    "short" => How::Short(number(value)?),
                    _ => return Err(unknown()),
                };
                Ok(Self::Call { thread: thread.into(), call: call.into(), first, for_good, how })
            }
            _ => Err(unknown()),
        }
    }
}

/// The number of an error's name, such as `ENOSPC`.
fn errno(name: &str) -> Option<i64> {
    (1..134).find(|number| format!("{:?}", nix::errno::Errno::from_raw(*number)) == name).map(i64::from)
}
