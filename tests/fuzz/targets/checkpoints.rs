//! What lies in the run directory: names that a pattern meets, and logs that say how a program ended.

use std::path::Path;

use ckwrap::checkpoint::{LogMarks, Streams, clean, failure, finished, stopped};
use ckwrap::checkpoint::{examine, scan};
use ckwrap::model::ChildExit;
use ckwrap::profile::rules::{
    CheckpointRule, Condition, FinishRule, Kind, NumberFrom, NumberIn, Pick, RetryRule, RetryUse, SetAside,
    StoppedRule,
};
use ckwrap::profile::template::{self, Value};

use super::scratch::{directory, write};

/// Three texts, a line each: a name pattern, a template, a regular expression; and behind them the text it searches.
pub(super) fn patterns(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(4, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let (pattern, template, regex, log) = (next(), next(), next(), next());
    let mut value = |name: &str| match name {
        "name" => Value::Is("md".into()),
        "none" => Value::Empty,
        _ => Value::Unknown,
    };
    let _ = template::fill(template, &mut value, str::to_owned);
    directory(|dir| {
        let run = dir.join("run");
        for sub in ["run/d/e", "run/chk00010"] {
            std::fs::create_dir_all(dir.join(sub)).unwrap();
        }
        for name in ["a.cpt", "b_2.cpt", "d/x.cpt", "d/e/y.cpt", "chk00010/Header"] {
            write(&run, name, b"x");
        }
        // Nothing outside of the directory is looked at.
        if !pattern.starts_with('/') && !pattern.contains("..") {
            looked_at(&run, pattern);
        }
        write(&run, "log", log.as_bytes());
        if regex_lite::Regex::new(regex).is_ok() && regex.len() < 200 {
            said(&run, regex);
        }
    });
}

fn looked_at(dir: &Path, pattern: &str) {
    for kind in [Kind::File, Kind::Set, Kind::Dir, Kind::Dirs] {
        for pick in [Pick::Newest, Pick::MaxNumber] {
            let rule = CheckpointRule {
                glob: vec![pattern.to_owned()],
                not_glob: vec![pattern.chars().rev().collect()],
                fallback: Vec::new(),
                pick,
                kind,
                validate: Vec::new(),
                set_aside: SetAside::Invalid,
            };
            let _ = scan(dir, &rule);
        }
    }
    let _ = examine(dir, Path::new(pattern));
    let _ = clean(dir, &[format!("none{pattern}")], &[]);
}

/// A log whose first line is also the log's name of before: what a segment adds to what was there.
pub(super) fn logs(data: &[u8]) {
    let (before, after) = data.split_at(data.len() / 2);
    directory(|dir| {
        write(dir, "log", before);
        let rules = rules(r"step[ =]+(\S+)");
        let marks = marks(dir, &rules);
        write(dir, "log", data);
        asked(dir, &rules, &marks);
        // A program that truncates to its checkpoint and appends.
        write(dir, "log", after);
        asked(dir, &rules, &marks);
    });
}

fn said(dir: &Path, regex: &str) {
    let rules = rules(regex);
    asked(dir, &rules, &LogMarks::default());
}

struct Rules {
    finish: FinishRule,
    stopped: StoppedRule,
    retry: Vec<RetryRule>,
}

fn rules(regex: &str) -> Rules {
    let number = || NumberIn { file: "log".into(), regex: regex.to_owned() };
    let text = || NumberFrom::Text(number());
    Rules {
        finish: FinishRule::All(vec![
            Condition::Log { file: "log".into(), regex: regex.to_owned(), not: Some("fatal".into()) },
            Condition::Reached { have: text(), want: vec![text()] },
        ]),
        stopped: StoppedRule { exit: vec![85], log: vec![number()] },
        retry: vec![RetryRule { log: number(), not: None, action: RetryUse::Fallback }],
    }
}

fn marks(dir: &Path, rules: &Rules) -> LogMarks {
    LogMarks::take(Some(&rules.finish), &rules.stopped, &rules.retry, Streams::default(), dir)
}

fn asked(dir: &Path, rules: &Rules, marks: &LogMarks) {
    let exit = ChildExit::Code(0);
    let _ = finished(&rules.finish, exit, dir, marks);
    let _ = stopped(&rules.stopped, exit, dir, marks);
    if let Some((_, line)) = failure(&rules.retry, dir, marks) {
        assert!(line.chars().count() <= 400, "{line:.100}");
    }
}
