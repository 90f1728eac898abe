"""What the units of a code stand for: the tokens at which each is largest.

    crate-lm analyze activations run --data data --split train --names 'layers.*.code' -o codes.safetensors
    python3 Benchmarks/units.py codes.safetensors run [--units 8]

Needs NumPy. For every layer it prints how much of a unit's activation the token itself and the next one explain (the share
of the variance that lies between tokens), and the units of the largest share with the tokens of largest mean activation.
"""
import argparse
import json
import pathlib

import numpy


def tensors(path: pathlib.Path) -> dict[str, numpy.ndarray]:
    bytes_ = path.read_bytes()
    size = int.from_bytes(bytes_[:8], "little")
    header = json.loads(bytes_[8:8 + size])
    types = {"F32": numpy.float32, "I32": numpy.int32, "I64": numpy.int64}
    return {name: numpy.frombuffer(bytes_, types[entry["dtype"]], offset=8 + size + entry["data_offsets"][0],
                                   count=int(numpy.prod(entry["shape"]))).reshape(entry["shape"])
            for name, entry in header.items() if name != "__metadata__"}


def names(run: pathlib.Path) -> dict[int, str]:
    vocabulary = json.loads((run / "tokenizer.json").read_text())["model"]["vocab"]
    # The letters that stand for bytes in byte-level vocabularies.
    letters = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in letters]
    bytes_ = {chr(byte): byte for byte in letters} | {chr(256 + place): byte for place, byte in enumerate(others)}
    return {id_: bytes(bytes_.get(letter, 63) for letter in token).decode(errors="replace") for token, id_ in vocabulary.items()}


def table(ids: numpy.ndarray, code: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """The mean of every unit at every token, the tokens' counts, and the share of variance between tokens."""
    count = numpy.bincount(ids)
    sums = numpy.stack([numpy.bincount(ids, weights=unit, minlength=len(count)) for unit in code.T], axis=1)
    means = sums / numpy.maximum(count, 1)[:, None]
    total = code.var(axis=0)
    between = (count[:, None] * (means - code.mean(axis=0)) ** 2).sum(axis=0) / len(ids)
    return means, count, between / numpy.maximum(total, 1e-12)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--units", type=int, default=8)
    arguments = parser.parse_args()
    found, words = tensors(arguments.file), names(arguments.run)
    ids = found.pop("token_ids").reshape(-1)
    for name, code in sorted(found.items()):
        code = code.reshape(len(ids), -1).astype(numpy.float64)
        means, count, share = table(ids, code)
        _, _, next_share = table(numpy.roll(ids, -1), code)
        print(f"\n{name}: the token explains {100 * share.mean():.0f} % of a unit, the next one {100 * next_share.mean():.0f} %;"
              f" {100 * (code > 0).mean():.0f} % active")
        frequent = count >= 20
        for unit in numpy.argsort(-share)[:arguments.units]:
            order = numpy.argsort(-numpy.where(frequent, means[:, unit], -1))[:10]
            print(f"  {unit:4d}  {100 * (code[:, unit] > 0).mean():3.0f} %  "
                  + ", ".join(repr(words.get(int(token), "?")) for token in order))


if __name__ == "__main__":
    main()
