"""Imports other people's checkpoints as runs."""
import json

import torch
from exports import MASKED_SENTENCE, SENTENCE
from models import CrateBERT, NanoModel, scramble
from program import compare_masks, compare_scores, expect
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM, BertForPreTraining, GPT2Config, GPT2LMHeadModel

VOCABULARY, PADDED, CONTEXT, WIDTH, DEPTH, HEADS = 400, 448, 32, 32, 2, 4


def check_imports(workplace) -> None:
    for kind in ("crate", "overcomplete", "gpt", "gpt-bias"):
        check_nano(workplace, kind)
    check_gpt2(workplace)
    check_bert(workplace)
    check_crate_bert(workplace)


def ids_of(workplace, text: str, objective: str) -> list[int]:
    path = workplace.tokenizers[objective]
    return workplace.program.json("tokenizer", "encode", "--text", text, "--tokenizer", path,
                                  "--special-tokens")["ids"]


def bring(workplace, source, objective: str, *more: object):
    run = workplace.folder / f"imported-{len(list(workplace.folder.iterdir()))}"
    workplace.program.run("import", source, "--output", run, "--tokenizer", workplace.tokenizers[objective],
                          "--quiet", *more)
    return run


def check_nano(workplace, kind: str) -> None:
    """A checkpoint of training as nanoGPT writes it, with compiled names, optimiser and half-precision weights."""
    model = scramble(NanoModel(kind, PADDED, CONTEXT, WIDTH, DEPTH, HEADS), seed=3)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(1, 4, dtype=torch.long)).sum().backward()
    optimizer.step()
    activation = ("--activation", "relu") if kind.startswith("gpt") else ()
    ids = ids_of(workplace, SENTENCE, "causal")
    for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
        state = {f"_orig_mod.{name}": tensor.to(dtype) for name, tensor in model.state_dict().items()}
        # The same matrix with its columns next to each other in memory.
        state["_orig_mod.transformer.wpe.weight"] = state["_orig_mod.transformer.wpe.weight"].T.contiguous().T
        path = workplace.folder / f"{kind}.pt"
        torch.save({"model": state, "optimizer": optimizer.state_dict(), "model_args": model.arguments,
                    "iter_num": 600_000, "best_val_loss": torch.tensor(3.37), "config": {"out_dir": "out", "lr": 6e-4}},
                   path)
        rounded = NanoModel(kind, PADDED, CONTEXT, WIDTH, DEPTH, HEADS).eval()
        rounded.load_state_dict({name: tensor.to(dtype).float() for name, tensor in model.state_dict().items()})
        logits = rounded(torch.tensor([ids]))[0]
        compare_scores(workplace.program, bring(workplace, path, "causal", *activation), ids, logits,
                       f"{kind}.pt in {dtype}")
        cut = bring(workplace, path, "causal", "--vocabulary", "cut", *activation)
        compare_scores(workplace.program, cut, ids, logits[:, :VOCABULARY], f"{kind}.pt in {dtype}, cut")
    path = workplace.folder / f"{kind}.safetensors"
    save_file({name: tensor for name, tensor in model.state_dict().items() if name != "lm_head.weight"}, path)
    run = bring(workplace, path, "causal", "--heads", HEADS, *activation)
    compare_scores(workplace.program, run, ids, model(torch.tensor([ids]))[0], f"{kind}.safetensors")


def check_gpt2(workplace) -> None:
    ids = ids_of(workplace, SENTENCE, "causal")
    for activation in ("gelu_new", "gelu", "relu"):
        configuration = GPT2Config(vocab_size=PADDED, n_positions=CONTEXT, n_embd=WIDTH, n_layer=DEPTH, n_head=HEADS,
                                   activation_function=activation, bos_token_id=0, eos_token_id=0)
        model = scramble(GPT2LMHeadModel(configuration), seed=4)
        folder = workplace.folder / f"gpt2-{activation}"
        model.save_pretrained(folder)
        logits = model(torch.tensor([ids])).logits[0]
        compare_scores(workplace.program, bring(workplace, folder, "causal"), ids, logits, f"GPT-2, {activation}")
    sharded = workplace.folder / "gpt2-sharded"
    model.save_pretrained(sharded, max_shard_size="50KB")
    expect(len(list(sharded.glob("*.safetensors"))) > 1, "GPT-2 in several files")
    compare_scores(workplace.program, bring(workplace, sharded, "causal"), ids, logits, "GPT-2 in several files")
    binary = workplace.folder / "gpt2-binary"
    configuration.save_pretrained(binary)
    # The published file has no prefix and the tables of what attention may see.
    state = {name.removeprefix("transformer."): tensor for name, tensor in model.transformer.state_dict().items()}
    state["h.0.attn.bias"] = torch.ones(1, 1, CONTEXT, CONTEXT).tril().byte()
    torch.save(state, binary / "pytorch_model.bin")
    compare_scores(workplace.program, bring(workplace, binary, "causal"), ids, logits, "GPT-2 as pytorch_model.bin")


def masked_ids(workplace) -> tuple[list[int], list[int]]:
    """The ids of the masked sentence, with the tokens that begin and end it, and the indices of its masks."""
    def one(text: str) -> int:
        return ids_of(workplace, text, "masked")[0]

    ids = [one("[CLS]"), *ids_of(workplace, MASKED_SENTENCE, "masked"), one("[SEP]")]
    return ids, [place for place, token in enumerate(ids) if token == one("[MASK]")]


def check_bert(workplace) -> None:
    ids, places = masked_ids(workplace)
    configuration = BertConfig(vocab_size=PADDED, max_position_embeddings=CONTEXT, hidden_size=WIDTH,
                               num_hidden_layers=DEPTH, num_attention_heads=HEADS, intermediate_size=4 * WIDTH)
    for kind in (BertForMaskedLM, BertForPreTraining):
        model = scramble(kind(configuration), seed=5)
        folder = workplace.folder / kind.__name__
        model.save_pretrained(folder)
        output = model(torch.tensor([ids]))
        logits = output.logits if kind is BertForMaskedLM else output.prediction_logits
        compare_masks(workplace.program, bring(workplace, folder, "masked"), MASKED_SENTENCE, places, logits[0],
                      kind.__name__, known=VOCABULARY)
    # The files of 2018 call the parts of a norm gamma and beta.
    old = folder / "model.safetensors"
    tensors = {name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
               for name, tensor in load_file(old).items()}
    save_file(tensors, old)
    compare_masks(workplace.program, bring(workplace, folder, "masked"), MASKED_SENTENCE, places, logits[0],
                  "BERT under its names of 2018", known=VOCABULARY)


def check_crate_bert(workplace) -> None:
    ids, places = masked_ids(workplace)
    model = CrateBERT(VOCABULARY, CONTEXT + 2, WIDTH, DEPTH, HEADS, seed=6)
    folder = workplace.folder / "crate-bert"
    folder.mkdir()
    settings = dict(model_type="crate", vocab_size=VOCABULARY, hidden_size=WIDTH, num_hidden_layers=DEPTH,
                    num_attention_heads=HEADS, intermediate_size=3072, hidden_act="gelu", layer_norm_eps=1e-12,
                    max_position_embeddings=CONTEXT + 2, type_vocab_size=2, pad_token_id=1,
                    position_embedding_type="absolute")
    (folder / "config.json").write_text(json.dumps(settings))
    state = model.state | {"lm_head.decoder.weight": model.state["crate.embeddings.word_embeddings.weight"].clone(),
                           "lm_head.decoder.bias": model.state["lm_head.bias"].clone(),
                           "crate.pooler.dense.weight": torch.zeros(WIDTH, WIDTH),
                           "crate.pooler.dense.bias": torch.zeros(WIDTH)}
    save_file(state, folder / "model.safetensors")
    compare_masks(workplace.program, bring(workplace, folder, "masked"), MASKED_SENTENCE, places,
                  model(torch.tensor([ids]))[0], "CRATE-BERT")
