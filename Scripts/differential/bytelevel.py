"""Compares byte-level tokenizers with `tokenizers` and `tiktoken`: ids, offsets, text and files.

    pip install tokenizers==0.23.3 tiktoken==0.14.0
    python bytelevel.py PROGRAM TOKENIZER TEXT... [--tiktoken RANKS] [--pattern NAME]
        [--fuzz N] [--bytes N] [--scalars] [--added] [--formats]

PROGRAM is crate-lm. TOKENIZER is anything that it reads; it is first converted to tokenizer.json,
which `tokenizers` then loads. TEXTs are UTF-8 files or directories of .txt files. --tiktoken also
compares tiktoken's ids and offsets, for a file of ranks and the pattern gpt2, cl100k or o200k.
--fuzz adds random texts: of all scalars, and of joined pieces of the vocabulary. --scalars adds
every scalar in five contexts. --bytes tries that many random byte strings, which must be refused
if they are not UTF-8. --added adds tokens of every kind. --formats writes every other form and
reads it with the peers. Exits with 1 on any difference.
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

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tiktoken
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

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
BATCH = 100_000
ADDED = ["<ent>", "ab", "\u00dcber", "abab", " gap ", "\u00e9\u00e9", "[X]", "<ab>", "\u5b57", "x y",
         "\u00a0\u00a0", "ABC", "  ", "\n\n"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("tokenizer")
    parser.add_argument("texts", nargs="*")
    parser.add_argument("--tiktoken")
    parser.add_argument("--pattern", choices=PATTERNS, default="gpt2")
    parser.add_argument("--fuzz", type=int, default=0)
    parser.add_argument("--bytes", type=int, default=0)
    parser.add_argument("--scalars", action="store_true")
    parser.add_argument("--added", action="store_true")
    parser.add_argument("--formats", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_intermixed_args()
    with tempfile.TemporaryDirectory() as scratch:
        differences = compare(options, pathlib.Path(scratch))
    print(f"{differences} differences")
    sys.exit(1 if differences else 0)


def compare(options, scratch):
    convert(options, options.tokenizer, scratch / "ours", "json")
    path = scratch / "ours" / "tokenizer.json"
    if options.added:
        add_tokens(path)
    library = Tokenizer.from_file(str(path))
    peers = {"tokenizers": library}
    if pathlib.Path(options.tokenizer).suffix == ".json" and not options.added:
        try:
            peers["tokenizers, the file as it was"] = Tokenizer.from_file(options.tokenizer)
        except Exception:  # a vocab.json
            pass
    if options.tiktoken:
        peers["tiktoken"] = rank_encoder(options.tiktoken, options.pattern)
    if options.formats:
        peers |= written(options, scratch)
    texts = list(corpus(options.texts)) + [
        (f"random text {i}", text) for i, text in enumerate(fuzz(options, library))]
    if options.scalars:
        texts += [(f"U+{c:04X}", in_contexts(chr(c))) for c in every_scalar()]
    differences = try_bytes(options, scratch, library)
    # Special tokens are text to the peers, and to us unless we are told otherwise.
    for special in (False, True) if options.added else (False,):
        for peer in peers.values():
            if isinstance(peer, Tokenizer):
                peer.encode_special_tokens = not special
        extra = ["--special-tokens"] * special
        # All offsets at a time take much memory.
        for start in range(0, len(texts), BATCH):
            differences += compare_texts(
                options, scratch, peers, texts[start:start + BATCH], extra)
    return differences


def compare_texts(options, scratch, peers, texts, extra):
    found = encodings(options, [text for _, text in texts], scratch, extra)
    differences = 0
    for (name, text), own in zip(texts, found):
        for peer, tokenizer in peers.items():
            theirs = (by_tiktoken if isinstance(tokenizer, tiktoken.Encoding) else by_library)(
                tokenizer, text, own)
            if own != theirs:
                differences += 1
                if differences <= 20:
                    report(name, text, peer, own, theirs)
    if not options.added:
        ids = [i for ids, _ in found for i in ids]
        if decoded(options, ids, scratch) != "".join(text for _, text in texts).encode():
            print("the text of the ids is another one")
            differences += 1
    characters = sum(len(text) for _, text in texts)
    print(f"{len(texts)} texts, {characters} characters, {sum(len(i) for i, _ in found)} tokens, "
          f"ids and offsets, {differences} differences; peers: {', '.join(peers)}")
    return differences


def byte_offsets(text):
    """The byte offset of every character: the peers count characters."""
    starts = [0]
    for character in text:
        starts.append(starts[-1] + len(character.encode()))
    return starts


def by_library(tokenizer, text, own):
    try:
        encoding = tokenizer.encode(text, add_special_tokens=False)
    except BaseException as error:
        # If an added token of white space lies within what the token before it strips.
        if "bad split" in str(error):
            return own
        raise
    starts = byte_offsets(text)
    return encoding.ids, [[starts[a], starts[b]] for a, b in encoding.offsets]


def by_tiktoken(tokenizer, text, own):
    """Its offsets say where tokens begin; ends are taken as they are."""
    ids = tokenizer.encode_ordinary(text)
    starts = byte_offsets(text)
    places = [starts[place] for place in tokenizer.decode_with_offsets(ids)[1]]
    return ids, [[place, offset[1]] for place, offset in zip(places, own[1])]


def convert(options, source, target, form):
    subprocess.run(
        [options.program, "tokenizer", "convert", source, "--output", target, "--format", form,
         "--family", options.pattern], check=True, stdout=subprocess.DEVNULL)


def written(options, scratch):
    """Reads the other forms that the program writes with the peers, and with the program again."""
    peers = {}
    for form, names in (("vocabulary", ("vocab.json", "merges.txt")),
                        ("encoder", ("encoder.json", "vocab.bpe"))):
        convert(options, options.tokenizer, scratch / form, form)
        files = [str(scratch / form / name) for name in names]
        peers[names[0]] = Tokenizer(models.BPE.from_file(*files))
        peers[names[0]].pre_tokenizer = peers_pre_tokenizer(options.pattern)
        convert(options, scratch / form, scratch / f"{form} again", "json")
        peers[names[0] + ", read again"] = Tokenizer.from_file(
            str(scratch / f"{form} again" / "tokenizer.json"))
    convert(options, options.tokenizer, scratch / "ranks", "tiktoken")
    ranks = scratch / "ranks" / "vocabulary.tiktoken"
    peers["our ranks by tiktoken"] = rank_encoder(ranks, options.pattern)
    convert(options, ranks, scratch / "ranks again", "json")
    peers["our ranks, read again"] = Tokenizer.from_file(
        str(scratch / "ranks again" / "tokenizer.json"))
    return peers


def peers_pre_tokenizer(pattern):
    if pattern == "gpt2":
        return pre_tokenizers.ByteLevel(add_prefix_space=False)
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERNS[pattern]), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def add_tokens(path):
    """Adds tokens of many combinations of flags."""
    tokenizer = Tokenizer.from_file(str(path))
    for index, content in enumerate(ADDED):
        token = AddedToken(
            content, single_word=bool(index & 1), lstrip=bool(index & 2), rstrip=bool(index & 4),
            normalized=index % 3 == 0, special=index % 5 == 0)
        (tokenizer.add_special_tokens if index % 5 == 0 else tokenizer.add_tokens)([token])
    tokenizer.save(str(path))


def every_scalar():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def in_contexts(c):
    return f"{c}a{c} {c}1{c}'{c} \n{c}s{c}{c}"


def try_bytes(options, scratch, library):
    """Random bytes: the ids of their text, or the exit status for bad data."""
    generator = random.Random(options.seed)
    library.encode_special_tokens = True
    differences = 0
    for _ in range(options.bytes):
        data = bytes(generator.choices(range(256), k=generator.randrange(1, 4)))
        data = generator.choice((data, b"ab " + data, data + "\u00e9\U0001f600".encode()[:-1]))
        (scratch / "bytes").write_bytes(data)
        result = subprocess.run(
            [options.program, "tokenizer", "encode", scratch / "bytes", "--tokenizer",
             scratch / "ours"], capture_output=True)
        try:
            expected = library.encode(data.decode(), add_special_tokens=False).ids
            right = result.returncode == 0 and list(map(int, result.stdout.split())) == expected
        except UnicodeDecodeError as error:
            right = result.returncode == 65 and f"offset {error.start} ".encode() in result.stderr
        if not right:
            differences += 1
            print(f"{data!r}: {result}")
    if options.bytes:
        print(f"{options.bytes} byte strings, {differences} differences")
    return differences


def rank_encoder(path, pattern):
    ranks = {}
    for line in open(path, "rb"):
        if line.strip():
            token, rank = line.split()
            ranks[base64.b64decode(token)] = int(rank)
    return tiktoken.Encoding(
        "ranks", pat_str=RANK_PATTERNS[pattern], mergeable_ranks=ranks, special_tokens={})


def corpus(paths):
    for path in map(pathlib.Path, paths):
        for file in sorted(path.rglob("*.txt")) if path.is_dir() else [path]:
            yield str(file), file.read_bytes().decode("utf-8")


def fuzz(options, library):
    generator = random.Random(options.seed)
    scalars = list(map(chr, every_scalar()))
    pieces = [library.decode([i], skip_special_tokens=False)
              for i in generator.sample(range(256, library.get_vocab_size(False)), 200)]
    pieces = [piece for piece in pieces if "\ufffd" not in piece] or ["x"]
    if options.added:
        pieces = ADDED + ["a", "_", " ", "\n"]
    for number in range(options.fuzz):
        source = (HARD, scalars, pieces, HARD + pieces, HARD + scalars[:0x3000])[number % 5]
        yield "".join(generator.choices(source, k=generator.randrange(1, 60)))


def encodings(options, texts, scratch, extra):
    """The ids and offsets of all texts by one run, and the same ids by another."""
    (scratch / "texts").write_text(
        "".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    command = [options.program, "tokenizer", "encode", scratch / "texts", "--json-lines",
               "--tokenizer", scratch / "ours", *extra]
    ids = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(subprocess.run([*command, "--json"], check=True, capture_output=True).stdout)
    # Without offsets the ids are found in another way.
    assert [e["ids"] for e in found] == [
        list(map(int, line.split())) for line in ids.split("\n")[:-1]]
    return [(e["ids"], e["offsets"]) for e in found]


def decoded(options, ids, scratch):
    (scratch / "ids").write_text(" ".join(map(str, ids)))
    return subprocess.run(
        [options.program, "tokenizer", "decode", scratch / "ids", "--tokenizer",
         scratch / "ours"], check=True, capture_output=True).stdout


def report(name, text, peer, own, theirs):
    print(f"{name}: {len(own[0])} tokens, {peer} has {len(theirs[0])}")
    for a, b in zip(own, theirs):
        place = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        if a != b:
            print(f"    from {place} on {a[place:place + 5]} instead of {b[place:place + 5]}")
    if len(text) < 200:
        print(f"    {ascii(text)}")


if __name__ == "__main__":
    main()
