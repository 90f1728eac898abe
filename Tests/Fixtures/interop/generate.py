"""Writes small checkpoints of other programs, with the logits that PyTorch and transformers compute from them.

    python3 generate.py          (needs torch, safetensors and transformers; the tests themselves need no Python)

`NAME/` or `NAME.pt` is the checkpoint and `NAME.expected.safetensors` holds `inputs` [6] and `logits` [6, 11].
`tensors.pt` holds one tensor in several element types and memory layouts, and `tensors.expected.safetensors` its
elements.
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForPreTraining, GPT2Config, GPT2LMHeadModel

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[2] / "Scripts" / "interop"))
from models import CrateBERT, NanoModel, scramble

VOCABULARY, CONTEXT, WIDTH, DEPTH, HEADS = 11, 6, 8, 2, 2
INPUTS = torch.tensor([[3, 1, 4, 10, 5, 9]])


def record(name: str, logits: torch.Tensor) -> None:
    save_file({"inputs": INPUTS[0].int(), "logits": logits[0].detach().clone()}, HERE / f"{name}.expected.safetensors")


def nano(name: str, kind: str) -> None:
    model = scramble(NanoModel(kind, VOCABULARY, CONTEXT, WIDTH, DEPTH, HEADS), seed=1)
    state = {f"_orig_mod.{key}": tensor for key, tensor in model.state_dict().items()}
    torch.save({"model": state, "model_args": model.arguments, "iter_num": 10 ** 12, "best_val_loss": 3.37,
                "config": {"out_dir": "out", "betas": [0.9, 0.95], "compile": True, "note": None}}, HERE / f"{name}.pt")
    record(name, model(INPUTS))


def write_settings(folder: pathlib.Path, **settings: object) -> None:
    (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")


def gpt2() -> None:
    model = scramble(GPT2LMHeadModel(GPT2Config(
        vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=WIDTH, n_layer=DEPTH, n_head=HEADS)), seed=2)
    folder = HERE / "gpt2"
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_settings(folder, model_type="gpt2", vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=WIDTH, n_layer=DEPTH,
                   n_head=HEADS)
    record("gpt2", model(INPUTS).logits)


def bert() -> None:
    model = scramble(BertForPreTraining(BertConfig(
        vocab_size=VOCABULARY, max_position_embeddings=CONTEXT, hidden_size=WIDTH, num_hidden_layers=DEPTH,
        num_attention_heads=HEADS, intermediate_size=4 * WIDTH)), seed=3)
    folder = HERE / "bert"
    model.save_pretrained(folder)
    write_settings(folder, model_type="bert", vocab_size=VOCABULARY, max_position_embeddings=CONTEXT, hidden_size=WIDTH,
                   num_hidden_layers=DEPTH, num_attention_heads=HEADS, intermediate_size=4 * WIDTH, hidden_act="gelu")
    record("bert", model(INPUTS).prediction_logits)


def crate_bert() -> None:
    model = CrateBERT(VOCABULARY, CONTEXT + 2, WIDTH, DEPTH, HEADS, seed=4)
    folder = HERE / "crate-bert"
    folder.mkdir(exist_ok=True)
    save_file(model.state, folder / "model.safetensors")
    write_settings(folder, model_type="crate", vocab_size=VOCABULARY, max_position_embeddings=CONTEXT + 2,
                   hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, pad_token_id=1)
    record("crate-bert", model(INPUTS))


def tensors() -> None:
    generator = torch.Generator().manual_seed(5)
    base = torch.randn(2, 3, 4, generator=generator)
    state = {
        "float32": base, "float16": base.half(), "bfloat16": base.bfloat16(), "float64": base.double(),
        "permuted": base.permute(2, 0, 1), "part": base[:, 1:, ::2], "scalar": base[1, 2, 3], "empty": base[:0],
        "parameter": torch.nn.Parameter(base), "long": torch.arange(5), "shared": base,
    }
    torch.save(state, HERE / "tensors.pt")
    save_file({name: tensor.detach().float().contiguous().clone() for name, tensor in state.items() if name != "long"},
              HERE / "tensors.expected.safetensors")


if __name__ == "__main__":
    nano("crate", "crate")
    nano("crate-overcomplete", "overcomplete")
    nano("nanogpt", "gpt")
    gpt2()
    bert()
    crate_bert()
    tensors()
