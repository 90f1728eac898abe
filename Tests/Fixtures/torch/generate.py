"""Writes what `torch.load(weights_only=True)` reads and refuses, as PyTorch 2.13 has it.

    python3 generate.py          (needs torch and numpy; the tests themselves need no Python)

`names.json` has the names that the loader allows. `values.json` has values beside a state dict, each as the hexadecimal
`data.pkl` that `torch.save` wrote, with the sizes of the storages; every one is loaded here with `weights_only=True`.
`refused.json` has the same of tensors that are not read here. `legacy.pt` is a checkpoint in the format of before
PyTorch 1.6, with an optimiser beside the model, `legacy.expected.safetensors` its model. `gpt2-bin/` is GPT-2 of
`../interop/gpt2` in two .bin files with an index.
"""
import collections
import io
import json
import pathlib
import shutil
import zipfile

import numpy
import torch
from safetensors.torch import load_file, save_file
from torch import _weights_only_unpickler

HERE = pathlib.Path(__file__).resolve().parent
STATE = {"a": torch.arange(4.0)}


class Attributed(torch.Tensor):
    pass


def with_attribute(tensor: torch.Tensor) -> torch.Tensor:
    tensor.note = "kept by PyTorch"
    return tensor


VALUES = {
    "dtype": torch.float32, "bfloat16": torch.bfloat16, "float8": torch.float8_e4m3fn, "device": torch.device("cpu"),
    "cuda device": torch.device("cuda", 1), "size": torch.Size([2, 3]), "set": {1, "b"}, "empty set": set(),
    "counter": collections.Counter("abca"), "ordered": collections.OrderedDict(b=1, c=(2, [3])), "bytes": b"\xff\x00",
    "bytearray": bytearray(b"\xff"), "complex": 1 + 2j, "layout": torch.strided, "qscheme": torch.per_tensor_affine,
    "large integer": 2 ** 100, "negative integer": -2 ** 40, "none": None, "truth": [True, False], "real": 2.5,
    "text": "Ž", "parameter": torch.nn.Parameter(torch.ones(2)),
    "parameter with state": with_attribute(torch.nn.Parameter(torch.ones(2))),
    "tensor with attribute": with_attribute(torch.ones(2)), "uint16": torch.ones(3, dtype=torch.uint16),
    "float8 tensor": torch.ones(3).to(torch.float8_e5m2), "complex tensor": torch.ones(2, dtype=torch.complex64),
    "bool tensor": torch.ones(3, dtype=torch.bool), "meta": torch.ones(2, device="meta"),
}

REFUSED = {
    "sparse": torch.eye(2).to_sparse(), "quantised": torch.quantize_per_tensor(torch.ones(2), 0.5, 0, torch.qint8),
    "nested": torch.nested.nested_tensor([torch.ones(2), torch.ones(1)]), "subclass": torch.ones(2).as_subclass(Attributed),
    "numpy": numpy.ones(2), "module": torch.nn.Linear(2, 2),
}


def pickled(value: object) -> tuple[dict, io.BytesIO]:
    buffer = io.BytesIO()
    torch.save({"model": STATE, "value": value}, buffer)
    archive = zipfile.ZipFile(buffer)
    storages = {name.split("/")[-1]: archive.getinfo(name).file_size for name in archive.namelist() if "/data/" in name}
    return {"pickle": archive.read("archive/data.pkl").hex(), "storages": storages}, buffer


def write(name: str, value: object) -> None:
    (HERE / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    write("names.json", sorted(_weights_only_unpickler._get_allowed_globals()))
    values = {}
    for name, value in VALUES.items():
        values[name], buffer = pickled(value)
        buffer.seek(0)
        torch.load(buffer, weights_only=True)
    write("values.json", values)
    write("refused.json", {name: pickled(value)[0] for name, value in REFUSED.items()})

    generator = torch.Generator().manual_seed(5)
    base = torch.randn(2, 3, 4, generator=generator)
    model = collections.OrderedDict(
        float32=base, float16=base.half(), bfloat16=base.bfloat16(), float64=base.double(), permuted=base.permute(2, 0, 1),
        part=base[:, 1:, ::2], scalar=base[1, 2, 3], shared=base, parameter=torch.nn.Parameter(base + 1))
    optimizer = {"step": torch.tensor(3), "moments": [torch.ones(3, dtype=torch.int16), torch.ones(2, dtype=torch.complex64)]}
    torch.save({"model": model, "optimizer": optimizer, "model_args": {"n_head": 2}}, HERE / "legacy.pt",
               _use_new_zipfile_serialization=False)
    torch.load(HERE / "legacy.pt", weights_only=True)
    save_file({name: tensor.detach().float().contiguous().clone() for name, tensor in model.items()},
              HERE / "legacy.expected.safetensors")

    folder = HERE / "gpt2-bin"
    folder.mkdir(exist_ok=True)
    tensors = load_file(HERE.parent / "interop" / "gpt2" / "model.safetensors")
    shutil.copy(HERE.parent / "interop" / "gpt2" / "config.json", folder)
    files, weight_map = [{}, {}], {}
    for index, (name, tensor) in enumerate(sorted(tensors.items())):
        part = index * 2 // len(tensors)
        files[part][name] = tensor
        weight_map[name] = f"pytorch_model-0000{part + 1}-of-00002.bin"
    for part, state in enumerate(files):
        torch.save(state, folder / f"pytorch_model-0000{part + 1}-of-00002.bin")
    write("gpt2-bin/pytorch_model.bin.index.json", {"metadata": {}, "weight_map": weight_map})


if __name__ == "__main__":
    main()
