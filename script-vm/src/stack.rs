//! The two stacks and the memory they are charged for.

use chain_types::ScriptLimits;

use crate::{Element, ScriptError};

/// Main and alternative stack, with the node's memory charge kept up to date.
#[derive(Clone, Debug)]
pub(crate) struct Stacks {
    main: Vec<Element>,
    alt: Vec<Element>,
    memory: usize,
    max_memory: usize,
    peak_memory: usize,
    peak_items: usize,
}

/// What an element of `len` bytes costs.
const fn charge(len: usize) -> usize {
    len + ScriptLimits::ELEMENT_OVERHEAD
}

impl Stacks {
    pub(crate) const fn new(max_memory: usize) -> Self {
        Self { main: Vec::new(), alt: Vec::new(), memory: 0, max_memory, peak_memory: 0, peak_items: 0 }
    }

    pub(crate) fn main(&self) -> &[Element] {
        &self.main
    }

    pub(crate) fn alt(&self) -> &[Element] {
        &self.alt
    }

    /// Bytes charged now.
    pub(crate) const fn memory(&self) -> usize {
        self.memory
    }

    /// Most bytes charged so far.
    pub(crate) const fn peak_memory(&self) -> usize {
        self.peak_memory
    }

    /// Most elements so far, on both stacks.
    pub(crate) const fn peak_items(&self) -> usize {
        self.peak_items
    }

    pub(crate) fn into_parts(self) -> (Vec<Element>, Vec<Element>) {
        (self.main, self.alt)
    }

    /// Fails unless the main stack holds `need` elements.
    pub(crate) fn need(&self, need: usize) -> Result<(), ScriptError> {
        let have = self.main.len();
        if have < need { Err(ScriptError::StackTooShort { have, need }) } else { Ok(()) }
    }

    /// The element at `depth`, 0 being the top.
    pub(crate) fn peek(&self, depth: usize) -> Result<&Element, ScriptError> {
        let have = self.main.len();
        let index = have.checked_sub(depth + 1).ok_or(ScriptError::StackTooShort { have, need: depth + 1 })?;
        Ok(&self.main[index])
    }

    /// Fails if `add` more bytes, once `free` have been given back, exceed the limit. Called before allocating.
    pub(crate) fn check_room(&self, free: usize, add: usize) -> Result<(), ScriptError> {
        let got = (self.memory - free).saturating_add(add);
        if got > self.max_memory {
            return Err(ScriptError::StackMemory { got, limit: self.max_memory });
        }
        Ok(())
    }

    fn grow(&mut self, added: usize) -> Result<(), ScriptError> {
        self.check_room(0, added)?;
        self.memory += added;
        self.peak_memory = self.peak_memory.max(self.memory);
        Ok(())
    }

    pub(crate) fn push(&mut self, element: Element) -> Result<(), ScriptError> {
        self.insert(0, element)
    }

    /// Puts `element` under the `depth` top ones.
    pub(crate) fn insert(&mut self, depth: usize, element: Element) -> Result<(), ScriptError> {
        self.need(depth)?;
        self.grow(charge(element.len()))?;
        let at = self.main.len() - depth;
        self.main.insert(at, element);
        self.peak_items = self.peak_items.max(self.main.len() + self.alt.len());
        Ok(())
    }

    /// Pushes a copy of the element at `depth`.
    pub(crate) fn pick(&mut self, depth: usize) -> Result<(), ScriptError> {
        // Copied only once there is room for it.
        let len = self.peek(depth)?.len();
        self.check_room(0, charge(len))?;
        let copy = self.peek(depth)?.clone();
        self.push(copy)
    }

    pub(crate) fn remove(&mut self, depth: usize) -> Result<Element, ScriptError> {
        self.need(depth + 1)?;
        let element = self.main.remove(self.main.len() - 1 - depth);
        self.memory -= charge(element.len());
        Ok(element)
    }

    pub(crate) fn pop(&mut self) -> Result<Element, ScriptError> {
        self.remove(0)
    }

    /// Moves the element at `depth` to the top.
    pub(crate) fn roll(&mut self, depth: usize) -> Result<(), ScriptError> {
        self.need(depth + 1)?;
        let at = self.main.len() - 1 - depth;
        self.main[at..].rotate_left(1);
        Ok(())
    }

    /// Moves the `count` elements under the `above` top ones to the top, in order.
    pub(crate) fn roll_many(&mut self, count: usize, above: usize) -> Result<(), ScriptError> {
        self.need(count + above)?;
        let at = self.main.len() - count - above;
        self.main[at..].rotate_left(count);
        Ok(())
    }

    /// Takes away the `count` top elements.
    pub(crate) fn drop_many(&mut self, count: usize) -> Result<(), ScriptError> {
        self.need(count)?;
        for element in self.main.drain(self.main.len() - count..) {
            self.memory -= charge(element.len());
        }
        Ok(())
    }

    /// Replaces the `count` top elements by one. Fails with the stack unchanged.
    pub(crate) fn replace(&mut self, count: usize, element: Element) -> Result<(), ScriptError> {
        self.need(count)?;
        let freed = self.main[self.main.len() - count..].iter().map(|e| charge(e.len())).sum();
        self.check_room(freed, charge(element.len()))?;
        self.drop_many(count)?;
        self.push(element)
    }

    pub(crate) fn move_to_alt(&mut self) -> Result<(), ScriptError> {
        self.need(1)?;
        self.alt.extend(self.main.pop());
        Ok(())
    }

    pub(crate) fn move_from_alt(&mut self) -> Result<(), ScriptError> {
        self.main.push(self.alt.pop().ok_or(ScriptError::AltStackEmpty)?);
        Ok(())
    }

    /// Empties the alternative stack, as between two scripts. Its charge stays, as in the node, which drops it without
    /// giving anything back.
    pub(crate) fn drop_alt(&mut self) {
        self.alt.clear();
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn memory__every_change__is_the_sum_over_both_stacks() {
        let mut stacks = Stacks::new(1_000);
        for len in [0, 10, 20, 30] {
            stacks.push(vec![1; len].into()).expect("there is room");
        }
        stacks.move_to_alt().expect("an element");
        stacks.pick(2).expect("an element");
        stacks.roll(1).expect("an element");
        stacks.replace(2, vec![7; 5].into()).expect("there is room");
        let sum: usize = stacks.main().iter().chain(stacks.alt()).map(|e| e.len() + 32).sum();
        assert_eq!(stacks.memory(), sum);
        assert_eq!(stacks.peak_items(), 5);
        assert_eq!(stacks.peak_memory(), 10 + 20 + 30 + 5 * 32);
        stacks.drop_alt();
        assert_eq!((stacks.memory(), stacks.alt().len()), (sum, 0));
    }

    #[test]
    fn memory__one_byte_over__is_refused_and_nothing_changes() {
        let mut stacks = Stacks::new(100);
        stacks.push(vec![1; 36].into()).expect("68 of 100 bytes");
        let refused = stacks.push(vec![1; 1].into());
        assert_eq!(refused, Err(ScriptError::StackMemory { got: 101, limit: 100 }));
        assert_eq!(stacks.replace(1, vec![1; 69].into()), Err(ScriptError::StackMemory { got: 101, limit: 100 }));
        assert_eq!((stacks.memory(), stacks.main().len()), (68, 1));
        stacks.push(Vec::new().into()).expect("exactly 100 bytes");
        assert_eq!(stacks.memory(), 100);
    }
}
