//! One loop, compiled for several instruction sets, chosen when the program runs.
//!
//! The loops are plain Rust over slices, generic over `FUSED`: whether a multiply and an add may be
//! one instruction. The portable instance is the scalar twin the tests compare with.

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
                let fma = std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma");
                if fma && std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512vl")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                    && std::arch::is_x86_feature_detected!("avx512bw")
                {
                    // SAFETY: every feature `wide` is compiled for has just been detected.
                    #[allow(unsafe_code)]
                    return unsafe { wide($($arg),*) };
                }
                if fma {
                    // SAFETY: every feature `medium` is compiled for has just been detected.
                    #[allow(unsafe_code)]
                    return unsafe { medium($($arg),*) };
                }
            }
            $body::<false>($($arg),*)
        }
    };
}
pub(crate) use dispatch;
