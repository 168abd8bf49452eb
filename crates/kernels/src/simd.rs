//! One loop, compiled for several instruction sets, chosen when the program runs.
//!
//! The loops are plain Rust over slices, generic over `FUSED`: whether a multiply and an add may be
//! one instruction. The portable instance is the scalar twin the tests compare with.
//!
//! The environment variable `PITH_SIMD` (`portable`, `avx2` or `avx512`) asks for less than the
//! processor has, to measure what an older one would do. Burn's own matrix
//! products do not hear it: build without the feature `avx512` for those.

use std::sync::OnceLock;

/// What the loops may use; the wider includes the narrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Whatever the compilation target has.
    Portable,
    /// Eight floats at a time, multiply and add as one (x86-64 v3).
    Avx2,
    /// Sixteen floats at a time (x86-64 v4).
    Avx512,
}

impl Level {
    fn named(name: &str) -> Option<Self> {
        match name {
            "portable" => Some(Self::Portable),
            "avx2" => Some(Self::Avx2),
            "avx512" => Some(Self::Avx512),
            _ => None,
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn detect() -> Self {
        use std::arch::is_x86_feature_detected as has;
        if !(has!("avx2") && has!("fma")) {
            return Self::Portable;
        }
        let wide = has!("avx512f") && has!("avx512vl") && has!("avx512dq") && has!("avx512bw");
        if wide { Self::Avx512 } else { Self::Avx2 }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn detect() -> Self {
        Self::Portable
    }
}

/// What the loops of this process use: never more than the processor has.
///
/// # Panics
/// Where `PITH_SIMD` is set to something that is no level.
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let detected = Level::detect();
        match std::env::var("PITH_SIMD") {
            Ok(name) => Level::named(&name)
                .unwrap_or_else(|| {
                    panic!("PITH_SIMD must be portable, avx2 or avx512, received `{name}`")
                })
                .min(detected),
            Err(_) => detected,
        }
    })
}

/// `a · b + c`, as one instruction where there is one. Without the instruction `mul_add` would be
/// a slow library call, hence the choice at compile time.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// Defines `fn name(arguments)` as `body::<FUSED>(arguments)`, in the widest form the processor
/// can run. `body` must be `#[inline(always)]`.
macro_rules! dispatch {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $body:ident) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        pub(crate) fn $name($($arg: $type),*) $(-> $out)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn wide($($arg: $type),*) $(-> $out)? { $body::<true>($($arg),*) }
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn medium($($arg: $type),*) $(-> $out)? { $body::<true>($($arg),*) }
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
            $body::<false>($($arg),*)
        }
    };
}
pub(crate) use dispatch;

#[cfg(test)]
mod tests {
    /// All tests of this crate once more, as on processors that have less.
    #[test]
    #[cfg_attr(miri, ignore = "starts processes")]
    fn every_test_passes_at_every_level() {
        if std::env::var_os("PITH_SIMD").is_some() {
            return;
        }
        for level in ["avx2", "portable"] {
            let tests = std::env::current_exe().expect("the path of these tests");
            let run = std::process::Command::new(tests).env("PITH_SIMD", level).arg("-q").output();
            let run = run.expect("these tests, started again");
            let told = String::from_utf8_lossy(&run.stdout);
            assert!(run.status.success() && told.contains("test result: ok"), "{level}: {told}");
        }
    }
}
