//! The program: whether it is there, what is known of it, and what its command line or the lines before it spoil.

use glob::Pattern;

use crate::doctor::case::{Case, Settings, commands};
use crate::doctor::facts::{Application, Found};
use crate::doctor::finding::{Finding, Fix};
use crate::doctor::header::Header;
use crate::doctor::judge::Report;
use crate::doctor::launch::{Launch, UNKNOWN};
use crate::doctor::shell::{Command, Join, Kind, Word};
use crate::profile::NONE;

/// CK301 to CK307, without CK306.
pub(in crate::doctor) fn check(application: &Application, text: &str, report: &mut Report) {
    let header = Header::of(text);
    let script = commands(text, &header);
    let settings = Settings::default();
    let case = Case::new(text, "", (&header, &script), &settings, None);
    let Some(launch) = case.launches.first() else { return };
    let place = || case.at(launch.command);
    match &application.found {
        Found::Yes => {}
        Found::No(why) => report.findings.push(Finding::warning(
            "CK301",
            place(),
            format!("The program is not there: {why}."),
            Fix::by_hand("correct the name, or load its module in the script, before this line"),
        )),
        Found::NotExecutable(path) => report.findings.push(Finding::error(
            "CK301",
            place(),
            "The program is there and may not be executed.",
            Fix::by_hand("type").paste(format!("chmod +x {}", path.display())),
        )),
        Found::NotJudged(why) => report.not_judged.push(format!("whether the program is there: {why}")),
    }
    if application.experimental {
        let why = format!("Profile {} has never been run against the real program.", application.profile);
        let fix = Fix::by_hand("try it on a short job first, and read what it says")
            .paste(format!("ckwrap profiles {}", application.profile));
        report.findings.push(Finding::advice("CK302", place(), why, fix));
    }
    if !application.knows_checkpoints && application.profile != NONE {
        let why = "ckwrap does not know where this program writes its checkpoints: unless the program tells it (ckwrap notify), it can check none.";
        let fix = Fix::by_hand("say it in ckwrap.yaml, beside the script")
            .paste("checkpoint: {glob: [my-checkpoint.dat]}");
        report.findings.push(Finding::advice("CK303", place(), why, fix));
    }
    fixed_start(&case, launch, application, report);
    gromacs(&case, launch, &application.profile, report);
    let before = case.script.commands.iter().filter(|command| command.at.start < launch.command.at.start);
    before.for_each(|command| removal(&case, command, application, report));
}

/// Words in the place of a checkpoint that mean the newest one.
const NEWEST: [&str; 5] = ["true", "True", "latest", "last", "auto"];

/// Where the command line names the checkpoint itself, ckwrap leaves it: each segment would start from that one.
fn fixed_start(case: &Case<'_>, launch: &Launch<'_>, application: &Application, report: &mut Report) {
    for flag in &application.restart_words {
        let mut words = launch.program.iter();
        let named = match flag.strip_suffix('=') {
            Some(_) => words.find_map(|word| word.strip_prefix(flag.as_str()).map(str::to_owned)),
            None => words.any(|word| word == flag).then(|| words.next().cloned()).flatten(),
        };
        let Some(named) =
            named.filter(|name| !name.is_empty() && !name.starts_with('-') && !name.contains(UNKNOWN))
        else {
            continue;
        };
        let written = |known: &String| {
            let plain = !known.contains(['*', '?', '[']);
            // GROMACS adds the end itself.
            plain
                && (*known == named.trim_start_matches("./")
                    || known.strip_suffix(".cpt") == Some(named.as_str()))
        };
        if NEWEST.contains(&named.as_str()) || application.checkpoints.iter().any(written) {
            continue;
        }
        let why = format!(
            "With {flag} {named} on the command line every segment starts from that checkpoint, and not from the newest one."
        );
        let fix = Fix::by_hand(format!(
            "take it out: ckwrap adds {} with the newest good checkpoint",
            flag.trim_end_matches('=')
        ));
        report.findings.push(Finding::error("CK307", case.at(launch.command), why, fix));
    }
}

/// mdrun's `-nsteps` counts from where it starts (GROMACS 2022, measured).
fn gromacs(case: &Case<'_>, launch: &Launch<'_>, profile: &str, report: &mut Report) {
    let at = launch.program.iter().position(|word| word == "-nsteps");
    let Some(count) = at.and_then(|at| launch.program.get(at + 1)) else { return };
    if profile != "gromacs" || count.starts_with('-') {
        return;
    }
    let why = "mdrun counts -nsteps from the checkpoint it starts from, so each segment computes that many steps more.";
    let fix = Fix::by_hand("take -nsteps out, and set the length in the run input")
        .paste(format!("gmx convert-tpr -s md.tpr -nsteps {count} -o md.tpr"));
    report.findings.push(Finding::warning("CK304", case.at(launch.command), why, fix));
}

/// A restarted job runs the lines before ckwrap again.
fn removal(case: &Case<'_>, command: &Command, application: &Application, report: &mut Report) {
    let name = command.name().unwrap_or_default();
    let in_any_case = command.before == Join::Sequence
        && case
            .script
            .around(command)
            .all(|block| block.kind == Kind::Group && block.before == Join::Sequence);
    if !in_any_case || !["rm", "cp", "mv"].contains(&name.as_str()) {
        return;
    }
    let words: Vec<String> = command
        .argv()
        .iter()
        .skip(1)
        .map(|word| word.literal().unwrap_or_default())
        .filter(|word| !word.starts_with('-'))
        .collect();
    // `cp -n` and `mv -n` overwrite nothing.
    let keeps = command.argv().iter().skip(1).filter_map(Word::literal).any(|word| {
        word == "--no-clobber"
            || word == "--update=none"
            || (word.starts_with('-') && !word.starts_with("--") && word.contains('n'))
    });
    let meant: &[String] = match name.as_str() {
        "rm" => &words,
        "mv" if !keeps => &words,
        _ if keeps => &[],
        _ => words.split_last().map_or(&[], |(last, _)| std::slice::from_ref(last)),
    };
    let hit = meant.iter().find(|word| {
        !word.is_empty() && application.checkpoints.iter().any(|known| may_be_same(word, known))
    });
    let Some(hit) = hit else { return };
    let does = match name.as_str() {
        "rm" => "removes",
        "mv" => "moves or overwrites",
        _ => "overwrites",
    };
    let why = format!(
        "A restarted job runs this line too, and it {does} the checkpoint ({hit}) that the next segment starts from."
    );
    let fix = Fix::by_hand("do it only at the chain's first start")
        .paste(format!("[ -d .ckwrap ] || {}", case.slice(command.at.clone())));
    report.findings.push(Finding::error("CK305", case.at(command), why, fix));
}

/// Whether a word of a command line means a file that the profile names, both without wildcards or one with.
fn may_be_same(word: &str, known: &str) -> bool {
    let word = word.trim_start_matches("./");
    let wild = |text: &str| text.contains(['*', '?', '[']);
    match (wild(word), wild(known)) {
        (false, false) => word == known,
        (true, false) => Pattern::new(word).is_ok_and(|pattern| pattern.matches(known)),
        (false, true) => Pattern::new(known).is_ok_and(|pattern| pattern.matches(word)),
        (true, true) => word == known,
    }
}
