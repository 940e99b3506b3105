//! Looks for the orders of statements that make a script shortest: simulated annealing, one order for all units of a
//! fragment. For maintainers, when the verifier's statements change; what it finds is copied into `ir/order.rs`.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{
    Program,
    order::{UnitOrder, arrange, is_valid, orders},
    plan::Planner,
    schedule::{schedule_with, script_len},
};

/// An order for the units of a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundOrder {
    /// Last part of the fragment's path.
    pub fragment: String,
    /// Which of the statements as recorded stands at each place.
    pub statements: Vec<u8>,
}

/// What a search is given.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Orders to try.
    pub iterations: usize,
    /// Seed of the search's random choices.
    pub seed: u64,
    /// Bytes by which a script may be longer at the start and still be accepted about once in three times: 60 to begin
    /// anew, 5 to refine.
    pub temperature: f64,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Orders tried.
    pub tried: usize,
    /// Bytes of the shortest script so far.
    pub best: usize,
}

/// Statements that are moved together at most.
const MAX_BLOCK: usize = 4;

/// Orders of the units of `recorded`, beginning with those in use.
pub(crate) fn shortest_orders(
    recorded: &Program,
    Options { iterations, seed, temperature: start }: Options,
    mut progress: impl FnMut(Progress),
) -> Vec<FoundOrder> {
    let rng = &mut StdRng::seed_from_u64(seed);
    let mut planner = Planner::default();
    let mut groups = groups(recorded);
    let mut len_with = |groups: &[FoundOrder]| {
        let orders: Vec<UnitOrder<'_>> =
            groups.iter().map(|g| UnitOrder { fragment: &g.fragment, statements: &g.statements }).collect();
        let mut program = recorded.clone();
        arrange(&mut program, &orders);
        let (scheduled, used) = schedule_with(&program, std::mem::take(&mut planner));
        planner = used;
        script_len(&scheduled)
    };
    let mut len = len_with(&groups);
    let mut best = (len, groups.clone());
    for tried in 0..iterations {
        let left = 1.0 - tried as f64 / iterations as f64;
        let temperature = start * left * left + 0.3;
        let at = rng.gen_range(0..groups.len());
        let Some(moved) = with_block_moved(recorded, &groups[at], rng) else { continue };
        let before = std::mem::replace(&mut groups[at], moved);
        let new_len = len_with(&groups);
        let worse = new_len as f64 - len as f64;
        if worse <= 0.0 || rng.gen_bool((-worse / temperature).exp()) {
            len = new_len;
            if len < best.0 {
                best = (len, groups.clone());
            }
        } else {
            groups[at] = before;
        }
        progress(Progress { tried: tried + 1, best: best.0 });
    }
    best.1
}

/// One order for each kind of unit there is: the one in use, else as recorded.
fn groups(recorded: &Program) -> Vec<FoundOrder> {
    let mut groups = BTreeMap::new();
    for unit in recorded.units.iter().filter(|unit| unit.len() > 1) {
        let path = &recorded.fragments[recorded.statements[unit.start].fragment];
        let fragment = path.rsplit('/').next().unwrap_or(path).to_owned();
        let in_use = orders(recorded.profile).iter().find(|order| order.fits(recorded, unit));
        let as_recorded = || (0..=u8::MAX).take(unit.len()).collect();
        let statements = in_use.map_or_else(as_recorded, |order| order.statements.to_vec());
        groups.insert((fragment, unit.len()), statements);
    }
    groups.into_iter().map(|((fragment, _), statements)| FoundOrder { fragment, statements }).collect()
}

/// The order with a few neighbours moved elsewhere; `None` if some unit could not be laid out so.
fn with_block_moved(recorded: &Program, group: &FoundOrder, rng: &mut StdRng) -> Option<FoundOrder> {
    let mut statements = group.statements.clone();
    let block = rng.gen_range(1..=MAX_BLOCK.min(statements.len() - 1));
    let from = rng.gen_range(0..=statements.len() - block);
    let moved: Vec<u8> = statements.drain(from..from + block).collect();
    let to = rng.gen_range(0..=statements.len());
    statements.splice(to..to, moved);
    let order = UnitOrder { fragment: &group.fragment, statements: &statements };
    let units = recorded.units.iter().filter(|unit| !unit.is_empty() && order.fits(recorded, unit));
    let valid = statements != group.statements && { units }.all(|unit| is_valid(recorded, unit, &statements));
    valid.then(|| FoundOrder { fragment: group.fragment.clone(), statements })
}
