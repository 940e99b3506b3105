//! `verifier map`: a picture of both scripts.

use super::Chosen;
use crate::Verdict;
use crate::args::VerifierMapArgs;
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use core::fmt;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    map: PathBuf,
    title: String,
    subtitle: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  {}\n  drawn in {}", self.title, self.subtitle, self.map.display())
    }
}

pub(crate) fn run(args: &VerifierMapArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    existing.check(&args.out.out)?;
    let map = Chosen::open(&args.source, &args.kinds, output)?.map()?;
    files::write(&args.out.out, map.to_svg().as_bytes(), existing, Readers::Default)?;
    output.answer(&Answer { map: args.out.out.clone(), title: map.title, subtitle: map.subtitle })?;
    Ok(Verdict::Yes)
}
