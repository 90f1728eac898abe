"""Writes offsets.json: what `tokenizers` 0.23.3 says of texts that normalisation changes, of added
tokens, of trimmed offsets and of pairs of texts.

    pip install tokenizers==0.23.3
    python generate-offsets.py

Every case is a vocabulary of this folder with other parts around it; offsets are in bytes.
"""

import json
import pathlib
import random

from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).parent
STEPS = [["NFC"], ["NFD"], ["NFKC"], ["NFKD"], ["StripAccents"], ["Lowercase"],
         ["NFD", "Lowercase", "StripAccents", "NFC"], ["NFKC", "Lowercase"]]
MARKS = "\u0301\u0323\u0345\u0327\u0344\u0f73\u3099\u08d3\u0e38\u1dce"
LETTERS = "aeE\u00e9\u1ed9\u0130\ufb03\u33a3\uac01\u1100\u1161\u11a8\u0958\u212b\ufdfa \u3000\U0001d15e\U0001f600"
ADDED = [
    {"content": "<a>", "special": True, "lstrip": True},
    {"content": "<b>", "special": False, "rstrip": True},
    {"content": "abz", "special": False, "single_word": True},
    {"content": "\u00c9T", "special": False, "normalized": True},
    {"content": "<a><b>", "special": False},
    {"content": "  ", "special": False},
    {"content": "the", "special": False, "single_word": True},
]
TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<a>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "<a>", "type_id": 2}},
             {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<a>", "type_id": 1}}],
    "special_tokens": {"<a>": {"id": "<a>", "ids": [700], "tokens": ["<a>"]}},
}
BERT = {"type": "BertProcessing", "sep": ["<|endoftext|>", 0], "cls": ["<a>", 700]}
ROBERTA = {"type": "RobertaProcessing", "sep": ["<|endoftext|>", 0], "cls": ["<a>", 700],
           "trim_offsets": True, "add_prefix_space": False}
BYTE_LEVEL = {"type": "ByteLevel", "trim_offsets": True, "add_prefix_space": True, "use_regex": True}
SEQUENCE = {"type": "Sequence", "processors": [BYTE_LEVEL, TEMPLATE]}


def main():
    rng = random.Random(4)
    base = json.loads((HERE / "bpe-none.json").read_text())
    cases = []
    for steps in STEPS:
        texts = ["".join(rng.choices(LETTERS + MARKS + MARKS, k=rng.randrange(2, 12)))
                 for _ in range(10)]
        normalizers = [{"type": step} for step in steps]
        normalizer = {"type": "Sequence", "normalizers": normalizers}
        cases.append(case(base, {"normalizer": normalizer}, texts))
    ids = base["model"]["vocab"]
    added = [{"id": ids.get(token["content"], 700 + index), "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, **token} for index, token in enumerate(ADDED)]
    parts = ["<a>", "<b>", "abz", "\u00c9T", "\u00e9t", " ", "  ", "\n", "x", "\u3000", "_", "the", "<"]
    for processor in (None, BYTE_LEVEL, ROBERTA, TEMPLATE, BERT, SEQUENCE):
        texts = ["".join(rng.choices(parts, k=rng.randrange(1, 9))) for _ in range(10)]
        cases.append(case(
            base, {"normalizer": {"type": "Lowercase"}, "post_processor": processor,
                   "added_tokens": base["added_tokens"] + added}, texts))
    (HERE / "offsets.json").write_text(
        "[" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "]\n")


def case(base, changes, texts):
    """The tokenizer with some parts changed, and what it says of texts."""
    tokenizer = Tokenizer.from_str(json.dumps({**base, **changes}))
    encodings = []
    for text, other in zip(texts, texts[1:] + texts[:1]):
        try:
            encodings.append(encoding(tokenizer, text, other))
        except BaseException:  # Rust's "bad split", where stripped white space is a token too
            pass
    return {"changes": changes, "encodings": encodings}


def encoding(tokenizer, text, other):
    starts = [0]
    for character in text:
        starts.append(starts[-1] + len(character.encode()))
    result = {"text": text}
    for special in (False, True):
        tokenizer.encode_special_tokens = not special
        found = tokenizer.encode(text, add_special_tokens=False)
        offsets = [starts[place] for pair in found.offsets for place in pair]
        result["special" if special else "plain"] = {"ids": found.ids, "offsets": offsets}
    result["around"] = tokenizer.encode(text, add_special_tokens=True).ids
    pair = tokenizer.encode(text, other, add_special_tokens=True)
    result["pair"] = {"other": other, "ids": pair.ids, "types": pair.type_ids}
    return result


if __name__ == "__main__":
    main()
