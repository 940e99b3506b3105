//! Add, Sub, Mul, Div, Pow, Relu and Clip.

use super::linear::along;
use super::{Call, Value};
use crate::error::ImportError;
use crate::onnx::graph::{Affine, Op, Source};
use prover::model::Shape;

impl Call<'_> {
    pub(super) fn add(&mut self) -> Result<Value, ImportError> {
        self.commutative(Op::Add, |constant| (1.0, constant))
    }

    pub(super) fn mul(&mut self) -> Result<Value, ImportError> {
        self.commutative(Op::Product, |constant| (constant, 0.0))
    }

    pub(super) fn sub(&mut self) -> Result<Value, ImportError> {
        match self.input(0)? {
            Value::Constant(_) => self.with_constant(0, 1, |constant| (-1.0, constant)),
            _ => self.with_constant(1, 0, |constant| (1.0, -constant)),
        }
    }

    pub(super) fn div(&mut self) -> Result<Value, ImportError> {
        let divisors = self.constant(1)?.to_floats();
        let place = self.at_input(1);
        place.check(divisors.iter().all(|divisor| *divisor != 0.0), "a zero", "no zeros", "export the model again")?;
        self.with_constant(1, 0, |constant| (constant.recip(), 0.0))
    }

    /// An operation on two computed tensors of one shape, or on one and a constant, in either order.
    fn commutative(&mut self, op: Op, affine: fn(f64) -> (f64, f64)) -> Result<Value, ImportError> {
        match (self.input(0)?, self.input(1)?) {
            (_, Value::Constant(_)) => self.with_constant(1, 0, affine),
            (Value::Constant(_), _) => self.with_constant(0, 1, affine),
            _ => {
                let ((a, a_dims), (b, b_dims)) = (self.activation(0)?, self.activation(1)?);
                let expected = format!("shape {a_dims:?}, that of the other input");
                let found = format!("shape {b_dims:?}");
                self.at_input(1).check(a_dims == b_dims, found, expected, "repeat the values when exporting")?;
                let (a, b) = if self.network.shape(a) == self.network.shape(b) {
                    (a, b)
                } else {
                    (self.flat(a)?.0, self.flat(b)?.0)
                };
                let shape = self.network.shape(a);
                let source = self.push(op, vec![a, b], shape)?;
                Ok(Value::Activation { source, dims: a_dims.to_vec() })
            }
        }
    }

    /// Constant `k` with the computed tensor in input `x`: `affine` tells factor and shift for each of its elements.
    fn with_constant(&mut self, k: usize, x: usize, affine: fn(f64) -> (f64, f64)) -> Result<Value, ImportError> {
        let tensor = self.constant(k)?;
        let (source, dims) = self.activation(x)?;
        let axis = channel_axis(self.network.shape(source), dims);
        let values = along(tensor, dims, axis).ok_or_else(|| {
            let expected = format!("one number, or one per entry of axis {axis} of {dims:?}");
            self.at_input(k).refused(format_args!("shape {:?}", tensor.dims), expected, "use one number per channel")
        })?;
        let (factors, shifts) = values.into_iter().map(affine).unzip();
        self.affine_on(x, Affine { factors, shifts })
    }

    /// An affine map per channel of input 0.
    pub(super) fn affine(&mut self, affine: Affine) -> Result<Value, ImportError> {
        self.affine_on(0, affine)
    }

    fn affine_on(&mut self, x: usize, affine: Affine) -> Result<Value, ImportError> {
        let finite = affine.factors.iter().chain(&affine.shifts).all(|value| value.is_finite());
        self.place.check(finite, "a factor or shift that overflows", "finite numbers", "export the model again")?;
        let (source, dims) = self.activation(x)?;
        let shape = self.network.shape(source);
        let (source, shape): (Source, Shape) = if is_planes(shape, dims) { (source, shape) } else { self.flat(source)? };
        let expected = format!("one number for each of the {} channels", shape.channels);
        let found = format!("{} numbers for shape {dims:?}", affine.factors.len());
        self.place.check(affine.factors.len() == shape.channels, found, expected, "export the model again")?;
        let source = self.push(Op::Affine(affine), vec![source], shape)?;
        Ok(Value::Activation { source, dims: dims.to_vec() })
    }

    /// Only the square: there is no other power among the model's operations.
    pub(super) fn pow(&mut self) -> Result<Value, ImportError> {
        let exponent = self.optional_scalar(1)?;
        let found = exponent.map_or_else(|| "left out".to_owned(), |exponent| exponent.to_string());
        self.at_input(1).check(exponent == Some(2.0), found, "2", "write other powers as products")?;
        let (source, dims) = self.activation(0)?;
        let shape = self.network.shape(source);
        let source = self.push(Op::Product, vec![source, source], shape)?;
        Ok(Value::Activation { source, dims: dims.to_vec() })
    }

    pub(super) fn relu(&mut self) -> Result<Value, ImportError> {
        self.rectified(None)
    }

    /// `Clip(0, max)`, which is what ReLU6 is exported as.
    pub(super) fn clip(&mut self) -> Result<Value, ImportError> {
        let min = self.attributes.float("min")?.or(self.optional_scalar(1)?);
        let found = min.map_or_else(|| "none".to_owned(), |min| min.to_string());
        self.place.at("min").check(min == Some(0.0), found, "0, as in ReLU and ReLU6", "use ReLU or ReLU6")?;
        // Exporters write the largest float where there is no limit.
        let max = self.attributes.float("max")?.or(self.optional_scalar(2)?).filter(|max| *max < 1e38);
        let is_positive = max.is_none_or(|max| max > 0.0);
        let found = max.unwrap_or_default();
        self.place.at("max").check(is_positive, found, "a positive number", "use ReLU or ReLU6")?;
        self.rectified(max)
    }

    fn rectified(&mut self, max: Option<f64>) -> Result<Value, ImportError> {
        let (source, dims) = self.activation(0)?;
        let shape = self.network.shape(source);
        let source = self.push(Op::Relu { max }, vec![source], shape)?;
        Ok(Value::Activation { source, dims: dims.to_vec() })
    }
}

fn is_planes(shape: Shape, dims: &[usize]) -> bool {
    *dims == [1, shape.channels, shape.height, shape.width]
}

/// The axis of the channels: the second one of planes, that of the values of a flat tensor.
fn channel_axis(shape: Shape, dims: &[usize]) -> usize {
    if is_planes(shape, dims) {
        return 1;
    }
    dims.iter().position(|dim| *dim != 1).unwrap_or(dims.len().saturating_sub(1))
}
