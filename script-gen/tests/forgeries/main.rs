//! Forgeries: what a cheating prover can do once a check is taken out of the script, and cannot while it is in.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

#[path = "../common/mod.rs"]
mod common;

mod algebra;
mod binding;
mod black_box;
mod deletions;
mod inputs;
mod keys;
mod lab;
mod lines;
mod numeric_world;
mod points;
mod prover;
mod row;
mod structure;
mod transcript;

#[test]
fn zz() {
    let s = std::time::Instant::now();
    for (name, f) in [("points", points::rows as fn() -> Vec<row::Row>), ("del", deletions::rows), ("tr", transcript::rows), ("in", inputs::rows), ("bind", binding::rows), ("lines", lines::rows)] {
    let s = std::time::Instant::now();
    let rows = f();
    println!("== {name} {:?} {}", s.elapsed(), rows.len());
    for r in rows.iter().take(12) { println!("{} | {} | {} | {} | {} | {} | {}", r.hint, r.check, r.statement, r.beside, r.with, r.without, r.standing); }
}
    println!("{:?}", s.elapsed());
}
