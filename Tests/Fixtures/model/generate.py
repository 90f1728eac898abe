"""Writes the golden values of the model tests: a small CRATE language model in PyTorch, in double precision.

    python3 generate.py          (needs torch, numpy and safetensors; the tests themselves need no Python)

The model is written from the published equations (block P1 of CRATE-GPT: arXiv 2311.13110 and its released code),
term by term and without the folding that the Swift kernels use. Names follow this project's parameters.
`crate.safetensors` holds the parameters, a batch, the logits, the loss and its gradient, and the losses of ten
AdamW steps on that batch.
"""
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

VOCABULARY, CONTEXT, WIDTH, DEPTH, HEADS, SEQUENCES = 61, 13, 24, 3, 3, 2
ETA = LAMBDA = 0.1
LEARNING_RATE, WEIGHT_DECAY, BETAS, CLIP = 3e-3, 0.1, (0.9, 0.95), 0.5


def make_parameters() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(20241)

    def normal(*shape: int, deviation: float, mean: float = 0.0) -> torch.Tensor:
        # Rounded to single precision, so that both programs start from the same numbers.
        draw = torch.randn(*shape, generator=generator, dtype=torch.float64) * deviation + mean
        return draw.float().double()

    parameters = {
        "token_embedding": normal(VOCABULARY, WIDTH, deviation=0.5),
        "position_embedding": normal(CONTEXT, WIDTH, deviation=0.3),
    }
    for layer in range(DEPTH):
        for half in ("attention", "ista"):
            name = f"layers.{layer}.{half}"
            parameters[f"{name}.norm.gain"] = normal(WIDTH, deviation=0.2, mean=1.0)
            parameters[f"{name}.norm.bias"] = normal(WIDTH, deviation=0.2)
            if half == "attention":
                parameters[f"{name}.subspaces"] = normal(WIDTH, WIDTH, deviation=0.25)
                parameters[f"{name}.projection"] = normal(WIDTH, WIDTH, deviation=0.25)
                parameters[f"{name}.projection_bias"] = normal(WIDTH, deviation=0.1)
            else:
                parameters[f"{name}.dictionary"] = normal(WIDTH, WIDTH, deviation=0.3)
    return {name: tensor.requires_grad_() for name, tensor in parameters.items()}


def forward(p: dict[str, torch.Tensor], ids: torch.Tensor) -> torch.Tensor:
    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        return F.layer_norm(x, (WIDTH,), p[f"{name}.norm.gain"], p[f"{name}.norm.bias"], eps=1e-5)

    x = p["token_embedding"][ids] + p["position_embedding"][: ids.shape[1]]
    for layer in range(DEPTH):
        name = f"layers.{layer}.attention"
        w = norm(x, name) @ p[f"{name}.subspaces"].T
        w = w.view(*w.shape[:2], HEADS, -1).transpose(1, 2)
        scores = w @ w.transpose(-1, -2) / w.shape[-1] ** 0.5
        causal = torch.ones(ids.shape[1], ids.shape[1]).tril().bool()
        y = scores.masked_fill(~causal, -torch.inf).softmax(-1) @ w
        y = y.transpose(1, 2).reshape(x.shape)
        x = x + y @ p[f"{name}.projection"].T + p[f"{name}.projection_bias"]

        name = f"layers.{layer}.ista"
        u, dictionary = norm(x, name), p[f"{name}.dictionary"]
        x1 = u @ dictionary.T
        gradient = u @ dictionary - x1 @ dictionary
        x = F.relu(u + ETA * gradient - ETA * LAMBDA)
    return x @ p["token_embedding"].T


def main() -> None:
    parameters = make_parameters()
    generator = torch.Generator().manual_seed(20242)
    stream = torch.randint(VOCABULARY, (SEQUENCES, CONTEXT + 1), generator=generator)
    inputs, targets = stream[:, :-1], stream[:, 1:]

    logits = forward(parameters, inputs)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    golden = {name: tensor.detach().clone() for name, tensor in parameters.items()}
    golden |= {f"gradient.{name}": tensor.grad.clone() for name, tensor in parameters.items()}
    golden |= {"logits": logits.detach(), "loss": loss.detach().reshape(1)}

    optimizer = torch.optim.AdamW(
        [
            {"params": [t for t in parameters.values() if t.dim() > 1], "weight_decay": WEIGHT_DECAY},
            {"params": [t for t in parameters.values() if t.dim() == 1], "weight_decay": 0.0},
        ],
        lr=LEARNING_RATE, betas=BETAS)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = F.cross_entropy(forward(parameters, inputs).flatten(0, 1), targets.flatten())
        losses.append(loss.detach())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), CLIP)
        optimizer.step()
    golden["losses"] = torch.stack(losses)

    tensors = {name: tensor.float().contiguous() for name, tensor in golden.items()}
    tensors["inputs"], tensors["targets"] = inputs.int().contiguous(), targets.int().contiguous()
    save_file(tensors, pathlib.Path(__file__).parent / "crate.safetensors")
    print("losses", [round(float(value), 6) for value in losses])


if __name__ == "__main__":
    main()
