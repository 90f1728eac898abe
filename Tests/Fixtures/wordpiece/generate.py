"""Writes the fixtures of the WordPiece tests: what Hugging Face's `tokenizers` says.

    pip install tokenizers==0.23.3
    python generate.py

Files: uncased.json and cased.json (trained on ../tokenizer/corpus.txt), added.json (uncased.json with
added tokens of all kinds), encodings.json (ids, offsets
in bytes and decoded text), normalization.json (BertNormalizer), training.json (vocabularies learned
from random texts). The library gives the ## characters
other ids in every run, so that a new run changes the files.
"""

import importlib.util
import json
import pathlib
import random

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def load(path):
    spec = importlib.util.spec_from_file_location("texts", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TEXTS = load(HERE.parent / "tokenizer" / "generate.py")
MORE = [
    "[CLS] the [MASK] dog [SEP]", "[UNK]", "[MASK", "a[SEP]b[PAD]", "##ing ## # ###", "the##n",
    "x" * 99, "é" * 100, "字" * 3, "a" * 101, "tok" * 33 + "en", "e\u0301" * 60, "\u0378a\u2b81f",
    "\U0002b820a\U0002b920b\U0002a700", "a\u302eb\u0301\u302e", "\U0001d15e\U0001d160x",
    "don't stop, he 's here . do not ! can n't", "\u037e\u1fef\u226e", "ǅ İ ẞ ΑΣ", "\ufffd\x00ab\u200bc",
    "\uf900\ufa0e 漢字かな交じり文", "x\u2028y\u0085z\x0bw\x0cv", "\u08e3\u0303q", "\u1e00\u0323\u0307",
]

ADDED = [
    "<ent>x <ent> <ENT>", "ab abc cab (ab)", "über ÜBER Über uber", "abab ababab  abab ", "a gap  b", "  é é é",
    "[X]  [x] a[X]b", "b bb  b", "<ab><AB>", "字字 漢字", "the dog  dogs", "x y xx y", "a\u00a0 \u00a0b", "_ab é_ ab\u0301",
]


def train(normalizer, size, processor, **options):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=SPECIAL, show_progress=False, **options)
    tokenizer.train_from_iterator([TEXTS.CORPUS], trainer)
    tokenizer.post_processor = processor(tokenizer)
    return tokenizer


def bert(tokenizer):
    return processors.BertProcessing(*((t, tokenizer.token_to_id(t)) for t in ("[SEP]", "[CLS]")))


def template(tokenizer):
    return processors.TemplateProcessing(
        single="[CLS] [MASK] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("[CLS]", "[MASK]", "[SEP]")])


def with_added_tokens(path):
    tokenizer = Tokenizer.from_file(path)
    contents = ["<ent>", "ab", "Über", "abab", " gap ", "é", "[X]", "b", "<ab>", "字", "dog", "x y", "\u00a0"]
    for index, content in enumerate(contents):
        token = AddedToken(
            content, single_word=bool(index & 1), lstrip=bool(index & 2), rstrip=bool(index & 4),
            normalized=index % 3 == 0, special=index % 5 == 0)
        (tokenizer.add_special_tokens if index % 5 == 0 else tokenizer.add_tokens)([token])
    return tokenizer


def located(tokenizer, text, around):
    encoding = tokenizer.encode(text, add_special_tokens=around)
    starts = [0]
    for character in text:
        starts.append(starts[-1] + len(character.encode()))
    offsets = [place for pair in encoding.offsets for place in (starts[pair[0]], starts[pair[1]])]
    return encoding.ids, offsets


def encodings(tokenizer):
    cases = []
    for text in TEXTS.TEXTS + MORE + ADDED + TEXTS.fuzz(60):
        tokenizer.encode_special_tokens = True
        ids, offsets = located(tokenizer, text, False)
        tokenizer.encode_special_tokens = False
        special_ids, special_offsets = located(tokenizer, text, True)
        case = {"text": text, "ids": ids, "offsets": offsets}
        if special_ids[1:-1] != ids:
            case |= {"special_ids": special_ids, "special_offsets": special_offsets}
        if text in MORE:
            case |= {"decoded": tokenizer.decode(ids), "kept": tokenizer.decode(
                special_ids, skip_special_tokens=False)}
        cases.append(case)
    return cases


def normalization():
    """Random strings under every combination of flags."""
    rng = random.Random(12)
    pools = [
        list("abCDE .,é"), [chr(c) for c in range(0x300, 0x370)],
        [chr(c) for c in (0x302E, 0x1D165, 0x1D16D, 0x1BAA, 0x1E000, 0x1D15E, 0x1D160, 0x344, 0xF73)],
        [chr(c) for c in range(0x3000)], [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000],
        [chr(c) for c in range(0xF900, 0xFB00)] + ["字", "\U0002b820", "\U0002b920", "\u3000"],
    ]
    cases = []
    for index in range(360):
        flags = [bool(index & 1), bool(index & 2), (None, True, False)[index % 3], bool(index & 4)]
        text = "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randrange(1, 14)))
        normalizer = normalizers.BertNormalizer(*flags)
        cases.append({"text": text, "flags": flags, "normalized": normalizer.normalize_str(text)})
    return cases


def training():
    """Random texts and the vocabularies learned from them, ties being common."""
    rng = random.Random(13)
    alphabets = ["ab", "abc ", "abcdé", "aab .,", "abcdefghijklmnop   ", "а字b  c", "aaab#  "]
    cases = []
    for index in range(70):
        text = "".join(rng.choice(alphabets[index % 7]) for _ in range(rng.choice([20, 150, 500])))
        size, frequency = rng.choice([20, 60, 90]), rng.choice([0, 1, 2, 3])
        normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.train_from_iterator([text], trainers.WordPieceTrainer(
            vocab_size=size, special_tokens=["[UNK]"], show_progress=False,
            min_frequency=frequency))
        ids = tokenizer.get_vocab()
        if len(ids) <= size:
            cases.append({"text": text, "size": size, "frequency": frequency,
                          "vocabulary": sorted(ids, key=ids.get)})
    return cases


def write(name, value):
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    (HERE / name).write_text(text + "\n", encoding="utf-8")


def main():
    tokenizers = {
        "uncased": train(normalizers.BertNormalizer(), 500, bert, min_frequency=2),
        "cased": train(normalizers.BertNormalizer(lowercase=False), 100000, template, min_frequency=7),
    }
    for name, tokenizer in tokenizers.items():
        tokenizer.save(str(HERE / f"{name}.json"))
    tokenizers["added"] = with_added_tokens(str(HERE / "uncased.json"))
    tokenizers["added"].save(str(HERE / "added.json"))
    write("encodings.json", {name: encodings(t) for name, t in tokenizers.items()})
    write("normalization.json", normalization())
    write("training.json", training())


if __name__ == "__main__":
    main()
