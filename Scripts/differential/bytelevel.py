"""Compares the ids of byte-level tokenizers with those of `tokenizers` and `tiktoken`.

    pip install tokenizers tiktoken
    python bytelevel.py PROGRAM TOKENIZER TEXT... [--tiktoken RANKS] [--pattern NAME] [--fuzz N]

PROGRAM is crate-lm. TOKENIZER is anything that it reads; it is first converted to tokenizer.json,
which `tokenizers` then loads. TEXTs are files of UTF-8 or directories of .txt files. With
--tiktoken the ids are also compared with tiktoken's for a file of ranks and the pattern gpt2,
cl100k or o200k. --fuzz adds random texts: of all scalars that Python's Unicode
version assigns, and of pieces of the vocabulary put together. Exits with 1 on any difference.
"""

import argparse
import base64
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tiktoken
from tokenizers import Tokenizer

LETTERS = "'s|'t|'re|'ve|'m|'ll|'d"
PATTERNS = {
    "gpt2": LETTERS + r"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "cl100k": rf"(?i:{LETTERS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}"
              r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
             rf"(?i:{LETTERS})?"
             r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
             rf"(?i:{LETTERS})?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+"
             r"|\s+(?!\S)|\s+",
}
# In tiktoken's own spelling white space at the end of a text is one piece, which no token of the
# published vocabulary can tell.
RANK_PATTERNS = PATTERNS | {
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
              r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
}
HARD = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\x85", "'", "'s", "'S", "'\u017f", "'Re",
        "'lL", "'VE", "'d", "/", "//", ".", "...", "1", "1234", "\u00bd", "\u0301", "\u0903", "A",
        "Ab", "aB", "\u01c5", "\u02b0", "\u4e2d", "\u0e01\u0e33", "\u05d0", "\U0001f600",
        "\u200d", "\ufe0f", "x", "the", " The", "\x1c", "\u180e", "\u2028", "_", "#"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("tokenizer")
    parser.add_argument("texts", nargs="*")
    parser.add_argument("--tiktoken")
    parser.add_argument("--pattern", choices=PATTERNS, default="gpt2")
    parser.add_argument("--fuzz", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        differences = compare(options, pathlib.Path(scratch))
    print(f"{differences} texts differ")
    sys.exit(1 if differences else 0)


def compare(options, scratch):
    subprocess.run(
        [options.program, "tokenizer", "convert", options.tokenizer, "--output", scratch / "ours",
         "--family", options.pattern], check=True, stdout=subprocess.DEVNULL)
    ours = scratch / "ours" / "tokenizer.json"
    library = Tokenizer.from_file(str(ours))
    # Special tokens are text here, as they are for the two others.
    library.encode_special_tokens = True
    peers = {"tokenizers": lambda text: library.encode(text, add_special_tokens=False).ids}
    if pathlib.Path(options.tokenizer).suffix == ".json":
        try:
            original = Tokenizer.from_file(options.tokenizer)
            original.encode_special_tokens = True
            peers["tokenizers, the file as it was"] = (
                lambda text: original.encode(text, add_special_tokens=False).ids)
        except Exception:  # a vocab.json
            pass
    if options.tiktoken:
        peers["tiktoken"] = rank_encoder(options.tiktoken, options.pattern)
    texts = list(corpus(options.texts)) + [
        (f"random text {i}", text) for i, text in enumerate(fuzz(options, library))]
    ids = program_ids(options, [text for _, text in texts], scratch)
    differences = 0
    for (name, text), own in zip(texts, ids):
        for peer, encode in peers.items():
            theirs = encode(text)
            if own != theirs:
                differences += 1
                if differences <= 20:
                    report(name, text, peer, own, theirs)
    characters = sum(len(text) for _, text in texts)
    print(f"{len(texts)} texts, {characters} characters, {sum(map(len, ids))} ids, "
          f"peers: {', '.join(peers)}")
    return differences


def rank_encoder(path, pattern):
    ranks = {}
    for line in open(path, "rb"):
        if line.strip():
            token, rank = line.split()
            ranks[base64.b64decode(token)] = int(rank)
    return tiktoken.Encoding(
        "ranks", pat_str=RANK_PATTERNS[pattern], mergeable_ranks=ranks,
        special_tokens={}).encode_ordinary


def corpus(paths):
    for path in map(pathlib.Path, paths):
        for file in sorted(path.rglob("*.txt")) if path.is_dir() else [path]:
            yield str(file), file.read_bytes().decode("utf-8")


def fuzz(options, library):
    generator = random.Random(options.seed)
    scalars = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]
    pieces = [library.decode([i], skip_special_tokens=False)
              for i in generator.sample(range(256, library.get_vocab_size(False)), 200)]
    pieces = [piece for piece in pieces if "\ufffd" not in piece] or ["x"]
    for number in range(options.fuzz):
        source = (HARD, scalars, pieces, HARD + pieces, HARD + scalars[:0x3000])[number % 5]
        yield "".join(generator.choices(source, k=generator.randrange(1, 60)))


def program_ids(options, texts, scratch):
    """The ids of all texts by one run."""
    (scratch / "texts").write_text(
        "".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    output = subprocess.run(
        [options.program, "tokenizer", "encode", scratch / "texts", "--json-lines",
         "--tokenizer", scratch / "ours"], check=True, capture_output=True, text=True).stdout
    return [list(map(int, line.split())) for line in output.split("\n")[:-1]]


def report(name, text, peer, own, theirs):
    place = next((i for i, (a, b) in enumerate(zip(own, theirs)) if a != b),
                 min(len(own), len(theirs)))
    print(f"{name}: {len(own)} ids, {peer} has {len(theirs)}; from id {place} on "
          f"{own[place:place + 5]} instead of {theirs[place:place + 5]}")
    if len(text) < 200:
        print(f"    {text!r}")


if __name__ == "__main__":
    main()
