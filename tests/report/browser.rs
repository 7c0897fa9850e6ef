//! A headless Chromium: pictures of a page, and what it measures in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

/// A page as a browser shows it.
pub(crate) struct Shot {
    pub(crate) width: u32,
    pub(crate) dark: bool,
}

/// Runs in the page and tells the page around it what it found: places that are wider than they may be, and texts
/// that lie on each other.
const MEASURE: &str = include_str!("measure.js");

/// The narrowest window of a headless Chromium.
const NARROWEST: u32 = 500;

/// Chromium with a home of its own.
pub(crate) struct Browser {
    home: TempDir,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { home: tempdir().unwrap() }
    }

    /// What the page measures of itself in a window of this width.
    pub(crate) fn measure(&self, html: &str, shot: &Shot) -> Value {
        // The page forbids scripts; the copy that is measured does not.
        let from = html.find("<meta http-equiv").expect("a policy that forbids scripts");
        let to = from + html.get(from..).unwrap().find('>').unwrap() + 1;
        let open = format!("{}{}", html.get(..from).unwrap(), html.get(to..).unwrap());
        let with_script = open.replace("</body>", &format!("<script>{MEASURE}</script></body>"));
        fs::write(self.home.path().join("page.html"), with_script).unwrap();
        let frame = self.frame(shot.width, 2000);
        let dom = self.run(shot, &["--window-size=2000,2000", "--dump-dom"], &frame);
        let (_, rest) = dom.split_once("<pre id=\"measured\">").expect("what was measured");
        let (json, _) = rest.split_once("</pre>").unwrap();
        let json = json.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: `{json}`"))
    }

    /// A picture of the page, as high as it says.
    pub(crate) fn picture(&self, html: &str, shot: &Shot, height: u32, to: &Path) {
        fs::write(self.home.path().join("page.html"), html).unwrap();
        let frame = self.frame(shot.width, height);
        let size = format!("--window-size={},{height}", shot.width.max(NARROWEST));
        let picture = format!("--screenshot={}", to.display());
        self.run(shot, &["--hide-scrollbars", &size, &picture], &frame);
        assert!(fs::metadata(to).unwrap().len() > 5000, "{} is empty", to.display());
    }

    /// A page with the page in a window of its own: Chromium itself has none that is as narrow as a telephone.
    fn frame(&self, width: u32, height: u32) -> PathBuf {
        let file = self.home.path().join("frame.html");
        let frame = format!(
            "<!doctype html><body style=\"margin:0;background:gray\"><iframe src=\"page.html\" \
             style=\"border:0;display:block;width:{width}px;height:{height}px\"></iframe><pre id=\"measured\"></pre>\
             <script>addEventListener(\"message\", (it) => document.querySelector(\"pre\").textContent = it.data)</script>"
        );
        fs::write(&file, frame).unwrap();
        file
    }

    /// The page as it would be printed.
    pub(crate) fn print(&self, html: &str) -> Vec<u8> {
        let (file, to) = (self.home.path().join("printed.html"), self.home.path().join("printed.pdf"));
        fs::write(&file, html).unwrap();
        let light = Shot { width: 1000, dark: false };
        self.run(&light, &["--no-pdf-header-footer", &format!("--print-to-pdf={}", to.display())], &file);
        fs::read(to).unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "an ordinary process here")]
    fn run(&self, shot: &Shot, words: &[&str], file: &Path) -> String {
        let mut command = Command::new("chromium");
        command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
        command.args(["--no-first-run", "--disable-extensions", "--disable-background-networking"]);
        command.args(["--force-device-scale-factor=1", "--lang=en", "--virtual-time-budget=5000"]);
        command.arg(format!("--user-data-dir={}", self.home.path().join("profile").display()));
        if shot.dark {
            command.arg("--blink-settings=preferredColorScheme=0");
        }
        let url: PathBuf = file.to_owned();
        command.args(words).arg(format!("file://{}", url.display())).env("HOME", self.home.path());
        let output = command.stdin(Stdio::null()).output().expect("chromium (Debian's package) is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
