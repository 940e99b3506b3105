//! The scripts of the folder `ecosystem`, run with their packages.

use foreign_tools::{Packages, Workplace};
use node_tests::contract::repository;
use serde::{Serialize, de::DeserializeOwned};

/// A place where the scripts of `folder` run.
pub(crate) fn workplace(name: &'static str, folder: &str) -> Workplace {
    Packages::of(name, repository(folder)).workplace().unwrap_or_else(|error| panic!("{error}"))
}

/// What a script of `ecosystem` answers to a file.
pub(crate) fn ask<T: DeserializeOwned>(script: &str, file: &std::path::Path) -> T {
    let answer = workplace("ecosystem", "ecosystem").run(script, [file]).unwrap_or_else(|error| panic!("{error}"));
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{script}: {error}: {answer:.300}"))
}

/// What a script of `ecosystem` answers to a list of requests.
pub(crate) fn ask_all<T: DeserializeOwned>(script: &str, requests: &[impl Serialize]) -> Vec<T> {
    let place = workplace("ecosystem", "ecosystem");
    let file = place.path().join("requests.json");
    std::fs::write(&file, serde_json::to_vec(requests).expect("plain data")).expect("a folder of our own");
    let answers: Vec<T> = ask(script, &file);
    assert_eq!(answers.len(), requests.len(), "{script}: an answer for each request");
    answers
}
