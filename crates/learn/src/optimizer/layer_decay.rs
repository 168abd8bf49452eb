//! Layer-wise decay: the further a layer is from the head, the slower it learns, because what it
//! already knows is the more general (Howard, Ruder 2018, discriminative fine-tuning; Bao et al.
//! 2022, BEiT).

/// What stands before the numbered layers of an encoder.
const ENTRANCE: &[&str] = &["stem", "embed", "bias", "positions", "class", "registers"];

/// The share of the learning rate that each parameter keeps.
#[derive(Clone, Debug)]
pub struct LayerDecay {
    decay: f64,
    /// Numbered layers of the encoder.
    layers: usize,
}

impl LayerDecay {
    /// For parameters of these names; each layer keeps `decay` of the rate of the next one.
    pub fn new<'a>(decay: f64, names: impl IntoIterator<Item = &'a String>) -> Self {
        let layers = names.into_iter().filter_map(|name| number(name)).max();
        Self { decay, layers: layers.map_or(0, |last| last + 1) }
    }

    /// The share of one parameter, in `(0, 1]`.
    pub fn share(&self, name: &str) -> f64 {
        let Some(inside) = name.strip_prefix("encoder.") else { return 1.0 };
        let entrance = inside.split('.').next().is_some_and(|part| ENTRANCE.contains(&part));
        let below_the_head = match number(name) {
            Some(layer) => self.layers - layer,
            None if entrance => self.layers + 1,
            None => 0, // after all layers: the last normalization
        };
        self.decay.powi(below_the_head as i32)
    }
}

/// The number of the encoder's layer that a parameter belongs to: layers in order of appearance are
/// numbered within their list.
fn number(name: &str) -> Option<usize> {
    name.strip_prefix("encoder.")?.split('.').find_map(|part| part.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_fall_from_the_head_to_the_entrance() {
        let names = [
            "encoder.embed",
            "encoder.transformer.blocks.0.up.weight",
            "encoder.transformer.blocks.1.up.weight",
            "encoder.transformer.norm.gamma",
            "objective.classifier.weight",
        ]
        .map(String::from);
        let decay = LayerDecay::new(0.5, &names);
        let shares = names.each_ref().map(|name| decay.share(name));
        assert_eq!(shares, [0.125, 0.25, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn without_decay_all_keep_the_rate() {
        let names = ["encoder.stem.conv.weight", "encoder.blocks.7.conv1.weight"].map(String::from);
        let decay = LayerDecay::new(1.0, &names);
        assert!(names.iter().all(|name| decay.share(name) == 1.0));
    }
}
