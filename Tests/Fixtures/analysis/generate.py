"""Writes what `analyze layers` says of the causal models of ../model, computed in NumPy from their recorded activations.

    python3 generate.py          (needs numpy and safetensors; the tests themselves need no Python)

`layers.json` has the list `layers` of each architecture, in the form of `analyze layers --json`. The formulas stand in
`Scripts/interop/measures.py`, which is also checked beside the activations that the program writes.
"""
import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file

FOLDER = pathlib.Path(__file__).parent
sys.path.append(str(FOLDER.parents[2] / "Scripts" / "interop"))
from measures import Measures, Shape  # noqa: E402

MODELS = FOLDER.parent / "model"
SEQUENCES, CONTEXT, DEPTH, HEADS = 2, 13, 3, 3
ETA = LAMBDA = 0.1
EPSILON = 0.1


def activations(architecture: str) -> dict[str, np.ndarray]:
    recorded = load_file(MODELS / f"{architecture}-activations.safetensors")
    prefix = "activation."
    found = {}
    for name, values in recorded.items():
        if name.startswith(prefix):
            rows = (HEADS, CONTEXT) if name.endswith("attention.weights") else (CONTEXT,)
            found[name.removeprefix(prefix)] = values.reshape(SEQUENCES, *rows, -1)
    return found


def layers(architecture: str) -> list[dict]:
    shape = Shape(architecture, "causal", DEPTH, HEADS, ETA, LAMBDA)
    parameters = load_file(MODELS / f"{architecture}.safetensors")
    return Measures(shape, parameters, activations(architecture), EPSILON).layers()


if __name__ == "__main__":
    names = ("crate", "crate-overcomplete", "crate-alpha", "attention-only", "transformer")
    result = {name: layers(name) for name in names}
    (FOLDER / "layers.json").write_text(json.dumps(result, indent=1) + "\n")
