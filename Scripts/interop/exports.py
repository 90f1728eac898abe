"""Our models in transformers, and back."""
import pathlib

import torch
from activations import check_ablation, check_activations
from program import compare_masks, compare_scores, expect, report
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

ARCHITECTURES = ("crate", "crate-overcomplete", "crate-alpha", "attention-only", "transformer")
SENTENCE = "Tobin looked at the clock and said nothing"
MASKED_SENTENCE = "Tobin looked at the [MASK] and said [MASK] ."


def check_exports(workplace) -> None:
    for architecture in ARCHITECTURES:
        for objective in ("causal", "masked"):
            check_export(workplace, architecture, objective)


def check_export(workplace, architecture: str, objective: str) -> None:
    program, name = workplace.program, f"{architecture} {objective}"
    run = make_run(workplace, architecture, objective)
    exported = workplace.folder / f"export-{architecture}-{objective}"
    program.run("export", "--model", run, "--format", "huggingface", "--output", exported)
    tokenizer = AutoTokenizer.from_pretrained(exported, trust_remote_code=True)
    check_tokenizer(program, tokenizer, workplace.tokenizers[objective], workplace.text, objective, name)
    kind = AutoModelForCausalLM if objective == "causal" else AutoModelForMaskedLM
    model = kind.from_pretrained(exported, trust_remote_code=True).eval()
    if objective == "causal":
        check_causal(program, run, exported, model, tokenizer, name)
    else:
        check_masked(program, run, exported, model, tokenizer, name)
    base = AutoModel.from_pretrained(exported, trust_remote_code=True).eval()
    ids = torch.arange(8)[None]
    same = torch.equal(base(ids).last_hidden_state, model.model(ids).last_hidden_state)
    expect(same, f"{name}: AutoModel is the same network")
    check_activations(workplace, run, exported, model, name)
    check_round_trip(workplace, run, exported, model, name)


def make_run(workplace, architecture: str, objective: str) -> pathlib.Path:
    """A run with larger weights than at the start of training, made by import, since the program seals its files."""
    program, (trained, exported, run) = workplace.program, (
        workplace.folder / f"{what}-{architecture}-{objective}" for what in ("trained", "scrambled", "run"))
    program.run("pretrain", "--data", workplace.data[objective], "--output", trained, "--objective", objective,
                "--architecture", architecture, "--depth", 2, "--width", 32, "--heads", 4, "--context", 48,
                "--batch", 2, "--steps", 2, "--seed", 1, "--quiet")
    program.run("export", "--model", trained, "--format", "huggingface", "--output", exported)
    scramble(exported / "model.safetensors")
    program.run("import", exported, "--output", run, "--tokenizer", exported, "--quiet")
    return run


def scramble(path: pathlib.Path) -> None:
    generator = torch.Generator().manual_seed(7)
    tensors = load_file(path)
    for name, tensor in tensors.items():
        is_gain = tensor.dim() == 1 and name.endswith("weight")
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.2 + (1.0 if is_gain else 0.0))
    save_file(tensors, path, metadata={"format": "pt"})


def check_tokenizer(program, tokenizer, path, text: pathlib.Path, objective: str, name: str) -> None:
    ours = program.json("tokenizer", "encode", text, "--tokenizer", path)["ids"]
    theirs = tokenizer(text.read_text(), add_special_tokens=False, truncation=False)["input_ids"]
    expect(ours == theirs, f"{name}: {len(ours)} ids of AutoTokenizer")
    roles = ("mask_token", "cls_token", "sep_token", "pad_token") if objective == "masked" else ("eos_token",)
    expect(all(getattr(tokenizer, role) for role in roles), f"{name}: special tokens of AutoTokenizer")


def check_causal(program, run, exported, model, tokenizer, name: str) -> None:
    ids = tokenizer(SENTENCE)["input_ids"]
    batch = torch.tensor([ids])
    for path in (run, exported):
        compare_scores(program, path, ids, model(batch).logits[0], f"{name}: logits of {path.name}")
    mean = -program.log_probabilities(run, ids).mean().item()
    report(f"{name}: loss", abs(mean - model(batch, labels=batch).loss.item()))
    # A row with padding on its left gives the same as without.
    padded = torch.cat([torch.zeros(1, 3, dtype=torch.long), batch], dim=1)
    visible = (torch.arange(padded.shape[1]) >= 3).long()[None]
    difference = model(padded, attention_mask=visible).logits[0, 3:] - model(batch).logits[0]
    report(f"{name}: padding", difference.abs().max().item())
    ours = program.json("generate", "--model", run, "--prompt", SENTENCE, "--max-tokens", 16, "--temperature", 0,
                        "--seed", 1)["samples"][0]["ids"]
    for cached in (True, False):
        theirs = model.generate(batch, max_new_tokens=16, do_sample=False, use_cache=cached)[0, len(ids):].tolist()
        same = [token for token in theirs if token != model.config.eos_token_id] == ours[-len(theirs):]
        expect(same, f"{name}: generate {'with' if cached else 'without'} a cache")
    check_ablation(program, run, model, batch, SENTENCE, name)


def check_masked(program, run, exported, model, tokenizer, name: str) -> None:
    batch = tokenizer(MASKED_SENTENCE, return_tensors="pt")
    places = (batch["input_ids"][0] == tokenizer.mask_token_id).nonzero()[:, 0].tolist()
    logits = model(**batch).logits[0]
    for path in (run, exported):
        compare_masks(program, path, MASKED_SENTENCE, places, logits, f"{name}: probabilities of {path.name}")
    padded = tokenizer(MASKED_SENTENCE, return_tensors="pt", padding="max_length", max_length=40)
    difference = model(**padded).logits[0, : len(logits)] - logits
    report(f"{name}: padding", difference.abs().max().item())
    labels = torch.full_like(batch["input_ids"], -100)
    labels[0, places] = 17
    expected = -logits[places].log_softmax(-1)[:, 17].mean().item()
    report(f"{name}: loss", abs(expected - model(**batch, labels=labels).loss.item()))


def check_round_trip(workplace, run, exported, model, name: str) -> None:
    """Through either export, and through `save_pretrained`, the weights come back bit for bit."""
    program, tensors = workplace.program, load_file(run / "model.safetensors")
    saved = workplace.folder / f"{exported.name}-saved"
    model.save_pretrained(saved)
    plain = workplace.folder / f"{exported.name}-plain"
    program.run("export", "--model", run, "--format", "safetensors", "--output", plain)
    for source in (exported, saved, plain):
        back = workplace.folder / f"{source.name}-back"
        program.run("import", source, "--output", back, "--tokenizer", exported, "--quiet")
        found = load_file(back / "model.safetensors")
        same = found.keys() == tensors.keys() and all(torch.equal(found[key], tensors[key]) for key in tensors)
        expect(same, f"{name}: {source.name} comes back bit for bit")
        bits = (run / "model.safetensors").read_bytes()
        expect((back / "model.safetensors").read_bytes() == bits, f"{name}: {source.name} gives the same file")
