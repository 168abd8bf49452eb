//! Parameters under names of our own: `encoder.blocks.0.conv1.weight`.
//!
//! A name is the path of fields to the parameter. The names of enum variants are left out, so that
//! a file says `encoder.stem.conv.weight` and not which Rust variant held it. A snapshot test pins
//! the names of every method.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::Error;
use crate::optimizer::Gradients;

/// Named tensors, ordered by name.
pub type Weights = BTreeMap<String, TensorData>;

/// The path to a parameter while a module is walked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path(Vec<String>);

impl Path {
    pub(crate) fn enter(&mut self, name: &str, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.push(name.to_owned());
        }
    }

    pub(crate) fn exit(&mut self, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.pop();
        }
    }

    pub(crate) fn name(&self) -> String {
        self.0.join(".")
    }
}

/// Every float parameter and running statistic of a module. Take the module from
/// [`Module::valid`], which brings running statistics up to date.
pub fn collect<M: Module>(module: &M) -> Weights {
    let mut collector = Collector { path: Path::default(), weights: Weights::new() };
    module.visit(&mut collector);
    collector.weights
}

struct Collector {
    path: Path,
    weights: Weights,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        self.path.exit(container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.weights.insert(self.path.name(), param.val().into_data());
    }
}

/// Puts saved values into a module of the same shape.
///
/// # Errors
/// Where a parameter has no value, or one of another shape, or a value has no parameter.
pub fn restore<M: Module>(module: M, weights: Weights, file: &FilePath) -> Result<M, Error> {
    let mut restorer = Restorer { path: Path::default(), weights, problem: None };
    let module = module.map(&mut restorer);
    if let Some(problem) = restorer.problem {
        return Err(Error::format(file, problem));
    }
    match restorer.weights.keys().next() {
        None => Ok(module),
        Some(name) => Err(Error::format(file, format!("`{name}` belongs to another model"))),
    }
}

struct Restorer {
    path: Path,
    weights: Weights,
    problem: Option<String>,
}

impl ModuleMapper for Restorer {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        self.path.exit(container);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let shape = param.val().dims();
        let problem = match self.weights.remove(&name) {
            Some(data) if data.shape().as_slice() == shape => {
                return param.map(|old| {
                    let value = Tensor::from_data(data, &old.device());
                    if old.is_require_grad() { value.require_grad() } else { value }
                });
            }
            Some(data) => {
                format!("`{name}` is {:?} where the recipe asks for {shape:?}", data.shape())
            }
            None => format!("`{name}` is missing"),
        };
        self.problem.get_or_insert(problem);
        param
    }
}

/// The gradient of every parameter of a module that has one, flattened and off the tape.
pub fn gradients<M: Module>(module: &M, mut tape: burn::tensor::Gradients) -> Gradients {
    struct Reader<'a> {
        path: Path,
        tape: &'a mut burn::tensor::Gradients,
        gradients: Gradients,
    }
    impl ModuleVisitor for Reader<'_> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }

        fn exit_module(&mut self, _name: &str, container: &str) {
            self.path.exit(container);
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = param.val().grad_remove(self.tape) {
                self.gradients.insert(self.path.name(), gradient.flatten(0, D - 1));
            }
        }
    }
    let mut reader = Reader { path: Path::default(), tape: &mut tape, gradients: Gradients::new() };
    module.visit(&mut reader);
    reader.gradients
}

/// Writes named tensors as safetensors (f32).
///
/// # Errors
/// Where the file cannot be written.
pub fn write(weights: &Weights, file: &FilePath) -> Result<(), Error> {
    let views: Result<Vec<_>, Error> = weights
        .iter()
        .map(|(name, data)| {
            TensorView::new(Dtype::F32, data.shape().to_vec(), data.as_bytes())
                .map(|view| (name, view))
                .map_err(|error| Error::format(file, error.to_string()))
        })
        .collect();
    let bytes = safetensors::serialize(views?, None)
        .map_err(|error| Error::format(file, error.to_string()))?;
    Ok(fs_err::write(file, bytes)?)
}

/// Reads named tensors.
///
/// # Errors
/// Where the file cannot be read, is no safetensors file, or holds other numbers than f32.
pub fn read(file: &FilePath) -> Result<Weights, Error> {
    let bytes = fs_err::read(file)?;
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|error| Error::format(file, format!("not a safetensors file: {error}")))?;
    tensors
        .iter()
        .map(|(name, view)| {
            if view.dtype() != Dtype::F32 {
                let reason = format!("`{name}` holds {:?}; expected F32", view.dtype());
                return Err(Error::format(file, reason));
            }
            let values: Vec<f32> = view
                .data()
                .chunks_exact(4)
                .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
                .collect();
            Ok((name.to_owned(), TensorData::new(values, view.shape().to_vec())))
        })
        .collect()
}

/// A number that changes when any weight or name does (xxh3 of names, shapes and bits).
pub fn hash(weights: &Weights) -> u64 {
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    for (name, data) in weights {
        debug_assert_eq!(data.dtype(), DType::F32);
        hasher.update(name.as_bytes());
        data.shape().iter().for_each(|side| hasher.update(&side.to_le_bytes()));
        hasher.update(data.as_bytes());
    }
    hasher.digest()
}
