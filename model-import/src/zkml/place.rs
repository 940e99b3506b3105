//! Where a zkml layer is, its parameters, and what its kernel does to a plane.

use super::files::{LayerEntry as ZkmlLayer, MODEL, refused};
use super::graph::Sliding;
use crate::ImportError;
use crate::error::require;
use core::fmt::Display;

/// What follows a layer's sum, by zkml's (and TensorFlow Lite's) number for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    None,
    Relu,
    Relu6,
}

/// A layer, and where it is for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) idx: usize,
    pub(super) layer: &'a ZkmlLayer,
}

impl<'a> Place<'a> {
    pub(super) fn field(&self, field: &str) -> String {
        format!("layers[{}] ({}).{field}", self.idx, self.layer.layer_type)
    }

    pub(super) fn check(
        &self,
        holds: bool,
        field: &str,
        found: impl Display,
        expected: impl Display,
        advice: &str,
    ) -> Result<(), ImportError> {
        require(holds, MODEL, || self.field(field), found, expected, advice)
    }

    /// Name of the model's layer that does `part` of this one.
    pub(super) fn name(&self, part: &str) -> String {
        format!("l{}_{part}", self.idx)
    }

    /// Exactly `N` parameters.
    pub(super) fn params<const N: usize>(&self) -> Result<[i64; N], ImportError> {
        let params = &self.layer.params;
        params.as_slice().try_into().map_err(|_| {
            let expected = format_args!("{N} parameters");
            refused(MODEL, self.field("params"), params.len(), expected, "convert the network again")
        })
    }

    pub(super) fn activation(
        &self,
        param: usize,
        number: i64,
        relu6: Option<Activation>,
    ) -> Result<Activation, ImportError> {
        let read = match number {
            0 => Some(Activation::None),
            1 => Some(Activation::Relu),
            3 => relu6,
            _ => None,
        };
        read.ok_or_else(|| {
            let expected = if relu6.is_some() { "0 (none), 1 (ReLU) or 3 (ReLU6)" } else { "0 (none) or 1 (ReLU)" };
            let advice = "use an activation that zkml proves for this layer";
            refused(MODEL, self.field(&format!("params[{param}]")), number, expected, advice)
        })
    }

    /// Two positive extents from `params[first..]`.
    pub(super) fn pair(&self, first: usize, numbers: [i64; 2]) -> Result<[u32; 2], ImportError> {
        let mut pair = [0; 2];
        for (axis, (extent, number)) in pair.iter_mut().zip(numbers).enumerate() {
            let read = u32::try_from(number).ok().filter(|extent| (1..=1 << 16).contains(extent));
            let field = self.field(&format!("params[{}]", first + axis));
            *extent = read.ok_or_else(|| refused(MODEL, field, number, "1 to 2^16", "convert the network again"))?;
        }
        Ok(pair)
    }

    /// Window and result of a kernel that keeps inside the plane, as zkml's pools and convolutions with padding `VALID` do.
    pub(super) fn inside(
        &self,
        plane: [u32; 2],
        kernel: [u32; 2],
        stride: [u32; 2],
    ) -> Result<(Sliding, [u32; 2]), ImportError> {
        let fits = kernel[0] <= plane[0] && kernel[1] <= plane[1];
        let expected = format_args!("at most {plane:?}, the plane it reads");
        self.check(fits, "params", format_args!("a kernel of {kernel:?}"), expected, "convert the network again")?;
        let steps = [plane[0] - kernel[0], plane[1] - kernel[1]];
        let drop_remainder = steps[0] % stride[0] + steps[1] % stride[1] > 0;
        let out = [steps[0] / stride[0] + 1, steps[1] / stride[1] + 1];
        Ok((Sliding { kernel, stride, padding: [0; 4], drop_remainder }, out))
    }

    /// Window and result of a kernel with padding `SAME`. The rows are padded as zkml does it: by its column stride.
    pub(super) fn same(
        &self,
        plane: [u32; 2],
        kernel: [u32; 2],
        stride: [u32; 2],
    ) -> Result<(Sliding, [u32; 2]), ImportError> {
        let pad = |axis: usize| match plane[axis] % stride[axis] {
            0 => kernel[axis].saturating_sub(stride[1]),
            rest => kernel[axis].saturating_sub(rest),
        };
        let pads = [pad(0), pad(1)];
        let padded = [plane[0] + pads[0], plane[1] + pads[1]];
        let (window, out) = self.inside(padded, kernel, stride)?;
        let full = [plane[0].div_ceil(stride[0]), plane[1].div_ceil(stride[1])];
        let advice = "use equal strides in both directions";
        self.check(out == full, "params", format_args!("padding SAME to {out:?}"), format_args!("{full:?}"), advice)?;
        let [top, left] = [pads[0] / 2, pads[1] / 2];
        Ok((Sliding { padding: [top, left, pads[0] - top, pads[1] - left], ..window }, out))
    }
}
