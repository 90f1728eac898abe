"""Writes ten updates of Muon on random matrices, for the tests of the optimiser.

    python3 generate.py          (needs torch 2.13, numpy and safetensors; the tests themselves need no Python)

`muon.safetensors` holds for each case of SHAPES the matrix before the first update, `CASE.gradient.N` of each update, and
after the last one `CASE.torch`, by torch.optim.Muon without its cast to bfloat16; `CASE.newton-schulz` and
`CASE.polar-express`, by the formula in double precision. The matrices of `stacked` are updated one by one.
"""
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file

SHAPES = {"wide": (12, 40), "square": (24, 24), "tall": (40, 12), "stacked": (24, 24)}
STACKED, UPDATES, RATE, MOMENTUM, DECAY, SCALE = 3, 10, 0.02, 0.95, 0.1, 0.7


def best_quintic(low, high):
    """The odd polynomial a·x + b·x³ + c·x⁵ nearest to 1 on [low, high], by Remez' exchange."""
    inner, outer, error, last = (3 * low + high) / 4, (low + 3 * high) / 4, 1.0, 2.0
    while abs(error - last) > 1e-15:
        last = error
        points = np.array([low, inner, outer, high])
        system = np.stack([points, points**3, points**5, [1, -1, 1, -1]], axis=1)
        a, b, c, error = np.linalg.solve(system, np.ones(4))
        root = np.sqrt(9 * b * b - 20 * a * c)
        inner, outer = np.sqrt((-3 * b - root) / (10 * c)), np.sqrt((-3 * b + root) / (10 * c))
    return float(a), float(b), float(c)


def polar_express(low, steps):
    """Algorithm 1 of arXiv:2505.16932: each step is best for the singular values that the last one leaves."""
    high, coefficients = 1.0, []
    for _ in range(steps):
        a, b, c = best_quintic(low, high)
        coefficients.append((a, b, c))
        low = a * low + b * low**3 + c * low**5
        high = 2 - low
    return coefficients


ITERATIONS = {"newton-schulz": [(3.4445, -4.7750, 2.0315)] * 5, "polar-express": polar_express(0.01, 3)}


def orthogonalise(matrix, coefficients):
    x = matrix / matrix.norm().clamp(min=1e-7)
    for a, b, c in coefficients:
        s = x @ x.T
        x = a * x + (b * s + c * s @ s) @ x
    return x


def formula(matrix, gradients, coefficients):
    matrix, mean = matrix.double(), torch.zeros_like(matrix, dtype=torch.float64)
    for gradient in gradients:
        gradient = gradient.double() * SCALE
        mean = MOMENTUM * mean + (1 - MOMENTUM) * gradient
        ahead = (1 - MOMENTUM) * gradient + MOMENTUM * mean
        update = orthogonalise(ahead, coefficients) * max(1, matrix.shape[0] / matrix.shape[1]) ** 0.5
        matrix = matrix - RATE * DECAY * matrix - RATE * update
    return matrix.float()


def optimiser(matrix, gradients):
    torch.Tensor.bfloat16 = lambda self: self.clone()
    parameter = torch.nn.Parameter(matrix.clone())
    muon = torch.optim.Muon([parameter], lr=RATE, weight_decay=DECAY, momentum=MOMENTUM)
    for gradient in gradients:
        parameter.grad = gradient * SCALE
        muon.step()
    return parameter.detach()


generator, tensors = torch.Generator().manual_seed(1), {}
for name, shape in SHAPES.items():
    matrix = torch.randn(shape, generator=generator)
    gradients = [torch.randn(shape, generator=generator) for _ in range(UPDATES)]
    tensors[name] = matrix
    tensors |= {f"{name}.gradient.{n}": gradient for n, gradient in enumerate(gradients)}
    parts = STACKED if name == "stacked" else 1

    def each(update):
        cut = [g.chunk(parts) for g in gradients]
        return torch.cat([update(m, [g[i] for g in cut]) for i, m in enumerate(matrix.chunk(parts))])

    tensors[f"{name}.torch"] = each(optimiser)
    for kind, coefficients in ITERATIONS.items():
        tensors[f"{name}.{kind}"] = each(lambda m, g: formula(m, g, coefficients))
save_file(tensors, pathlib.Path(__file__).parent / "muon.safetensors")
