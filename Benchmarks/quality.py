"""Trains the same models here and in PyTorch on the same packed tokens and compares their validation losses.

    pip install torch transformers numpy
    python3 Benchmarks/quality.py --program .build/release/crate-lm --causal-data DIR --masked-data DIR \\
        [--architecture NAME ...] [--objective NAME ...] [--optimizer muon|adamw] [--steps N] [--seeds N]

The data are two directories of `crate-lm data pack`, the masked one with a tokenizer that has [CLS], [SEP] and
[MASK]. Both programs have the same shape, initial distributions, learning rates, optimisers, clipping, bound of the
dictionaries and validation windows; each has its own order of the data, initial draws and masks. The PyTorch models are
the code that `crate-lm export --format huggingface` writes. With muon, both orthogonalise by five Newton-Schulz steps
in single precision. Prints a Markdown table of validation losses.
"""
import argparse
import importlib
import itertools
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F

ARCHITECTURES = ["crate", "crate-overcomplete", "crate-alpha", "attention-only", "transformer"]
OBJECTIVES = ["causal", "masked"]
DEPTH, WIDTH, HEADS, CONTEXT, BATCH = 4, 128, 4, 128, 16
CLIP, DECAY, BETAS, RATE = 1.0, 0.1, (0.9, 0.95), 0.15
ETA, LARGEST_SQUARE = 0.1, 1.9
#: The largest learning rate of AdamW, and the options of `pretrain` for the same plan.
PLANS = {
    "muon": (0.01, ["--orthogonalization", "newton-schulz", "--matrix-learning-rate", "0.02"]),
    "adamw": (1e-3, ["--optimizer", "adamw", "--schedule", "cosine"]),
}
MODELLING = pathlib.Path(__file__).parent.parent / "Sources" / "CRATELM" / "Interchange" / "Python"


class Data:
    """The token ids of both splits, and the ids that frame and hide a masked sequence."""

    def __init__(self, program: str, directory: str):
        def read(split: str) -> np.ndarray:
            text = subprocess.run([program, "data", "read", directory, "--split", split], check=True,
                                  capture_output=True).stdout
            return np.array(text.split(), dtype=np.int64)

        self.train, self.validation = read("train"), read("validation")
        tokenizer = json.loads((pathlib.Path(directory) / "tokenizer.json").read_text())
        vocabulary = tokenizer["model"]["vocab"]
        self.size = max(max(vocabulary.values()), *(t["id"] for t in tokenizer["added_tokens"])) + 1
        self.special = {name: vocabulary.get(name) for name in ("[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]")}


def sequences(ids: np.ndarray, data: Data, objective: str) -> torch.Tensor:
    """All windows: T + 1 tokens of the stream, or [CLS], T - 2 of them and [SEP]."""
    if objective == "causal":
        count = (len(ids) - 1) // CONTEXT
        return torch.tensor(np.stack([ids[i * CONTEXT:i * CONTEXT + CONTEXT + 1] for i in range(count)]))
    inner = CONTEXT - 2
    middle = torch.tensor(ids[:len(ids) // inner * inner].reshape(-1, inner))
    frame = torch.ones(len(middle), 1, dtype=torch.long)
    return torch.cat([frame * data.special["[CLS]"], middle, frame * data.special["[SEP]"]], 1)


def epoch(data: Data, objective: str, generator: torch.Generator, is_first: bool) -> list[torch.Tensor]:
    """All windows in a random order; after the first epoch those of a causal model begin at a random token."""
    begins_elsewhere = objective == "causal" and not is_first
    start = int(torch.randint(CONTEXT, (), generator=generator)) if begins_elsewhere else 0
    windows = sequences(data.train[start:], data, objective)
    return list(windows[torch.randperm(len(windows), generator=generator)])


def hide(batch: torch.Tensor, data: Data, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """80/10/10 masking of 15 % of the tokens that are not special; labels are -100 elsewhere."""
    inputs, labels = batch.clone(), torch.full_like(batch, -100)
    special = torch.tensor([i for i in data.special.values() if i is not None])
    for row in range(len(batch)):
        places = torch.nonzero(~torch.isin(batch[row], special)).flatten()
        places = places[torch.randperm(len(places), generator=generator)[:max(1, round(RATE * len(places)))]]
        labels[row, places] = batch[row, places]
        draw = torch.rand(len(places), generator=generator)
        inputs[row, places[draw < 0.8]] = data.special["[MASK]"]
        replaced = places[(draw >= 0.8) & (draw < 0.9)]
        inputs[row, replaced] = torch.randint(len(special), data.size, (len(replaced),), generator=generator)
    return inputs, labels


def make_model(architecture: str, objective: str, data: Data) -> torch.nn.Module:
    sys.path.insert(0, str(MODELLING.parent))
    modelling = importlib.import_module(f"{MODELLING.name}.modeling_crate")
    configuration = importlib.import_module(f"{MODELLING.name}.configuration_crate").CrateConfig(
        architecture=architecture, objective=objective, vocab_size=data.size, hidden_size=WIDTH,
        num_hidden_layers=DEPTH, num_attention_heads=HEADS, max_position_embeddings=CONTEXT, use_cache=False,
        hidden_act="gelu-tanh" if objective == "causal" else "gelu")
    kind = modelling.CrateForCausalLM if objective == "causal" else modelling.CrateForMaskedLM
    model = kind(configuration)
    if objective == "causal":
        for name, parameter in model.named_parameters():
            if name.endswith(("projection.weight", "contraction.weight")):
                torch.nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * DEPTH))
    return model


class Muon:
    """Muon of Jordan (2024) with Nesterov's momentum; stacked queries, keys and values are three matrices."""

    def __init__(self, parameters: list[tuple[str, torch.nn.Parameter]], rate: float, momentum: float = 0.95):
        self.matrices = [part for name, parameter in parameters
                         for part in parameter.detach().chunk(3 if "query_key_value" in name else 1)]
        self.parameters, self.rate, self.momentum = parameters, rate, momentum
        self.means = [torch.zeros_like(matrix) for matrix in self.matrices]

    @torch.no_grad()
    def step(self, factor: float) -> None:
        gradients = [part for name, parameter in self.parameters
                     for part in parameter.grad.chunk(3 if "query_key_value" in name else 1)]
        for matrix, mean, gradient in zip(self.matrices, self.means, gradients):
            mean.lerp_(gradient, 1 - self.momentum)
            update = self.orthogonalized(gradient.lerp(mean, self.momentum))
            matrix.mul_(1 - self.rate * factor * DECAY)
            matrix.add_(update, alpha=-self.rate * factor * max(1, matrix.shape[0] / matrix.shape[1]) ** 0.5)

    @staticmethod
    def orthogonalized(x: torch.Tensor) -> torch.Tensor:
        x = x / (x.norm() + 1e-7)
        is_tall = x.shape[0] > x.shape[1]
        x = x.T if is_tall else x
        for _ in range(5):
            square = x @ x.T
            x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
        return x.T if is_tall else x


def rate_factor(optimizer: str, step: int, steps: int) -> float:
    """The learning rate of `step`, counted from 1, as a share of the largest."""
    warmup = min(2000, steps // 20)
    if step < warmup:
        return step / warmup
    if optimizer == "muon":
        return min(1.0, (steps + 1 - step) / (round(0.4 * steps) + 1))
    progress = max(0, step - warmup) / max(1, steps - warmup)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * progress))


@torch.no_grad()
def bound(dictionaries: list[torch.nn.Parameter]) -> None:
    """Scales a dictionary down if the steps of ISTA would not converge in it."""
    for dictionary in dictionaries:
        square = ETA * torch.linalg.matrix_norm(dictionary, 2) ** 2
        if square > LARGEST_SQUARE:
            dictionary.mul_((LARGEST_SQUARE / square) ** 0.5)


def train_in_pytorch(
    architecture: str, objective: str, optimizer: str, data: Data, steps: int, seed: int,
) -> tuple[float, float]:
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = make_model(architecture, objective, data)
    named = list(model.named_parameters())
    matrices = [(name, p) for name, p in named if p.dim() == 2 and ".layers." in name] if optimizer == "muon" else []
    taken = {id(p) for _, p in matrices}
    rest = [p for _, p in named if id(p) not in taken]
    peak = PLANS[optimizer][0]
    adamw = torch.optim.AdamW(
        [{"params": [p for p in rest if p.dim() > 1], "weight_decay": DECAY},
         {"params": [p for p in rest if p.dim() == 1], "weight_decay": 0.0}], lr=peak, betas=BETAS, fused=True)
    muon = Muon(matrices, 0.02)
    dictionaries = [p for name, p in named if name.endswith(".dictionary")]
    order: list[torch.Tensor] = []
    is_first = True
    start = time.perf_counter()
    for step in range(1, steps + 1):
        while len(order) < BATCH:
            order += epoch(data, objective, generator, is_first)
            is_first = False
        batch, order = torch.stack(order[:BATCH]), order[BATCH:]
        factor = rate_factor(optimizer, step, steps)
        for group in adamw.param_groups:
            group["lr"] = peak * factor
        model.zero_grad()
        loss(model, batch, objective, data, generator).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        adamw.step()
        muon.step(factor)
        bound(dictionaries)
    seconds = time.perf_counter() - start
    return validate(model, objective, data), steps * BATCH * CONTEXT / seconds


def loss(model, batch, objective, data, generator, reduction="mean") -> torch.Tensor:
    return losses(model, batch, objective, data, generator, reduction)[0]


def losses(model, batch, objective, data, generator, reduction) -> tuple[torch.Tensor, int]:
    if objective == "causal":
        inputs, labels = batch[:, :-1], batch[:, 1:]
    else:
        inputs, labels = hide(batch, data, generator)
    logits = model(inputs).logits
    value = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100, reduction=reduction)
    return value, int((labels != -100).sum())


@torch.no_grad()
def validate(model: torch.nn.Module, objective: str, data: Data) -> float:
    windows = sequences(data.validation, data, objective)
    generator = torch.Generator().manual_seed(0)
    parts = [losses(model, windows[i:i + BATCH], objective, data, generator, "sum")
             for i in range(0, len(windows), BATCH)]
    return sum(value.item() for value, _ in parts) / sum(count for _, count in parts)


def train_here(
    program: str, directory: str, architecture: str, objective: str, optimizer: str, steps: int, seed: int,
) -> dict:
    peak, plan = PLANS[optimizer]
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [program, "pretrain", "--data", directory, "-o", f"{folder}/run", "--objective", objective,
             "--architecture", architecture, "--depth", str(DEPTH), "--width", str(WIDTH), "--heads", str(HEADS),
             "--context", str(CONTEXT), "--batch", str(BATCH), "--steps", str(steps), "--learning-rate", str(peak), *plan,
             "--weight-decay", str(DECAY), "--beta1", str(BETAS[0]), "--beta2", str(BETAS[1]),
             "--grad-clip", str(CLIP), "--eval-tokens", "1000000000", "--seed", str(seed),
             "--save-every", "never", "--quiet", "--json"],
            check=True, capture_output=True)
        return json.loads(result.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--causal-data")
    parser.add_argument("--masked-data")
    parser.add_argument("--architecture", nargs="+", default=ARCHITECTURES, choices=ARCHITECTURES)
    parser.add_argument("--objective", nargs="+", default=OBJECTIVES, choices=OBJECTIVES)
    parser.add_argument("--optimizer", nargs="+", default=list(PLANS), choices=list(PLANS))
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch")
    parser.add_argument("--seeds", type=int, default=1, help="runs whose mean is compared")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("| architecture | objective | optimiser | parameters | loss here | loss in PyTorch | difference "
          "| tokens/s here | in PyTorch |\n|---|---|---|---|---|---|---|---|---|")
    for objective, architecture, optimizer in itertools.product(
            options.objective, options.architecture, options.optimizer):
        directory = options.causal_data if objective == "causal" else options.masked_data
        data = Data(options.program, directory)
        seeds = range(1, options.seeds + 1)
        ours = [train_here(options.program, directory, architecture, objective, optimizer, options.steps, seed)
                for seed in seeds]
        theirs = [train_in_pytorch(architecture, objective, optimizer, data, options.steps, seed) for seed in seeds]
        here, there = (statistics.mean(values) for values in
                       ([run["validation_loss"] for run in ours], [run[0] for run in theirs]))
        print(f"| `{architecture}` | {objective} | {optimizer} | {ours[0]['parameters']:,} | {here:.4f} | {there:.4f} "
              f"| {100 * (here / there - 1):+.2f} % | {ours[0]['tokens_per_second']:,.0f} "
              f"| {theirs[0][1]:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
