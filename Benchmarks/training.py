"""The speed of a CRATE training step in PyTorch, to set beside `crate-lm bench training`.

    pip install torch
    python3 Benchmarks/training.py [--compile] [--bf16] [--threads N] [--steps N]

Width 256, depth 6, 8 heads, context 256, vocabulary 4,096, batch 16: the defaults of `bench training`. Every step is
forward, backward, clipping and AdamW on random tokens; the median of the steps counts.
"""
import argparse
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Layer(nn.Module):
    """MSSA with its residual, then one ISTA step without one."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.subspaces = nn.Linear(width, width, bias=False)
        self.projection = nn.Linear(width, width)
        self.dictionary = nn.Parameter(torch.empty(width, width))
        nn.init.kaiming_uniform_(self.dictionary)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        w = self.subspaces(self.norms[0](x))
        w = w.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        y = F.scaled_dot_product_attention(w, w, w, is_causal=True)
        x = x + self.projection(y.transpose(1, 2).flatten(2))
        u = self.norms[1](x)
        residual = u - F.linear(u, self.dictionary)
        return F.relu(u + 0.1 * (residual @ self.dictionary) - 0.01)


class Model(nn.Module):
    def __init__(self, vocabulary: int, context: int, width: int, depth: int, heads: int):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.randn(context, width) * 0.02)
        self.layers = nn.Sequential(*(Layer(width, heads) for _ in range(depth)))
        nn.init.normal_(self.tokens.weight, std=0.02)

    def forward(self, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        hidden = self.layers(self.tokens(ids) + self.positions)
        logits = F.linear(hidden, self.tokens.weight)
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)

    vocabulary, context, batch = 4096, 256, 16
    model = Model(vocabulary, context, width=256, depth=6, heads=8)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    run = torch.compile(model) if options.compile else model
    seconds = []
    for _ in range(options.steps + 3):
        ids, targets = torch.randint(vocabulary, (2, batch, context))
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            loss = run(ids, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    print(f"{batch * context / statistics.median(seconds[3:]):.0f} tokens/s, torch {torch.__version__}")


if __name__ == "__main__":
    main()
