"""Measures the speed of a training step in PyTorch, to compare with `crate-lm bench training`.

    pip install torch
    python3 Benchmarks/training.py [--compile] [--bf16] [--architecture NAME] [--objective masked] [--width N] ...

Options and defaults of the shape are the same there: width 256, depth 6, 8 heads, context 256, vocabulary 4,096, batch
16. A step is forward, backward, clipping and AdamW on random tokens; the median of the steps counts.
"""
import argparse
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

ETA, THRESHOLD = 0.1, 0.01
MASKED_SHARE = 0.15


class Layer(nn.Module):
    """Attention with its residual, then the second half of the architecture."""

    def __init__(self, options: argparse.Namespace):
        super().__init__()
        width, self.heads, self.architecture = options.width, options.heads, options.architecture
        self.is_causal = options.objective == "causal"
        is_transformer = self.architecture == "transformer"
        self.norms = nn.ModuleList(
            nn.LayerNorm(width) for _ in range(1 if self.architecture == "attention-only" else 2))
        self.coordinates = nn.Linear(width, 3 * width if is_transformer else width, bias=is_transformer)
        self.projection = nn.Linear(width, width)
        if is_transformer:
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))
        if is_transformer or self.architecture == "attention-only":
            return
        self.dictionary = nn.Parameter(torch.empty(width if self.architecture == "crate" else 4 * width, width))
        nn.init.kaiming_uniform_(self.dictionary)
        if self.architecture == "crate-alpha":
            self.decoder = nn.Parameter(self.dictionary.detach().clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = self.coordinates(self.norms[0](x)).split(x.shape[-1], -1)
        heads = [part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts]
        query, key, value = heads if len(heads) == 3 else heads * 3
        y = F.scaled_dot_product_attention(query, key, value, is_causal=self.is_causal)
        x = x + self.projection(y.transpose(1, 2).flatten(2))
        if self.architecture == "attention-only":
            return x
        y = self.second_half(self.norms[1](x))
        return x + y if self.architecture in ("crate-alpha", "transformer") else y

    def second_half(self, u: torch.Tensor) -> torch.Tensor:
        if self.architecture == "transformer":
            return self.mlp(u)
        if self.architecture == "crate":
            residual = u - F.linear(u, self.dictionary)
            return F.relu(u + ETA * (residual @ self.dictionary) - THRESHOLD)
        first = F.relu(ETA * F.linear(u, self.dictionary) - THRESHOLD)
        residual = u - first @ self.dictionary
        code = F.relu(first + ETA * F.linear(residual, self.dictionary) - THRESHOLD)
        return code @ (self.decoder if self.architecture == "crate-alpha" else self.dictionary)


class Model(nn.Module):
    def __init__(self, options: argparse.Namespace):
        super().__init__()
        width = options.width
        self.tokens = nn.Embedding(options.vocabulary, width)
        self.positions = nn.Parameter(torch.randn(options.context, width) * 0.02)
        self.layers = nn.Sequential(*(Layer(options) for _ in range(options.depth)))
        self.norm = nn.Identity() if options.architecture == "crate" else nn.LayerNorm(width)
        self.transform = nn.Identity()
        if options.objective == "masked":
            self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        nn.init.normal_(self.tokens.weight, std=0.02)

    def forward(self, ids: torch.Tensor, predicted: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        hidden = self.norm(self.layers(self.tokens(ids) + self.positions)).flatten(0, 1)
        if predicted.numel() < hidden.shape[0]:
            hidden = self.transform(hidden[predicted])
        return F.cross_entropy(F.linear(hidden, self.tokens.weight).float(), targets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument(
        "--architecture", default="crate",
        choices=("crate", "crate-overcomplete", "crate-alpha", "attention-only", "transformer"))
    parser.add_argument("--objective", default="causal", choices=("causal", "masked"))
    for name, value in (("width", 256), ("depth", 6), ("heads", 8), ("context", 256), ("vocabulary", 4096), ("batch", 16)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)

    tokens = options.batch * options.context
    count = tokens if options.objective == "causal" else int(MASKED_SHARE * tokens)
    model = Model(options)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    run = torch.compile(model) if options.compile else model
    seconds = []
    for _ in range(options.steps + 3):
        ids = torch.randint(options.vocabulary, (options.batch, options.context))
        predicted, targets = torch.randperm(tokens)[:count], torch.randint(options.vocabulary, (count,))
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            loss = run(ids, predicted, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    print(f"{tokens / statistics.median(seconds[3:]):.0f} tokens/s, torch {torch.__version__}")


if __name__ == "__main__":
    main()
