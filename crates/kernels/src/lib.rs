//! Fused CPU operations behind Burn's extension point.
