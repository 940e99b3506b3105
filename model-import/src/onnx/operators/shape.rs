//! Operators that change no value: Flatten, Reshape, Squeeze, Unsqueeze, Dropout, Cast, Constant.

use super::{Call, Value, normal_axis};
use crate::error::ImportError;
use crate::onnx::proto::DataType;
use crate::onnx::tensor::{Elements, Tensor, dimensions};

impl Call<'_> {
    /// Input 0 with other dimensions. The values keep their order, whatever the dimensions.
    fn reshaped(&self, dims: Vec<usize>) -> Result<Value, ImportError> {
        let input = self.input(0)?;
        let before = input.dims();
        let fits = dims.iter().product::<usize>() == before.iter().product::<usize>();
        let (found, expected) = (format!("shape {dims:?}"), format!("as many values as {before:?} has"));
        self.place.check(fits, found, expected, "export the model again")?;
        Ok(match input.clone() {
            Value::Constant(tensor) => Value::Constant(Tensor { dims, elements: tensor.elements }),
            Value::Activation { source, .. } => Value::Activation { source, dims },
            Value::Verdict { source, operator, .. } => Value::Verdict { source, dims, operator },
        })
    }

    pub(super) fn flatten(&mut self) -> Result<Value, ImportError> {
        let dims = self.input(0)?.dims();
        let axis = self.attributes.int("axis")?.unwrap_or(1);
        let rank = i64::try_from(dims.len()).unwrap_or(0);
        // The axis may be the rank itself, for one behind the last.
        let normal = if axis == rank { Some(dims.len()) } else { normal_axis(axis, dims.len()) };
        let normal = normal.ok_or_else(|| {
            let expected = format!("an axis of {dims:?}");
            self.attributes.at("axis").refused(axis, expected, "export the model again")
        })?;
        let (before, after) = dims.split_at(normal);
        self.reshaped(vec![before.iter().product(), after.iter().product()])
    }

    pub(super) fn reshape(&mut self) -> Result<Value, ImportError> {
        let before = self.input(0)?.dims();
        let attribute = self.attributes.ints("shape")?;
        let shape = attribute.as_deref().or(self.optional_ints(1)?).unwrap_or(&[]);
        let keeps_zeros = self.attributes.int("allowzero")?.unwrap_or(0) != 0;
        let place = self.place.at("shape");
        let found = format!("{shape:?}");
        let expected = format!("at most one -1 and as many values as {before:?} has");
        let refused = || place.refused(&found, &expected, "use torch.flatten(x, 1) or a fixed shape");
        let copied = |(axis, dim): (usize, &i64)| match (*dim, before.get(axis)) {
            (0, Some(before)) if !keeps_zeros => i64::try_from(*before).unwrap_or(0),
            (dim, _) => dim,
        };
        let mut dims: Vec<i64> = shape.iter().enumerate().take(9).map(copied).collect();
        if let Some(open) = dims.iter().position(|dim| *dim == -1) {
            dims[open] = 1;
            let rest: usize = dimensions(&place, &dims)?.iter().product();
            let n_values: usize = before.iter().product();
            if !n_values.is_multiple_of(rest) {
                return Err(refused());
            }
            dims[open] = i64::try_from(n_values / rest).map_err(|_| refused())?;
        }
        self.reshaped(dimensions(&place, &dims)?)
    }

    /// The axes of a Squeeze or Unsqueeze whose result or input has `rank` dimensions.
    fn axes(&mut self, rank: impl Fn(usize) -> usize) -> Result<Option<Vec<usize>>, ImportError> {
        let attribute = self.attributes.ints("axes")?;
        let Some(axes) = attribute.as_deref().or(self.optional_ints(1)?) else { return Ok(None) };
        let expected = "at most 8 axes of the tensor";
        let place = self.place.at("axes");
        let normal = (axes.len() <= 8).then(|| {
            let rank = rank(axes.len());
            axes.iter().map(|axis| normal_axis(*axis, rank)).collect::<Option<Vec<_>>>()
        });
        let found = || format!("{:?}", &axes[..axes.len().min(9)]);
        normal.flatten().map(Some).ok_or_else(|| place.refused(found(), expected, "export the model again"))
    }

    pub(super) fn squeeze(&mut self) -> Result<Value, ImportError> {
        let dims = self.input(0)?.dims();
        let axes = self.axes(|_| dims.len())?;
        let goes = |(axis, dim): (usize, &usize)| match &axes {
            Some(axes) => axes.contains(&axis),
            None => *dim == 1,
        };
        let left = dims.iter().enumerate().filter(|entry| !goes(*entry)).map(|(_, dim)| *dim).collect();
        self.reshaped(left)
    }

    pub(super) fn unsqueeze(&mut self) -> Result<Value, ImportError> {
        let mut dims = self.input(0)?.dims().to_vec();
        let rank = dims.len();
        let axes = self.axes(|n_axes| rank + n_axes)?;
        let mut axes =
            axes.ok_or_else(|| self.place.at("axes").refused("missing", "axes", "export the model again"))?;
        axes.sort_unstable();
        for axis in axes {
            // Sorted, so that each lies within what has been built unless one is named twice.
            if axis > dims.len() {
                return Err(self.place.at("axes").refused(axis, "different axes", "export the model again"));
            }
            dims.insert(axis, 1);
        }
        let expected = "at most 8 dimensions";
        self.place.check(
            dims.len() <= 8,
            format_args!("{} dimensions", dims.len()),
            expected,
            "export the model again",
        )?;
        self.reshaped(dims)
    }

    /// Nothing is dropped when a network is used.
    pub(super) fn dropout(&mut self) -> Result<Value, ImportError> {
        self.attributes.ignore("ratio");
        self.attributes.ignore("seed");
        let is_training = self.optional(2).is_some();
        let expected = "left out, for inference";
        self.at_input(2).check(!is_training, "training_mode given", expected, "call model.eval() before exporting")?;
        self.input(0).cloned()
    }

    /// To floats anything may be cast: all numbers here are doubles. Of other casts only that of constant integers changes nothing.
    pub(super) fn cast(&mut self) -> Result<Value, ImportError> {
        let to = self.attributes.int("to")?.unwrap_or(0);
        // It concerns 8-bit floats, which are refused.
        self.attributes.ignore("saturate");
        let to_type = i32::try_from(to).ok().and_then(|to| DataType::try_from(to).ok());
        let (expected, advice) = ("1 (float32) or 11 (float64)", "compute with floats throughout");
        match (to_type, self.input(0)?) {
            (Some(DataType::Float | DataType::Double), Value::Constant(tensor)) => {
                Tensor::floats(self.place, tensor.dims.clone(), tensor.to_floats()).map(Value::Constant)
            }
            (Some(DataType::Float | DataType::Double), value) => Ok(value.clone()),
            (Some(DataType::Int64 | DataType::Int32), value @ Value::Constant(tensor))
                if matches!(*tensor.elements, Elements::Ints(_)) =>
            {
                Ok(value.clone())
            }
            _ => Err(self.attributes.at("to").refused(to, expected, advice)),
        }
    }

    pub(super) fn constant_node(&mut self) -> Result<Value, ImportError> {
        let tensor = if let Some(proto) = self.attributes.tensor("value")? {
            Tensor::read(&self.attributes.at("value"), &proto)?
        } else if let Some(value) = self.attributes.float("value_float")? {
            Tensor::floats(&self.attributes.at("value_float"), vec![], vec![value])?
        } else if let Some(values) = self.attributes.floats("value_floats")? {
            Tensor::floats(&self.attributes.at("value_floats"), vec![values.len()], values)?
        } else if let Some(value) = self.attributes.int("value_int")? {
            Tensor::ints(vec![], vec![value])
        } else if let Some(values) = self.attributes.ints("value_ints")? {
            Tensor::ints(vec![values.len()], values)
        } else {
            let expected = "value, value_float, value_floats, value_int or value_ints";
            return Err(self.place.at("attributes").refused("none of these", expected, "export the model again"));
        };
        Ok(Value::Constant(tensor))
    }
}

impl Value {
    fn dims(&self) -> &[usize] {
        match self {
            Self::Constant(tensor) => &tensor.dims,
            Self::Activation { dims, .. } | Self::Verdict { dims, .. } => dims,
        }
    }
}
