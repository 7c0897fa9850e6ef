//! The page as a browser shows it: nothing overlaps, nothing is cut, in light and dark, on a telephone and a wide screen.
//!
//! With `CKWRAP_TEST_PICTURES` set to a directory the pictures are kept there, to be looked at.

use std::path::PathBuf;

use rstest::rstest;

use super::browser::{Browser, Shot};
use super::scene::{Course, Scene};

fn three() -> Scene {
    Scene::new("slurm-4711", |scene| {
        scene.segment(Course::Usual, 36.0).segment(Course::Preempted, 36.0).segment(Course::Running, 36.0);
    })
}

/// Names and words that are as long as they may be.
fn wordy() -> Scene {
    Scene::new(&"a-chain-with-a-long-name_".repeat(4), |scene| {
        for course in [Course::Crashed, Course::Lost, Course::Crashed, Course::Usual, Course::Finished] {
            scene.segment(course, 30.0);
        }
    })
}

#[rstest]
#[case::three("three", three(), &[360, 700, 1120, 1920])]
#[case::wordy("wordy", wordy(), &[360, 1280])]
#[case::empty("empty", Scene::new("nothing-yet", |_| {}), &[360, 1280])]
#[case::three_hundred("300", Scene::long(300), &[360, 1280])]
#[case::ten_thousand("10000", Scene::long(10_000), &[360, 1280])]
fn nothing_overlaps_and_nothing_is_cut(#[case] name: &str, #[case] scene: Scene, #[case] widths: &[u32]) {
    let html = scene.page();
    assert!(html.len() < 5_000_000, "{} bytes", html.len());
    let browser = Browser::new();
    for width in widths {
        let shot = Shot { width: *width, dark: false };
        let found = browser.measure(&html, &shot);
        for what in ["wide", "cut", "over"] {
            let list = found[what].as_array().unwrap();
            assert!(
                list.is_empty(),
                "{name} at {width}: {what}: {:#?}",
                list.iter().take(10).collect::<Vec<_>>()
            );
        }
        assert!(found["texts"].as_u64().unwrap() > 10 && found["scripts"] == 0, "{found}");
        assert_eq!(found["width"], *width);
        if let Some(folder) = pictures() {
            std::fs::write(folder.join(format!("{name}.html")), &html).unwrap();
            let height = found["height"].as_u64().unwrap().clamp(300, 2400);
            let height = u32::try_from(height).unwrap();
            browser.picture(&html, &shot, height, &folder.join(format!("{name}-{width}.png")));
        }
    }
}

#[test]
fn it_is_dark_where_people_want_it_dark() {
    let html = three().page();
    let browser = Browser::new();
    let colour = |dark| browser.measure(&html, &Shot { width: 1000, dark })["background"].clone();
    assert_eq!((colour(false), colour(true)), ("rgb(255, 255, 255)".into(), "rgb(18, 22, 27)".into()));
    if let Some(folder) = pictures() {
        browser.picture(&html, &Shot { width: 1000, dark: true }, 1700, &folder.join("dark.png"));
    }
}

#[test]
fn it_can_be_printed() {
    let pdf = Browser::new().print(&three().page());
    assert!(pdf.starts_with(b"%PDF") && pdf.len() > 10_000, "{} bytes", pdf.len());
    if let Some(folder) = pictures() {
        std::fs::write(folder.join("printed.pdf"), pdf).unwrap();
    }
}

fn pictures() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("CKWRAP_TEST_PICTURES")?);
    std::fs::create_dir_all(&folder).unwrap();
    Some(folder)
}
