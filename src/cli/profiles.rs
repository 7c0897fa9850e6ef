//! `ckwrap profiles`: what is built in.

use std::io::{self, Write};

use serde_json::json;

use crate::profile::{BUILTIN, Builtin, GENERIC, NONE, Pattern};

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
        let none = json!({"name": NONE, "summary": NONE_SUMMARY, "experimental": false, "tested": null});
        let list: Vec<_> = BUILTIN.iter().map(described).chain([none]).collect();
        serde_json::to_writer_pretty(&mut *out, &list)?;
        return writeln!(out);
    }
    let lines: Vec<_> = BUILTIN
        .iter()
        .map(|profile| (profile.name, profile.summary, state(profile)))
        .chain([(NONE, NONE_SUMMARY, String::new())])
        .collect();
    let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let names = width(&mut lines.iter().map(|(name, _, _)| name.len()));
    let summaries = width(&mut lines.iter().map(|(_, summary, _)| summary.len()));
    for (name, summary, state) in &lines {
        writeln!(out, "{}", format!("{name:names$}  {summary:summaries$}  {state}").trim_end())?;
    }
    Ok(())
}

/// Whether it is known to work, and how it is chosen.
fn state(profile: &Builtin) -> String {
    let tested = match (profile.tested, profile.experimental) {
        (Some(version), _) => format!("run against {version}"),
        (None, true) => "experimental".to_owned(),
        (None, false) => String::new(),
    };
    match profile.matches {
        None if profile.name != GENERIC => format!("{tested}, by name only (-p {})", profile.name),
        _ => tested,
    }
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
    let matches = profile.matches;
    let regex = |pattern: Option<Pattern>| pattern.map(|pattern| pattern.regex);
    json!({
        "name": profile.name,
        "summary": profile.summary,
        "experimental": profile.experimental,
        "tested": profile.tested,
        "exe": matches.map_or(&[][..], |matches| matches.exe),
        "exe_re": regex(matches.and_then(|matches| matches.exe_re)),
        "arg": matches.and_then(|matches| matches.arg),
        "arg_re": regex(matches.and_then(|matches| matches.arg_re)),
        "launcher": matches.map_or(&[][..], |matches| matches.launcher),
    })
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
        let line = |name: &str| text.lines().find(|line| line.split(' ').next() == Some(name)).unwrap();
        assert!(
            line("gromacs").contains("GROMACS mdrun ")
                && line("gromacs").ends_with("run against GROMACS 2022.5")
        );
        assert!(line("iqtree").ends_with("  experimental"), "{text}");
        assert!(line("pytorch").ends_with("  experimental, by name only (-p pytorch)"), "{text}");
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
