//! The command that a batch script starts.

use crate::model::typed;

/// One word of a command line in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// Taken as it is.
    Plain(String),
    /// Taken by the shell: `"$SLURM_CPUS_PER_TASK"`.
    Shell(&'static str),
}

impl Word {
    /// As it stands in the script.
    pub fn text(&self) -> String {
        match self {
            Self::Plain(word) => typed(word),
            Self::Shell(text) => (*text).to_owned(),
        }
    }
}

/// How a program uses the processors of an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parallel {
    /// One task; more CPUs as threads.
    Threads,
    /// Tasks that `srun` starts.
    Ranks,
    /// What the words say; nobody knows more.
    AsSaid,
}

/// A command, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Program and arguments.
    pub words: Vec<Word>,
    /// Names of the program where it has several, the usual one first.
    pub programs: &'static [&'static str],
    /// What it computes, as a sentence: `md.tpr is a run input of GROMACS`.
    pub why: String,
    /// A name for the job.
    pub name: String,
    /// The profile that must be named, as no command line shows it.
    pub profile: Option<&'static str>,
    /// How it uses processors.
    pub parallel: Parallel,
    /// The module that sites usually have it in.
    pub module: Option<&'static str>,
    /// The file that would have to handle the request for a checkpoint, if it is one that can be edited.
    pub source: Option<String>,
}

impl Command {
    /// As it stands in the script.
    pub fn line(&self) -> String {
        self.words.iter().map(Word::text).collect::<Vec<_>>().join(" ")
    }

    /// The words as a program would get them, for what recognises programs.
    pub fn plain(&self) -> Vec<String> {
        let plain = |word: &Word| match word {
            Word::Plain(word) => word.clone(),
            Word::Shell(_) => "1".to_owned(),
        };
        self.words.iter().map(plain).collect()
    }
}

/// A name that Slurm and every file system take: letters, digits, dot, dash and underscore, at most 64.
pub(super) fn job_name(text: &str) -> String {
    let clean = |letter: char| {
        if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' }
    };
    let name: String = text.chars().map(clean).take(64).collect();
    // A leading dash would be an option, a leading dot a hidden file.
    let name = name.trim_start_matches(['.', '-']).to_owned();
    if name.is_empty() { "job".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("md", "md")]
    #[case("my run (2)", "my_run__2_")]
    #[case("-x", "x")]
    #[case(".hidden", "hidden")]
    #[case("...", "job")]
    #[case("größe", "gr__e")]
    fn names(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(job_name(text), expected);
    }
}
