//! `ckwrap profiles`: what is built in.

use std::io::{self, Write};

use serde_json::json;

use crate::profile::{BUILTIN, Builtin, NONE};

/// Arguments of `ckwrap profiles`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example: ckwrap profiles gromacs > my-profile.yaml")]
pub struct ProfilesArgs {
    /// The profile to print; without it all are listed
    pub name: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What stands in the list for the profile that does nothing.
const NONE_SUMMARY: &str = "leaves the program alone";

/// Prints the list, one profile a line.
pub fn write_list(json: bool, out: &mut impl Write) -> io::Result<()> {
    if json {
        let none = json!({"name": NONE, "summary": NONE_SUMMARY, "exe": [], "arg": null});
        let list: Vec<_> = BUILTIN.iter().map(described).chain([none]).collect();
        serde_json::to_writer_pretty(&mut *out, &list)?;
        return writeln!(out);
    }
    let lines = BUILTIN.iter().map(|profile| (profile.name, profile.summary, matches(profile)));
    for (name, summary, matches) in lines.chain([(NONE, NONE_SUMMARY, String::new())]) {
        writeln!(out, "{}", format!("{name:12}  {summary:28}  {matches}").trim_end())?;
    }
    Ok(())
}

/// Prints one profile, as YAML that can be kept and changed.
pub fn write_one(profile: &Builtin, json: bool, out: &mut impl Write) -> io::Result<()> {
    if json {
        let mut value = described(profile);
        if let Some(map) = value.as_object_mut() {
            map.insert("yaml".to_owned(), profile.text.into());
        }
        serde_json::to_writer_pretty(&mut *out, &value)?;
        return writeln!(out);
    }
    out.write_all(profile.text.as_bytes())
}

fn described(profile: &Builtin) -> serde_json::Value {
    json!({"name": profile.name, "summary": profile.summary, "exe": profile.exe, "arg": profile.arg})
}

/// What command lines it is for: `gmx|gmx_mpi ... mdrun`.
fn matches(profile: &Builtin) -> String {
    let exe = profile.exe.join("|");
    profile.arg.map_or_else(|| exe.clone(), |arg| format!("{exe} ... {arg}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::builtin;

    #[test]
    fn the_list_has_every_profile() {
        let mut out = Vec::new();
        write_list(false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("gromacs       GROMACS mdrun"), "{text}");
        assert!(text.lines().last().unwrap().starts_with("none "), "{text}");
    }

    #[test]
    fn one_profile_is_its_text() {
        let mut out = Vec::new();
        let profile = builtin("gromacs").unwrap();
        write_one(profile, false, &mut out).unwrap();
        assert_eq!(out, profile.text.as_bytes());
        out.clear();
        write_one(profile, true, &mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["arg"], "mdrun");
    }
}
