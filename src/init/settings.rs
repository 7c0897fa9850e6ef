//! The text of a `ckwrap.yaml`: what differs from the defaults, and in comments what is most often changed.

use std::fmt::Write as _;

use super::command::Command;
use super::inputs::Entry;
use super::program::handles_requests;

/// What is said of a program whose checkpoints are known.
const KNOWN: &str = "\
# ckwrap knows this program: nothing has to be said. What is most often changed, without the sign # before it:
#
# checkpoint:
#   lead: 10m            # how long before the end the checkpoint is asked for; without it ckwrap learns it
# continue:
#   max_segments: 1000   # segments of the chain at the most
";

/// What is asked of one whose checkpoints nobody knows.
const OWN: &str = "\
# Which file is the checkpoint, ckwrap cannot know. Write its name in place of state.ck and take the signs # away: then a
# checkpoint counts only when it is newer than the request and holds still, and it is told when there is none.
#
# checkpoint:
#   glob: [state.ck]
#   validate: [nonempty]
#
# The program finds it by itself at the next start, or gets it on its command line:
#
# restart: {how: append, args: [--restart, \"{checkpoint}\"]}
#
# Saved and stopped, it should end with code 85; 0 then means: done.
";

/// The text, for a command that the built-in profile `profile` knows. `knows_checkpoints`: whether that profile says which
/// files they are.
pub fn settings(command: &Command, profile: &str, knows_checkpoints: bool, entries: &[Entry]) -> String {
    let mut text = format!(
        "# How ckwrap runs: {}\n# All settings and their values: ckwrap config -- COMMAND; what is known of the program: ckwrap profiles {profile}\n\n",
        command.line()
    );
    if let Some(profile) = command.profile {
        let _ = writeln!(text, "profile: {profile}\n");
    }
    text.push_str(if knows_checkpoints { KNOWN } else { OWN });
    if let Some(source) = source_without_handler(command, entries) {
        let _ = write!(
            text,
            "#\n# {source} does not seem to save when it is asked to. The few lines that do it: `ckwrap profiles {profile}`, and the\n\
             # directory examples that comes with ckwrap.\n"
        );
    }
    text
}

/// The script that shows no sign of listening to requests.
fn source_without_handler<'a>(command: &'a Command, entries: &[Entry]) -> Option<&'a str> {
    let source = command.source.as_deref()?;
    let text = entries.iter().find(|entry| entry.name == source)?.text.as_deref()?;
    (!handles_requests(text)).then_some(source)
}
