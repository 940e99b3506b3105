//! What contracts read of the transaction that spends them, on the script machine with real signatures: for every field an
//! accepted spend, and its twins that change the field and are refused for the reason named.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod attested;
mod by_class;
#[path = "../common/mod.rs"]
mod common;
mod deletions;
mod fragment;
mod refund;
mod scene;
mod selector;
