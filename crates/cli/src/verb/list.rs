//! `pith list`: every method, with one line and its paper.

use std::process::ExitCode;

use anyhow::Result;
use pith_data::{dataset, view};
use pith_learn::{encoder, objective, optimizer};
use pith_space::{file, index, probe};
use serde_json::{Value, json};

use crate::arguments::Common;
use crate::listing::{Line, print};
use crate::output::print_line;

/// Lists all kinds.
pub fn run(common: &Common) -> Result<ExitCode> {
    let learnt = |methods: &[pith_learn::method::Method]| -> Vec<Line> {
        methods.iter().map(|m| Line::new(m.keyword, m.summary, m.citation)).collect()
    };
    let kinds = [
        ("encoders", learnt(encoder::METHODS)),
        ("objectives", learnt(objective::METHODS)),
        ("optimizers", learnt(optimizer::METHODS)),
        (
            "views",
            view::METHODS.iter().map(|m| Line::new(m.keyword, m.summary, m.reference)).collect(),
        ),
        (
            "word vectors",
            vec![
                Line::new(
                    "skip-gram",
                    "a word predicts each of its neighbours, with or without its n-grams",
                    "Mikolov et al. 2013; Bojanowski et al., TACL 2017",
                ),
                Line::new("cbow", "the neighbours together predict a word", "Mikolov et al. 2013"),
                Line::new(
                    "structured-skip-gram",
                    "as skip-gram, other outputs for every relative position",
                    "Ling et al., NAACL 2015",
                ),
                Line::new(
                    "hierarchical-softmax",
                    "the output of any of these: the way to a word in a Huffman tree",
                    "Morin, Bengio, AISTATS 2005; Mikolov et al. 2013",
                ),
                Line::new(
                    "glove",
                    "products of vectors are the logarithms of counts of neighbours",
                    "Pennington, Socher, Manning, EMNLP 2014",
                ),
                Line::new(
                    "ppmi",
                    "singular vectors of the positive mutual information of neighbours",
                    "Levy, Goldberg, Dagan, TACL 2015",
                ),
                Line::new(
                    "baskets",
                    "items that lie in one basket belong together (item2vec)",
                    "Barkan, Koenigstein, MLSP 2016",
                ),
                Line::new(
                    "walks",
                    "random walks on a graph are sentences of its nodes (node2vec, DeepWalk)",
                    "Grover, Leskovec, KDD 2016; Perozzi, Al-Rfou, Skiena, KDD 2014",
                ),
                Line::new(
                    "phrases",
                    "words that belong together are joined before any of these",
                    "Mikolov et al. 2013; Bouma 2009",
                ),
            ],
        ),
        (
            "document vectors",
            vec![Line::new(
                "documents",
                "a document's vector tells its words from others (PV-DBOW)",
                "Le, Mikolov, ICML 2014",
            )],
        ),
        (
            "text classification",
            vec![Line::new(
                "classifier",
                "a linear layer on the mean vector of words and n-grams; autotune, quantize",
                "Joulin et al., EACL 2017 (fastText)",
            )],
        ),
        ("probes", probe::ALL.iter().map(|p| Line::new(p.name, p.says, "")).collect()),
        ("indexes", index::Method::NAMES.map(|name| Line::new(name, "", "")).to_vec()),
        ("data formats", dataset::formats().map(|name| Line::new(name, "", "")).collect()),
        (
            "vector files",
            file::Format::ALL.map(|format| Line::new(format.extension(), "", "")).to_vec(),
        ),
        (
            "word vector files",
            [
                "word2vec text",
                "word2vec binary",
                "GloVe text",
                "safetensors",
                "fastText .bin (read)",
            ]
            .map(|name| Line::new(name, "", ""))
            .to_vec(),
        ),
    ];
    if common.json {
        let told: serde_json::Map<String, Value> =
            kinds.iter().map(|(kind, lines)| ((*kind).to_owned(), json!(lines))).collect();
        print_line!("{}", Value::Object(told));
    } else {
        for (kind, lines) in &kinds {
            print(kind, lines)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
