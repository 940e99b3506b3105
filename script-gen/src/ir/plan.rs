//! Finds the cheapest way to bring the arguments of an opcode to the top of the stack.

use std::collections::HashMap;

use chain_types::{Opcode, encode_push, script_num};
use num_bigint::BigInt;

/// Where an argument comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// On the stack at this depth (0 is the top), used again later.
    Keep(usize),
    /// On the stack at this depth, used for the last time.
    Take(usize),
    /// A constant whose push takes this many bytes.
    Constant(usize),
}

/// One move of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Move {
    /// An opcode that only rearranges the stack.
    Op(Opcode),
    /// Push of a depth, then PICK.
    Pick(usize),
    /// Push of a depth, then ROLL.
    Roll(usize),
    /// Push of the constant that is argument `.0`.
    Constant(usize),
}

/// Moves that put the arguments on top, and whether they end up in reverse order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) moves: Vec<Move>,
    pub(super) reversed: bool,
    pub(super) cost: usize,
}

/// Whether a reversed pair of arguments will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Order {
    /// The arguments must stand as given.
    Fixed,
    /// Either order gives the same result.
    Any,
    /// The other order costs one more byte (a negation).
    Negated,
}

/// Bytes of the push of a stack depth.
pub(super) fn depth_len(depth: usize) -> usize {
    encode_push(&script_num::encode(&BigInt::from(depth))).len()
}

/// A cell of the simulated stack: the depth it had at the start, or a constant, counted down from the top of the range.
type Cell = u32;
const CONSTANT: Cell = u32::MAX;
/// Cells simulated at least, since rearranging opcodes reach this deep.
const MIN_CELLS: usize = 4;
const MAX_MOVES: usize = 4;

/// Remembers plans: few different patterns occur in a script.
#[derive(Debug, Default)]
pub(crate) struct Planner {
    known: HashMap<(Vec<Source>, Order), Plan>,
}

impl Planner {
    /// The cheapest plan for `sources` (one or two different arguments, first argument deepest) among those of up to
    /// four moves; `height` is the number of elements on the stack.
    pub(super) fn plan(&mut self, sources: &[Source], order: Order, height: usize) -> Plan {
        // Near the bottom of a low stack fewer rearrangements exist: such plans are not worth remembering.
        if height < MIN_CELLS {
            return Search::new(sources, order, height).run();
        }
        let key = (sources.to_vec(), order);
        if let Some(plan) = self.known.get(&key) {
            return plan.clone();
        }
        let plan = Search::new(sources, order, height).run();
        self.known.insert(key, plan.clone());
        plan
    }
}

struct Search<'a> {
    sources: &'a [Source],
    order: Order,
    cells: Vec<Cell>,
    wanted: Vec<Cell>,
    best: Plan,
}

impl<'a> Search<'a> {
    fn new(sources: &'a [Source], order: Order, height: usize) -> Self {
        let deepest = sources.iter().filter_map(depth_of).max().map_or(0, |d| d + 1);
        let n_cells = deepest.max(MIN_CELLS).min(height);
        // Values have names of 32 bits, so there are never more.
        let cells: Vec<Cell> = (0..n_cells).rev().map(|d| d as Cell).collect();
        let wanted = (0..).zip(sources).map(|(k, s)| depth_of(s).map_or(CONSTANT - k, |d| d as Cell)).collect();
        let mut search =
            Self { sources, order, cells, wanted, best: Plan { moves: Vec::new(), reversed: false, cost: 0 } };
        search.best = search.in_turn();
        search
    }

    /// The plain plan: fetch each argument in turn.
    fn in_turn(&self) -> Plan {
        let mut stack = self.cells.clone();
        let mut moves = Vec::new();
        let mut cost = 0;
        for (arg, source) in self.sources.iter().enumerate() {
            let wants_copy = !matches!(source, Source::Take(_));
            let fetch = self.fetches(&stack).into_iter().find(|(_, step, _)| match step {
                Move::Constant(k) => *k == arg,
                Move::Pick(depth) => wants_copy && stack[stack.len() - 1 - depth] == self.wanted[arg],
                Move::Roll(depth) => !wants_copy && stack[stack.len() - 1 - depth] == self.wanted[arg],
                Move::Op(_) => false,
            });
            let (next, step, price) = fetch.expect("every argument is on the stack or a constant");
            stack = next;
            moves.push(step);
            cost += price;
        }
        Plan { moves, reversed: false, cost }
    }

    fn run(mut self) -> Plan {
        let start = self.cells.clone();
        self.extend(&start, &mut Vec::new(), 0);
        self.best
    }

    /// Whether the arguments are on top and all else is kept; if so, whether they are reversed.
    fn goal(&self, stack: &[Cell]) -> Option<bool> {
        let below_len = stack.len().checked_sub(self.wanted.len())?;
        let (below, top) = stack.split_at(below_len);
        let reversed = if top == self.wanted {
            false
        } else if self.order != Order::Fixed && top.iter().rev().eq(&self.wanted) {
            true
        } else {
            return None;
        };
        let is_taken = |cell: Cell| self.sources.contains(&Source::Take(cell as usize));
        let kept = self.cells.iter().filter(|cell| !is_taken(**cell));
        let intact = kept.clone().count() == below.len() && kept.clone().all(|cell| below.contains(cell));
        intact.then_some(reversed)
    }

    fn extend(&mut self, stack: &[Cell], moves: &mut Vec<Move>, cost: usize) {
        if cost >= self.best.cost {
            return;
        }
        if let Some(reversed) = self.goal(stack) {
            let cost = cost + usize::from(reversed && self.order == Order::Negated);
            if cost < self.best.cost {
                self.best = Plan { moves: moves.clone(), reversed, cost };
            }
        }
        // Every move costs a byte or more.
        if moves.len() == MAX_MOVES || cost + 1 >= self.best.cost {
            return;
        }
        for (next, step, price) in self.rearrangements(stack).into_iter().chain(self.fetches(stack)) {
            moves.push(step);
            self.extend(&next, moves, cost + price);
            moves.pop();
        }
    }

    fn rearrangements(&self, stack: &[Cell]) -> Vec<(Vec<Cell>, Move, usize)> {
        let n = stack.len();
        REARRANGING
            .iter()
            .filter(|(_, depth, _)| *depth <= n)
            .map(|(opcode, depth, effect)| {
                let mut next = stack[..n - depth].to_vec();
                next.extend(effect.iter().map(|k| stack[n - depth + k]));
                (next, Move::Op(*opcode), 1)
            })
            .collect()
    }

    fn fetches(&self, stack: &[Cell]) -> Vec<(Vec<Cell>, Move, usize)> {
        let mut out = Vec::new();
        for (arg, (source, cell)) in self.sources.iter().zip(&self.wanted).enumerate() {
            if let Source::Constant(len) = source {
                let mut next = stack.to_vec();
                next.push(*cell);
                out.push((next, Move::Constant(arg), *len));
                continue;
            }
            let Some(at) = stack.iter().rposition(|c| c == cell) else { continue };
            let depth = stack.len() - 1 - at;
            let mut copied = stack.to_vec();
            copied.push(*cell);
            let mut moved = stack.to_vec();
            moved.remove(at);
            moved.push(*cell);
            out.push((copied, Move::Pick(depth), pick_len(depth)));
            out.push((moved, Move::Roll(depth), roll_len(depth)));
        }
        out
    }
}

/// Bytes that copy the element at `depth`: one where an opcode of its own does.
fn pick_len(depth: usize) -> usize {
    if depth < 2 { 1 } else { depth_len(depth) + 1 }
}

/// Bytes that move the element at `depth`: none at the top, one where an opcode of its own does.
fn roll_len(depth: usize) -> usize {
    match depth {
        0 => 0,
        1 | 2 => 1,
        _ => depth_len(depth) + 1,
    }
}

fn depth_of(source: &Source) -> Option<usize> {
    match source {
        Source::Keep(depth) | Source::Take(depth) => Some(*depth),
        Source::Constant(_) => None,
    }
}

/// Opcodes that only rearrange: how many cells they touch, and which of them (0 = deepest) they leave.
const REARRANGING: &[(Opcode, usize, &[usize])] = &[
    (Opcode::OP_DUP, 1, &[0, 0]),
    (Opcode::OP_SWAP, 2, &[1, 0]),
    (Opcode::OP_OVER, 2, &[0, 1, 0]),
    (Opcode::OP_TUCK, 2, &[1, 0, 1]),
    (Opcode::OP_2DUP, 2, &[0, 1, 0, 1]),
    (Opcode::OP_ROT, 3, &[1, 2, 0]),
    (Opcode::OP_2SWAP, 4, &[2, 3, 0, 1]),
    (Opcode::OP_2OVER, 4, &[0, 1, 2, 3, 0, 1]),
];

/// What a rearranging opcode does: how many cells it touches, and which of them (0 = deepest) it leaves.
pub(super) fn effect(opcode: Opcode) -> (usize, &'static [usize]) {
    let entry = REARRANGING.iter().find(|(known, ..)| *known == opcode);
    let (_, depth, effect) = entry.expect("plans use only opcodes of the table");
    (*depth, effect)
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use Source::{Constant, Keep, Take};

    fn cost(sources: &[Source], order: Order) -> usize {
        Planner::default().plan(sources, order, 40).cost
    }

    #[test]
    fn plan__known_patterns__cost_what_hand_written_script_costs() {
        for (sources, order, bytes) in [
            (&[Take(1), Take(0)][..], Order::Fixed, 0),
            (&[Take(0), Take(1)], Order::Fixed, 1), // SWAP
            (&[Take(0), Take(1)], Order::Any, 0),
            (&[Keep(1), Keep(0)], Order::Fixed, 1), // 2DUP
            (&[Take(1), Keep(0)], Order::Any, 1),   // TUCK
            (&[Take(0), Keep(1)], Order::Any, 1),   // OVER
            (&[Take(2), Take(0)], Order::Any, 1),   // ROT
            (&[Keep(0), Constant(1)], Order::Fixed, 2),
            (&[Take(0), Take(1)], Order::Negated, 1),
            (&[Keep(20), Take(0)], Order::Any, 3), // 20 PICK
            (&[Take(30), Keep(20)], Order::Any, 6),
        ] {
            assert_eq!(cost(sources, order), bytes, "{sources:?} {order:?}");
        }
    }

    #[test]
    fn plan__arguments_near_the_bottom__stays_on_the_stack() {
        let plan = Planner::default().plan(&[Keep(1), Take(0)], Order::Fixed, 2);
        assert_eq!((plan.cost, plan.reversed), (2, false)); // OVER SWAP
    }
}
