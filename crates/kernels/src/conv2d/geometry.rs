//! The extents of one convolution, derived once and shared by its three kernels.

use super::ConvOptions;

/// Extents of `[n, ci, h, w]` convolved with `[co, ci / groups, kh, kw]` to `[n, co, oh, ow]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    pub(super) images: usize,
    /// Input channels of one group.
    pub(super) channels_in: usize,
    /// Output channels of one group.
    pub(super) channels_out: usize,
    pub(super) groups: usize,
    pub(super) input: [usize; 2],
    pub(super) kernel: [usize; 2],
    pub(super) output: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) padding: [usize; 2],
}

impl Geometry {
    /// # Panics
    /// When the extents do not fit together: see [`super::conv2d`].
    pub(super) fn new(input: [usize; 4], weight: [usize; 4], options: &ConvOptions) -> Self {
        let ConvOptions { stride, padding, groups } = *options;
        assert!(groups > 0 && stride[0] > 0 && stride[1] > 0, "groups and stride must be positive");
        assert!(
            input[1] == weight[1] * groups && weight[0].is_multiple_of(groups),
            "convolution of {input:?} with {weight:?} in {groups} groups: the input needs \
             weight[1] * groups channels, and weight[0] must divide into groups"
        );
        let kernel = [weight[2], weight[3]];
        let spatial = [input[2], input[3]];
        let output = std::array::from_fn(|axis| {
            let padded = spatial[axis] + 2 * padding[axis];
            assert!(
                spatial[axis] > 0 && kernel[axis] > 0 && kernel[axis] <= padded,
                "a kernel of {kernel:?} does not fit an input of {spatial:?} padded by {padding:?}"
            );
            (padded - kernel[axis]) / stride[axis] + 1
        });
        Self {
            images: input[0],
            channels_in: weight[1],
            channels_out: weight[0] / groups,
            groups,
            input: spatial,
            kernel,
            output,
            stride,
            padding,
        }
    }

    /// Rows of the column matrix: input values under the kernel at one place.
    pub(super) fn depth(&self) -> usize {
        self.channels_in * self.kernel[0] * self.kernel[1]
    }

    /// Floats in one channel of the input.
    pub(super) fn plane_in(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// Floats in one channel of the output.
    pub(super) fn plane_out(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Floats of one image, all groups.
    pub(super) fn image_in(&self) -> usize {
        self.groups * self.channels_in * self.plane_in()
    }

    /// Floats of one output image, all groups.
    pub(super) fn image_out(&self) -> usize {
        self.groups * self.channels_out * self.plane_out()
    }

    /// Whether the column matrix is the input itself.
    pub(super) fn is_pointwise(&self) -> bool {
        self.kernel == [1, 1] && self.stride == [1, 1] && self.padding == [0, 0]
    }

    /// The convolution that maps the output gradient to the input gradient, with kernels turned
    /// by half a turn and channels exchanged. `None` when strides leave gaps.
    pub(super) fn adjoint(&self) -> Option<Self> {
        let reach = [self.kernel[0] - 1, self.kernel[1] - 1];
        let fits = self.padding[0] <= reach[0] && self.padding[1] <= reach[1];
        (self.stride == [1, 1] && fits).then(|| Self {
            channels_in: self.channels_out,
            channels_out: self.channels_in,
            input: self.output,
            output: self.input,
            padding: [reach[0] - self.padding[0], reach[1] - self.padding[1]],
            ..*self
        })
    }
}
