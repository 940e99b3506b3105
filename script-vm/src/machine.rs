//! The machine: what is run, and under which rules.

use chain_types::{Instruction, LockingScript, Opcode, Profile, ScriptLimits, UnlockingScript};

use crate::{
    Element, Failure, FragmentMap, Hook, Metrics, NoSignatures, Rules, ScriptError, ScriptRole, SignatureChecker,
    TxVersion,
    evaluation::{Evaluation, Fault},
    hook::NoHook,
    stack::Stacks,
};

/// Evaluates scripts under given limits and rules.
#[derive(Clone, Debug)]
pub struct Machine {
    limits: ScriptLimits,
    rules: Rules,
    step_budget: Option<u64>,
    fragments: FragmentMap,
}

/// The two stacks, tops last, before or after a piece of script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackState {
    /// The main stack.
    pub stack: Vec<Vec<u8>>,
    /// The alternative stack.
    pub alt_stack: Vec<Vec<u8>>,
}

impl Machine {
    /// A machine without a step budget and without names for pieces of script.
    pub fn new(limits: ScriptLimits, rules: Rules) -> Self {
        Self { limits, rules, step_budget: None, fragments: FragmentMap::default() }
    }

    /// What a node asks by default of a transaction it relays.
    pub fn policy() -> Self {
        Self::new(ScriptLimits::GENESIS_POLICY, Rules::GenesisPolicy)
    }

    /// What a node asks by default, since Chronicle, of a transaction of this version that spends an output mined
    /// since.
    pub fn chronicle_policy(version: TxVersion) -> Self {
        let rules = Rules::ChroniclePolicy { version, mined_under: Profile::Chronicle };
        Self::new(ScriptLimits::CHRONICLE_POLICY, rules)
    }

    /// The rules it enforces.
    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// Grants at most `instructions` for both scripts together, skipped ones included.
    #[must_use]
    pub fn with_step_budget(mut self, instructions: u64) -> Self {
        self.step_budget = Some(instructions);
        self
    }

    /// Names the pieces of the locking script, or of the fragment, for reports.
    #[must_use]
    pub fn with_fragments(mut self, fragments: FragmentMap) -> Self {
        self.fragments = fragments;
        self
    }

    /// Judges a spend: the unlocking script, then the locking script on the stack it leaves.
    ///
    /// # Errors
    /// Why a node under these limits and rules would refuse it.
    pub fn run(
        &self,
        unlocking: &UnlockingScript,
        locking: &LockingScript,
        checker: &dyn SignatureChecker,
    ) -> Result<Metrics, Box<Failure>> {
        self.run_with_hook(unlocking, locking, checker, &mut NoHook)
    }

    /// Like [`Machine::run`], with `hook` looking on.
    ///
    /// # Errors
    /// As [`Machine::run`].
    pub fn run_with_hook(
        &self,
        unlocking: &UnlockingScript,
        locking: &LockingScript,
        checker: &dyn SignatureChecker,
        hook: &mut dyn Hook,
    ) -> Result<Metrics, Box<Failure>> {
        let mut evaluation = self.evaluation(checker, hook);
        let judged = self
            .check_push_only(unlocking)
            .and_then(|()| evaluation.run(ScriptRole::Unlocking, unlocking.as_bytes(), locking.as_bytes()))
            .and_then(|()| {
                evaluation.stacks.drop_alt();
                evaluation.run(ScriptRole::Locking, locking.as_bytes(), &[])
            })
            .and_then(|()| self.check_end(&evaluation, locking));
        match judged {
            Ok(()) => Ok(finish(evaluation).0),
            Err(fault) => {
                let script = match fault.role {
                    ScriptRole::Unlocking => unlocking.as_bytes(),
                    _ => locking.as_bytes(),
                };
                Err(self.report(fault, script, &evaluation.stacks))
            }
        }
    }

    /// Runs a piece of script by itself on given stacks; what it leaves is not judged.
    ///
    /// # Errors
    /// Where and why an opcode fails. Signatures are invalid.
    pub fn run_fragment(&self, before: &StackState, script: &[u8]) -> Result<(StackState, Metrics), Box<Failure>> {
        self.run_fragment_with_hook(before, script, &mut NoHook)
    }

    /// Like [`Machine::run_fragment`], with `hook` looking on.
    ///
    /// # Errors
    /// As [`Machine::run_fragment`].
    pub fn run_fragment_with_hook(
        &self,
        before: &StackState,
        script: &[u8],
        hook: &mut dyn Hook,
    ) -> Result<(StackState, Metrics), Box<Failure>> {
        let mut evaluation = self.evaluation(&NoSignatures, hook);
        let role = ScriptRole::Fragment;
        let judged = load(&mut evaluation.stacks, before)
            .map_err(|reason| Fault { role, offset: 0, index: 0, reason })
            .and_then(|()| evaluation.run(role, script, &[]));
        if let Err(fault) = judged {
            return Err(self.report(fault, script, &evaluation.stacks));
        }
        let (metrics, stacks) = finish(evaluation);
        let (main, alt) = stacks.into_parts();
        let bytes = |elements: Vec<Element>| elements.into_iter().map(Element::into_bytes).collect();
        Ok((StackState { stack: bytes(main), alt_stack: bytes(alt) }, metrics))
    }

    fn evaluation<'a>(&self, checker: &'a dyn SignatureChecker, hook: &'a mut dyn Hook) -> Evaluation<'a> {
        Evaluation {
            limits: self.limits,
            rules: self.rules,
            checker,
            hook,
            stacks: Stacks::new(self.limits.max_stack_memory),
            metrics: Metrics::new(),
            step_budget: self.step_budget,
            steps: 0,
        }
    }

    /// Fails unless the unlocking script only pushes, where the rules ask for that. A push cut short is not one, as in
    /// the node.
    fn check_push_only(&self, unlocking: &UnlockingScript) -> Result<(), Fault> {
        if !self.rules.push_only() {
            return Ok(());
        }
        let role = ScriptRole::Unlocking;
        let fault = |offset, index| Fault { role, offset, index, reason: ScriptError::NotPushOnly };
        let mut end = 0;
        for (index, read) in unlocking.instructions().enumerate() {
            match read {
                Ok((offset, Instruction::Op(opcode))) if !opcode.is_push() => return Err(fault(offset, index)),
                Ok((offset, Instruction::Op(Opcode(_)))) => end = offset + 1,
                Ok((offset, Instruction::Push { .. })) => end = offset,
                Err(_) => return Err(fault(end, index)),
            }
        }
        Ok(())
    }

    fn check_end(&self, evaluation: &Evaluation<'_>, locking: &LockingScript) -> Result<(), Fault> {
        let stack = evaluation.stacks.main();
        let reason = if !stack.last().is_some_and(Element::is_true) {
            ScriptError::EvalFalse
        } else if self.rules.clean_stack() && stack.len() != 1 {
            ScriptError::CleanStack { items: stack.len() }
        } else {
            return Ok(());
        };
        let index = locking.instructions().count();
        Err(Fault { role: ScriptRole::Locking, offset: locking.len(), index, reason })
    }

    fn report(&self, fault: Fault, script: &[u8], stacks: &Stacks) -> Box<Failure> {
        let fragment = match fault.role {
            ScriptRole::Unlocking => None,
            ScriptRole::Locking | ScriptRole::Fragment => self.fragments.path_at(fault.offset),
        };
        Box::new(Failure::new(fault, script, stacks, fragment))
    }
}

fn load(stacks: &mut Stacks, state: &StackState) -> Result<(), ScriptError> {
    for element in &state.alt_stack {
        stacks.push(element.clone().into())?;
        stacks.move_to_alt()?;
    }
    state.stack.iter().try_for_each(|element| stacks.push(element.clone().into()))
}

/// The metrics of a finished evaluation, with what the stacks kept count of.
fn finish(evaluation: Evaluation<'_>) -> (Metrics, Stacks) {
    let Evaluation { mut metrics, stacks, .. } = evaluation;
    metrics.peak_stack_bytes = stacks.peak_memory();
    metrics.peak_stack_items = stacks.peak_items();
    (metrics, stacks)
}
