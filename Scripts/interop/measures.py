"""The measures of `analyze layers`, computed in NumPy from activations and parameters in double precision.

The formulas are those of docs/analysis.md, written without the shortcuts of the program: attention's entropy from P,
the determinant of the larger matrix too, coordinates without a norm as Z·(U ∘ gain)ᵀ.
"""
import dataclasses
import itertools

import numpy as np

POINTS, FORMS = ("before", "after"), ("official", "normalized", "formula")


@dataclasses.dataclass
class Shape:
    """What the measures of a model depend on beside its numbers; `activation` is that of a transformer."""
    architecture: str
    objective: str
    depth: int
    heads: int
    step_size: float
    sparsity_penalty: float
    activation: str = "gelu-tanh"

    @property
    def is_tied(self) -> bool:
        return self.architecture != "transformer"

    @property
    def has_ista(self) -> bool:
        return self.architecture.startswith("crate")

    @property
    def has_code(self) -> bool:
        return self.has_ista or self.architecture == "transformer" and self.activation == "relu"

    @property
    def norm_is_last(self) -> bool:
        return not self.is_tied and self.objective == "masked"


def unit(z: np.ndarray) -> np.ndarray:
    return z / np.linalg.norm(z, axis=-1, keepdims=True)


def spread(values) -> dict | None:
    values = np.asarray(list(values), dtype=float)
    if not len(values):
        return None
    return {"mean": values.mean(), "deviation": values.std(ddof=1) if len(values) > 1 else None}


class Measures:
    """The measures of a model's layers.

    `activations` are those of docs/activations.md, [sequences, tokens, width], and attention weights
    [sequences, heads, queries, keys]; `parameters` have the names of the program.
    """

    def __init__(self, shape: Shape, parameters: dict, activations: dict, epsilon: float) -> None:
        self.shape, self.epsilon = shape, epsilon
        self.parameters = {name: np.asarray(value, dtype=float) for name, value in parameters.items()}
        self.activations = {name: np.asarray(value, dtype=float) for name, value in activations.items()}
        self.sequences, self.tokens, self.width = self.activations["embedding"].shape
        self.head_width = self.width // shape.heads

    def layers(self) -> list[dict]:
        return [self.layer(layer) for layer in range(self.shape.depth)]

    def rate(self, z: np.ndarray) -> float:
        tokens, width = z.shape
        alpha = width / (tokens * self.epsilon**2)
        value = np.linalg.slogdet(np.eye(width) + alpha * z.T @ z)[1] / 2
        assert abs(value - np.linalg.slogdet(np.eye(tokens) + alpha * z @ z.T)[1] / 2) < 1e-9 * value
        return value

    def heads(self, w: np.ndarray) -> list[np.ndarray]:
        return np.split(w, self.shape.heads, axis=-1)

    def norm(self, x: np.ndarray, gain: np.ndarray, bias: np.ndarray) -> np.ndarray:
        if self.shape.norm_is_last:
            return x
        epsilon = 1e-6 if self.shape.architecture == "crate-alpha" else 1e-5
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon) * gain + bias

    def streams(self, layer: int) -> dict[str, np.ndarray]:
        half = {"transformer": "mlp.output", "attention-only": "attention.output", "crate": "ista.code"}
        last = half.get(self.shape.architecture, "ista.output")
        first = "embedding_norm" if self.shape.objective == "masked" else "embedding"
        before = first if layer == 0 else f"layers.{layer - 1}.{last}"
        return {"before": self.activations[before], "after": self.activations[f"layers.{layer}.attention.output"]}

    def rates(self, layer: int) -> tuple[dict, dict]:
        """R and R^c of every sequence, by place and form."""
        streams, name = self.streams(layer), f"layers.{layer}.attention"
        gain, bias = self.parameters[f"{name}.norm.gain"], self.parameters[f"{name}.norm.bias"]
        subspaces = self.parameters.get(f"{name}.subspaces")
        whole = {point: {form: [] for form in FORMS} for point in POINTS}
        parts = {point: {form: [] for form in FORMS} for point in POINTS}
        for point, sequence in itertools.product(POINTS, range(self.sequences)):
            x = streams[point][sequence]
            n = self.norm(x, gain, bias)
            factor = np.sqrt(self.tokens / (streams["before"][sequence] ** 2).sum())
            whole[point]["official"].append(self.rate(unit(n)))
            whole[point]["normalized"].append(self.rate(n / np.sqrt(self.width)))
            whole[point]["formula"].append(self.rate(x * factor))
            if self.shape.is_tied:
                c = self.heads(n @ subspaces.T)
                formula = self.heads(x * factor @ (subspaces * gain).T)
                parts[point]["official"].append(sum(self.rate(unit(w)) for w in c))
                parts[point]["normalized"].append(sum(self.rate(w / np.sqrt(self.width)) for w in c))
                parts[point]["formula"].append(sum(self.rate(w) for w in formula))
        return whole, parts

    def codes(self, layer: int) -> np.ndarray:
        return self.activations[f"layers.{layer}.{'ista' if self.shape.has_ista else 'mlp'}.code"]

    def code(self, layer: int) -> dict:
        if not self.shape.has_code:
            return {"nonzero_fraction": None, "nonzero_deviation": None, "hoyer": None, "dead": None, "always_on": None}
        z = self.codes(layer)
        shares = spread((z[sequence] != 0).mean() for sequence in range(self.sequences))
        root = np.sqrt(z.shape[-1])
        # Codes are not negative. A token without one has no sparsity.
        ratio = z.sum(-1) / np.where(z.any(-1), np.linalg.norm(z, axis=-1), np.nan)
        firing = (z > 0).mean((0, 1))
        return {
            "nonzero_fraction": shares["mean"], "nonzero_deviation": shares["deviation"],
            "hoyer": spread(np.nanmean((root - ratio) / (root - 1), axis=-1)),
            "dead": (firing == 0).mean(), "always_on": (firing > 0.5).mean()}

    def attention(self, layer: int) -> tuple[dict, dict]:
        weights = self.activations[f"layers.{layer}.attention.weights"]
        terms = weights * np.log(np.where(weights > 0, weights, 1))
        return spread(-terms.sum(-1).mean((1, 2))), spread(weights.diagonal(axis1=2, axis2=3).mean((1, 2)))

    def geometry(self, layer: int) -> dict:
        if not self.shape.is_tied:
            return {"overlap": None, "effective_rank": None}
        bases = np.split(self.parameters[f"layers.{layer}.attention.subspaces"], self.shape.heads)
        bases = [np.linalg.qr(basis.T)[0] for basis in bases]
        overlaps = [
            np.linalg.norm(a.T @ b) ** 2 / self.head_width for a, b in itertools.combinations(bases, 2)]
        ranks = []
        for w in self.heads(self.activations[f"layers.{layer}.attention.coordinates"].reshape(-1, self.width)):
            values = np.linalg.eigvalsh(w.T @ w)
            values = values / values.sum()
            ranks.append(np.exp(-(values * np.log(values)).sum()))
        return {
            "overlap": spread(overlaps) | {"random": self.head_width / self.width}, "effective_rank": spread(ranks)}

    def dictionary(self, layer: int) -> dict:
        if not self.shape.has_ista:
            return {"coherence": None, "step_stability": None}
        dictionary = self.parameters[f"layers.{layer}.ista.dictionary"]
        atoms = unit(dictionary.T if self.shape.architecture == "crate" else dictionary)
        cosines = abs(atoms @ atoms.T)[np.triu_indices(len(atoms), 1)]
        m, d = atoms.shape
        welch = np.sqrt((m - d) / (d * (m - 1))) if m > d else 0.0
        return {
            "coherence": spread(cosines) | {"largest": cosines.max(), "welch": welch},
            "step_stability": self.shape.step_size * np.linalg.norm(dictionary, 2) ** 2}

    def layer(self, layer: int) -> dict:
        """In the form of `analyze layers --json`."""
        whole, parts = self.rates(layer)
        every = [(point, form) for point in POINTS for form in FORMS]
        coding = {point: {form: spread(whole[point][form]) for form in FORMS} for point in POINTS}
        subspaces = reduction = sparse = None
        if self.shape.is_tied:
            subspaces = {point: {form: spread(parts[point][form]) for form in FORMS} for point in POINTS}
            difference = {key: np.subtract(whole[key[0]][key[1]], parts[key[0]][key[1]]) for key in every}
            reduction = {point: {form: spread(difference[point, form]) for form in FORMS} for point in POINTS}
            if self.shape.has_ista:
                nonzeros = (self.codes(layer) != 0).sum(-1).mean(-1)
                sparse = {
                    form: spread(difference["after", form] - self.shape.sparsity_penalty * nonzeros) for form in FORMS}
        lengths = {p: spread(np.linalg.norm(x, axis=-1).mean(-1)) for p, x in self.streams(layer).items()}
        entropy, share = self.attention(layer)
        geometry, dictionary = self.geometry(layer), self.dictionary(layer)
        return {"layer": layer} | self.code(layer) | {
            "coding_rate": coding["before"]["official"] | coding, "subspaces": subspaces,
            "rate_reduction": reduction, "sparse_rate_reduction": sparse} | geometry | dictionary | {
            "entropy": entropy, "self_share": share, "token_norm": lengths["before"] | {"after": lengths["after"]}}
