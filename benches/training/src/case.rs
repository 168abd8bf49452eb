//! The models that are compared. `torch_worker.py` has the same under the same names, but for
//! `vit-mae` and `vit-simmim`: a step that sees a quarter of the patches, and one that sees all.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use pith_data::sample::Shape;
use pith_kernels::{ConvOptions, Sequences};
use pith_learn::encoder::{Config, Encoder, resnet};
use pith_learn::input::{Input, Views};
use pith_learn::moment::Moment;
use pith_learn::nn::{Init, Linear, Mlp, Transformer, transformer};
use pith_learn::objective::{self, Objective, simclr};
use pith_learn::optimizer::{self, Optimizer};
use pith_learn::weights::{self, Weights};

const CLASSES: usize = 10;
const RATE: f64 = 1e-3;

/// One side of a comparison.
pub trait Case {
    /// Initial weights.
    fn weights(&self) -> Weights;
    /// Takes the batch that every step repeats.
    fn load(&mut self, inputs: &Weights) -> Result<()>;
    /// One training step; the loss before it.
    fn train(&mut self) -> f64;
    /// One pass forward, as in use.
    fn forward(&mut self);
}

/// The case of that name.
pub fn named(name: &str) -> Result<Box<dyn Case>> {
    let device = Device::flex().autodiff();
    let init = &mut Init::new(1, &device);
    Ok(match name {
        "mlp-autoencoder" => boxed(Autoencoder {
            encoder: Mlp::new(&[784, 512, 256, 32], false, init),
            decoder: Mlp::new(&[32, 256, 512, 784], false, init),
        }),
        "resnet-contrastive" => {
            let narrow = resnet::Config {
                widths: vec![32, 64, 128],
                blocks: vec![1, 1, 1],
                ..Default::default()
            };
            boxed(Contrastive { encoder: picture_encoder(&Config::ResNet(narrow), init)? })
        }
        "resnet18" => boxed(Classifier::new(&Config::ResNet(Default::default()), init)?),
        "vit" => boxed(Classifier::new(&Config::Vit(Default::default()), init)?),
        "vit-mae" => boxed(Masked::new("mae", init)?),
        "vit-simmim" => boxed(Masked::new("simmim", init)?),
        "transformer" => boxed(Text::new(init)),
        "patch-embedding-small" => boxed(Convolution::new([192, 3, 4, 4], 4, 0, 1, init)),
        "patch-embedding-large" => boxed(Convolution::new([192, 3, 16, 16], 16, 0, 1, init)),
        "depthwise-3" => boxed(Convolution::new([96, 1, 3, 3], 1, 1, 96, init)),
        "depthwise-7" => boxed(Convolution::new([96, 1, 7, 7], 1, 3, 96, init)),
        other => bail!("no case `{other}`"),
    })
}

fn boxed<M: Model + 'static>(model: M) -> Box<dyn Case> {
    Box::new(Training {
        model: Some(model),
        inputs: BTreeMap::new(),
        optimizer: Optimizer::new(optimizer::Config::default()),
    })
}

const PICTURES: Shape = Shape::Pixels { channels: 3, height: 32, width: 32 };

fn picture_encoder(config: &Config, init: &mut Init) -> Result<Encoder> {
    Ok(config.init(PICTURES, init)?)
}

type Inputs = BTreeMap<String, Tensor<1>>;

/// A model and what a step asks of it.
trait Model: Module {
    /// The loss of a batch, `[1]`.
    fn loss(&self, inputs: &Inputs) -> Tensor<1>;
    /// The output in use, as rows.
    fn output(&self, inputs: &Inputs) -> Tensor<2>;
}

struct Training<M> {
    model: Option<M>,
    inputs: Inputs,
    optimizer: Optimizer,
}

impl<M: Model> Training<M> {
    fn model(&self) -> &M {
        self.model.as_ref().expect("put back after every step")
    }
}

impl<M: Model> Case for Training<M> {
    fn weights(&self) -> Weights {
        weights::collect(&self.model().valid())
    }

    fn load(&mut self, inputs: &Weights) -> Result<()> {
        let device = Device::flex().autodiff();
        for (name, data) in inputs {
            let values = data.as_slice::<f32>().map_err(|error| anyhow::anyhow!("{error:?}"))?;
            let data = TensorData::new(values.to_vec(), [values.len()]);
            self.inputs.insert(name.clone(), Tensor::from_data(data, &device));
        }
        Ok(())
    }

    fn train(&mut self) -> f64 {
        let model = self.model.take().expect("put back after every step");
        let loss = model.loss(&self.inputs);
        let value = loss.clone().without_autodiff().into_scalar::<f64>();
        let gradients = weights::gradients(&model, loss.backward());
        self.model = Some(self.optimizer.step(model, gradients, RATE));
        value
    }

    fn forward(&mut self) {
        let plain = |(name, tensor): (&String, &Tensor<1>)| {
            (name.clone(), tensor.clone().without_autodiff())
        };
        let inputs = self.inputs.iter().map(plain).collect();
        let output = self.model().valid().output(&inputs);
        std::hint::black_box(output);
    }
}

fn pictures(inputs: &Inputs, name: &str) -> Input {
    let flat = inputs[name].clone();
    let n = flat.dims()[0] / (3 * 32 * 32);
    Input::Pixels(flat.reshape([n, 3, 32, 32]))
}

fn classes(inputs: &Inputs) -> Tensor<1, Int> {
    inputs["labels"].clone().without_autodiff().int()
}

#[derive(Module, Debug)]
struct Autoencoder {
    encoder: Mlp,
    decoder: Mlp,
}

impl Model for Autoencoder {
    fn loss(&self, inputs: &Inputs) -> Tensor<1> {
        let difference = self.output(inputs) - rows(inputs, 784);
        difference.square().mean()
    }

    fn output(&self, inputs: &Inputs) -> Tensor<2> {
        self.decoder.forward(self.encoder.forward(rows(inputs, 784)))
    }
}

fn rows(inputs: &Inputs, width: usize) -> Tensor<2> {
    let flat = inputs["rows"].clone();
    let n = flat.dims()[0] / width;
    flat.reshape([n, width])
}

#[derive(Module, Debug)]
struct Contrastive {
    encoder: Encoder,
}

impl Model for Contrastive {
    fn loss(&self, inputs: &Inputs) -> Tensor<1> {
        let [a, b] = ["first", "second"].map(|view| self.encoder.encode(&pictures(inputs, view)));
        simclr::nt_xent(a.pooled, b.pooled, 0.2)
    }

    fn output(&self, inputs: &Inputs) -> Tensor<2> {
        self.encoder.encode(&pictures(inputs, "first")).pooled
    }
}

#[derive(Module, Debug)]
struct Classifier {
    encoder: Encoder,
    head: Linear,
}

impl Classifier {
    fn new(config: &Config, init: &mut Init) -> Result<Self> {
        let encoder = picture_encoder(config, init)?;
        let head = Linear::new(encoder.width(), CLASSES, true, init);
        Ok(Self { encoder, head })
    }
}

impl Model for Classifier {
    fn loss(&self, inputs: &Inputs) -> Tensor<1> {
        pith_kernels::cross_entropy(self.output(inputs), classes(inputs), 0.0)
    }

    fn output(&self, inputs: &Inputs) -> Tensor<2> {
        self.head.forward(self.encoder.encode(&pictures(inputs, "first")).pooled)
    }
}

/// The default vision transformer under an objective that hides patches.
#[derive(Module, Debug)]
struct Masked {
    encoder: Encoder,
    objective: Objective,
}

impl Masked {
    fn new(objective: &str, init: &mut Init) -> Result<Self> {
        let encoder = picture_encoder(&Config::Vit(Default::default()), init)?;
        let context = objective::Context { encoder: &encoder, shape: PICTURES, classes: 0 };
        let objective = objective::Config::default_of(objective).context("a listed method")?;
        Ok(Self { objective: objective.init(context, init)?, encoder })
    }
}

impl Model for Masked {
    fn loss(&self, inputs: &Inputs) -> Tensor<1> {
        let input = pictures(inputs, "first");
        let views =
            Views { labels: vec![None; input.samples()], local: Vec::new(), inputs: vec![input] };
        self.objective.loss(&self.encoder, &views, &Moment::first(0, 1)).total
    }

    fn output(&self, inputs: &Inputs) -> Tensor<2> {
        self.encoder.encode(&pictures(inputs, "first")).pooled
    }
}

const WIDTH: usize = 384;
const TOKENS: usize = 128;
const VOCABULARY: usize = 1000;

#[derive(Module, Debug)]
struct Text {
    embedding: Param<Tensor<2>>,
    positions: Param<Tensor<2>>,
    transformer: Transformer,
    head: Linear,
}

impl Text {
    fn new(init: &mut Init) -> Self {
        let shape = transformer::Shape {
            width: WIDTH,
            depth: 6,
            heads: 12,
            hidden: 4 * WIDTH,
            causal: false,
            layer_scale: None,
            epsilon: 1e-5,
        };
        Self {
            embedding: init.normal([VOCABULARY, WIDTH], 0.02),
            positions: init.normal([TOKENS, WIDTH], 0.02),
            transformer: Transformer::new(shape, init),
            head: Linear::new(WIDTH, CLASSES, true, init),
        }
    }
}

impl Model for Text {
    fn loss(&self, inputs: &Inputs) -> Tensor<1> {
        let logits = self.head.forward(self.output(inputs));
        pith_kernels::cross_entropy(logits, classes(inputs), 0.0)
    }

    fn output(&self, inputs: &Inputs) -> Tensor<2> {
        let ids = inputs["tokens"].clone().without_autodiff().int();
        let n = ids.dims()[0] / TOKENS;
        let tokens: Tensor<2> = pith_kernels::embedding(self.embedding.val(), ids); // [n * t, width]
        let tokens = tokens.reshape([n, TOKENS, WIDTH]) + self.positions.val().unsqueeze();
        let tokens = tokens.reshape([n * TOKENS, WIDTH]);
        let tokens = self.transformer.forward(tokens, &Sequences::Uniform(TOKENS));
        tokens.reshape([n, TOKENS, WIDTH]).mean_dim(1).squeeze_dim(1)
    }
}

/// One convolution, its squared output as the loss: forward, input and weight gradient.
#[derive(Module, Debug)]
struct Convolution {
    weight: Param<Tensor<4>>,
    stride: usize,
    padding: usize,
    groups: usize,
}

impl Convolution {
    fn new(
        shape: [usize; 4],
        stride: usize,
        padding: usize,
        groups: usize,
        init: &mut Init,
    ) -> Self {
        Self { weight: init.normal(shape, 0.02), stride, padding, groups }
    }
}

impl Model for Convolution {
    fn loss(&self, inputs: &Inputs) -> Tensor<1> {
        let squares = self.output(inputs).square();
        let [n, size] = squares.dims();
        // In parts: tens of thousands of numbers added up one after the other lose digits in f32.
        squares.reshape([n, size / 64, 64]).mean_dim(2).mean_dim(1).mean()
    }

    fn output(&self, inputs: &Inputs) -> Tensor<2> {
        let channels = self.weight.dims()[1] * self.groups;
        let side = inputs["side"].clone().into_scalar::<f64>() as usize;
        // A patch embedding reads the picture; what a depthwise layer reads was computed.
        let pixels = match (inputs["pixels"].clone(), self.groups > 1) {
            (pixels, true) if pixels.is_autodiff() => pixels.require_grad(),
            (pixels, _) => pixels,
        };
        let n = pixels.dims()[0] / (channels * side * side);
        let options = ConvOptions {
            stride: [self.stride; 2],
            padding: [self.padding; 2],
            groups: self.groups,
        };
        let pixels = pixels.reshape([n, channels, side, side]);
        pith_kernels::conv2d(pixels, self.weight.val(), None, options).flatten(1, 3)
    }
}
