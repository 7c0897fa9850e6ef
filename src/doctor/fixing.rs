//! Mending a script by the changes that cannot do harm.

use super::case::Settings;
use super::facts::Site;
use super::finding::{Edit, Finding};
use super::judge::{Report, judge};

/// A script after that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Its text.
    pub text: String,
    /// What was mended.
    pub mended: Vec<Finding>,
    /// What is left.
    pub left: Report,
}

/// Rounds of mending: one change may make another one harmless.
const ROUNDS: usize = 16;

/// Mends what can be mended without a person. A script that has been mended is not changed by it again.
pub fn fix(text: &str, name: &str, settings: &Settings, site: Option<&Site>) -> Fixed {
    let mut fixed =
        Fixed { text: text.to_owned(), mended: Vec::new(), left: judge(text, name, settings, site) };
    let mut refused: Vec<&'static str> = Vec::new();
    for _ in 0..ROUNDS {
        let chosen = together(&fixed.left, &refused);
        if chosen.is_empty() {
            break;
        }
        let attempt = |findings: &[Finding]| {
            let edits = findings.iter().flat_map(|finding| finding.fix.edits.iter().cloned()).collect();
            let text = apply(&fixed.text, edits)?;
            let left = judge(&text, name, settings, site);
            // A change that brings up something new has done harm.
            let known = |new: &Finding| fixed.left.findings.iter().any(|old| old.code == new.code);
            left.findings.iter().all(known).then_some((text, left))
        };
        if let Some((text, left)) = attempt(&chosen) {
            fixed = Fixed { text, mended: [fixed.mended, chosen].concat(), left };
        } else {
            let bad = chosen.iter().filter(|finding| attempt(std::slice::from_ref(finding)).is_none());
            let before = refused.len();
            refused.extend(bad.map(|finding| finding.code));
            if refused.len() == before {
                refused.extend(chosen.iter().map(|finding| finding.code));
            }
        }
    }
    let left = fixed.left.findings.iter_mut();
    left.filter(|finding| refused.contains(&finding.code)).for_each(|finding| finding.fix.edits.clear());
    fixed
}

/// What can be mended at the same time. What overlaps waits for the next round, when it may be no finding any more.
fn together(report: &Report, refused: &[&str]) -> Vec<Finding> {
    let mut chosen: Vec<Finding> = Vec::new();
    for finding in
        report.findings.iter().filter(|finding| finding.fix.is_safe() && !refused.contains(&finding.code))
    {
        let mut others = chosen.iter().flat_map(|other| &other.fix.edits);
        if others.all(|other| finding.fix.edits.iter().all(|edit| apart(edit, other))) {
            chosen.push(finding.clone());
        }
    }
    chosen
}

fn apart(one: &Edit, other: &Edit) -> bool {
    one.at.end < other.at.start
        || other.at.end < one.at.start
        || (one.at == other.at && one.at.is_empty() && one != other)
}

/// The text with all of the changes; `None`: one of them does not fit it.
fn apply(text: &str, mut edits: Vec<Edit>) -> Option<String> {
    // Several lines put at one place stay in their order.
    edits.sort_by_key(|edit| edit.at.start);
    let mut changed = String::with_capacity(text.len() + 64 * edits.len());
    let mut at = 0;
    for edit in edits {
        changed.push_str(text.get(at..edit.at.start)?);
        changed.push_str(&edit.text);
        at = edit.at.end;
    }
    changed.push_str(text.get(at..)?);
    Some(changed)
}
