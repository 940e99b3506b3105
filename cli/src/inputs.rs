//! What a network is shown: images by number or file, or integers.

use crate::advice::Advise as _;
use crate::args::InputArgs;
use crate::values::Indexes;
use crate::{bundled, files, image_file};
use anyhow::{Context as _, anyhow, bail};
use model_import::zkml::read_zkml_input;
use prover::model::InputSpec;
use prover::{Image, Model, Tensor};
use serde_json::Value;
use std::path::Path;

/// Room for 2^20 integers.
const MAX_LEN: u64 = 32 << 20;

/// An input of a network.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) tensor: Tensor,
    /// The image that it was, if it was one.
    pub(crate) image: Option<Image>,
}

/// Reads every input named, in order.
pub(crate) fn read(args: &InputArgs, model: &Model) -> anyhow::Result<Vec<Input>> {
    let spec = model.input();
    let images: Vec<Image> = if !args.image_index.is_empty() {
        by_index(&args.image_index)?
    } else if !args.image.is_empty() {
        let read = |path| image_file::read(path).advise("save the digit as a 28x28 grey PGM, white on black");
        args.image.iter().map(|path| read(path)).collect::<Result<_, _>>()?
    } else if !args.tensor.is_empty() {
        return args.tensor.iter().map(|path| read_tensor(path, spec)).collect();
    } else {
        // The argument group asks for exactly one kind.
        bail!("no input given: add --image-index, --image or --tensor");
    };
    images.into_iter().map(|image| of_image(image, spec)).collect()
}

/// The input that a network makes of an image.
pub(crate) fn of_image(image: Image, spec: &InputSpec) -> anyhow::Result<Input> {
    let tensor = spec.tensor(&image).advise("give its input as integers with --tensor FILE")?;
    Ok(Input { tensor, image: Some(image) })
}

fn by_index(indexes: &[Indexes]) -> anyhow::Result<Vec<Image>> {
    let set = bundled::test_set()?;
    let image = |index: usize| {
        let expected = || format!("--image-index is {index}, expected 0 to {}", set.len().saturating_sub(1));
        Ok(set.get(index).with_context(expected)?.0.clone())
    };
    indexes.iter().flat_map(Indexes::iter).map(image).collect()
}

fn read_tensor(path: &Path, spec: &InputSpec) -> anyhow::Result<Input> {
    let bytes = files::read(path, MAX_LEN)?;
    let is_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let tensor =
        if is_json { of_json(&bytes, spec) } else { read_zkml_input(spec, &bytes).map_err(anyhow::Error::from) };
    let tensor = tensor.with_context(|| format!("{} is not an input of this network", path.display())).advise(
        format_args!(
            "give a JSON list of {} integers from {} to {}, channel after channel and row after row, or zkml's inp.msgpack",
            spec.shape.n_values(),
            spec.min,
            spec.max
        ),
    )?;
    Ok(Input { tensor, image: None })
}

/// A list of integers, or of lists of them, whose nesting says nothing.
fn of_json(bytes: &[u8], spec: &InputSpec) -> anyhow::Result<Tensor> {
    fn flatten(value: &Value, values: &mut Vec<i64>) -> anyhow::Result<()> {
        match value {
            Value::Array(list) => list.iter().try_for_each(|value| flatten(value, values)),
            other => {
                let expected = || anyhow!("value {} is {other}, expected an integer", values.len());
                values.push(other.as_i64().ok_or_else(expected)?);
                Ok(())
            }
        }
    }
    let mut values = Vec::new();
    flatten(&serde_json::from_slice(bytes)?, &mut values)?;
    Ok(spec.tensor_of(values)?)
}
