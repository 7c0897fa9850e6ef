//! What the command line of LAMMPS says: the input, the log, the variables.

use std::ffi::OsString;

use super::refusal::Refusal;

/// The words after the program's, as far as they matter here. Places count from the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The place and the name of the input.
    pub input: Option<(usize, String)>,
    /// The place and the name of the log.
    pub log: Option<(usize, String)>,
    /// Each `-var NAME VALUE...`.
    pub variables: Vec<Vec<String>>,
    /// Nothing is simulated: help, or the conversion of a restart file.
    pub idle: bool,
    /// Accelerated styles are asked for.
    pub accelerated: bool,
}

impl Options {
    /// Reads the words that follow the program's.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] where several replicas run, where the input comes by standard input, or a word is not UTF-8.
    pub fn read(words: &[OsString]) -> Result<Self, Refusal> {
        let refuse = |what: &str, why: &str| Refusal { place: None, what: what.into(), why: why.into() };
        let mut options = Self::default();
        let words: Vec<&str> = words.iter().map(|word| word.to_str().unwrap_or("\u{fffd}")).collect();
        let mut index = 0;
        while let Some(word) = words.get(index) {
            let value = words.get(index + 1).map(|value| (index + 1, (*value).to_owned()));
            // LAMMPS takes one dash or two.
            match word.strip_prefix("--").or(word.strip_prefix('-')).unwrap_or_default() {
                "in" | "i" => options.input = value,
                "log" | "l" => options.log = value,
                "var" | "v" => {
                    let values = words.iter().skip(index + 1);
                    let is_option = |word: &str| word.strip_prefix('-').is_some_and(starts_with_letter);
                    options.variables.push(
                        values.take_while(|word| !is_option(word)).map(|word| (*word).to_owned()).collect(),
                    );
                }
                "suffix" | "sf" | "kokkos" | "k" | "package" | "pk" => options.accelerated = true,
                "help" | "h" | "restart2data" | "r2data" | "restart2dump" | "r2dump" => options.idle = true,
                "partition" | "p" | "mpicolor" | "m" | "mdi" | "skiprun" | "sr" => {
                    return Err(refuse(word, "runs of this kind cannot be stopped and continued by ckwrap"));
                }
                _ => {}
            }
            index += 1;
        }
        match &options.input {
            _ if options.idle => Ok(options),
            Some((_, name)) if name.contains('\u{fffd}') => {
                Err(refuse(name, "the name of the input is not UTF-8; rename it"))
            }
            Some((_, name)) if name != "none" => Ok(options),
            _ => Err(refuse(
                "lmp",
                "the input must be named, for it cannot be read twice from standard input: lmp -in FILE",
            )),
        }
    }

    /// Where LAMMPS writes its log.
    pub fn log_file(&self) -> &str {
        self.log.as_ref().map_or("log.lammps", |(_, name)| name)
    }

    /// Whether this variable is given.
    pub fn gives(&self, name: &str) -> bool {
        self.variables.iter().any(|words| words.first().is_some_and(|first| first == name))
    }
}

fn starts_with_letter(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(line: &str) -> Result<Options, Refusal> {
        Options::read(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn all_that_matters() {
        let options = read("-sf opt -var n 5 -2 x -l run.log -v t 3 -in in.melt -echo both").unwrap();
        assert_eq!(options.input, Some((13, "in.melt".into())));
        assert_eq!(options.log_file(), "run.log");
        assert_eq!(options.variables, [vec!["n", "5", "-2", "x"], vec!["t", "3"]]);
        assert!(options.gives("t") && !options.gives("x"));
    }

    #[rstest]
    #[case("")]
    #[case("-var n 5")]
    #[case("-in none")]
    #[case("-in in.neb -partition 3x1")]
    fn refused(#[case] line: &str) {
        assert!(read(line).is_err());
    }

    #[test]
    fn help_is_no_simulation() {
        assert!(read("-h").unwrap().idle);
    }
}
