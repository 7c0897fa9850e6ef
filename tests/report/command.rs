//! `ckwrap report` as a command: which chain, which file, and what is in it.

use std::fs;

use super::scene::{Course, Scene, ckwrap};

fn one() -> Scene {
    Scene::new("slurm-4711", |scene| {
        scene.segment(Course::Usual, 30.0).segment(Course::Finished, 30.0);
    })
}

fn says(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_only_chain_goes_into_a_file_of_its_name_and_again() {
    let scene = one();
    let file = scene.dir.path().join("ckwrap-report-slurm-4711.html");
    for _ in 0..2 {
        let output = scene.ckwrap(&["report"]);
        assert!(output.status.success(), "{}", says(&output));
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), file.display().to_string());
        assert!(fs::read_to_string(&file).unwrap().contains("<h1>slurm-4711</h1>"));
    }
}

#[test]
fn a_file_of_the_users_is_not_overwritten() {
    let scene = one();
    let file = scene.dir.path().join("mine.html");
    fs::write(&file, "mine").unwrap();
    let output = scene.ckwrap(&["report", "-o", "mine.html"]);
    assert_eq!(output.status.code(), Some(125));
    assert!(
        says(&output).contains("no report of ckwrap's") && says(&output).contains("--force"),
        "{}",
        says(&output)
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert!(scene.ckwrap(&["report", "-o", "mine.html", "--force"]).status.success());
    assert!(fs::read_to_string(&file).unwrap().starts_with("<!doctype html>"));
}

#[test]
fn which_chain_is_asked_where_there_are_several_or_none() {
    let empty = tempfile::tempdir().unwrap();
    let output = ckwrap(empty.path(), &["report"]);
    assert_eq!(output.status.code(), Some(125));
    assert!(says(&output).contains("there are none"), "{}", says(&output));
    let scene = one();
    ckwrap::journal::Store::create(scene.dir.path(), &"other".parse().unwrap()).unwrap();
    let output = scene.ckwrap(&["report"]);
    assert!(says(&output).contains("there are: other, slurm-4711"), "{}", says(&output));
    assert!(scene.ckwrap(&["report", "other"]).status.success());
}

#[test]
fn logs_that_are_there_are_linked() {
    let scene = one();
    let out = scene.dir.path().join("slurm-4712.out");
    fs::write(out, "").unwrap();
    let page = scene.page();
    assert!(page.contains("/slurm-4712.out\">slurm-4712.out</a>"));
    assert!(page.contains("not found"));
    assert!(scene.ckwrap(&["report"]).status.success());
    let page = fs::read_to_string(scene.dir.path().join("ckwrap-report-slurm-4711.html")).unwrap();
    assert!(page.contains("href=\"./slurm-4712.out\""));
    assert!(page.contains("href=\"./.ckwrap/slurm-4711/journal.jsonl\""));
}

/// Whatever names and words are in a journal: they stay text.
#[test]
fn no_text_becomes_markup() {
    const EVIL: &str =
        "</title></style>\"'><script>alert(1)</script><img src=x onerror=alert(2)>\u{1b}[2J\u{202e}\n";
    let mut scene = Scene::new("slurm-4711", |scene| {
        scene.segment(Course::Usual, 30.0);
    });
    let started = serde_json::json!({
        "segment": 2, "job": "7", "host": EVIL, "command": [EVIL], "engine": EVIL,
        "checkpoint": {"path": EVIL, "size": 1, "modified_ns": 1, "inode": 1},
    });
    let segment = ckwrap::model::SegmentNumber(2);
    let at = scene.clock + 600;
    scene.add(at, serde_json::from_value::<ckwrap::journal::record::SegmentStarted>(started).unwrap());
    let stopped = serde_json::json!({"segment": 2, "reason": "failed", "text": EVIL});
    scene.add(at, serde_json::from_value::<ckwrap::journal::record::ChainStopped>(stopped).unwrap());
    let told = ckwrap::journal::record::Told { segment, progress: None, status: Some(EVIL.into()) };
    scene.add(at, told);
    let checkpoint = serde_json::json!({
        "segment": 2, "id": {"path": EVIL, "size": 1, "modified_ns": 2, "inode": 1}, "took_ms": 5, "asked": true,
    });
    scene.add(at, serde_json::from_value::<ckwrap::journal::record::Checkpoint>(checkpoint).unwrap());
    fs::write(scene.dir.path().join("slurm-7.out"), "").unwrap();
    let page = scene.page();
    assert!(page.contains("&lt;script&gt;alert(1)"), "the attack arrived");
    let lower = page.to_lowercase();
    for bad in ["<script", "<img", "onerror=alert(2)>", "javascript:"] {
        assert!(!lower.contains(bad), "{bad}");
    }
    assert!(!page.contains(['\u{1b}', '\u{202e}']));
    let found =
        super::browser::Browser::new().measure(&page, &super::browser::Shot { width: 360, dark: false });
    assert_eq!(found["scripts"], 0);
    assert_eq!(found["wide"].as_array().unwrap().len(), 0, "{found}");
}

/// What a reader's program needs to find its way.
#[test]
fn the_page_is_one_file_and_has_a_structure() {
    let page = one().page();
    for sign in [
        "<html lang=\"en\">",
        "<title>",
        "<main",
        "<h1>",
        "scope=\"col\"",
        "scope=\"row\"",
        "role=\"img\"",
        "<caption>",
    ] {
        assert!(page.contains(sign), "{sign}");
    }
    for away in ["http:", "https:", "src=", "@import", "<link"] {
        assert!(!page.contains(away), "{away}");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    for id in ["strip-t", "strip-d", "curve-t", "curve-d", "ck-t", "ck-d", "segments"] {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
}
