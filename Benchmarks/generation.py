"""Measures the speed at which CRATE-GPT writes tokens in PyTorch, to compare with `crate-lm bench generation`.

    pip install torch
    python3 Benchmarks/generation.py [--shape base|tiny] [--bf16] [--threads N] [--tokens N]

Greedy, one text, one cached vector per token and layer. base is width 768, depth 12, 12 heads, vocabulary 50,304
(`crate-lm bench generation --preset base`), tiny is width 256, depth 6, 8 heads, vocabulary 4,096
(`crate-lm bench generation --vocabulary 4096`). Both programs report the median of nine rounds.
"""
import argparse
import statistics
import time

import torch
import torch.nn.functional as F

SHAPES = {"base": (768, 12, 12, 1024, 50304), "tiny": (256, 6, 8, 256, 4096)}


class Writer:
    """A model of random weights and the tokens it has seen."""

    def __init__(self, width, depth, heads, context, vocabulary, dtype):
        def matrix(*shape):
            return (torch.randn(shape) * 0.02).to(dtype)

        self.width, self.heads, self.length, self.context = width, heads, 0, context
        self.tokens, self.positions = matrix(vocabulary, width), matrix(context, width)
        self.subspaces, self.projections = matrix(depth, width, width), matrix(depth, width, width)
        self.dictionaries = (torch.randn(depth, width, width) * (2 / width) ** 0.5).to(dtype)
        self.gain, self.bias = torch.ones(width, dtype=dtype), torch.zeros(width, dtype=dtype)
        self.cache = torch.zeros(depth, 1, heads, context, width // heads, dtype=dtype)

    def norm(self, x):
        return F.layer_norm(x, (self.width,), self.gain, self.bias)

    def next(self, token):
        x = (self.tokens[token] + self.positions[self.length]).view(1, -1)
        for layer, cache in enumerate(self.cache):
            w = F.linear(self.norm(x), self.subspaces[layer]).view(1, self.heads, 1, -1)
            cache[:, :, self.length] = w[:, :, 0]
            seen = cache[:, :, : self.length + 1]
            attended = F.scaled_dot_product_attention(w, seen, seen)
            x = x + F.linear(attended.view(1, -1), self.projections[layer], self.bias)
            u, dictionary = self.norm(x), self.dictionaries[layer]
            residual = u - F.linear(u, dictionary)
            x = F.relu(u + 0.1 * (residual @ dictionary) - 0.01)
        self.length = (self.length + 1) % self.context
        return int(F.linear(x, self.tokens).argmax())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="base")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=200)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)

    writer = Writer(*SHAPES[options.shape], torch.bfloat16 if options.bf16 else torch.float32)
    token, seconds, rounds = 1, [], 9
    per_round = (options.tokens + rounds - 1) // rounds
    with torch.inference_mode():
        for _ in range(20):
            token = writer.next(token)
        for _ in range(rounds):
            start = time.perf_counter()
            for _ in range(per_round):
                token = writer.next(token)
            seconds.append(time.perf_counter() - start)
    print(f"{per_round / statistics.median(seconds):.1f} tokens/s, torch {torch.__version__}")


if __name__ == "__main__":
    main()
