"""Compares random tokenizers of crate-lm with those of `tokenizers`: ids, places and decoded text.

    python check.py PROGRAM [COUNT [SEED]]

Each of COUNT compositions is trained on a little text, encodes nasty texts and decodes what comes of
them and random ids. It prints how often each component was compared, and exits with 1 on any
difference, on a refusal, or where a component was compared less than 200 times. As the library trains
in an order that is another one each time, compositions with differences are kept in .build/tokenizers.
"""

import collections
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RUST_BACKTRACE"] = "0"

import configurations
import texts
from tokenizers import Tokenizer

TEXT_COUNT = 25
ENOUGH = 200
KEPT = pathlib.Path(".build/tokenizers")


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    coverage, failures, skipped = collections.Counter(), 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "tokenizer.json"
        for number in range(seed, seed + count):
            source = random.Random(number)
            # The library panics on some compositions while it trains.
            made = guarded(configurations.made, source)
            if made is None:
                skipped += 1
                continue
            description, notes = made
            path.write_text(json.dumps(description))
            library = guarded(Tokenizer.from_file, str(path))
            if library is None or vanishes(library):
                skipped += 1
                continue
            differences = compare(program, path, library, source)
            for name in names(description) + notes:
                coverage[name] += 1
            if differences:
                failures += 1
                KEPT.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, KEPT / f"{number}.json")
                print(f"composition {number}: {json.dumps(without_tokens(description), ensure_ascii=False)}")
                for difference in differences[:3]:
                    print(f"  {difference}", flush=True)
                if failures >= 10:
                    break
    for name, times in sorted(coverage.items()):
        print(f"{times:6}  {name}")
    few = [name for name, times in coverage.items() if times < ENOUGH and count >= 4000]
    print(f"{count - skipped} compositions, {failures} with differences, {skipped} that the library itself fails at")
    if few:
        print(f"too few of {', '.join(few)}")
    sys.exit(1 if failures or few else 0)


def guarded(function, *arguments):
    """What `function` gives; None where the library fails or panics."""
    try:
        return function(*arguments)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return None


def vanishes(library):
    """Whether normalised text tells some added tokens badly.

    If nothing is left of one, the library finds it everywhere; if two become alike, it finds either.
    """
    if library.normalizer is None:
        return False
    tokens = [token for token in library.get_added_tokens_decoder().values() if token.normalized]
    contents = [library.normalizer.normalize_str(token.content) for token in tokens]
    return "" in contents or len(set(contents)) < len(contents)


def compare(program, path, library, source):
    library.no_truncation()
    library.no_padding()
    special, around = source.random() < 0.7, source.random() < 0.5
    library.encode_special_tokens = not special
    inputs = [texts.nasty(source) for _ in range(TEXT_COUNT)]
    expected = [guarded(lambda t: library.encode(t, add_special_tokens=around), text) for text in inputs]
    flags = ["--special-tokens"] * special + ["--add-special-tokens"] * around
    lines = "".join(json.dumps(text) + "\n" for text in inputs)
    result = subprocess.run(
        [program, "tokenizer", "encode", "--tokenizer", path, "--json-lines", "--json", *flags],
        input=lines.encode(), capture_output=True)
    if result.returncode != 0:
        return [f"encode: {result.stderr.decode().strip()}"]
    differences = []
    plain = subprocess.run(
        [program, "tokenizer", "encode", "--tokenizer", path, "--json-lines", *flags], input=lines.encode(),
        capture_output=True)
    for text, theirs, ours, ids in zip(
            inputs, expected, json.loads(result.stdout), plain.stdout.decode().split("\n")):
        if theirs is None:
            continue
        if theirs.ids != ours["ids"] or " ".join(map(str, theirs.ids)) != ids:
            differences.append(f"ids of {text!r}: expected {theirs.tokens}, found {ours['tokens']} and {ids}")
        elif not same_places(text, theirs.offsets, ours["offsets"]):
            differences.append(
                f"places of {text!r}: {theirs.tokens}, expected {theirs.offsets}, "
                f"found {in_characters(text, ours['offsets'])}")
    return differences + compare_decoding(program, path, library, source, [e.ids for e in expected if e is not None])


def compare_decoding(program, path, library, source, encoded):
    known = sorted(library.get_vocab(with_added_tokens=True).values())
    encoded += [[source.choice(known) for _ in range(source.randrange(1, 12))] for _ in range(TEXT_COUNT)]
    encoded = [ids for ids in encoded if ids]
    skips = source.random() < 0.5
    flags = ["--skip-special-tokens"] * skips
    pairs = [(ids, guarded(lambda i: library.decode(i, skip_special_tokens=skips), ids)) for ids in encoded]
    pairs = [(ids, text) for ids, text in pairs if text is not None]
    lines = "".join(" ".join(map(str, ids)) + "\n" for ids, _ in pairs)
    result = subprocess.run(
        [program, "tokenizer", "decode", "--tokenizer", path, "--lines", *flags], input=lines.encode(),
        capture_output=True)
    if result.returncode != 0:
        return [f"decode: {result.stderr.decode().strip()}"]
    rest, differences = result.stdout.decode(errors="replace"), []
    for ids, text in pairs:
        if not rest.startswith(text + "\n"):
            tokens = [library.id_to_token(i) for i in ids]
            return [f"text of {tokens}: expected {text!r}, found {rest[:len(text) + 20]!r}"]
        rest = rest[len(text) + 1:]
    return differences


def same_places(text, theirs, ours):
    """Whether places in characters are places in bytes.

    The library leaves a place as it is, in bytes, if it ends behind the text, where spellings that have
    more bytes than the text can put it, and may take white space from it afterwards.
    """
    end = len(text.encode())
    return len(theirs) == len(ours) and all(
        place == known or list(place) == given == [end, end]
        for place, known, given in zip(theirs, in_characters(text, ours), ours))


def in_characters(text, offsets):
    """Places in bytes as the library counts them in characters."""
    at = []
    for number, character in enumerate(text):
        at += [number] * len(character.encode())
    places = []
    for start, end in offsets:
        if start < len(at) and end < len(at):
            places.append((at[start], at[end]))
        elif start < len(at):
            last = at[end - 1] if end - 1 < len(at) else at[start] + 1
            places.append((at[start], last + 1))
        elif start == end == len(at):
            # Nothing is left of a place at the end, from which white space was taken.
            places.append((len(text), len(text)))
        else:
            places.append((start, end))
    return places


def names(description):
    """The types of all parts of a tokenizer."""
    found = []

    def visit(part, kind):
        if isinstance(part, dict) and "type" in part:
            found.append(f"{kind} {part['type']}")
            if part["type"] == "Split":
                found.append(f"split {part['behavior']}{' inverted' if part['invert'] else ''}")
            for key in ("normalizers", "pretokenizers", "decoders", "processors"):
                for inner in part.get(key, []):
                    visit(inner, kind)
            if "pattern" in part:
                found.append(f"{kind} {part['type']} {next(iter(part['pattern']))}")
        elif part is None:
            found.append(f"{kind} null")

    for kind in ("normalizer", "pre_tokenizer", "post_processor", "decoder"):
        visit(description[kind], kind)
    found.append("model BPE" if "merges" in description["model"] else "model WordPiece")
    return sorted(set(found))


def without_tokens(description):
    model = {key: value for key, value in description["model"].items() if key not in ("vocab", "merges")}
    return description | {"model": model}


if __name__ == "__main__":
    main()
