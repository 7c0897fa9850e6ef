//! One script with all that is known about it: what the checks of a script look at.

use std::ops::Range;
use std::time::Duration;

use super::facts::Site;
use super::finding::{Fix, Place};
use super::header::Header;
use super::launch::{Launch, launches};
use super::shell::{Command, Script, read};
use crate::config::TimeSpan;
use crate::model::{ContinuationMode, Signal};

/// The settings in force, as far as they matter to the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The lead, where the user has set one.
    pub lead: Option<Duration>,
    /// How the chain goes on.
    pub mode: ContinuationMode,
    /// Signals by which Slurm warns of the end.
    pub warning_signals: Vec<Signal>,
    /// Exit code while the chain goes on.
    pub exit_code: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lead: None, mode: ContinuationMode::Auto, warning_signals: vec![Signal::USR1], exit_code: 0 }
    }
}

/// One script with all that is known about it.
#[derive(Debug)]
pub struct Case<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its file's name.
    pub name: &'a str,
    /// Its head.
    pub header: &'a Header,
    /// Its commands.
    pub script: &'a Script,
    /// Where it starts programs under ckwrap.
    pub launches: Vec<Launch<'a>>,
    /// The settings of `ckwrap.yaml`, or the built-in ones.
    pub settings: &'a Settings,
    /// The site's, where Slurm has told them.
    pub site: Option<&'a Site>,
}

/// Reads the commands of a script, if they are for a shell whose language is followed.
pub(super) fn commands(text: &str, header: &Header) -> Script {
    if header.is_shell() { read(text) } else { Script::default() }
}

impl<'a> Case<'a> {
    pub(super) fn new(
        text: &'a str,
        name: &'a str,
        (header, script): (&'a Header, &'a Script),
        settings: &'a Settings,
        site: Option<&'a Site>,
    ) -> Self {
        Self { text, name, header, script, launches: launches(script), settings, site }
    }

    /// How the chain goes on; `None`: only the shell knows.
    pub fn mode(&self) -> Option<ContinuationMode> {
        let said = self.launches.iter().find_map(|launch| launch.option("continue"));
        let word = match said {
            Some(value) => value?,
            None if self.launches.iter().any(Launch::is_vague) => return None,
            None => match self.script.constant("CKWRAP_CONTINUE") {
                Some(value) => value,
                None => return Some(self.settings.mode),
            },
        };
        serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
    }

    /// Whether the same job may run again: its output file is then opened anew.
    pub fn requeues(&self) -> bool {
        matches!(
            self.mode(),
            Some(ContinuationMode::Auto | ContinuationMode::Requeue | ContinuationMode::ExitCode)
        )
    }

    /// The lead that the user has set, and where: the option's words, or the configuration.
    pub fn lead(&self) -> Option<(Duration, Option<&Launch<'a>>)> {
        for launch in &self.launches {
            if let Some(value) = launch.option("lead") {
                return Some((value?.parse::<TimeSpan>().ok()?.finite()?, Some(launch)));
            }
        }
        self.settings.lead.map(|lead| (lead, None))
    }

    /// The text of these bytes.
    pub fn slice(&self, at: Range<usize>) -> &'a str {
        self.text.get(at).unwrap_or_default()
    }

    /// The place of a command.
    pub fn at(&self, command: &Command) -> Place {
        Place::Script(command.at.clone())
    }

    /// The place of an option in the head, else of the first line.
    pub fn option_place(&self, name: &str) -> Place {
        let at = self.header.option(name).map_or(self.header.first_line.clone(), |option| option.at.clone());
        Place::Script(at)
    }

    /// One more line in the head.
    pub fn add_option(&self, line: &str) -> Fix {
        let fix = Fix::by_hand("add below the other #SBATCH lines").paste(line);
        if self.header.interpreter.is_none() && self.header.options.is_empty() {
            // A first line that is a command would end the #SBATCH lines.
            return fix;
        }
        let at = self.header.insert;
        let before = self.slice(0..at);
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        fix.edit(at..at, format!("{gap}{line}\n"))
    }

    /// Another value of an option in the head, put in its place.
    pub fn change_option(&self, name: &str, text: &str) -> Fix {
        let fix = Fix::by_hand("write in this line").paste(text);
        match self.header.option(name) {
            Some(option) => fix.edit(option.at.clone(), text),
            None => fix,
        }
    }

    /// The words of a command without the assignments in front, as they stand in the script.
    pub fn argv_text(&self, command: &Command) -> &'a str {
        let from = command.argv().first().map_or(command.at.start, |word| word.at.start);
        self.slice(from..command.at.end)
    }

    /// The command as it is, so that it takes the shell's place.
    pub fn with_exec(&self, command: &Command) -> String {
        let text = self.slice(command.at.clone());
        if command.name().is_some_and(|name| name == "exec") {
            text.to_owned()
        } else if command.assignments > 0 {
            format!("exec env {text}")
        } else {
            format!("exec {text}")
        }
    }
}

impl Fix {
    /// Without its changes: a person must decide.
    #[must_use]
    pub fn unsafe_to_apply(mut self) -> Self {
        self.edits.clear();
        self
    }
}
