"""Compares WordPiece of crate-lm with Hugging Face's `tokenizers`: ids and offsets.

    pip install tokenizers==0.23.3
    python Scripts/differential/wordpiece.py --program .build/release/crate-lm \
        --vocabulary bert-base-uncased.vocab.txt --lowercase [--fuzz 20000] [--scalars] FILE...

Every file is compared line by line; --fuzz adds lines of random scalars and of pieces of the
vocabulary, --scalars a line for every scalar. Both read the tokenizer.json that `tokenizers`
writes for the vocabulary, unless --tokenizer names one. Exits with 1 on any difference.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

from tokenizers import AddedToken, BertWordPieceTokenizer, Tokenizer


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--vocabulary")
    parser.add_argument("--tokenizer")
    parser.add_argument("--lowercase", action="store_true")
    parser.add_argument("--fuzz", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scalars", action="store_true")
    parser.add_argument("--added", action="store_true", help="try added tokens of every kind")
    parser.add_argument("files", nargs="*")
    return parser.parse_args()


ADDED = ["<ent>", "ab", "Über", "abab", " gap ", "é", "[X]", "b", "<ab>", "字", "a", "x y", "\u00a0", "ABC"]


def add_tokens(path):
    """Adds tokens with many combinations of flags."""
    tokenizer = Tokenizer.from_file(path)
    for index, content in enumerate(ADDED):
        token = AddedToken(
            content, single_word=bool(index & 1), lstrip=bool(index & 2), rstrip=bool(index & 4),
            normalized=index % 3 == 0, special=index % 5 == 0)
        (tokenizer.add_special_tokens if index % 5 == 0 else tokenizer.add_tokens)([token])
    tokenizer.save(path)


def is_line(text):
    return "\n" not in text


def fuzz(vocabulary, count, seed, added):
    """Lines of scalars and pieces that meet in few real texts."""
    rng = random.Random(seed)
    pieces = sorted(vocabulary)
    scalars = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    marks = [chr(c) for c in (*range(0x300, 0x370), 0x302E, 0x1D165, 0x1D16D, 0x1BAA, 0x1E000,
                              0x1D15E, 0x1D160, 0x344, 0xF73, 0x8E3, 0x1DFA, 0xA9C0, 0x5B0)]
    pools = [
        list("aabest' .,#[]  XYZ12é"), marks, scalars[:0x3000], scalars[0x3000:0xA000], scalars,
        pieces, ADDED + [" ", "a", "_"] if added else ["a"], [p.removeprefix("##") for p in pieces], ["\u00a0", "\u3000", "\u2003", "\u200b", "\r"],
    ]
    lines = []
    while len(lines) < count:
        some = rng.sample(pools, rng.randrange(1, 4))
        text = "".join(rng.choice(rng.choice(some)) for _ in range(rng.randrange(1, 40)))
        if rng.random() < 0.02:
            text += rng.choice("aé字") * rng.randrange(90, 110)
        if is_line(text):
            lines.append(text)
    return lines


def every_scalar():
    for c in range(0x110000):
        if not 0xD800 <= c < 0xE000 and c not in (0x0A, 0x0D):
            yield f"ab{chr(c)}cd {chr(c)} {chr(c)}\u0301\u302e{chr(c)}"


def ours(program, tokenizer, lines, extra):
    text = "".join(line + "\n" for line in lines).encode()
    command = [program, "tokenizer", "encode", "-", "--tokenizer", tokenizer, "--lines", *extra]

    def run(*more):
        return subprocess.run([*command, *more], input=text, capture_output=True, check=True).stdout

    # Without offsets the ids are found in another way.
    ids = [[int(i) for i in line.split()] for line in run().decode().split("\n")[:-1]]
    encodings = json.loads(run("--json"))
    assert ids == [e["ids"] for e in encodings]
    return [(e["ids"], [tuple(o) for o in e["offsets"]]) for e in encodings]


def theirs(tokenizer, line, **options):
    encoding = tokenizer.encode(line, **options)
    # Their offsets count scalars, ours bytes.
    starts = [0]
    for character in line:
        starts.append(starts[-1] + len(character.encode()))
    return encoding.ids, [(starts[a], starts[b]) for a, b in encoding.offsets]


def compare(name, options, path, tokenizer, lines):
    wrong = 0
    for special, around in ((False, False), (True, True)):
        tokenizer.encode_special_tokens = not special
        extra = ["--special-tokens"] * special + ["--add-special-tokens"] * around
        found = ours(options.program, path, lines, extra)
        assert len(found) == len(lines), (name, len(found), len(lines))
        for line, (ids, offsets) in zip(lines, found):
            expected = theirs(tokenizer, line, add_special_tokens=around)
            if (ids, offsets) != expected:
                wrong += 1
                if wrong <= 3:
                    print(f"{name}: {ascii(line)}\n  ours   {ids} {offsets}\n"
                          f"  theirs {expected[0]} {expected[1]}")
    print(f"{name}: {len(lines)} lines, {wrong} differences")
    return wrong


def main():
    options = arguments()
    wrong = 0
    with tempfile.TemporaryDirectory() as directory:
        path = options.tokenizer
        if path is None:
            path = str(pathlib.Path(directory) / "tokenizer.json")
            BertWordPieceTokenizer(options.vocabulary, lowercase=options.lowercase).save(path)
            if options.added:
                add_tokens(path)
        tokenizer = Tokenizer.from_file(path)
        files = [found for path in map(pathlib.Path, options.files)
                 for found in (sorted(path.rglob("*.txt")) if path.is_dir() else [path])]
        for file in files:
            text = file.read_bytes().decode()
            lines = [line for line in text.split("\n") if is_line(line)]
            wrong += compare(file, options, path, tokenizer, lines)
        if options.fuzz:
            lines = fuzz(tokenizer.get_vocab(), options.fuzz, options.seed, options.added)
            wrong += compare("fuzz", options, path, tokenizer, lines)
        if options.scalars:
            wrong += compare("scalars", options, path, tokenizer, list(every_scalar()))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
