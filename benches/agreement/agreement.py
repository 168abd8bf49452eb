"""Our measures beside scikit-learn and scikit-dimension on the same vectors.

    python benches/agreement/agreement.py [vectors.npy labels.npy]

Without files it takes scikit-learn's digits (1797 images of 8 x 8, in the package). Every fifth
row is a test sample. Prints a table and exits with 1 where a difference is larger than allowed.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import skdim
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    adjusted_rand_score,
    average_precision_score,
    normalized_mutual_info_score,
)
from sklearn.metrics.cluster import contingency_matrix
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.preprocessing import StandardScaler, normalize

ROOT = Path(__file__).resolve().parents[2]


def ours(vectors: Path, labels: Path) -> dict:
    command = "cargo run --release --quiet -p pith-space --example agreement --"
    result = subprocess.run(
        [*command.split(), vectors, labels], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    return json.loads(result.stdout)


def rows(x: np.ndarray, y: np.ndarray, mine: dict):
    """Yields (measure, ours, theirs, difference, allowed)."""
    test = np.arange(len(y)) % 5 == 4
    train_x, train_y, test_x, test_y = x[~test], y[~test], x[test], y[test]

    knn = KNeighborsClassifier(
        mine["neighbours"],
        metric="cosine",
        algorithm="brute",
        weights=lambda distance: np.exp((1 - distance) / 0.07),
    ).fit(train_x, train_y)
    voted = knn.predict(test_x)
    accuracy = [np.mean(np.array(p) == test_y) for p in (mine["knn"], voted)]
    yield "kNN accuracy", *accuracy, np.mean(np.array(mine["knn"]) != voted), 0

    scaler = StandardScaler().fit(train_x)
    classes = len(np.unique(train_y))
    for fit in mine["linear"]:
        # For two classes scikit-learn fits one weight vector: its C is half of ours.
        strength = fit["C"] * (2 if classes == 2 else 1)
        model = LogisticRegression(C=strength, solver="newton-cg", tol=1e-12, max_iter=10000)
        model.fit(scaler.transform(train_x), train_y)
        probabilities = np.array(fit["probabilities"]).reshape(-1, classes)
        expected = model.predict_proba(scaler.transform(test_x))
        right = [np.mean(p.argmax(1) == test_y) for p in (probabilities, expected)]
        gap = np.abs(probabilities - expected).max()
        yield f"linear probe, C = {fit['C']}: probabilities", *right, gap, 1e-6
        if classes > 2:
            parameters = np.array(fit["parameters"]).reshape(-1, classes)
            gap = np.abs(parameters[:-1] - model.coef_.T).max()
            size = [np.linalg.norm(parameters[:-1]), np.linalg.norm(model.coef_)]
            yield f"linear probe, C = {fit['C']}: weights", *size, gap, 1e-6

    clusters = np.array(mine["clusters"])
    table = contingency_matrix(y, clusters)
    for name, value in [
        ("nmi", normalized_mutual_info_score(y, clusters)),
        ("ari", adjusted_rand_score(y, clusters)),
        ("purity", table.max(0).sum() / table.sum()),
    ]:
        yield f"{name} of the same clusters", mine[name], value, abs(mine[name] - value), 1e-12
    centers = np.array(mine["centers"], np.float64).reshape(-1, x.shape[1])
    lloyd = KMeans(len(centers), init=centers, n_init=1, tol=0, max_iter=300).fit(x)
    gap = abs(mine["inertia"] / lloyd.inertia_ - 1)
    yield "k-means inertia, theirs from our centres", mine["inertia"], lloyd.inertia_, gap, 1e-6
    best = KMeans(len(centers), n_init=10, random_state=0).fit(x)
    gap = max(0, mine["inertia"] / best.inertia_ - 1)
    yield "k-means inertia, theirs from 10 starts", mine["inertia"], best.inertia_, gap, 1e-2

    pca = PCA(len(mine["pca-variance"]), svd_solver="full").fit(x)
    variance = np.array(mine["pca-variance"])
    gap = np.abs(variance / pca.explained_variance_ - 1).max()
    yield "PCA variances", variance[0], pca.explained_variance_[0], gap, 1e-6
    components = np.array(mine["pca-components"]).reshape(pca.components_.shape)
    gap = np.abs(components - pca.components_).max()
    yield "PCA components", components[0, 0], pca.components_[0, 0], gap, 1e-6

    near = NearestNeighbors(n_neighbors=11, algorithm="brute").fit(x)
    distances = near.kneighbors(x)[0]
    different = distances[:, 1] > 0
    # Their ratios and fit, with F_i = i / N from i = 0 as in their releases before 0.5; since then
    # they count from 1. The difference is of order 1 / N, and no error of either.
    theirs = skdim.id.TwoNN().fit(x)
    ratios = theirs.x_.ravel()
    below = -np.log(1 - np.arange(len(ratios)) / different.sum())
    dimension = (ratios @ below) / (ratios @ ratios)
    gap = abs(mine["two-nn"] / dimension - 1)
    yield "TwoNN, fit, F from 0", mine["two-nn"], dimension, gap, 1e-6
    gap = abs(mine["two-nn"] / theirs.dimension_ - 1)
    yield "TwoNN, fit, F from 1 / N (theirs since 0.5)", mine["two-nn"], theirs.dimension_, gap, 1e-2
    ratios = np.log(distances[different, 2] / distances[different, 1])
    likelihood = different.sum() / ratios.sum()
    gap = abs(mine["two-nn-mle"] / likelihood - 1)
    yield "TwoNN, likelihood", mine["two-nn-mle"], likelihood, gap, 1e-6

    share = np.linalg.svd(x, compute_uv=False)
    share = share / share.sum() + 1e-7
    rank = np.exp(-(share * np.log(share)).sum())
    yield "RankMe", mine["rank-me"], rank, abs(mine["rank-me"] / rank - 1), 1e-9

    unit = normalize(test_x)
    cosine = unit @ unit.T
    precision, first = [], []
    for query in range(len(test_y)):
        others = np.arange(len(test_y)) != query
        same = test_y[others] == test_y[query]
        if same.any():
            precision.append(average_precision_score(same, cosine[query][others]))
            first.append(same[cosine[query][others].argmax()])
    gap = abs(mine["map"] - np.mean(precision))
    yield "mean average precision", mine["map"], np.mean(precision), gap, 1e-6
    gap = abs(mine["recall@1"] - np.mean(first))
    yield "recall@1", mine["recall@1"], np.mean(first), gap, 0


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) == 3:
            vectors, labels = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
        else:
            digits = load_digits()
            vectors, labels = Path(folder, "vectors.npy"), Path(folder, "labels.npy")
            np.save(vectors, digits.data.astype(np.float32))
            np.save(labels, digits.target.astype(np.float32)[:, None])
        mine = ours(vectors, labels)
        x, y = np.load(vectors).astype(np.float64), np.load(labels).ravel().astype(int)
    print(f"{len(y)} vectors of {x.shape[1]} numbers\n")
    print("| measure | pith | scikit-learn, scikit-dimension | difference | allowed | |")
    print("|---|---|---|---|---|---|")
    agree = True
    for measure, value, expected, gap, allowed in rows(x, y, mine):
        verdict = "agrees" if gap <= allowed else "DIFFERS"
        agree &= gap <= allowed
        print(f"| {measure} | {value:.9g} | {expected:.9g} | {gap:.1e} | {allowed:.0e} | {verdict} |")
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
