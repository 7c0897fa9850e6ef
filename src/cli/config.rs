//! `ckwrap config`: the configuration in force, each value with its origin.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::json::write_json as print_json;
use crate::config::{Loaded, Row, effective};
use crate::model::harmless;

/// Arguments of `ckwrap config`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example: ckwrap config -- gmx mdrun -deffnm md")]
pub struct ConfigArgs {
    /// Configuration file; `none` for none [default: ckwrap.yaml here or in the nearest parent]
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What is known about the program: auto, none, a built-in profile, or a file (./my.yaml)
    #[arg(short, long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The command the configuration is wanted for; it decides the profile
    #[arg(last = true)]
    pub command: Vec<OsString>,
}

/// Prints the configuration in force: a table, or an object of `file`, `profile` and `values` by key.
pub fn write(loaded: &Loaded, json: bool, out: &mut impl Write) -> io::Result<()> {
    let rows = effective(loaded);
    if json { write_json(loaded, rows, out) } else { write_table(loaded, &rows, out) }
}

fn write_json(loaded: &Loaded, rows: Vec<Row>, out: &mut impl Write) -> io::Result<()> {
    let values: serde_json::Map<String, Value> =
        rows.into_iter().map(|row| (row.key, json!({"value": row.value, "origin": row.origin}))).collect();
    let all = json!({
        "file": loaded.file.as_ref().map(|path| path.to_string_lossy()),
        "profile": loaded.plan.profile.name,
        "values": values,
    });
    print_json(&all, out)
}

fn write_table(loaded: &Loaded, rows: &[Row], out: &mut impl Write) -> io::Result<()> {
    match &loaded.file {
        Some(path) => writeln!(out, "# file: {}", harmless(&path.to_string_lossy()))?,
        None => writeln!(out, "# file: none found")?,
    }
    writeln!(out, "# profile: {}", harmless(&loaded.plan.profile.name))?;
    let line = |row: &Row| (harmless(&row.key), harmless(&plain(&row.value)), harmless(&row.origin));
    let lines: Vec<(String, String, String)> = rows.iter().map(line).collect();
    // One long list must not push the origins off the screen.
    let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0).min(40);
    let keys = width(&mut lines.iter().map(|(key, _, _)| key.len()));
    let values = width(&mut lines.iter().map(|(_, value, _)| value.len()));
    for (key, value, origin) in &lines {
        writeln!(out, "{key:keys$}  {value:values$}  {origin}")?;
    }
    Ok(())
}

/// A value on one line, without quotes where it is plain text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() && !text.contains(char::is_control) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Origin, Override, Request, load};

    fn written(json: bool) -> String {
        let dir = tempfile::tempdir().unwrap();
        let lead = Override::text("checkpoint.lead", "90s", Origin::Option("--lead".into()));
        let loaded = load(&Request {
            cwd: dir.path(),
            home: Some(dir.path()),
            uid: 0,
            file: Some(Path::new("none")),
            file_by: &Origin::Default,
            overrides: &[lead],
            command: &["gmx".into(), "mdrun".into()],
            environment: &|_| None,
        });
        let mut out = Vec::new();
        write(&loaded.unwrap(), json, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_for_people() {
        let text = written(false);
        assert!(text.starts_with("# file: none found\n# profile: gromacs\n"), "{text}");
        let line = text.lines().find(|line| line.starts_with("checkpoint.lead ")).unwrap();
        assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["checkpoint.lead", "1m30s", "--lead"]);
        assert!(text.lines().any(|line| line.starts_with("trigger ") && line.ends_with("profile gromacs")));
    }

    #[test]
    fn json_for_programs() {
        let value: Value = serde_json::from_str(&written(true)).unwrap();
        assert_eq!(value["profile"], "gromacs");
        assert_eq!(value["values"]["checkpoint.lead"], json!({"value": "1m30s", "origin": "--lead"}));
    }
}
