//! The profiles that come with ckwrap: what a start needs to choose one, and their texts.
//!
//! Their YAML is read elsewhere and only when one is used.

use super::table::BUILTIN;

/// One profile that comes with ckwrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub summary: &'static str,
    /// Which command lines it is for; `None`: it must be named.
    pub matches: Option<Matches>,
    /// Never run against the real program.
    pub experimental: bool,
    /// What it was run against.
    pub tested: Option<&'static str>,
    /// Its YAML.
    pub text: &'static str,
}

/// Which command lines a profile is for. All that is said must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matches {
    /// File names of the program: one of these ...
    pub exe: &'static [&'static str],
    /// ... or one that this matches.
    pub exe_re: Option<Pattern>,
    /// A word that stands among its arguments.
    pub arg: Option<&'static str>,
    /// What one of its arguments matches.
    pub arg_re: Option<Pattern>,
    /// File names of what starts it, or its own: one of these.
    pub launcher: &'static [&'static str],
}

/// A regular expression, and a word that stands in all it matches: to look for that is far cheaper than to compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    /// The expression.
    pub regex: &'static str,
    /// The word, in small letters; the case of what is matched is not looked at here.
    pub word: &'static str,
}

/// The profile of programs that no other one knows.
pub const GENERIC: &str = "generic";

/// The profile that leaves the program alone.
pub const NONE: &str = "none";

/// The built-in profile of this name.
pub fn builtin(name: &str) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|profile| profile.name == name)
}

impl Matches {
    /// Whether a program of this file name with these arguments is meant; `before` are the words in front of it.
    pub(super) fn fit(&self, name: &str, arguments: &[&str], before: &[&str]) -> bool {
        let any_exe = self.exe.is_empty() && self.exe_re.is_none();
        (any_exe || self.exe.contains(&name) || self.exe_re.is_some_and(|pattern| pattern.fits(name)))
            && self.arg.is_none_or(|arg| arguments.contains(&arg))
            && self.arg_re.is_none_or(|pattern| arguments.iter().any(|word| pattern.fits(word)))
            && (self.launcher.is_empty()
                || before.iter().chain([&name]).any(|word| self.launcher.contains(word)))
    }
}

impl Pattern {
    fn fits(self, text: &str) -> bool {
        text.to_ascii_lowercase().contains(self.word)
            && regex_lite::Regex::new(self.regex).is_ok_and(|regex| regex.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ANY: Matches = Matches { exe: &[], exe_re: None, arg: None, arg_re: None, launcher: &[] };
    const FOAM: Pattern = Pattern { regex: "(?i)foam$", word: "foam" };

    #[rstest]
    #[case::by_name(Matches { exe: &["sim"], ..ANY }, "sim", true)]
    #[case::another_name(Matches { exe: &["sim"], ..ANY }, "sim2", false)]
    #[case::by_pattern(Matches { exe: &["sim"], exe_re: Some(FOAM), ..ANY }, "icoFoam", true)]
    #[case::not_by_word_alone(Matches { exe_re: Some(FOAM), ..ANY }, "foamy", false)]
    #[case::with_an_argument(Matches { exe: &["sim"], arg: Some("-a"), ..ANY }, "sim", true)]
    #[case::without_an_argument(Matches { exe: &["sim"], arg: Some("-b"), ..ANY }, "sim", false)]
    #[case::argument_by_pattern(Matches { arg_re: Some(Pattern { regex: r"\.py$", word: ".py" }), ..ANY }, "sim", true)]
    #[case::behind_a_launcher(Matches { launcher: &["torchrun"], ..ANY }, "train.py", true)]
    #[case::behind_another(Matches { launcher: &["deepspeed"], ..ANY }, "train.py", false)]
    fn fits(#[case] matches: Matches, #[case] name: &str, #[case] expected: bool) {
        assert_eq!(matches.fit(name, &["-a", "x.py"], &["torchrun", "-n"]), expected);
    }
}
