//! Scripts, their text, and contracts.

use crate::{Outcome, as_text};
use chain_types::{Instructions, ScriptDecodeError};
use script_gen::{ContractArtifact, ContractDefinition, assemble, disassemble};

pub(crate) fn instructions(bytes: &[u8]) -> Outcome {
    let decoded: Result<Vec<_>, ScriptDecodeError> = Instructions::new(bytes).collect();
    let text = disassemble(bytes);
    assert_eq!(decoded.is_ok(), text.is_ok(), "text exists exactly for what can be decoded");
    decoded.into()
}

pub(crate) fn text(bytes: &[u8]) -> Outcome {
    as_text(bytes, |text| {
        let script = assemble(text)?;
        // Assembly makes whole instructions with the shortest pushes, so nothing is lost on the way back.
        let text = disassemble(&script).expect("assembled scripts are whole");
        assert_eq!(assemble(&text), Ok(script));
        Ok::<_, script_gen::AsmError>(())
    })
}

pub(crate) fn contract_definition(bytes: &[u8]) -> Outcome {
    as_text(bytes, ContractDefinition::parse)
}

pub(crate) fn contract_artifact(bytes: &[u8]) -> Outcome {
    as_text(bytes, |text| {
        let (artifact, _) = ContractArtifact::parse(text)?;
        assert!(ContractArtifact::parse(&artifact.to_json()).is_ok(), "what was read can be written and read");
        Ok::<_, script_gen::ArtifactError>(())
    })
}
