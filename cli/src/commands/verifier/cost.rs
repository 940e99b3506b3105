//! `verifier cost`: what the scripts take, and where their bytes go.

use super::measure::{Case, Sample};
use super::{Chosen, map_of};
use crate::Verdict;
use crate::args::{InputArg, VerifierCostArgs};
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::script_map::ScriptMap;
use crate::values::grouped;
use ark_bn254::Fr;
use chain_types::Profile;
use core::fmt;
use script_gen::PublicInput;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Length of the longest bar.
const BAR: usize = 24;

/// The sample key's verifiers; any value does for a fixed input, whose cost does not depend on it.
fn sample_cases() -> [(&'static str, Vec<PublicInput>); 4] {
    [
        ("fixed", vec![PublicInput::Fixed(Fr::from(35))]),
        ("one_232", vec![PublicInput::Bits(232)]),
        ("one_254", vec![PublicInput::Full]),
        ("two_254", vec![PublicInput::Full; 2]),
    ]
}
/// The one that is drawn: about as wide as a contract's binding.
const DRAWN: &str = "one_232";
/// What the verifier of a given key is called.
const KEY: &str = "key";

/// By profile, then by case.
#[derive(Serialize)]
#[serde(transparent)]
struct Answer(BTreeMap<&'static str, BTreeMap<&'static str, Case>>);

pub(crate) fn run(args: &VerifierCostArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.force);
    args.svg.as_deref().map_or(Ok(()), |path| existing.check(path))?;
    let profiles = args.kinds.profile.map_or(Profile::ALL.to_vec(), |profile| vec![profile]);
    let (mut answer, mut picture) = (Answer(BTreeMap::new()), None);
    for profile in profiles {
        let (cases, map) = match &args.vk {
            Some(path) => of_key(path, &args.kinds.input, profile, output)?,
            None => of_sample(profile, output)?,
        };
        answer.0.insert(profile.name(), cases);
        picture = picture.or(map);
    }
    if let (Some(path), Some(map)) = (&args.svg, picture) {
        files::write(path, map.to_svg().as_bytes(), existing, Readers::Default)?;
    }
    output.answer(&answer)?;
    Ok(Verdict::Yes)
}

type Cases = BTreeMap<&'static str, Case>;

fn of_sample(profile: Profile, output: &Output) -> anyhow::Result<(Cases, Option<ScriptMap>)> {
    let all = sample_cases();
    let stage = output.steps(&format!("running four verifiers, {profile}"), all.len());
    let (mut cases, mut map) = (Cases::new(), None);
    for (done, (name, inputs)) in (1..).zip(all) {
        let sample = Sample::new(&inputs, profile)?;
        let case = Case::new(&sample.verifier, &sample);
        if name == DRAWN {
            map = Some(map_of(&sample.verifier, &sample, &case));
        }
        cases.insert(name, case);
        stage.done(done);
    }
    Ok((cases, map))
}

fn of_key(
    path: &Path,
    input: &[InputArg],
    profile: Profile,
    output: &Output,
) -> anyhow::Result<(Cases, Option<ScriptMap>)> {
    let chosen = Chosen::build(path, input, profile, output)?;
    let _stage = output.stage("running the sample key's verifier");
    let sample = Sample::new(&chosen.inputs, profile)?;
    let case = Case::new(&chosen.verifier, &sample);
    let map = map_of(&chosen.verifier, &sample, &case);
    Ok((Cases::from([(KEY, case)]), Some(map)))
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_sample = self.0.values().any(|cases| !cases.contains_key(KEY));
        let whose = if is_sample { "a sample key" } else { "this key" };
        writeln!(
            f,
            "What the bare verifier takes for {whose}: bytes of the scripts, instructions of the locking script,"
        )?;
        writeln!(f, "bytes of the widest number and of both stacks at their largest, metered by a run.\n")?;
        let columns = ["locking", "unlocking", "total", "opcodes", "widest number", "peak stack"];
        let profiles = || Profile::ALL.iter().filter_map(|profile| Some((profile, self.0.get(profile.name())?)));
        for (profile, cases) in profiles() {
            write!(f, "{:<12}", profile.name())?;
            columns.iter().try_for_each(|column| write!(f, "{column:>15}"))?;
            for (name, case) in cases {
                write!(f, "\n  {name:<10}")?;
                let Case { locking, unlocking, total, opcodes, widest_number, peak_stack, .. } = case;
                let row = [locking, unlocking, total, opcodes, widest_number, peak_stack];
                row.iter().try_for_each(|number| write!(f, "{:>15}", grouped(**number)))?;
            }
            writeln!(f, "\n")?;
        }
        for (profile, cases) in profiles() {
            where_bytes_go(f, *profile, cases)?;
        }
        if is_sample {
            write!(f, "Constants of another key can be a byte shorter, so its script can differ by a few bytes.")?;
        }
        Ok(())
    }
}

/// One row for each fragment and each blob, one column for each case; bars show the first case.
fn where_bytes_go(f: &mut fmt::Formatter<'_>, profile: Profile, cases: &Cases) -> fmt::Result {
    let columns: Vec<BTreeMap<String, usize>> = cases.values().map(bytes_by_name).collect();
    let names: BTreeSet<&String> = columns.iter().flat_map(BTreeMap::keys).collect();
    let mut rows: Vec<(&String, Vec<usize>)> = names
        .into_iter()
        .map(|name| (name, columns.iter().map(|column| column.get(name).copied().unwrap_or(0)).collect()))
        .collect();
    rows.sort_by(|(_, one), (_, other)| other.cmp(one));
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let largest = rows.iter().filter_map(|(_, row)| row.first()).max().copied().unwrap_or(1).max(1);
    write!(f, "{:<1$}", format!("Where the bytes go, {profile}"), width + 2)?;
    cases.keys().try_for_each(|name| write!(f, "{name:>10}"))?;
    for (name, row) in &rows {
        write!(f, "\n  {name:<width$}")?;
        row.iter().try_for_each(|bytes| write!(f, "{:>10}", grouped(*bytes)))?;
        let bar = (row.first().copied().unwrap_or(0) * BAR).div_ceil(largest);
        write!(f, "  {}", "█".repeat(bar))?;
    }
    writeln!(f, "\n")
}

fn bytes_by_name(case: &Case) -> BTreeMap<String, usize> {
    let fragments = case.fragments.iter().map(|fragment| (fragment.path.clone(), fragment.cost.bytes));
    let blobs = case.blobs.iter().map(|blob| (format!("unlocking: {}", blob.name), blob.bytes));
    fragments.chain(blobs).collect()
}
