"""Other people's models, small and random, in PyTorch, under the names of their own checkpoints.

Written from the published equations (arXiv 2311.13110, 2410.16443) and the names in the released checkpoints.
"""
import torch
import torch.nn.functional as F
from torch import nn

ETA = LAMBDA = 0.1


def scramble(module: nn.Module, seed: int) -> nn.Module:
    """Larger weights than at the start of training, so that every term of the model shows in the logits."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            is_gain = parameter.dim() == 1 and name.endswith("weight")
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2 + (1.0 if is_gain else 0.0))
    return module.eval()


def heads(x: torch.Tensor, count: int) -> torch.Tensor:
    return x.unflatten(-1, (count, -1)).transpose(1, 2)


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, causal: bool) -> torch.Tensor:
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    if causal:
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(future, -torch.inf)
    return (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)


def complete_step(u: torch.Tensor, dictionary: torch.Tensor) -> torch.Tensor:
    gradient = u @ dictionary - u @ dictionary.T @ dictionary
    return F.relu(u + ETA * gradient - ETA * LAMBDA)


def overcomplete_steps(u: torch.Tensor, dictionary: torch.Tensor) -> torch.Tensor:
    code = F.relu(ETA * u @ dictionary.T - ETA * LAMBDA)
    code = F.relu(code + ETA * (u - code @ dictionary) @ dictionary.T - ETA * LAMBDA)
    return code @ dictionary


class Weight(nn.Module):
    def __init__(self, *shape: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))


class ReferenceAttention(nn.Module):
    def __init__(self, width: int, head_count: int):
        super().__init__()
        self.head_count = head_count
        self.c_attn, self.c_proj = nn.Linear(width, width, bias=False), nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        w = heads(self.c_attn(x), self.head_count)
        return self.c_proj(attend(w, w, w, causal=True))


class ReferenceBlock(nn.Module):
    def __init__(self, width: int, head_count: int, overcomplete: bool):
        super().__init__()
        self.prenorm_1, self.prenorm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = ReferenceAttention(width, head_count)
        self.ista = Weight(4 * width if overcomplete else width, width)
        self.step = overcomplete_steps if overcomplete else complete_step

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.prenorm_1(x))
        return self.step(self.prenorm_2(x), self.ista.weight)


class GPTAttention(nn.Module):
    def __init__(self, width: int, head_count: int, bias: bool):
        super().__init__()
        self.head_count = head_count
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width, bias=bias), nn.Linear(width, width, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = (heads(part, self.head_count) for part in self.c_attn(x).chunk(3, -1))
        return self.c_proj(attend(query, key, value, causal=True))


class GPTBlock(nn.Module):
    """nanoGPT's layer with the ReLU of CRATE-LM's baseline."""

    def __init__(self, width: int, head_count: int, bias: bool):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width, bias=bias), nn.LayerNorm(width, bias=bias)
        self.attn = GPTAttention(width, head_count, bias)
        self.mlp = nn.ModuleDict(
            {"c_fc": nn.Linear(width, 4 * width, bias=bias), "c_proj": nn.Linear(4 * width, width, bias=bias)})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp.c_proj(F.relu(self.mlp.c_fc(self.ln_2(x))))


class NanoModel(nn.Module):
    """The frame that nanoGPT and CRATE-LM's reference code share: `kind` is crate, overcomplete, gpt or gpt-bias."""

    def __init__(self, kind: str, vocabulary: int, context: int, width: int, depth: int, head_count: int):
        super().__init__()
        self.arguments = dict(n_layer=depth, n_head=head_count, n_embd=width, block_size=context, bias=kind != "gpt",
                              vocab_size=vocabulary, dropout=0.0)
        blocks = [
            GPTBlock(width, head_count, kind == "gpt-bias") if kind.startswith("gpt")
            else ReferenceBlock(width, head_count, kind == "overcomplete") for _ in range(depth)]
        self.transformer = nn.ModuleDict(
            {"wte": nn.Embedding(vocabulary, width), "wpe": nn.Embedding(context, width), "h": nn.ModuleList(blocks)})
        if kind != "crate":
            self.transformer["ln_f"] = nn.LayerNorm(width, bias=kind != "gpt")
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.transformer.wte(ids) + self.transformer.wpe.weight[: ids.shape[1]]
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x) if "ln_f" in self.transformer else x)


class CrateBERT(nn.Module):
    """CRATE-BERT by tensors: `state` has the names of its code for transformers."""

    def __init__(self, vocabulary: int, positions: int, width: int, depth: int, head_count: int, seed: int):
        super().__init__()
        self.depth, self.head_count, self.offset = depth, head_count, 2
        shapes = {"crate.embeddings.word_embeddings.weight": (vocabulary, width),
                  "crate.embeddings.position_embeddings.weight": (positions, width),
                  "crate.embeddings.token_type_embeddings.weight": (2, width)}
        norms = ["crate.embeddings.LayerNorm", "lm_head.layer_norm"]
        for layer in (f"crate.encoder.layer.{index}" for index in range(depth)):
            norms += [f"{layer}.attention.self.prenorm", f"{layer}.output.prenorm"]
            for name in ("attention.self.qkv", "attention.output.dense", "output"):
                shapes[f"{layer}.{name}.weight"] = (width, width)
        for norm in norms:
            shapes |= {f"{norm}.weight": (width,), f"{norm}.bias": (width,)}
        shapes |= {"lm_head.dense.weight": (width, width), "lm_head.dense.bias": (width,), "lm_head.bias": (vocabulary,)}
        generator = torch.Generator().manual_seed(seed)
        self.state = {name: torch.randn(shape, generator=generator) * 0.2 for name, shape in shapes.items()}
        for norm in norms:
            self.state[f"{norm}.weight"] += 1

    def norm(self, x: torch.Tensor, name: str, epsilon: float = 1e-12) -> torch.Tensor:
        return F.layer_norm(x, x.shape[-1:], self.state[f"{name}.weight"], self.state[f"{name}.bias"], epsilon)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        state, embeddings = self.state, "crate.embeddings"
        x = state[f"{embeddings}.word_embeddings.weight"][ids] + state[f"{embeddings}.token_type_embeddings.weight"][0]
        x = x + state[f"{embeddings}.position_embeddings.weight"][self.offset: self.offset + ids.shape[1]]
        x = self.norm(x, f"{embeddings}.LayerNorm")
        for layer in (f"crate.encoder.layer.{index}" for index in range(self.depth)):
            u = self.norm(x, f"{layer}.attention.self.prenorm", 1e-5)
            w = heads(u @ state[f"{layer}.attention.self.qkv.weight"].T, self.head_count)
            x = x + attend(w, w, w, causal=False) @ state[f"{layer}.attention.output.dense.weight"].T
            x = complete_step(self.norm(x, f"{layer}.output.prenorm", 1e-5), state[f"{layer}.output.weight"])
        x = self.norm(F.gelu(x @ state["lm_head.dense.weight"].T + state["lm_head.dense.bias"]), "lm_head.layer_norm")
        return x @ state[f"{embeddings}.word_embeddings.weight"].T + state["lm_head.bias"]
