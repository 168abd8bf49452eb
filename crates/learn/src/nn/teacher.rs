//! A teacher: a copy that follows its student without gradient.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use pith_kernels::optimize;

use crate::weights::Path;

/// A module whose parameters are a moving average of another's (Tarvainen, Valpola 2017); running
/// statistics are its own.
#[derive(Module, Debug)]
pub struct Teacher<M: Module> {
    /// The copy, to be asked and never trained.
    pub module: M,
}

impl<M: Module> Teacher<M> {
    /// Starts where the student is.
    pub fn of(student: &M) -> Self {
        // A clone would share its running statistics; `valid` makes them anew.
        let trained = student.devices().iter().any(Device::is_autodiff);
        let copy = student.valid();
        Self { module: if trained { copy.train().no_grad() } else { copy } }
    }

    /// `teacher = momentum * teacher + (1 - momentum) * student`.
    pub fn follow(&mut self, student: &M, momentum: f64) {
        let mut pupil = Pupil { path: Path::default(), parameters: BTreeMap::new() };
        student.visit(&mut pupil);
        let mut follower =
            Follower { path: Path::default(), parameters: pupil.parameters, momentum };
        self.module = self.module.clone().map(&mut follower);
    }
}

struct Pupil {
    path: Path,
    parameters: BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Pupil {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        self.path.exit(container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.val().is_require_grad() {
            let flat = param.val().without_autodiff().flatten(0, D - 1);
            self.parameters.insert(self.path.name(), flat);
        }
    }
}

struct Follower {
    path: Path,
    parameters: BTreeMap<String, Tensor<1>>,
    momentum: f64,
}

impl ModuleMapper for Follower {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        self.path.exit(container);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(student) = self.parameters.remove(&self.path.name()) else { return param };
        let (id, tensor, mapper) = param.consume();
        let (shape, autodiff) = (tensor.shape(), tensor.is_autodiff());
        let flat = tensor.without_autodiff().flatten(0, D - 1);
        let value: Tensor<D> = optimize::average(flat, student, self.momentum).reshape(shape);
        Param::from_mapped_value(id, if autodiff { value.autodiff() } else { value }, mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::batch_norm::After;
    use crate::nn::{BatchNorm, Init, Linear};

    #[derive(Module, Debug)]
    struct Pair {
        linear: Linear,
        norm: BatchNorm,
    }

    fn values_of<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
        tensor.clone().without_autodiff().into_data().try_into_vec().expect("f32")
    }

    #[test]
    fn a_teacher_moves_towards_its_student_and_takes_no_gradient() {
        let device = Device::flex().autodiff();
        let mut init = Init::new(1, &device);
        let pair = |init: &mut Init| Pair {
            linear: Linear::new(3, 2, true, init),
            norm: BatchNorm::new(2, init),
        };
        let (first, second) = (pair(&mut init), pair(&mut init));
        let mut teacher = Teacher::of(&first);
        teacher.follow(&second, 0.75);
        let values = |pair: &Pair| values_of(&pair.linear.weight.val());
        let expected = values(&first).into_iter().zip(values(&second));
        for (value, (a, b)) in values(&teacher.module).into_iter().zip(expected) {
            assert!((value - (0.75 * a + 0.25 * b)).abs() < 1e-6);
        }
        let rows = Tensor::<2>::ones([4, 3], &device);
        let output = teacher.module.linear.forward(rows);
        assert!(!output.is_require_grad());
        assert!(!teacher.module.linear.weight.val().is_require_grad());
        let unseen = values_of(&first.norm.running_mean.value_sync());
        teacher.module.norm.forward(output * 3.0, After::Nothing);
        assert_eq!(values_of(&first.norm.running_mean.value_sync()), unseen);
        assert_ne!(values_of(&teacher.module.norm.running_mean.value_sync()), unseen);
    }
}
