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
const ROUNDS: usize = 8;

/// Mends what can be mended without a person. A script that has been mended is not changed by it again.
pub fn fix(text: &str, name: &str, settings: &Settings, site: Option<&Site>) -> Fixed {
    let mut fixed =
        Fixed { text: text.to_owned(), mended: Vec::new(), left: judge(text, name, settings, site) };
    for _ in 0..ROUNDS {
        let mut edits: Vec<Edit> = Vec::new();
        let mut mended = Vec::new();
        for finding in fixed.left.findings.iter().filter(|finding| finding.fix.is_safe()) {
            // What overlaps waits for the next round, when it may be no finding any more.
            if finding.fix.edits.iter().all(|edit| edits.iter().all(|other| apart(edit, other))) {
                edits.extend(finding.fix.edits.iter().cloned());
                mended.push(finding.clone());
            }
        }
        if mended.is_empty() {
            break;
        }
        let Some(text) = apply(&fixed.text, edits) else { break };
        let left = judge(&text, name, settings, site);
        // Whatever is said of the mended script was said before, or is not applied.
        if left
            .findings
            .iter()
            .any(|finding| !fixed.left.findings.iter().any(|known| known.code == finding.code))
        {
            break;
        }
        fixed.mended.extend(mended);
        (fixed.text, fixed.left) = (text, left);
    }
    fixed
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
