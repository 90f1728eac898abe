"""Random tokenizers, as the dictionaries that a `tokenizer.json` holds, trained on a little text."""

import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import texts

BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d"
# Those of published models, and some that ask for every construct that is read.
PATTERNS = [
    WORDS + r"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    rf"(?i:{WORDS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    rf"(?i:{WORDS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    rf"<\|startoftext\|>|<\|endoftext\|>|{WORDS}|[\p{{L}}]+|[\p{{N}}]|[^\s\p{{L}}\p{{N}}]+",
    r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", r"[一-龥ࠀ-一가-퟿]+", r"\p{N}{1,3}", r"\p{N}+",
    r"[0-9][0-9][0-9]", r"(?=(\d{3})+(?!\d))", r" ?[^(\s|[.,!?…。，、।۔،])]+", r"\w+|[^\w\s]+", r"\s+", r"\d",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:" + WORDS + r")?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:" + WORDS + r")?|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    "^.", ".$", r"\A\s|\s\z", r"\b", r"\B.", r"(?m:a.)", r"a.", r"(?i)[a-k]+", r"(?i:the|as)", r"(?<=e)\w", r"(?<!\s)\d",
    r"(?>a+)b?", "z*", "a|", "(?x) a b # both\n | c", r"[[:alpha:]]+", r"[^[:punct:]]+", r"[\w&&[^aeiou]]+", r"\h{2}",
    r"\p{Han}+|\p{Hiragana}+|\p{Latin}+", r"\P{L}+", r"\p{^Lu}{2,4}?", r"(?<word>\w)\s", r"\R", r"\x41|\u00e9|\x{1F600}",
    r"[]a-]+", r"(a?){3}", r"(?:ab|a)(?:c|bcd)?", r"[\p{Lu}]+", r"[^\x00-\x7F]+", r"\S*\s?", r".{1,3}", r"$", r"\n^",
    r"\Z", r"[[:upper:]][[:lower:]]*", r"[^\W\d_]+", r"\p{So}+", r"a{,2}b", r"a{2}?", r"e*+",
    r"(\w)\1", r"(?<c>[a-z])(?:\s|e)*\k<c>", r"(?:(a)|(t|s))+\2?e",
]
# What they match may be nothing. The library doubles what a normaliser puts for nothing before a text.
EMPTY = [r"(?=(\d{3})+(?!\d))", r"\b", "z*", "a|", "(a?){3}", r"\S*\s?", "$", r"\Z", "e*+", "a{2}?"]
STRINGS = [" ", "a", "e", "the", "  ", "\n", "é", "ab", "▁", "-", "", ".", "字", "'"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def made(random):
    """A random tokenizer as a dictionary, and what of it `tokenizers` has no names for."""
    notes = []
    kind = random.choice(["BPE", "BPE", "WordPiece"])
    unknown = random.choice(["<unk>", "[UNK]"])
    special = [unknown] + random.sample(["<pad>", "<s>", "</s>", "[CLS]", "[SEP]", "|"], random.randrange(4))
    tokenizer = Tokenizer(models.BPE() if kind == "BPE" else models.WordPiece(unk_token=unknown))
    if random.random() < 0.6:
        tokenizer.normalizer = normalizer(random)
    if random.random() < 0.85:
        tokenizer.pre_tokenizer = pre_tokenizer(random)
    falls_back = kind == "BPE" and random.random() < 0.3
    if falls_back:
        special = special + (BYTES if random.random() < 0.7 else random.sample(BYTES, 200))
    options = {"vocab_size": len(special) + random.randrange(40, 400), "special_tokens": special, "show_progress": False}
    if kind == "BPE":
        if random.random() < 0.2:
            options["continuing_subword_prefix"] = random.choice(["##", "@@", "é"])
        if random.random() < 0.25:
            options["end_of_word_suffix"] = random.choice(["</w>", "@"])
        if random.random() < 0.3:
            options["initial_alphabet"] = pre_tokenizers.ByteLevel.alphabet()
        options["limit_alphabet"] = random.choice([15, 40, 1000])
        trainer = trainers.BpeTrainer(**options)
    else:
        options["continuing_subword_prefix"] = random.choice(["##", "##", "@"])
        trainer = trainers.WordPieceTrainer(**options)
    tokenizer.train_from_iterator(texts.corpus(random), trainer)
    tokenizer.add_tokens([added(random, False) for _ in range(random.choice([0, 0, 1, 3]))])
    tokenizer.add_special_tokens([added(random, True) for _ in range(random.choice([0, 0, 1, 2]))])
    if random.random() < 0.85:
        tokenizer.decoder = decoder(random)
    if random.random() < 0.6:
        tokenizer.post_processor = post_processor(random, tokenizer, special)
    if random.random() < 0.1:
        tokenizer.enable_truncation(random.randrange(1, 9), stride=0)
        notes.append("truncation")
    if random.random() < 0.1:
        tokenizer.enable_padding(pad_id=0, pad_token=special[0], length=random.choice([None, 12]))
        notes.append("padding")
    description = json.loads(tokenizer.to_str())
    return change(random, description, kind, unknown, falls_back, notes), notes


def change(random, description, kind, unknown, falls_back, notes):
    """`description` with what can be said in a file alone."""
    model = description["model"]
    if kind == "BPE":
        model["unk_token"] = unknown if random.random() < 0.7 else None
        model["fuse_unk"] = random.random() < 0.5
        model["byte_fallback"] = falls_back
        model["ignore_merges"] = random.random() < 0.3
        notes += [name for name in ("fuse_unk", "byte_fallback", "ignore_merges") if model[name]]
        notes += [name for name in ("unk_token", "continuing_subword_prefix", "end_of_word_suffix") if model[name]]
        if random.random() < 0.2:
            model["merges"] = [" ".join(pair) for pair in model["merges"] if " " not in "".join(pair)]
            notes.append("merges as strings")
    elif random.random() < 0.2:
        model["max_input_chars_per_word"] = random.choice([3, 6])
        notes.append("max_input_chars_per_word")
    if random.random() < 0.1:
        del model["type"]
        notes.append("no model.type")
    if random.random() < 0.1 and "" not in model["vocab"]:
        size = len(model["vocab"])
        model["vocab"][""] = size
        for token in description["added_tokens"]:
            token["id"] += token["id"] >= size
        notes.append("an empty token")
    if random.random() < 0.1 and description["added_tokens"]:
        description["added_tokens"].append(dict(description["added_tokens"][-1]))
        notes.append("an added token twice")
    return description


def added(random, special):
    content = random.choice(["<ent>", "ab", "Über", "abab", " gap ", "éé", "[X]", "<ab>", "字", "x y", "ABC", "the", "▁▁"])
    return AddedToken(
        content, special=special, single_word=random.random() < 0.3, lstrip=random.random() < 0.3,
        rstrip=random.random() < 0.3, normalized=random.random() < 0.5)


def some(random, makers, sequence, depth=0):
    """One random part, or several in a sequence, which may hold another one."""
    if depth < 2 and random.random() < (0.5 if depth == 0 else 0.15):
        return sequence([some(random, makers, sequence, depth + 1) for _ in range(random.choice([1, 2, 2, 3]))])
    return random.choice(makers)(random)


def pattern(random, may_be_empty=True):
    patterns, strings = PATTERNS, STRINGS
    if not may_be_empty:
        patterns, strings = [p for p in PATTERNS if p not in EMPTY], [s for s in STRINGS if s]
    return Regex(random.choice(patterns)) if random.random() < 0.7 else random.choice(strings)


def normalizer(random):
    flip = lambda r: r.random() < 0.5
    return some(random, [
        lambda r: normalizers.NFC(), lambda r: normalizers.NFD(), lambda r: normalizers.NFKC(),
        lambda r: normalizers.NFKD(), lambda r: normalizers.Lowercase(), lambda r: normalizers.StripAccents(),
        lambda r: normalizers.Nmt(), lambda r: normalizers.Strip(flip(r), flip(r)),
        lambda r: normalizers.Prepend(r.choice(["▁", "x ", " "])),
        *4 * [lambda r: normalizers.Replace(pattern(r, False), r.choice(["", "_", "▁", "xyz", "é"]))],
        lambda r: normalizers.ByteLevel(),
        lambda r: normalizers.BertNormalizer(flip(r), flip(r), r.choice([None, True, False]), flip(r)),
    ], normalizers.Sequence)


def pre_tokenizer(random):
    flip = lambda r: r.random() < 0.5
    return some(random, [
        lambda r: pre_tokenizers.ByteLevel(flip(r), flip(r), flip(r)),
        lambda r: pre_tokenizers.ByteLevel(flip(r), flip(r), flip(r)),
        lambda r: pre_tokenizers.Whitespace(), lambda r: pre_tokenizers.WhitespaceSplit(),
        lambda r: pre_tokenizers.BertPreTokenizer(), lambda r: pre_tokenizers.Digits(flip(r)),
        lambda r: pre_tokenizers.Punctuation(r.choice(BEHAVIORS)),
        lambda r: pre_tokenizers.CharDelimiterSplit(r.choice([" ", "-", "e", "é", "\n"])),
        lambda r: pre_tokenizers.Metaspace(r.choice(["▁", "▁", "_", " "]), r.choice(["always", "first", "never"]), flip(r)),
        lambda r: pre_tokenizers.UnicodeScripts(), lambda r: pre_tokenizers.FixedLength(r.randrange(1, 7)),
        *8 * [lambda r: pre_tokenizers.Split(pattern(r), r.choice(BEHAVIORS), flip(r))],
    ], pre_tokenizers.Sequence)


def decoder(random):
    flip = lambda r: r.random() < 0.5
    return some(random, [
        lambda r: decoders.ByteLevel(), lambda r: decoders.WordPiece(r.choice(["##", "@"]), flip(r)),
        lambda r: decoders.BPEDecoder(r.choice(["</w>", "@", "e"])),
        lambda r: decoders.Metaspace(r.choice(["▁", "_"]), r.choice(["always", "first", "never"]), flip(r)),
        lambda r: decoders.CTC(r.choice(["<pad>", "e"]), r.choice(["|", "a"]), flip(r)),
        lambda r: decoders.Fuse(), lambda r: decoders.Strip(r.choice([" ", "e", "▁"]), r.randrange(3), 0),
        lambda r: decoders.ByteFallback(),
        *2 * [lambda r: decoders.Replace(pattern(r), r.choice(["", " ", "é"]))],
    ], decoders.Sequence)


def post_processor(random, tokenizer, special):
    flip = lambda: random.random() < 0.5
    token = (special[0], tokenizer.token_to_id(special[0]))
    placing = random.choice([
        lambda: processors.BertProcessing(token, token),
        lambda: processors.RobertaProcessing(token, token, trim_offsets=flip(), add_prefix_space=flip()),
        lambda: processors.TemplateProcessing(f"{token[0]} $A {token[0]}", f"{token[0]} $A $B:1", [token]),
    ])()
    trimming = processors.ByteLevel(trim_offsets=flip(), add_prefix_space=flip())
    return random.choice([placing, trimming, processors.Sequence([trimming, placing])])
