//! Lays a program out on the stack: each value is copied for every use but its last and moved for that one.

use chain_types::{Opcode, Profile, encode_push, script_num};
use num_bigint::BigInt;

use super::{
    Action, Ending, Id, Origin, Program, Statement,
    plan::{Move, Order, Planner, Source},
};

/// One instruction of the finished script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Instr {
    Op(Opcode),
    Push(Vec<u8>),
}

impl Instr {
    /// The instruction's bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Op(opcode) => vec![opcode.0],
            Self::Push(data) => encode_push(data),
        }
    }
}

/// Instructions with the fragment each belongs to.
pub(crate) type Scheduled = Vec<(Instr, usize)>;

/// Fragment index of what clears the stack at the end.
const CLEAN_UP: usize = 0;

/// Emits the instructions of `program`, which leave its result alone on the stack.
pub(crate) fn schedule(program: &Program) -> Scheduled {
    schedule_with(program, Planner::default()).0
}

/// As [`schedule`], with a planner that may know plans already and is given back.
pub(crate) fn schedule_with(program: &Program, planner: Planner) -> (Scheduled, Planner) {
    let mut scheduler = Scheduler {
        program,
        stack: program.initial.clone(),
        alt: Vec::new(),
        uses_left: uses(program),
        out: Vec::new(),
        planner,
        fragment: CLEAN_UP,
    };
    for statement in &program.statements {
        scheduler.statement(statement);
    }
    scheduler.fragment = CLEAN_UP;
    scheduler.clean_up();
    (scheduler.out, scheduler.planner)
}

/// Bytes of the finished script.
#[cfg(feature = "search")]
pub(crate) fn script_len(scheduled: &Scheduled) -> usize {
    scheduled.iter().map(|(instr, _)| instr.to_bytes().len()).sum()
}

fn uses(program: &Program) -> Vec<usize> {
    let mut uses = vec![0; program.origins.len()];
    let args = program.statements.iter().flat_map(|s| &s.args);
    for id in args.chain([&program.result]) {
        uses[id.index()] += 1;
    }
    uses
}

struct Scheduler<'a> {
    program: &'a Program,
    /// Bottom first.
    stack: Vec<Id>,
    /// The alternative stack, bottom first.
    alt: Vec<Id>,
    uses_left: Vec<usize>,
    out: Scheduled,
    planner: Planner,
    fragment: usize,
}

impl Scheduler<'_> {
    fn emit(&mut self, instr: Instr) {
        self.out.push((instr, self.fragment));
    }

    fn op(&mut self, opcode: Opcode) {
        self.emit(Instr::Op(opcode));
    }

    fn push_number(&mut self, n: usize) {
        self.emit(Instr::Push(script_num::encode(&BigInt::from(n))));
    }

    fn depth(&self, id: Id) -> usize {
        let at = self.stack.iter().rposition(|other| *other == id);
        self.stack.len() - 1 - at.expect("a value with uses left is on the stack")
    }

    fn statement(&mut self, statement: &Statement) {
        self.fragment = statement.fragment;
        match &statement.action {
            Action::Push(data) => self.emit(Instr::Push(data.clone())),
            Action::Op(opcode) => {
                self.fetch(&statement.args, Order::Fixed);
                self.op(*opcode);
            }
            Action::Reduce => {
                self.fetch(&statement.args, Order::Fixed);
                self.op(Opcode::OP_MOD);
            }
            Action::Commutative(opcode) => {
                self.fetch(&statement.args, Order::Any);
                self.op(*opcode);
            }
            Action::Subtract => {
                let reversed = self.fetch(&statement.args, Order::Negated);
                self.op(Opcode::OP_SUB);
                if reversed {
                    self.op(Opcode::OP_NEGATE);
                }
            }
            Action::VerifyLen(len) => {
                self.fetch(&statement.args, Order::Fixed);
                self.op(Opcode::OP_SIZE);
                self.push_number(*len);
                self.op(Opcode::OP_NUMEQUALVERIFY);
            }
            Action::VerifyLastByte(byte) => {
                self.fetch(&statement.args, Order::Fixed);
                self.op(Opcode::OP_DUP);
                match self.program.profile {
                    Profile::Genesis => {
                        [Opcode::OP_SIZE, Opcode::OP_1SUB, Opcode::OP_SPLIT, Opcode::OP_NIP]
                            .into_iter()
                            .for_each(|opcode| self.op(opcode));
                    }
                    Profile::Chronicle => {
                        self.push_number(1);
                        self.op(Opcode::OP_RIGHT);
                    }
                }
                self.emit(Instr::Push(vec![*byte]));
                self.op(Opcode::OP_EQUALVERIFY);
            }
            Action::Lookup(entries) => {
                self.fetch(&statement.args, Order::Fixed);
                // The index itself is off the stack when PICK counts.
                self.stack.truncate(self.stack.len() - 1);
                let base = self.depth(entries[0]);
                let in_place = entries.iter().enumerate().all(|(k, id)| self.depth(*id) == base + k);
                assert!(in_place, "the entries of a table lie next to each other");
                self.stack.push(statement.args[0]);
                if base > 0 {
                    self.push_number(base);
                    self.op(Opcode::OP_ADD);
                }
                self.op(Opcode::OP_PICK);
            }
            Action::Raise => {
                self.fetch(&statement.args, Order::Fixed);
            }
            Action::Stash => {
                self.fetch(&statement.args, Order::Fixed);
                self.op(Opcode::OP_TOALTSTACK);
                self.stack.pop();
                self.alt.extend(&statement.results);
                return;
            }
            Action::Unstash => {
                // The verifier's author stashes and takes back in turn; every script's first run would show a mistake.
                assert_eq!(self.alt.pop(), Some(statement.args[0]), "taken back in the order of stashing");
                self.uses_left[statement.args[0].index()] -= 1;
                self.op(Opcode::OP_FROMALTSTACK);
                self.stack.extend(&statement.results);
                return;
            }
        }
        self.stack.truncate(self.stack.len() - statement.args.len());
        self.stack.extend(&statement.results);
        self.drop_unused(&statement.results);
    }

    /// Brings the arguments to the top, the first deepest; answers whether they stand in reverse order.
    fn fetch(&mut self, args: &[Id], order: Order) -> bool {
        for id in args {
            self.uses_left[id.index()] -= 1;
        }
        if let [a, b] = args
            && a == b
        {
            // The operand twice: fetched once, then doubled.
            self.fetch_distinct(&[*a], Order::Fixed);
            self.op(Opcode::OP_DUP);
            self.stack.push(*a);
            return false;
        }
        self.fetch_distinct(args, order)
    }

    fn fetch_distinct(&mut self, args: &[Id], order: Order) -> bool {
        let sources: Vec<Source> = args.iter().map(|id| self.source(*id)).collect();
        let plan = self.planner.plan(&sources, order, self.stack.len());
        for step in &plan.moves {
            self.apply(*step, args);
        }
        plan.reversed
    }

    fn source(&self, id: Id) -> Source {
        match &self.program.origins[id.index()] {
            Origin::Inline(data) => Source::Constant(encode_push(data).len()),
            Origin::Stack if self.uses_left[id.index()] > 0 || self.program.pinned[id.index()] => {
                Source::Keep(self.depth(id))
            }
            Origin::Stack => Source::Take(self.depth(id)),
        }
    }

    fn apply(&mut self, step: Move, args: &[Id]) {
        let n = self.stack.len();
        match step {
            Move::Op(opcode) => {
                self.op(opcode);
                self.rearrange(opcode);
            }
            Move::Constant(arg) => {
                if let Origin::Inline(data) = &self.program.origins[args[arg].index()] {
                    self.emit(Instr::Push(data.clone()));
                }
                self.stack.push(args[arg]);
            }
            Move::Pick(depth) => {
                match depth {
                    0 => self.op(Opcode::OP_DUP),
                    1 => self.op(Opcode::OP_OVER),
                    _ => {
                        self.push_number(depth);
                        self.op(Opcode::OP_PICK);
                    }
                }
                self.stack.push(self.stack[n - 1 - depth]);
            }
            Move::Roll(depth) => {
                match depth {
                    0 => {}
                    1 => self.op(Opcode::OP_SWAP),
                    2 => self.op(Opcode::OP_ROT),
                    _ => {
                        self.push_number(depth);
                        self.op(Opcode::OP_ROLL);
                    }
                }
                let id = self.stack.remove(n - 1 - depth);
                self.stack.push(id);
            }
        }
    }

    fn rearrange(&mut self, opcode: Opcode) {
        let (depth, effect) = super::plan::effect(opcode);
        let below = self.stack.len() - depth;
        let cells = self.stack.split_off(below);
        self.stack.extend(effect.iter().map(|k| cells[*k]));
    }

    /// Drops fresh results that nothing uses.
    fn drop_unused(&mut self, results: &[Id]) {
        let unused = |this: &Self, id: &Id| this.uses_left[id.index()] == 0 && !this.program.pinned[id.index()];
        match results {
            [.., last] if unused(self, last) => {
                self.op(Opcode::OP_DROP);
                self.stack.pop();
            }
            [first, _] if unused(self, first) => {
                self.op(Opcode::OP_NIP);
                self.stack.remove(self.stack.len() - 2);
            }
            _ => {}
        }
    }

    /// Leaves the result on top of the stack, or verifies it; and nothing else where policy demands it.
    fn clean_up(&mut self) {
        assert_eq!(self.alt, self.program.put_aside, "what is stashed is taken back before the end");
        self.fetch(&[self.program.result], Order::Fixed);
        let is_verified = self.program.ending == Ending::Verified;
        if is_verified {
            self.op(Opcode::OP_VERIFY);
        }
        if self.program.profile == Profile::Chronicle {
            return;
        }
        let rest = self.stack.len() - 1;
        if is_verified {
            (0..rest / 2).for_each(|_| self.op(Opcode::OP_2DROP));
            (0..rest % 2).for_each(|_| self.op(Opcode::OP_DROP));
            return;
        }
        if rest > 2 {
            self.op(Opcode::OP_TOALTSTACK);
            (0..rest / 2).for_each(|_| self.op(Opcode::OP_2DROP));
            (0..rest % 2).for_each(|_| self.op(Opcode::OP_DROP));
            self.op(Opcode::OP_FROMALTSTACK);
        } else {
            (0..rest).for_each(|_| self.op(Opcode::OP_NIP));
        }
    }
}
