//! `model ..`.

pub(super) mod blank;
pub(super) mod commit;
pub(super) mod eval;
pub(super) mod import;
pub(super) mod inspect;
