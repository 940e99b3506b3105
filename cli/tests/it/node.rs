//! The same on a real Bitcoin SV node. Without one these tests fail, and say how to get one.

use crate::common::run_in;
use crate::demo::assert_demo;
use std::path::Path;

#[test]
fn demo__regtest__is_the_same_on_a_real_node() {
    let report = run_in(Path::new("/"), "demo --chain regtest --format json").yes();
    assert_demo(&report);
    assert_eq!((&report["chain"], &report["class"]), (&"regtest".into(), &7.into()));
    assert!(report["node_version"].as_str().unwrap().starts_with("/Bitcoin SV:"), "{}", report["node_version"]);
}
