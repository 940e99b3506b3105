//! Scripts as text: assembly and the templates that lay it out.

pub(crate) mod asm;
pub(crate) mod template;

pub use asm::{AsmError, assemble, disassemble};
pub use template::TemplateError;
