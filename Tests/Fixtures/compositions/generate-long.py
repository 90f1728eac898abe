"""Writes long.json: what `tokenizers` 0.23.3 makes of a long text with each tokenizer of compositions.json.

    pip install tokenizers==0.23.3
    python generate-long.py
"""

import json
import os
import pathlib
import random
import sys

os.environ["TOKENIZERS_PARALLELISM"] = "false"
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Scripts" / "tokenizers"))

import texts
from tokenizers import Tokenizer


def main():
    generator = random.Random(7)
    text = " ".join(generator.choice(texts.SENTENCES + ["  ", "▁▁x", "é\u0301", "12345", "\n"]) for _ in range(60))
    entries = json.loads((HERE / "compositions.json").read_text(encoding="utf-8"))
    ids = {}
    for entry in entries:
        tokenizer = Tokenizer.from_str(json.dumps(entry["tokenizer"]))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        ids[entry["name"]] = tokenizer.encode(text, add_special_tokens=False).ids
    (HERE / "long.json").write_text(
        json.dumps({"text": text, "ids": ids}, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
