"""Writes the fixtures of FamilyTests: what `tokenizers` and `tiktoken` say of byte-level families.

    pip install tokenizers==0.23.3 tiktoken==0.14.0
    python generate.py

Files: gpt2.json, cl100k.json, o200k.json and qwen2.json (tokenizers trained on the corpus of ../tokenizer, each
with the pattern of its name), vocab.json and merges.txt (gpt2.json in the two-file form),
ranks.tiktoken (the vocabulary of cl100k.json, ids as ranks), encodings.json.
"""

import base64
import json
import pathlib
import random

import tiktoken
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
CORPUS = (HERE.parent / "tokenizer" / "corpus.txt").read_text(encoding="utf-8")
LETTERS = "'s|'t|'re|'ve|'m|'ll|'d"
MODERN = (rf"(?i:{LETTERS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}NUMBERS"
          r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
PATTERNS = {
    "cl100k": MODERN.replace("NUMBERS", "{1,3}"),
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
             rf"(?i:{LETTERS})?"
             r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
             rf"(?i:{LETTERS})?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+"
             r"|\s+(?!\S)|\s+",
    "qwen2": MODERN.replace("NUMBERS", ""),
}
PARTS = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\x85", "'", "'s", "'S", "'\u017f", "'Re",
         "'lL", "'VE", "'d", "/", "//", ".", "...", "1", "1234", "\u00bd", "\u0301", "\u0903", "A",
         "Ab", "aB", "\u01c5", "\u02b0", "\u4e2d", "\u0e01\u0e33", "\u05d0", "\U0001f600", "\u200d",
         "x", "the", " The", "\x1c", "\u2028", "_", "#", "don't", "we'll", "I'M"]


def pre_tokenizer(name):
    if name == "gpt2":
        return pre_tokenizers.ByteLevel(add_prefix_space=False)
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERNS[name]), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def train(name):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer(name)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>"] if name == "gpt2" else []
    tokenizer.train_from_iterator([CORPUS], trainers.BpeTrainer(
        vocab_size=420, show_progress=False, special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.save(str(HERE / f"{name}.json"))
    return tokenizer


def texts():
    generator = random.Random(20)
    for count in [3] * 60 + [8] * 50 + [40] * 10 + [300] * 3:
        yield "".join(generator.choices(PARTS, k=count))
    for start in range(0, 2000, 400):
        yield CORPUS[start:start + 399]


def byte_values():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


def main():
    cases = list(texts())
    recorded = {"texts": cases}
    tokenizers = {name: train(name) for name in ["gpt2", *PATTERNS]}
    for name, tokenizer in tokenizers.items():
        recorded[name] = [tokenizer.encode(text).ids for text in cases]
    tokenizers["gpt2"].model.save(str(HERE))
    values = byte_values()
    ranks = {bytes(values[c] for c in token): rank
             for token, rank in tokenizers["cl100k"].get_vocab().items()}
    with open(HERE / "ranks.tiktoken", "w") as file:
        for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
            file.write(f"{base64.b64encode(token).decode()} {rank}\n")
    for name, pattern in PATTERNS.items():
        encoding = tiktoken.Encoding(
            name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
        recorded[f"ranks-{name}"] = [encoding.encode_ordinary(text) for text in cases]
    # Both libraries agree where they have the same vocabulary and pattern.
    assert recorded.pop("ranks-cl100k") == recorded["cl100k"]
    (HERE / "encodings.json").write_text(
        json.dumps(recorded, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
