"""Writes what `analyze layers` says of the causal models of ../model, computed in NumPy from their recorded activations.

    python3 generate.py          (needs numpy and safetensors; the tests themselves need no Python)

`layers.json` has the list `layers` of each architecture, in the form of `analyze layers --json`. The formulas are those
of docs/analysis.md in double precision, written without the shortcuts of the program: attention's entropy from P, the
determinant of the larger matrix too, coordinates without a norm as Z·(U ∘ gain)ᵀ.
"""
import itertools
import json
import pathlib

import numpy as np
from safetensors.numpy import load_file

MODELS = pathlib.Path(__file__).parent.parent / "model"
SEQUENCES, CONTEXT, WIDTH, DEPTH, HEADS = 2, 13, 24, 3, 3
HEAD_WIDTH = WIDTH // HEADS
ETA = LAMBDA = 0.1
EPSILON = 0.1
POINTS, FORMS = ("before", "after"), ("official", "normalized", "formula")


def rate(z: np.ndarray) -> float:
    tokens, width = z.shape
    alpha = width / (tokens * EPSILON**2)
    value = np.linalg.slogdet(np.eye(width) + alpha * z.T @ z)[1] / 2
    assert abs(value - np.linalg.slogdet(np.eye(tokens) + alpha * z @ z.T)[1] / 2) < 1e-9 * value
    return value


def unit(z: np.ndarray) -> np.ndarray:
    return z / np.linalg.norm(z, axis=-1, keepdims=True)


def heads(w: np.ndarray) -> list[np.ndarray]:
    return np.split(w, HEADS, axis=-1)


def spread(values) -> dict | None:
    values = np.asarray(list(values), dtype=float)
    if not len(values):
        return None
    return {"mean": values.mean(), "deviation": values.std(ddof=1) if len(values) > 1 else None}


def norm(x: np.ndarray, gain: np.ndarray, bias: np.ndarray, epsilon: float) -> np.ndarray:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon) * gain + bias


class Model:
    def __init__(self, architecture: str) -> None:
        self.architecture = architecture
        self.parameters = {k: v.astype(float) for k, v in load_file(MODELS / f"{architecture}.safetensors").items()}
        self.recorded = load_file(MODELS / f"{architecture}-activations.safetensors")
        self.epsilon = 1e-6 if architecture == "crate-alpha" else 1e-5
        self.is_tied = architecture != "transformer"
        self.has_code = architecture.startswith("crate")

    def activation(self, name: str) -> np.ndarray:
        """[sequences, tokens, width]"""
        return self.recorded[f"activation.{name}"].astype(float).reshape(SEQUENCES, CONTEXT, -1)

    def streams(self, layer: int) -> dict[str, np.ndarray]:
        half = {"transformer": "mlp.output", "attention-only": "attention.output", "crate": "ista.code"}
        last = half.get(self.architecture, "ista.output")
        before = "embedding" if layer == 0 else f"layers.{layer - 1}.{last}"
        return {"before": self.activation(before), "after": self.activation(f"layers.{layer}.attention.output")}

    def rates(self, layer: int) -> tuple[dict, dict]:
        """R and R^c of every sequence, by place and form."""
        streams, name = self.streams(layer), f"layers.{layer}.attention"
        gain, bias = self.parameters[f"{name}.norm.gain"], self.parameters[f"{name}.norm.bias"]
        subspaces = self.parameters.get(f"{name}.subspaces")
        whole = {point: {form: [] for form in FORMS} for point in POINTS}
        parts = {point: {form: [] for form in FORMS} for point in POINTS}
        for point, sequence in itertools.product(POINTS, range(SEQUENCES)):
            x = streams[point][sequence]
            n = norm(x, gain, bias, self.epsilon)
            factor = np.sqrt(CONTEXT / (streams["before"][sequence] ** 2).sum())
            whole[point]["official"].append(rate(unit(n)))
            whole[point]["normalized"].append(rate(n / np.sqrt(WIDTH)))
            whole[point]["formula"].append(rate(x * factor))
            if self.is_tied:
                c = heads(n @ subspaces.T)
                parts[point]["official"].append(sum(rate(unit(w)) for w in c))
                parts[point]["normalized"].append(sum(rate(w / np.sqrt(WIDTH)) for w in c))
                parts[point]["formula"].append(sum(rate(w) for w in heads(x * factor @ (subspaces * gain).T)))
        return whole, parts

    def code(self, layer: int) -> dict:
        if not self.has_code:
            return {"nonzero_fraction": None, "nonzero_deviation": None, "hoyer": None, "dead": None, "always_on": None}
        z = self.activation(f"layers.{layer}.ista.code")
        shares = spread((z[sequence] != 0).mean() for sequence in range(SEQUENCES))
        root = np.sqrt(z.shape[-1])
        ratio = z.sum(-1) / np.linalg.norm(z, axis=-1)
        firing = (z > 0).mean((0, 1))
        return {
            "nonzero_fraction": shares["mean"], "nonzero_deviation": shares["deviation"],
            "hoyer": spread(((root - ratio) / (root - 1)).mean(-1)),
            "dead": (firing == 0).mean(), "always_on": (firing > 0.5).mean()}

    def attention(self, layer: int) -> tuple[dict, dict]:
        weights = self.recorded[f"activation.layers.{layer}.attention.weights"].astype(float)
        weights = weights.reshape(SEQUENCES, HEADS, CONTEXT, CONTEXT)
        terms = weights * np.log(np.where(weights > 0, weights, 1))
        return spread(-terms.sum(-1).mean((1, 2))), spread(weights.diagonal(axis1=2, axis2=3).mean((1, 2)))

    def geometry(self, layer: int) -> dict:
        if not self.is_tied:
            return {"overlap": None, "effective_rank": None}
        bases = np.split(self.parameters[f"layers.{layer}.attention.subspaces"], HEADS)
        bases = [np.linalg.qr(basis.T)[0] for basis in bases]
        overlaps = [
            np.linalg.norm(a.T @ b) ** 2 / HEAD_WIDTH for a, b in itertools.combinations(bases, 2)]
        ranks = []
        for w in heads(self.activation(f"layers.{layer}.attention.coordinates").reshape(-1, WIDTH)):
            values = np.linalg.eigvalsh(w.T @ w)
            values = values / values.sum()
            ranks.append(np.exp(-(values * np.log(values)).sum()))
        return {"overlap": spread(overlaps) | {"random": HEAD_WIDTH / WIDTH}, "effective_rank": spread(ranks)}

    def dictionary(self, layer: int) -> dict:
        if not self.has_code:
            return {"coherence": None, "step_stability": None}
        dictionary = self.parameters[f"layers.{layer}.ista.dictionary"]
        atoms = unit(dictionary.T if self.architecture == "crate" else dictionary)
        cosines = abs(atoms @ atoms.T)[np.triu_indices(len(atoms), 1)]
        m, d = atoms.shape
        welch = np.sqrt((m - d) / (d * (m - 1))) if m > d else 0.0
        return {
            "coherence": spread(cosines) | {"largest": cosines.max(), "welch": welch},
            "step_stability": ETA * np.linalg.norm(dictionary, 2) ** 2}

    def layer(self, layer: int) -> dict:
        whole, parts = self.rates(layer)
        every = [(point, form) for point in POINTS for form in FORMS]
        coding = {point: {form: spread(whole[point][form]) for form in FORMS} for point in POINTS}
        subspaces = reduction = sparse = None
        if self.is_tied:
            subspaces = {point: {form: spread(parts[point][form]) for form in FORMS} for point in POINTS}
            difference = {key: np.subtract(whole[key[0]][key[1]], parts[key[0]][key[1]]) for key in every}
            reduction = {point: {form: spread(difference[point, form]) for form in FORMS} for point in POINTS}
            if self.has_code:
                nonzeros = (self.activation(f"layers.{layer}.ista.code") != 0).sum(-1).mean(-1)
                sparse = {form: spread(difference["after", form] - LAMBDA * nonzeros) for form in FORMS}
        lengths = {p: spread(np.linalg.norm(x, axis=-1).mean(-1)) for p, x in self.streams(layer).items()}
        entropy, share = self.attention(layer)
        geometry, dictionary = self.geometry(layer), self.dictionary(layer)
        return {"layer": layer} | self.code(layer) | {
            "coding_rate": coding["before"]["official"] | coding, "subspaces": subspaces,
            "rate_reduction": reduction, "sparse_rate_reduction": sparse} | geometry | dictionary | {
            "entropy": entropy, "self_share": share, "token_norm": lengths["before"] | {"after": lengths["after"]}}


if __name__ == "__main__":
    names = ("crate", "crate-overcomplete", "crate-alpha", "attention-only", "transformer")
    result = {name: [Model(name).layer(layer) for layer in range(DEPTH)] for name in names}
    path = pathlib.Path(__file__).parent / "layers.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
