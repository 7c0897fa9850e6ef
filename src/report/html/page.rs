//! The whole page.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::account::{Account, Totals, accounts};
use super::super::slurm::InSlurm;
use super::super::standing::{Standing, runs};
use super::super::status::ChainStatus;
use super::super::trace::Trace;
use super::super::words::moment;
use super::markup::{Markup, link, text};
use super::{bars, checkpoints, legend, progress, segments, strip, summary};
use crate::journal::{Life, Loaded};
use crate::model::{JobId, Timestamp};

/// What every such page begins with, and nothing else does.
pub const MARK: &str = "<!doctype html>\n<!-- ckwrap report -->\n";

const STYLE: &str = include_str!("style.css");

/// Files that the page leads to, as seen from where it will lie.
#[derive(Debug, Clone, Default)]
pub struct Logs {
    /// The output of jobs.
    pub of: BTreeMap<JobId, PathBuf>,
    /// The journal.
    pub journal: PathBuf,
}

/// All that goes into a page.
#[derive(Debug)]
pub struct Page<'a> {
    /// What the journal says.
    pub loaded: &'a Loaded,
    /// What was heard beside.
    pub trace: &'a Trace,
    /// Whether its owner lives.
    pub owner: Life,
    /// The scheduler's word.
    pub slurm: InSlurm,
    /// Links.
    pub logs: &'a Logs,
    /// When it is written.
    pub now: Timestamp,
}

impl Page<'_> {
    /// The page.
    pub fn html(&self) -> String {
        let history = &self.loaded.history;
        let mut status = ChainStatus::of(self.loaded, self.owner, self.now);
        let standing =
            Standing::of(history, self.trace, &mut status, self.owner, self.slurm.clone(), self.now);
        let runs = runs(&status, self.owner, &self.slurm, self.now);
        let accounts: Vec<Account<'_>> = accounts(history, self.trace, runs, self.now).collect();
        let mut html = Markup::default();
        self.head(&mut html);
        summary::draw(&mut html, history, &status, &standing, self.now);
        html.raw("<main id=\"main\">");
        legend::sums(&mut html, &Totals::of(&accounts));
        html.raw("<section aria-labelledby=\"timeline\"><h2 id=\"timeline\">Timeline</h2>");
        if accounts.is_empty() {
            html.raw("<p>No segment has begun yet.</p>");
        }
        strip::draw(&mut html, &accounts);
        bars::draw(&mut html, &accounts);
        html.raw("</section>");
        let began = history.started.unwrap_or(self.now);
        progress::draw(&mut html, began, &self.trace.progress(), standing.estimate.as_ref(), self.now);
        checkpoints::draw(&mut html, &accounts);
        segments::draw(&mut html, &accounts, self.logs);
        html.raw("</main>");
        self.foot(&mut html);
        html.finish()
    }

    fn head(&self, html: &mut Markup) {
        let chain = text(self.loaded.history.chain.as_str());
        html.raw(MARK);
        html.put(format_args!(
            "<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>{chain}: ckwrap report</title><style>\n"
        ));
        html.raw(STYLE);
        html.raw(
            "</style></head><body><a class=\"skip\" href=\"#segments\">To the table of segments</a>\
             <svg width=\"0\" height=\"0\" class=\"patterns\" aria-hidden=\"true\"><defs>\
             <pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"lost-ground\" width=\"6\" height=\"6\"/><rect class=\"lost-line\" width=\"2\" height=\"6\"/></pattern>\
             <pattern id=\"dots\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect class=\"gap-ground\" width=\"6\" height=\"6\"/><circle class=\"gap-dot\" cx=\"3\" cy=\"3\" r=\"1\"/></pattern>\
             </defs></svg>",
        );
    }

    fn foot(&self, html: &mut Markup) {
        html.put(format_args!(
            "<footer><p>Written {} (UTC) by ckwrap {} from <a href=\"{}\">the chain's journal</a>. All times are UTC, by the clocks of the nodes that wrote the records.</p></footer></body></html>\n",
            moment(self.now),
            env!("CARGO_PKG_VERSION"),
            text(&link(&self.logs.journal))
        ));
    }
}
