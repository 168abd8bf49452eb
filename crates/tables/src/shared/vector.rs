//! The loops over rows as vector instructions.
//!
//! Every block of assembly reads and writes one whole [`Line`] of the table, which is aligned to its
//! size, and one line of memory that this thread alone holds.

#![allow(unsafe_code)]

use std::arch::asm;
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch, _mm256_zeroupper};

use super::{Act, LINE, Line, Table};

/// Asks for all lines of a row.
#[inline]
pub(super) fn prefetch(row: &[Line]) {
    for line in row {
        // SAFETY: a prefetch reads nothing and cannot fault; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(line).cast()) };
    }
}

/// Defines the loop over rows for one instruction set. The pieces of assembly act on the line at
/// `{s}` of the table and the line at `{p}` of this thread.
macro_rules! form {
    ($(#[$doc:meta])* $name:ident, $feature:literal, $class:ident,
     $copy:tt, $sum:tt, $add:tt) => {
        $(#[$doc])*
        pub(super) fn $name<const ACT: u8>(
            table: &Table,
            rows: &[u32],
            private: &mut [[f32; LINE]],
            step: usize,
        ) {
            #[target_feature(enable = $feature)]
            fn form<const ACT: u8>(
                table: &Table,
                rows: &[u32],
                private: &mut [[f32; LINE]],
                step: usize,
            ) {
                for (place, &row) in rows.iter().enumerate() {
                    for (line, own) in table.row(row).iter().zip(&mut private[place * step..]) {
                        let (line, own) = (line.0.as_ptr(), own.as_mut_ptr());
                        // SAFETY: `line` points to one aligned line of atomics, which may be
                        // written through a shared reference, and `own` to sixteen numbers borrowed
                        // for writing. The loads and stores of `line` act as relaxed atomic ones of
                        // its numbers, so that a race with another thread is no data race.
                        unsafe {
                            if ACT == Act::Copy as u8 {
                                form!(@run $class, line, own, $copy);
                            } else if ACT == Act::Sum as u8 {
                                form!(@run $class, line, own, $sum);
                            } else {
                                form!(@run $class, line, own, $add);
                            }
                        }
                    }
                }
                // The compiler does not see into assembly; what follows would wait for the upper
                // halves that it leaves behind.
                _mm256_zeroupper();
            }
            // SAFETY: `Level::detect` has found the feature that this form is compiled for.
            unsafe { form::<ACT>(table, rows, private, step) }
        }
    };
    (@run $class:ident, $line:ident, $own:ident, [$($text:literal),*]) => {
        asm!($($text,)* "/* {a} {b} */", s = in(reg) $line, p = in(reg) $own, a = out($class) _,
             b = out($class) _, options(nostack, preserves_flags))
    };
}

form!(
    /// With AVX-512: a line at a time.
    wide, "avx512f", zmm_reg,
    ["vmovaps {a}, [{s}]", "vmovups [{p}], {a}"],
    ["vmovups {a}, [{p}]", "vaddps {a}, {a}, [{s}]", "vmovups [{p}], {a}"],
    ["vmovups {a}, [{p}]", "vaddps {a}, {a}, [{s}]", "vmovaps [{s}], {a}"]
);

form!(
    /// With AVX: half a line at a time.
    medium, "avx", ymm_reg,
    ["vmovaps {a}, [{s}]", "vmovaps {b}, [{s} + 32]", "vmovups [{p}], {a}",
     "vmovups [{p} + 32], {b}"],
    ["vmovups {a}, [{p}]", "vmovups {b}, [{p} + 32]", "vaddps {a}, {a}, [{s}]",
     "vaddps {b}, {b}, [{s} + 32]", "vmovups [{p}], {a}", "vmovups [{p} + 32], {b}"],
    ["vmovups {a}, [{p}]", "vmovups {b}, [{p} + 32]", "vaddps {a}, {a}, [{s}]",
     "vaddps {b}, {b}, [{s} + 32]", "vmovaps [{s}], {a}", "vmovaps [{s} + 32], {b}"]
);
