//! Shapes of tensors and the index maps of everything that slides over a plane.

use core::fmt;

/// Channels, height and width of a tensor; value `(c, y, x)` has index `(c * height + y) * width + x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Planes.
    pub channels: usize,
    /// Rows of a plane.
    pub height: usize,
    /// Columns of a plane.
    pub width: usize,
}

impl Shape {
    /// `n` values in a row: `n` planes of one value.
    pub const fn flat(n: usize) -> Self {
        Self { channels: n, height: 1, width: 1 }
    }

    /// Values of one plane.
    pub const fn plane(&self) -> usize {
        self.height * self.width
    }

    /// Values of all planes.
    pub const fn n_values(&self) -> usize {
        self.channels * self.plane()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {}, {}]", self.channels, self.height, self.width)
    }
}

/// A rectangle that slides over the planes of a tensor: the geometry of convolutions and of pooling.
///
/// A dense layer is the rectangle that covers the whole plane and stands in one place only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub(super) input: Shape,
    pub(super) output: Shape,
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) padding: [usize; 4],
}

impl Window {
    /// Shape of what is read.
    pub const fn input(&self) -> Shape {
        self.input
    }

    /// Shape of what is written.
    pub const fn output(&self) -> Shape {
        self.output
    }

    /// Height and width of the rectangle.
    pub const fn kernel(&self) -> [usize; 2] {
        self.kernel
    }

    /// Steps down and to the right.
    pub const fn stride(&self) -> [usize; 2] {
        self.stride
    }

    /// Rows and columns of zeros around each plane: top, left, bottom, right. All zero in pooling.
    pub const fn padding(&self) -> [usize; 4] {
        self.padding
    }

    /// Values under the rectangle, padding included.
    pub const fn area(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Whether the rectangle is the whole unpadded plane.
    pub const fn covers_plane(&self) -> bool {
        let [top, left, bottom, right] = self.padding;
        let padded = top + left + bottom + right > 0;
        !padded && self.kernel[0] == self.input.height && self.kernel[1] == self.input.width
    }

    /// For the rectangle of output `output`: pairs of the place within the rectangle, `ky * kw + kx`, and the place
    /// within the plane, `y * width + x`. Places in the padding are left out: their value is zero.
    pub(super) fn places(&self, output: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let Self { input, output: out, kernel: [kh, kw], stride: [sh, sw], padding: [top, left, ..] } = *self;
        let (y0, x0) = (output / out.width % out.height * sh, output % out.width * sw);
        let rows = (0..kh).filter_map(move |ky| {
            let y = (y0 + ky).checked_sub(top).filter(|y| *y < input.height)?;
            Some((ky, y))
        });
        rows.flat_map(move |(ky, y)| {
            let columns = (0..kw).filter_map(move |kx| {
                let x = (x0 + kx).checked_sub(left).filter(|x| *x < input.width)?;
                Some((kx, x))
            });
            columns.map(move |(kx, x)| (ky * kw + kx, y * input.width + x))
        })
    }

    /// Pooling: indices of the inputs under the rectangle of output `output`, in its own channel.
    pub fn window(&self, output: usize) -> impl Iterator<Item = usize> + use<> {
        let first = output / self.output.plane() * self.input.plane();
        self.places(output).map(move |(_, place)| first + place)
    }
}
