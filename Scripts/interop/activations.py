"""Activations that the program writes, beside those of its export in transformers; and what it measures, beside NumPy.
"""
import hashlib
import json
import pathlib

import torch
from measures import Measures, Shape
from program import expect, report
from safetensors import safe_open
from safetensors.torch import load_file

#: More tokens than pass through the network at once.
TOKENS, CONTEXT, EPSILON = 6000, 24, 0.3
#: A number of a code, of layer 0, that is set to zero.
UNIT = 3
#: A sum of some hundred products in single precision, relative to the largest.
ROUNDING = 1e-5


def check_activations(workplace, run: pathlib.Path, exported: pathlib.Path, model, name: str) -> None:
    path = workplace.folder / f"{run.name}-activations.safetensors"
    text = ("--text", workplace.text, "--tokens", TOKENS, "--context", CONTEXT)
    workplace.program.run("analyze", "activations", run, *text, "--names", "*", "--output", path)
    ours = load_file(path)
    ids = ours.pop("token_ids").long()
    check_metadata(path, run, workplace.text, name)
    check_hooks(model, ids, ours, name)
    check_outputs(model, ids, ours, name)
    check_eager(exported, model, name)
    check_measures(workplace.program.json("analyze", "layers", run, *text, "--epsilon", EPSILON), run, ours, name)


def check_metadata(path: pathlib.Path, run: pathlib.Path, text: pathlib.Path, name: str) -> None:
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    found = {key: metadata[key] for key in metadata if key.endswith("_sha256")}
    files = {"model": run / "model.safetensors", "tokenizer": run / "tokenizer.json", "data": text}
    expected = {f"{key}_sha256": hashlib.sha256(file.read_bytes()).hexdigest() for key, file in files.items()}
    expect(found == expected, f"{name}: fingerprints")


def check_hooks(model, ids: torch.Tensor, ours: dict, name: str) -> None:
    """What forward hooks see is what the program writes; no hook changes the logits."""
    theirs, logits = {}, model(ids).logits

    def keep(key: str):
        def hook(module, inputs, output):
            theirs[key] = output.detach()
        return hook
    hooks = [module.register_forward_hook(keep(key)) for key, module in model.activations().items()]
    hooked = model(ids).logits
    for hook in hooks:
        hook.remove()
    expect(theirs.keys() == ours.keys(), f"{name}: {len(ours)} names of activations")
    worst = max(difference(ours[key], theirs[key]) for key in ours)
    report(f"{name}: activations under hooks", worst)
    report(f"{name}: logits under hooks", (hooked - logits).abs().max().item())
    expect(torch.equal(model(ids).logits, logits), f"{name}: nothing is left of hooks")


def difference(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    if ours.shape != theirs.shape:
        return float("inf")
    return ((ours - theirs).abs().max() / theirs.abs().max().clamp(min=1)).item()


def check_outputs(model, ids: torch.Tensor, ours: dict, name: str) -> None:
    """Attention maps and hidden states, as transformers returns them."""
    depth = model.config.num_hidden_layers
    plain = model(ids)
    expect(plain.attentions is None and plain.hidden_states is None, f"{name}: no maps or states unless asked for")
    output = model(ids, output_attentions=True, output_hidden_states=True)
    expect(len(output.attentions) == depth and len(output.hidden_states) == depth + 1, f"{name}: maps and states")
    maps = (ours[f"layers.{layer}.attention.weights"] for layer in range(depth))
    report(f"{name}: output_attentions", max(map(difference, maps, output.attentions)))
    states = [ours.get("embedding_norm", ours["embedding"])]
    states += [ours[stream(ours, layer)] for layer in range(depth)]
    states[-1] = ours.get("final_norm", states[-1])
    report(f"{name}: output_hidden_states", max(map(difference, states, output.hidden_states)))
    report(f"{name}: logits beside maps", (output.logits - plain.logits).abs().max().item())
    listed = model(ids, output_attentions=True, return_dict=False)[-1]
    expect(all(map(torch.equal, listed, output.attentions)), f"{name}: maps of return_dict=False")


def check_eager(exported: pathlib.Path, model, name: str) -> None:
    """With eager attention, weights are computed for whoever looks."""
    eager = type(model).from_pretrained(exported, attn_implementation="eager").eval()
    ids, computed = torch.arange(8)[None], []
    weights = eager.activations()["layers.0.attention.weights"]
    weights.forward = lambda values: computed.append(values) or values
    report(f"{name}: eager attention", (eager(ids).logits - model(ids).logits).abs().max().item())
    expect(len(computed) == 1, f"{name}: weights of eager attention")


def stream(activations: dict, layer: int) -> str:
    """The name of a layer's output."""
    names = ("ista.output", "mlp.output", "ista.code", "attention.output")
    return next(name for half in names if (name := f"layers.{layer}.{half}") in activations)


def check_ablation(program, run: pathlib.Path, model, batch: torch.Tensor, prompt: str, name: str) -> None:
    """A hook that sets a unit to zero writes what `generate --ablate` writes."""
    code = next((module for key, module in model.activations().items() if key.endswith("layers.0.ista.code")), None)
    if code is None:
        return

    def ablate(module, inputs, output):
        output = output.clone()
        output[..., UNIT] = 0
        return output
    hook = code.register_forward_hook(ablate)
    generated = model.generate(batch, max_new_tokens=16, do_sample=False, output_attentions=True,
                               return_dict_in_generate=True)
    hook.remove()
    ours = program.json("generate", "--model", run, "--prompt", prompt, "--max-tokens", 16, "--temperature", 0,
                        "--seed", 1, "--ablate", f"0:{UNIT}", "--steer-at", "all")["samples"][0]["ids"]
    theirs = generated.sequences[0, batch.shape[1]:].tolist()
    same = [token for token in theirs if token != model.config.eos_token_id] == ours[-len(theirs):]
    expect(same, f"{name}: generate with a unit set to zero")
    maps = generated.attentions
    shapes = [tuple(step[0].shape[-2:]) for step in maps]
    count = batch.shape[1]
    expected = [(count, count)] + [(1, count + step) for step in range(1, len(maps))]
    expect(shapes == expected, f"{name}: maps of every generated token")


def check_measures(found: dict, run: pathlib.Path, ours: dict, name: str) -> None:
    """`analyze layers` beside NumPy, from the activations that the program has written."""
    model = json.loads((run / "config.json").read_text())["model"]
    shape = Shape(model["architecture"], model["objective"], model["depth"], model["head_count"], model["step_size"],
                  model["sparsity_penalty"], model["activation"])
    parameters = {key: tensor.numpy() for key, tensor in load_file(run / "model.safetensors").items()}
    measures = Measures(shape, parameters, {key: tensor.numpy() for key, tensor in ours.items()}, EPSILON)
    compare(found["layers"], measures.layers(), name, "layers")
    expect(True, f"{name}: measures of layers in NumPy")


def compare(found, expected, name: str, key: str, scale: float = 0.0) -> None:
    """The same keys, and numbers that differ by rounding; a deviation has the error of its mean, a difference of rates
    that of the rates."""
    if isinstance(expected, dict):
        expect_same(found.keys() == expected.keys(), name, key, found, expected)
        rate = (expected.get("coding_rate") or {}).get("mean", 0.0)
        scale = max(scale, abs(expected.get("mean", 0.0)))
        for part in expected:
            compare(found[part], expected[part], name, f"{key}.{part}",
                    rate if part.endswith("rate_reduction") else scale)
    elif isinstance(expected, list):
        expect_same(len(found) == len(expected), name, key, found, expected)
        for index, part in enumerate(expected):
            compare(found[index], part, name, f"{key}.{index}")
    elif expected is None or found is None:
        expect_same(found is expected, name, key, found, expected)
    elif key.endswith("step_stability"):
        # An estimate from below, by a bounded number of iterations.
        expect_same(0.95 * expected < found <= expected * (1 + 1e-6), name, key, found, expected)
    else:
        bound = ROUNDING * max(abs(expected), scale) + 1e-7
        expect_same(abs(found - expected) <= bound, name, key, found, expected)


def expect_same(condition: bool, name: str, key: str, found, expected) -> None:
    if not condition:
        expect(False, f"{name}: {key} is {found}, in NumPy {expected}")
