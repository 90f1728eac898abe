"""Writes the golden values of the model tests: small models of every architecture in PyTorch, in double precision.

    python3 generate.py          (needs torch, numpy and safetensors; the tests themselves need no Python)

The models are written from the published equations (arXiv 2311.13110, 2410.16443, 2405.20299, 2506.03790, GPT-2 and
BERT), term by term and without the folding that the Swift kernels use. Names follow this project's parameters. The
files `ARCHITECTURE.safetensors` (causal) and `ARCHITECTURE-masked.safetensors` hold the parameters, a batch, the logits
of its predictions, the loss and its gradient, and the losses of ten AdamW steps on that batch.

`…-activations.safetensors` holds every named activation of the same pass, `activation.NAME`, a row for each token. The
rows of `attention.weights` are queries, ordered by sequence, head and position; its columns are the keys of the
sequence. What is called `output` is the residual stream after the sublayer, its norm included where that comes last.
`steered.logits` is what the model says if the unit `steered.unit` of one activation of the layer `steered.layer` is
zero for every token: of the code, or of the coordinates where a layer has no code.

`…-dropout.safetensors` holds the loss and its gradient in a training pass of the same batch with dropout: the masks are
drawn here by the definition in docs/models.md, from the seed, the rate and the positions of the sequences in the file.

Where a number comes within rounding of a threshold of the sparse layers, ten updates in single precision may end
anywhere. The seed is one with which parameters moved by 10⁻⁶ of themselves leave the losses the same to 5·10⁻⁵, which
the script checks; with some others they moved by 3·10⁻³.
"""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

VOCABULARY, CONTEXT, WIDTH, DEPTH, HEADS, SEQUENCES = 61, 13, 24, 3, 3, 2
ETA = LAMBDA = 0.1
# Larger than in training, so that every term of the gradient counts.
DEVIATIONS = {
    "token_embedding": 0.5, "position_embedding": 0.3, "gain": 0.2, "bias": 0.2, "subspaces": 0.25,
    "query_key_value": 0.25, "query_key_value_bias": 0.1, "projection": 0.25, "projection_bias": 0.1,
    "dictionary": 0.3, "decode_dictionary": 0.2, "expansion": 0.25, "expansion_bias": 0.1, "contraction": 0.15,
    "contraction_bias": 0.1, "token_type_embedding": 0.3, "transform": 0.25, "transform_bias": 0.1,
}
# The masked batch: the tokens of its sequences (the rest is padding) and where tokens are predicted.
LENGTHS, PREDICTED = (13, 9), (1, 5, 8, 11, 13, 15, 20)
LEARNING_RATE, WEIGHT_DECAY, BETAS, CLIP = 3e-3, 0.1, (0.9, 0.95), 0.5
SEED = 20244
STEERED_LAYER, STEERED_UNIT = 1, 8
# A rate that is no multiple of 2⁻¹⁶, and positions of the two sequences in the order of the data.
DROPOUT, DROPOUT_SEED, DROPOUT_POSITIONS = 0.2, 4_000_000_007, (3, 1_000_003)


def unobserved(name: str, value: torch.Tensor) -> torch.Tensor:
    """What a pass does with the activation `name`, [sequences, context, width]: it goes on with what this returns."""
    return value


def undropped(value: torch.Tensor) -> torch.Tensor:
    """What a pass without dropout does at each of its places."""
    return value


class Dropout:
    """Dropout at the places of one pass, which count from 0 in their order."""

    INCREMENT, BITS = 0x9E3779B97F4A7C15, 2**64 - 1

    def __init__(self) -> None:
        self.place = 0
        self.dropped_draws = round(DROPOUT * 2**16)

    def __call__(self, value: torch.Tensor) -> torch.Tensor:
        kept = torch.tensor(
            [
                [self.kept(position, token, value.shape[-1]) for token in range(value.shape[1])]
                for position in DROPOUT_POSITIONS
            ], dtype=value.dtype)
        self.place += 1
        return value * kept / (1 - self.dropped_draws / 2**16)

    def kept(self, position: int, token: int, count: int) -> list[float]:
        """1 for each unit of a token that stays, 0 for each that is dropped."""
        state = self.combine(0, DROPOUT_SEED)
        name = b"dropout"
        for value in (*name, len(name), position, self.place, token):
            state = self.combine(state, value)
        words = [self.mix(state + (index + 1) * self.INCREMENT) for index in range((count + 3) // 4)]
        draws = np.array(words, dtype="<u8").view("<u2")[:count]
        return (draws >= self.dropped_draws).astype(float).tolist()

    def combine(self, state: int, value: int) -> int:
        return self.mix((state ^ self.mix(value + self.INCREMENT)) + self.INCREMENT)

    def mix(self, z: int) -> int:
        """The finaliser of SplitMix64."""
        z &= self.BITS
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & self.BITS
        z = (z ^ z >> 27) * 0x94D049BB133111EB & self.BITS
        return z ^ z >> 31


def second_half_name(architecture: str) -> str | None:
    return {"transformer": "mlp", "attention-only": None}.get(architecture, "ista")


def steered_name(architecture: str) -> str:
    half = second_half_name(architecture)
    return f"layers.{STEERED_LAYER}." + ("attention.coordinates" if half is None else f"{half}.code")


def shapes(architecture: str, masked: bool) -> dict[str, tuple[int, ...]]:
    """The parameters of a model in the order of this project's layout."""
    result = {"token_embedding": (VOCABULARY, WIDTH), "position_embedding": (CONTEXT, WIDTH)}
    if masked:
        result["token_type_embedding"] = (2, WIDTH)
        result |= {"embedding_norm.gain": (WIDTH,), "embedding_norm.bias": (WIDTH,)}
    for layer in range(DEPTH):
        name = f"layers.{layer}.attention"
        result |= {f"{name}.norm.gain": (WIDTH,), f"{name}.norm.bias": (WIDTH,)}
        if architecture == "transformer":
            result |= {f"{name}.query_key_value": (3 * WIDTH, WIDTH), f"{name}.query_key_value_bias": (3 * WIDTH,)}
        else:
            result[f"{name}.subspaces"] = (WIDTH, WIDTH)
        result[f"{name}.projection"] = (WIDTH, WIDTH)
        if architecture == "transformer" or not masked and architecture != "crate-alpha":
            result[f"{name}.projection_bias"] = (WIDTH,)

        if (half := second_half_name(architecture)) is None:
            continue
        name = f"layers.{layer}.{half}"
        result |= {f"{name}.norm.gain": (WIDTH,), f"{name}.norm.bias": (WIDTH,)}
        if architecture == "transformer":
            result |= {f"{name}.expansion": (4 * WIDTH, WIDTH), f"{name}.expansion_bias": (4 * WIDTH,)}
            result |= {f"{name}.contraction": (WIDTH, 4 * WIDTH), f"{name}.contraction_bias": (WIDTH,)}
        else:
            result[f"{name}.dictionary"] = (WIDTH if architecture == "crate" else 4 * WIDTH, WIDTH)
        if architecture == "crate-alpha":
            result[f"{name}.decode_dictionary"] = (4 * WIDTH, WIDTH)
    if has_final_norm(architecture, masked):
        result |= {"final_norm.gain": (WIDTH,), "final_norm.bias": (WIDTH,)}
    if masked:
        result |= {"head.transform": (WIDTH, WIDTH), "head.transform_bias": (WIDTH,)}
        result |= {"head.norm.gain": (WIDTH,), "head.norm.bias": (WIDTH,), "head.bias": (VOCABULARY,)}
    return result


def has_final_norm(architecture: str, masked: bool) -> bool:
    return architecture not in (("crate", "transformer") if masked else ("crate",))


def make_parameters(architecture: str, masked: bool) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    parameters = {}
    for name, shape in shapes(architecture, masked).items():
        mean, deviation = (1.0 if name.endswith("gain") else 0.0), DEVIATIONS[name.split(".")[-1]]
        # Rounded to single precision, so that both programs start from the same numbers.
        draw = torch.randn(*shape, generator=generator, dtype=torch.float64) * deviation + mean
        parameters[name] = draw.float().double().requires_grad_()
    return parameters


def forward(
    p: dict[str, torch.Tensor], ids: torch.Tensor, architecture: str, masked: bool, see=unobserved, drop=undropped
) -> torch.Tensor:
    """The logits of all predictions, [predictions, vocabulary]."""
    is_post_norm = architecture == "transformer" and masked
    epsilon = 1e-12 if is_post_norm else 1e-6 if architecture == "crate-alpha" else 1e-5

    def norm(x: torch.Tensor, name: str, epsilon: float = epsilon) -> torch.Tensor:
        return F.layer_norm(x, (WIDTH,), p[f"{name}.gain"], p[f"{name}.bias"], eps=epsilon)

    seen = torch.ones(len(ids), CONTEXT, CONTEXT).bool()
    x = p["token_embedding"][ids] + p["position_embedding"][: ids.shape[1]]
    if masked:
        x = see("embedding", drop(x + p["token_type_embedding"][0]))
        x = see("embedding_norm", norm(x, "embedding_norm", 1e-12))
        seen &= torch.arange(CONTEXT) < torch.tensor(LENGTHS)[:, None, None]
    else:
        x, seen = see("embedding", drop(x)), seen.tril()
    for layer in range(DEPTH):
        name, half = f"layers.{layer}.attention", f"layers.{layer}.{second_half_name(architecture)}"
        if is_post_norm:
            x = see(f"{name}.output", norm(x + drop(attention(p, x, name, seen, see)), f"{name}.norm"))
            y = second_half(p, see(f"{half}.input", x), half, architecture, "none", see)
            x = see(f"{half}.output", norm(x + drop(y), f"{half}.norm"))
            continue
        x = see(f"{name}.output", x + drop(attention(p, norm(x, f"{name}.norm"), name, seen, see)))
        if architecture == "attention-only":
            continue
        u = see(f"{half}.input", norm(x, f"{half}.norm"))
        y = drop(second_half(p, u, half, architecture, "tanh", see))
        if architecture == "crate":  # The code is the stream.
            x = y
        else:
            x = see(f"{half}.output", x + y if architecture in ("crate-alpha", "transformer") else y)
    if has_final_norm(architecture, masked):
        x = see("final_norm", norm(x, "final_norm"))
    if not masked:
        return see("head.input", x).flatten(0, 1) @ p["token_embedding"].T
    x = x.flatten(0, 1)
    hidden = F.gelu(x[list(PREDICTED)] @ p["head.transform"].T + p["head.transform_bias"])
    return see("head.input", norm(hidden, "head.norm", 1e-12)) @ p["token_embedding"].T + p["head.bias"]


def attention(
    p: dict[str, torch.Tensor], x: torch.Tensor, name: str, seen: torch.Tensor, see=unobserved
) -> torch.Tensor:
    def heads(w: torch.Tensor) -> torch.Tensor:
        return w.view(*w.shape[:2], HEADS, -1).transpose(1, 2)

    if f"{name}.subspaces" in p:
        q = k = v = heads(see(f"{name}.coordinates", x @ p[f"{name}.subspaces"].T))
    else:
        joined = x @ p[f"{name}.query_key_value"].T + p[f"{name}.query_key_value_bias"]
        q, k, v = (heads(w) for w in see(f"{name}.coordinates", joined).split(WIDTH, -1))
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    y = see(f"{name}.weights", scores.masked_fill(~seen[:, None], -torch.inf).softmax(-1)) @ v
    y = see(f"{name}.attended", y.transpose(1, 2).reshape(x.shape)) @ p[f"{name}.projection"].T
    return y + p[f"{name}.projection_bias"] if f"{name}.projection_bias" in p else y


def second_half(
    p: dict[str, torch.Tensor], u: torch.Tensor, name: str, architecture: str, gelu: str, see=unobserved
) -> torch.Tensor:
    if architecture == "transformer":
        hidden = see(f"{name}.hidden", u @ p[f"{name}.expansion"].T + p[f"{name}.expansion_bias"])
        code = see(f"{name}.code", F.gelu(hidden, approximate=gelu))
        return code @ p[f"{name}.contraction"].T + p[f"{name}.contraction_bias"]
    dictionary = p[f"{name}.dictionary"]
    if architecture == "crate":
        gradient = u @ dictionary - (u @ dictionary.T) @ dictionary
        return see(f"{name}.code", F.relu(u + ETA * gradient - ETA * LAMBDA))
    first = see(f"{name}.first_code", F.relu(ETA * (u @ dictionary.T) - ETA * LAMBDA))
    code = F.relu(first + ETA * ((u - first @ dictionary) @ dictionary.T) - ETA * LAMBDA)
    return see(f"{name}.code", code) @ p.get(f"{name}.decode_dictionary", dictionary)


@torch.no_grad()
def record_activations(
    p: dict[str, torch.Tensor], inputs: torch.Tensor, architecture: str, masked: bool
) -> dict[str, torch.Tensor]:
    """Every named activation of a pass, a token a row, and the logits with one unit of one layer at zero."""
    recorded = {}

    def record(name: str, value: torch.Tensor) -> torch.Tensor:
        assert f"activation.{name}" not in recorded
        recorded[f"activation.{name}"] = value.flatten(0, -2)
        return value

    def steer(name: str, value: torch.Tensor) -> torch.Tensor:
        if name != steered_name(architecture):
            return value
        value = value.clone()
        value[..., STEERED_UNIT] = 0
        return value

    logits = forward(p, inputs, architecture, masked, record)
    changed = forward(p, inputs, architecture, masked, steer)
    assert (changed - logits).abs().max() > 0.01, f"{architecture}, masked {masked}: choose another unit"
    return recorded | {"steered.logits": changed}


def dropout_pass(
    parameters: dict[str, torch.Tensor], inputs: torch.Tensor, targets: torch.Tensor, architecture: str, masked: bool
) -> dict[str, torch.Tensor]:
    """The loss and its gradient in a training pass with dropout."""
    for tensor in parameters.values():
        tensor.grad = None
    drop = Dropout()
    loss = F.cross_entropy(forward(parameters, inputs, architecture, masked, drop=drop), targets)
    loss.backward()
    assert drop.place == 1 + DEPTH * (1 if architecture == "attention-only" else 2)
    result = {f"gradient.{name}": tensor.grad.float().contiguous() for name, tensor in parameters.items()}
    return result | {
        "loss": loss.detach().float().reshape(1), "rate": torch.tensor([DROPOUT]),
        "seed": torch.tensor([DROPOUT_SEED]), "positions": torch.tensor(DROPOUT_POSITIONS).int()}


def ten_updates(
    parameters: dict[str, torch.Tensor], inputs: torch.Tensor, targets: torch.Tensor, architecture: str, masked: bool
) -> torch.Tensor:
    """The losses before each of ten AdamW steps, which change the parameters."""
    optimizer = torch.optim.AdamW(
        [
            {"params": [t for t in parameters.values() if t.dim() > 1], "weight_decay": WEIGHT_DECAY},
            {"params": [t for t in parameters.values() if t.dim() == 1], "weight_decay": 0.0},
        ],
        lr=LEARNING_RATE, betas=BETAS)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = F.cross_entropy(forward(parameters, inputs, architecture, masked), targets)
        losses.append(loss.detach())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), CLIP)
        optimizer.step()
    return torch.stack(losses)


def write(architecture: str, masked: bool) -> None:
    parameters = make_parameters(architecture, masked)
    generator = torch.Generator().manual_seed(20242)
    stream = torch.randint(VOCABULARY, (SEQUENCES, CONTEXT + 1), generator=generator)
    inputs, targets = stream[:, :-1], stream[:, 1:].flatten()
    if masked:
        targets = targets[list(PREDICTED)]

    logits = forward(parameters, inputs, architecture, masked)
    loss = F.cross_entropy(logits, targets)
    loss.backward()
    golden = {name: tensor.detach().clone() for name, tensor in parameters.items()}
    golden |= {f"gradient.{name}": tensor.grad.clone() for name, tensor in parameters.items()}
    golden |= {"logits": logits.detach(), "loss": loss.detach().reshape(1)}

    dropout = dropout_pass(parameters, inputs, targets, architecture, masked)
    activations = record_activations(parameters, inputs, architecture, masked)
    parameters = {name: golden[name].clone().requires_grad_() for name in parameters}
    golden["losses"] = losses = ten_updates(parameters, inputs, targets, architecture, masked)
    for draw in range(6):
        generator.manual_seed(draw)
        moved = {}
        for name, tensor in parameters.items():
            noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float64)
            moved[name] = (golden[name] * (1 + 1e-6 * noise)).requires_grad_()
        change = ten_updates(moved, inputs, targets, architecture, masked) / losses - 1
        assert change.abs().max() < 5e-5, f"{architecture}, masked {masked}: choose another seed"

    tensors = {name: tensor.float().contiguous() for name, tensor in golden.items()}
    tensors["inputs"], tensors["targets"] = inputs.int().contiguous(), targets.int().contiguous()
    if masked:
        tensors["lengths"], tensors["predicted"] = torch.tensor(LENGTHS).int(), torch.tensor(PREDICTED).int()
    name = f"{architecture}-masked" if masked else architecture
    save_file(tensors, pathlib.Path(__file__).parent / f"{name}.safetensors")
    save_file(dropout, pathlib.Path(__file__).parent / f"{name}-dropout.safetensors")
    activations = {name: tensor.float().contiguous() for name, tensor in activations.items()}
    activations["steered.layer"] = torch.tensor([STEERED_LAYER]).int()
    activations["steered.unit"] = torch.tensor([STEERED_UNIT]).int()
    save_file(activations, pathlib.Path(__file__).parent / f"{name}-activations.safetensors")
    print(name, [round(float(value), 6) for value in losses])


if __name__ == "__main__":
    for architecture in ("crate", "crate-overcomplete", "crate-alpha", "attention-only", "transformer"):
        for masked in (False, True):
            write(architecture, masked)
