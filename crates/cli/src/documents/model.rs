//! What infers the vectors of documents: the outputs of words that a run has learned.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pith_learn::run::Run;
use pith_space::file::{Entry, Vectors};
use pith_space::index::{Index, Method};
use pith_space::{Matrix, Metric};
use pith_tables::documents::Documents;
use pith_tables::format;

use super::{Document, Recipe};
use crate::words::file::whole;

/// A run of documents.
pub struct Model {
    /// What infers.
    pub documents: Documents,
    /// How it was learned.
    pub recipe: Recipe,
}

/// Where the outputs stand.
pub fn file(run: &Run) -> PathBuf {
    run.model().join("documents.safetensors")
}

impl Model {
    /// Opens a run.
    pub fn open(path: &Path) -> Result<Self> {
        let run = Run::open(path)?;
        let recipe = Recipe::read(&run.recipe(), &[])?;
        if !file(&run).exists() {
            let shown = path.display();
            bail!("{shown} has no model yet; train it again: pith train --resume {shown}");
        }
        let (outputs, counts) = format::read_counted(&file(&run))?;
        let counts = counts.context("the model does not say how often its words occurred")?;
        let documents = Documents::of(&outputs, &counts, &recipe.documents)?;
        Ok(Self { documents, recipe })
    }

    /// Writes what infers, and an index of the documents that were learned.
    pub fn write(documents: &Documents, learned: &[Document], run: &Run) -> Result<()> {
        fs_err::create_dir_all(run.model())?;
        let (outputs, counts) = documents.outputs();
        whole(&file(run), |partial| format::write_counted(&outputs, counts, partial))?;
        let entry =
            |document: &Document| Entry { id: document.id.clone(), label: document.label.clone() };
        let vectors = Vectors {
            entries: learned.iter().map(entry).collect(),
            matrix: space_matrix(&documents.vectors),
        };
        Index::build(vectors, Method::Exact, Metric::Cosine, "", None)?.save(&run.index(), true)?;
        Ok(())
    }

    /// A row for every document, inferred.
    pub fn infer(&self, documents: &[Document]) -> Matrix {
        infer(&self.documents, documents, self.recipe.documents.dimensions)
    }
}

/// A row for every document, inferred.
pub fn infer(model: &Documents, documents: &[Document], width: usize) -> Matrix {
    use rayon::prelude::*;
    let rows = documents.par_iter().map(|document| model.infer(&document.words));
    let rows: Vec<Vec<f32>> = rows.collect();
    Matrix::new(rows.len(), width, rows.concat())
}

/// The same numbers, as `pith-space` holds them.
pub fn space_matrix(matrix: &pith_tables::vectors::Matrix) -> Matrix {
    Matrix::new(matrix.rows(), matrix.width(), matrix.values().to_vec())
}
