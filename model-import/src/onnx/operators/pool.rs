//! MaxPool, AveragePool, GlobalAveragePool and ReduceMean, and the windows they share with Conv.

use super::{Call, Value, normal_axis};
use crate::error::ImportError;
use crate::onnx::graph::{Op, Window};
use prover::model::Shape;

/// Longest step of a window.
pub(super) const MAX_STRIDE: usize = 1 << 16;

impl Call<'_> {
    /// The attributes that say where windows of size `kernel` lie on planes of `shape`.
    pub(super) fn window(&mut self, shape: Shape, kernel: [usize; 2]) -> Result<Window, ImportError> {
        if let Some(dilations) = self.attributes.ints("dilations")? {
            let holds = dilations.iter().all(|dilation| *dilation == 1);
            let found = format!("{dilations:?}");
            self.attributes.at("dilations").check(holds, found, "1 on both axes", "use a network without dilations")?;
        }
        let stride = match self.sizes("strides", MAX_STRIDE)? {
            Some(strides) => strides,
            None => [1, 1],
        };
        let explicit = self.attributes.ints("pads")?;
        let padding = match self.attributes.text("auto_pad")?.as_deref() {
            None | Some("NOTSET") => self.pads(explicit.as_deref().unwrap_or(&[0; 4]), kernel)?,
            Some("VALID") => [0; 4],
            Some(same @ ("SAME_UPPER" | "SAME_LOWER")) => {
                let pad = |side: usize, k: usize, stride: usize| {
                    let total = ((side.div_ceil(stride) - 1) * stride + k).saturating_sub(side);
                    let (less, more) = (total / 2, total - total / 2);
                    if same == "SAME_UPPER" { (less, more) } else { (more, less) }
                };
                let (top, bottom) = pad(shape.height, kernel[0], stride[0]);
                let (left, right) = pad(shape.width, kernel[1], stride[1]);
                [top, left, bottom, right]
            }
            Some(other) => {
                let found = crate::onnx::place::clip(other);
                return Err(self.attributes.at("auto_pad").refused(found, "NOTSET, VALID or SAME_*", "give pads"));
            }
        };
        Ok(Window { kernel, stride, padding })
    }

    /// Two positive sizes, if the attribute is given.
    fn sizes(&mut self, name: &str, max: usize) -> Result<Option<[usize; 2]>, ImportError> {
        let Some(found) = self.attributes.ints(name)? else { return Ok(None) };
        let size = |size: &i64| usize::try_from(*size).ok().filter(|size| (1..=max).contains(size));
        match found.iter().map(size).collect::<Option<Vec<_>>>().as_deref() {
            Some(&[height, width]) => Ok(Some([height, width])),
            _ => {
                let expected = format!("two numbers from 1 to {max}");
                Err(self.attributes.at(name).refused(format_args!("{found:?}"), expected, "use a 2-D operator"))
            }
        }
    }

    /// Zeros at the top, left, bottom and right: fewer than the kernel is long, or a window would see zeros only.
    fn pads(&self, pads: &[i64], kernel: [usize; 2]) -> Result<[usize; 4], ImportError> {
        let pad = |(k, pad): (usize, &i64)| usize::try_from(*pad).ok().filter(|pad| *pad < kernel[k % 2]);
        match pads.iter().enumerate().map(pad).collect::<Option<Vec<_>>>().as_deref() {
            Some(&[top, left, bottom, right]) => Ok([top, left, bottom, right]),
            _ => {
                let expected = format!("[top, left, bottom, right], each from 0 to below the kernel's {kernel:?}");
                Err(self.attributes.at("pads").refused(format_args!("{pads:?}"), expected, "reduce the padding"))
            }
        }
    }

    pub(super) fn max_pool(&mut self) -> Result<Value, ImportError> {
        // It concerns the second output only, which nobody may read.
        self.attributes.ignore("storage_order");
        self.pool(Op::MaxPool)
    }

    pub(super) fn average_pool(&mut self) -> Result<Value, ImportError> {
        // There is no padding that could be counted.
        self.attributes.ignore("count_include_pad");
        self.pool(Op::AvgPool)
    }

    fn pool(&mut self, op: fn(Window) -> Op) -> Result<Value, ImportError> {
        let (_, shape) = self.planes(0)?;
        let largest = shape.height.max(shape.width);
        let kernel = self.sizes("kernel_shape", largest)?.ok_or_else(|| {
            self.attributes.at("kernel_shape").refused("missing", "two numbers", "export the model again")
        })?;
        let window = self.window(shape, kernel)?;
        let expected = "no padding: a pooling layer here reads what is there";
        let found = format!("{:?}", window.padding);
        self.attributes.at("pads").check(window.padding == [0; 4], found, expected, "pad in the convolution before it")?;
        let output = self.windows(&window, shape, shape.channels)?;
        let is_ceil = self.attributes.int("ceil_mode")?.unwrap_or(0) != 0;
        let expected = format!("0, for the last window reaches over the edge of {shape}");
        self.attributes.at("ceil_mode").check(
            !is_ceil || !window.drops_remainder(shape),
            1,
            expected,
            "export with ceil_mode=False",
        )?;
        self.pooled(op(window), output)
    }

    fn pooled(&mut self, op: Op, output: Shape) -> Result<Value, ImportError> {
        let (source, _) = self.planes(0)?;
        let source = self.push(op, vec![source], output)?;
        Ok(Value::Activation { source, dims: vec![1, output.channels, output.height, output.width] })
    }

    pub(super) fn global_average_pool(&mut self) -> Result<Value, ImportError> {
        let (_, shape) = self.planes(0)?;
        let window = Window { kernel: [shape.height, shape.width], stride: [1, 1], padding: [0; 4] };
        self.pooled(Op::AvgPool(window), Shape::flat(shape.channels))
    }

    /// The mean over height and width, which is how some exporters write a global average.
    pub(super) fn reduce_mean(&mut self) -> Result<Value, ImportError> {
        let attribute = self.attributes.ints("axes")?;
        let axes = attribute.as_deref().or(self.optional_ints(1)?).unwrap_or(&[]);
        let mut normal: Vec<_> = axes.iter().map(|axis| normal_axis(*axis, 4)).collect();
        normal.sort_unstable();
        let holds = normal == [Some(2), Some(3)];
        self.place.at("axes").check(holds, format_args!("{axes:?}"), "[2, 3]: height and width", "use AveragePool")?;
        self.attributes.ignore("noop_with_empty_axes");
        let keeps = self.attributes.int("keepdims")?.unwrap_or(1) != 0;
        match self.global_average_pool()? {
            Value::Activation { source, dims } if !keeps => Ok(Value::Activation { source, dims: dims[..2].to_vec() }),
            value => Ok(value),
        }
    }
}
