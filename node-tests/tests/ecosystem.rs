//! Other people's tools judge what is made here: npm's scryptlib loads our artifacts, the official TypeScript SDK
//! `@bsv/sdk` runs our scripts, and an example in JavaScript deploys and spends on a real node. `docs/ecosystem.md` says
//! what agrees and what differs. Needs Node.js and npm, or python3 and pip: see the crate `foreign-tools`.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

#[path = "ecosystem/example.rs"]
mod example;
#[path = "ecosystem/scryptlib.rs"]
mod scryptlib;
#[path = "ecosystem/sdk.rs"]
mod sdk;
#[path = "ecosystem/subjects.rs"]
mod subjects;
#[path = "ecosystem/tools.rs"]
mod tools;
#[path = "ecosystem/vectors.rs"]
mod vectors;
