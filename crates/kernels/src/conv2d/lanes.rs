//! Several floats side by side in one register, whatever the processor calls them.
//!
//! A kernel is written once, `#[inline(always)]` and generic over [`Lanes`], and [`for_lanes`]
//! compiles it for each instruction set. The arrays of the portable instance are the scalar twin.

/// Neighbouring floats on which the processor works at once.
pub(super) trait Lanes: Copy {
    /// How many.
    const COUNT: usize;

    /// All equal.
    fn splat(value: f32) -> Self;
    /// The floats that begin at `offset`.
    fn read(values: &[f32], offset: usize) -> Self;
    /// The floats that begin at `place`.
    ///
    /// # Safety
    /// They must be readable.
    #[allow(unsafe_code)]
    unsafe fn read_at(place: *const f32) -> Self;
    /// Sets the floats that begin at `offset`.
    fn write(self, values: &mut [f32], offset: usize);
    /// As many floats as there are, at most a register of them; zeros behind.
    fn read_part(values: &[f32]) -> Self;
    /// Sets as many floats as there are, at most a register of them.
    fn write_part(self, values: &mut [f32]);
    /// `self + other`.
    fn plus(self, other: Self) -> Self;
    /// `self - other`.
    fn minus(self, other: Self) -> Self;
    /// `self · factor + term`.
    fn times_plus(self, factor: Self, term: Self) -> Self;
    /// Exchanges rows and columns of a square of `COUNT` rows.
    fn transpose(rows: &mut [Self]);

    /// `self · factor`.
    #[inline(always)]
    fn times(self, factor: f32) -> Self {
        self.times_plus(Self::splat(factor), Self::splat(0.0))
    }

    /// `self · factor + term`, with one factor for all.
    #[inline(always)]
    fn scaled_plus(self, factor: f32, term: Self) -> Self {
        self.times_plus(Self::splat(factor), term)
    }
}

/// Eight floats of any processor.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; 8]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, operation: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|lane| operation(self.0[lane], other.0[lane])))
    }
}

impl Lanes for Portable {
    const COUNT: usize = 8;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; 8])
    }

    #[inline(always)]
    fn read(values: &[f32], offset: usize) -> Self {
        Self(*values[offset..].first_chunk().expect("a whole register of floats"))
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    unsafe fn read_at(place: *const f32) -> Self {
        // SAFETY: promised by the caller.
        Self(unsafe { place.cast::<[f32; 8]>().read_unaligned() })
    }

    #[inline(always)]
    fn write(self, values: &mut [f32], offset: usize) {
        *values[offset..].first_chunk_mut().expect("a whole register of floats") = self.0;
    }

    #[inline(always)]
    fn read_part(values: &[f32]) -> Self {
        let mut lanes = [0.0; 8];
        for (lane, value) in lanes.iter_mut().zip(values) {
            *lane = *value;
        }
        Self(lanes)
    }

    #[inline(always)]
    fn write_part(self, values: &mut [f32]) {
        for (value, lane) in values.iter_mut().zip(self.0) {
            *value = lane;
        }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.zip(other, |left, right| left + right)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.zip(other, |left, right| left - right)
    }

    #[inline(always)]
    fn times_plus(self, factor: Self, term: Self) -> Self {
        self.zip(factor, |left, right| left * right).plus(term)
    }

    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        for row in 1..8 {
            for column in 0..row {
                let above = rows[column].0[row];
                rows[column].0[row] = rows[row].0[column];
                rows[row].0[column] = above;
            }
        }
    }
}

/// Defines `fn name(arguments)` as `body::<L>(arguments)` with the widest [`Lanes`] of the
/// processor. `body` must be `#[inline(always)]`.
macro_rules! for_lanes {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $body:ident) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name($($arg: $type),*) $(-> $out)? {
            #[cfg(target_arch = "x86_64")]
            {
                use $crate::conv2d::lanes_x86::{Eight, Sixteen};
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn wide($($arg: $type),*) $(-> $out)? { $body::<Sixteen>($($arg),*) }
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn medium($($arg: $type),*) $(-> $out)? { $body::<Eight>($($arg),*) }
                match $crate::simd::level() {
                    // SAFETY: `level` has detected every feature `wide` is compiled for.
                    #[allow(unsafe_code)]
                    $crate::simd::Level::Avx512 => return unsafe { wide($($arg),*) },
                    // SAFETY: `level` has detected every feature `medium` is compiled for.
                    #[allow(unsafe_code)]
                    $crate::simd::Level::Avx2 => return unsafe { medium($($arg),*) },
                    $crate::simd::Level::Portable => {}
                }
            }
            $body::<$crate::conv2d::lanes::Portable>($($arg),*)
        }
    };
}
pub(super) use for_lanes;

/// Floats in the registers that [`for_lanes`] will use.
pub(super) fn count() -> usize {
    match crate::simd::level() {
        crate::simd::Level::Avx512 => 16,
        _ => 8,
    }
}
