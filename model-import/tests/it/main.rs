//! Importers: what they read computes what the other tool computes, and what they refuse is refused for its reason.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod zkml;
