//! Every way into a contract and out of it, on the embedded ledger, and what is refused for which reason.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod attested;
mod claim;
mod disclosure;
mod locking;
mod reading;
mod refund;
mod settlement;
mod spender;
mod support;
