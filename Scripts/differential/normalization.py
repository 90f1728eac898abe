"""Compares normalisation in crate-lm and in `tokenizers`: ids and offsets after every step.

    pip install tokenizers==0.23.3
    python normalization.py PROGRAM TOKENIZER [--fuzz N] [--seed N] [--scalars]

TOKENIZER is a tokenizer.json with a byte-level vocabulary, which gets one normalizer after the
other. The texts are random: marks, characters that some form changes, Hangul and any others;
--scalars adds a text for every scalar. Exits with 1 on any difference.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

from tokenizers import Tokenizer

STEPS = [["NFC"], ["NFD"], ["NFKC"], ["NFKD"], ["StripAccents"], ["Lowercase"],
         ["NFD", "Lowercase", "StripAccents", "NFC"], ["NFKC", "Lowercase"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("tokenizer")
    parser.add_argument("--fuzz", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scalars", action="store_true")
    options = parser.parse_args()
    texts = list(fuzz(options))
    base = json.loads(pathlib.Path(options.tokenizer).read_text())
    differences = 0
    with tempfile.TemporaryDirectory() as scratch:
        for steps in STEPS:
            base["normalizer"] = {
                "type": "Sequence", "normalizers": [{"type": step} for step in steps]}
            differences += compare(options, steps, json.dumps(base), texts, pathlib.Path(scratch))
    sys.exit(1 if differences else 0)


def fuzz(options):
    rng = random.Random(options.seed)
    scalars = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    marks = [c for c in scalars if unicodedata.combining(c)]
    changed = [c for c in scalars if unicodedata.normalize("NFKD", c) != c]
    hangul = [chr(c) for c in (*range(0x1100, 0x1200), *range(0xAC00, 0xAC40))]
    letters = list("aeiouAEIOUn <=>")
    for _ in range(options.fuzz):
        pools = rng.sample([marks, changed, hangul, letters, letters, scalars], 3)
        yield "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randrange(1, 14)))
    if options.scalars:
        yield from (f"a{c}b{c}\u0301" for c in scalars)


def compare(options, steps, description, texts, scratch):
    (scratch / "tokenizer.json").write_text(description)
    (scratch / "texts").write_text("".join(json.dumps(text) + "\n" for text in texts))
    library = Tokenizer.from_str(description)
    library.encode_special_tokens = True
    found = json.loads(subprocess.run(
        [options.program, "tokenizer", "encode", scratch / "texts", "--json-lines", "--json",
         "--tokenizer", scratch], check=True, capture_output=True).stdout)
    differences = 0
    for text, own in zip(texts, found):
        encoding = library.encode(text, add_special_tokens=False)
        starts = [0]
        for character in text:
            starts.append(starts[-1] + len(character.encode()))
        offsets = [[starts[a], starts[b]] for a, b in encoding.offsets]
        if (own["ids"], own["offsets"]) != (encoding.ids, offsets):
            differences += 1
            if differences <= 3:
                print(f"{ascii(text)}\n  ours   {own['ids']} {own['offsets']}\n"
                      f"  theirs {encoding.ids} {offsets}")
    print(f"{', '.join(steps)}: {len(texts)} texts, ids and offsets, {differences} differences")
    return differences


if __name__ == "__main__":
    main()
