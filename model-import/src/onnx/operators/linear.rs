//! Conv, Gemm, MatMul and BatchNormalization.

use super::pool::MAX_STRIDE;
use super::{Call, Value};
use crate::error::ImportError;
use crate::onnx::graph::{Affine, Linear, LinearKind, Op, Window};
use crate::onnx::tensor::{MAX_ELEMENTS, Tensor};
use prover::model::Shape;

impl Call<'_> {
    pub(super) fn conv(&mut self) -> Result<Value, ImportError> {
        let (source, shape) = self.planes(0)?;
        let weights = self.constant(1)?;
        let groups = self.attributes.int("group")?.unwrap_or(1);
        let [out_channels, row_channels, kh, kw] = weights.dims[..] else {
            let found = format!("{} dimensions", weights.dims.len());
            return Err(self.at_input(1).refused(found, "4: [out, in / groups, height, width]", "use Conv2d"));
        };
        let groups = usize::try_from(groups).ok().filter(|groups| {
            *groups > 0 && groups.checked_mul(row_channels) == Some(shape.channels) && out_channels.is_multiple_of(*groups)
        });
        let groups = groups.ok_or_else(|| {
            let expected = format!("a number of groups that fits {} channels and weights {:?}", shape.channels, weights.dims);
            self.attributes.at("group").refused("another number", expected, "export the model again")
        })?;
        let kernel = [kh, kw];
        if let Some(found) = self.attributes.ints("kernel_shape")? {
            let fits = found.len() == 2 && kernel.iter().zip(&found).all(|(k, found)| i64::try_from(*k) == Ok(*found));
            let expected = format!("{kernel:?}, the weights'");
            self.attributes.at("kernel_shape").check(fits, format_args!("{found:?}"), expected, "export the model again")?;
        }
        let window = self.window(shape, kernel)?;
        let output = self.windows(&window, shape, out_channels)?;
        let biases = self.biases(2, out_channels)?;
        let kind = LinearKind::Conv { window, groups };
        let linear = Linear { kind, weights: weights.to_floats(), biases };
        let source = self.push(Op::Linear(linear), vec![source], output)?;
        Ok(Value::Activation { source, dims: vec![1, output.channels, output.height, output.width] })
    }

    /// The biases in input `k`: one per row, or the same for all, or none.
    fn biases(&self, k: usize, n_rows: usize) -> Result<Vec<f64>, ImportError> {
        let Some(tensor) = self.optional_constant(k)? else { return Ok(vec![0.0; n_rows]) };
        let values = tensor.to_floats();
        if let [value] = values[..] {
            return Ok(vec![value; n_rows]);
        }
        let is_row = values.len() == n_rows && tensor.dims.last() == Some(&n_rows);
        let (found, expected) = (format!("shape {:?}", tensor.dims), format!("[{n_rows}], one bias per output"));
        self.at_input(k).check(is_row, found, expected, "export the model again")?;
        Ok(values)
    }

    pub(super) fn gemm(&mut self) -> Result<Value, ImportError> {
        self.attributes.expect_int("transA", 0, "transpose the weights instead")?;
        let is_transposed = match self.attributes.int("transB")?.unwrap_or(0) {
            0 => false,
            1 => true,
            found => return Err(self.attributes.at("transB").refused(found, "0 or 1", "export the model again")),
        };
        let [alpha, beta] = [self.factor("alpha")?, self.factor("beta")?];
        let (_, dims) = self.activation(0)?;
        self.at_input(0).check(dims.len() == 2, format_args!("shape {dims:?}"), "[1, inputs]", "add a Flatten before it")?;
        let mut rows = self.rows(1, is_transposed)?;
        rows.iter_mut().flatten().for_each(|weight| *weight *= alpha);
        let biases = self.biases(2, rows.len())?.into_iter().map(|bias| bias * beta).collect();
        self.dense(rows, biases)
    }

    fn factor(&mut self, name: &str) -> Result<f64, ImportError> {
        let factor = self.attributes.float(name)?.unwrap_or(1.0);
        self.attributes.at(name).check(factor.is_finite(), factor, "a finite number", "export the model again")?;
        Ok(factor)
    }

    pub(super) fn mat_mul(&mut self) -> Result<Value, ImportError> {
        let rows = self.rows(1, false)?;
        let biases = vec![0.0; rows.len()];
        self.dense(rows, biases)
    }

    /// The weights in input `k`, a matrix `[inputs, outputs]` or its transpose, as one row per output.
    fn rows(&self, k: usize, is_transposed: bool) -> Result<Vec<Vec<f64>>, ImportError> {
        let matrix = self.constant(k)?;
        let [height, width] = matrix.dims[..] else {
            let found = format!("shape {:?}", matrix.dims);
            return Err(self.at_input(k).refused(found, "a matrix of weights", "export the model again"));
        };
        let values = matrix.to_floats();
        Ok(if is_transposed {
            values.chunks_exact(width).map(<[f64]>::to_vec).collect()
        } else {
            (0..width).map(|output| (0..height).map(|input| values[input * width + output]).collect()).collect()
        })
    }

    /// A dense layer on input 0, whose dimensions but the last are 1.
    fn dense(&mut self, rows: Vec<Vec<f64>>, biases: Vec<f64>) -> Result<Value, ImportError> {
        let (source, dims) = self.activation(0)?;
        let n_inputs = rows.first().map_or(0, Vec::len);
        let fits = dims.last() == Some(&n_inputs) && dims.iter().product::<usize>() == n_inputs;
        let expected = format!("[1, {n_inputs}], one value per row of the weights");
        self.at_input(0).check(fits, format_args!("shape {dims:?}"), expected, "flatten before it, or check the weights")?;
        let mut output_dims = dims.to_vec();
        output_dims.pop();
        output_dims.push(rows.len());
        let shape = Shape::flat(rows.len());
        let linear = Linear { kind: LinearKind::Dense, weights: rows.concat(), biases };
        let source = self.push(Op::Linear(linear), vec![source], shape)?;
        Ok(Value::Activation { source, dims: output_dims })
    }

    pub(super) fn batch_normalization(&mut self) -> Result<Value, ImportError> {
        self.attributes.expect_int("training_mode", 0, "call model.eval() before exporting")?;
        self.attributes.expect_int("spatial", 1, "export with a newer operator set")?;
        self.attributes.ignore("momentum");
        let epsilon = self.attributes.float("epsilon")?.unwrap_or(1e-5);
        let (_, dims) = self.activation(0)?;
        let n_channels = dims.get(1).copied().unwrap_or(0);
        let parameter = |k: usize| {
            let tensor = self.constant(k)?;
            let (found, expected) = (format!("shape {:?}", tensor.dims), format!("[{n_channels}], one per channel"));
            self.at_input(k).check(tensor.dims == [n_channels], found, expected, "export the model again")?;
            Ok(tensor.to_floats())
        };
        let [scale, shift, mean, variance] = [parameter(1)?, parameter(2)?, parameter(3)?, parameter(4)?];
        let mut affine = Affine { factors: Vec::with_capacity(n_channels), shifts: Vec::with_capacity(n_channels) };
        for channel in 0..n_channels {
            let spread = variance[channel] + epsilon;
            let place = self.at_input(4).at(format_args!("element {channel}"));
            place.check(spread > 0.0, spread, "a variance that is positive with epsilon", "export the model again")?;
            let factor = scale[channel] / spread.sqrt();
            affine.factors.push(factor);
            affine.shifts.push(shift[channel] - mean[channel] * factor);
        }
        self.affine(affine)
    }

    /// Height and width of what `window` writes, as a shape.
    pub(super) fn windows(&self, window: &Window, shape: Shape, channels: usize) -> Result<Shape, ImportError> {
        let output = window.output(shape).map(|[height, width]| Shape { channels, height, width });
        let fitting = output.filter(|output| output.n_values() <= MAX_ELEMENTS);
        fitting.ok_or_else(|| {
            let expected = format!(
                "windows that fit into {shape}, steps of at most {MAX_STRIDE}, and at most {MAX_ELEMENTS} values in all"
            );
            self.place.at("windows").refused(format_args!("{window:?}"), expected, "check kernel, strides and pads")
        })
    }
}

/// The values of `tensor`, one per entry of `axis` in a tensor of dimensions `dims`: a constant of one element stands
/// for all, any other must have no other axis.
pub(super) fn along(tensor: &Tensor, dims: &[usize], axis: usize) -> Option<Vec<f64>> {
    let values = tensor.to_floats();
    if let [value] = values[..] {
        let n_values = *dims.get(axis)?;
        return (tensor.dims.len() <= dims.len()).then(|| vec![value; n_values]);
    }
    // Dimensions are aligned at the last one; missing ones are 1.
    let missing = dims.len().checked_sub(tensor.dims.len())?;
    let dim_of = |k: usize| k.checked_sub(missing).map_or(1, |k| tensor.dims[k]);
    let fits = (0..dims.len()).all(|k| dim_of(k) == if k == axis { dims[k] } else { 1 });
    fits.then_some(values)
}
