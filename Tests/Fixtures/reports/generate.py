"""Writes expected.json: what `tokenizers` and `tiktoken` make of texts with the files beside this one.

    pip install tokenizers==0.23.3 tiktoken==0.14.0
    python generate.py

The files have the kernels of public reports: tokenizers issues 953 and 608 (12), 1297 (13), 1151 (46),
gigatoken pull request 19 (01) and issue 40 (02), djl issue 2669 (11), llama.cpp pull request 7033 (14)
and Megatron-LM issue 1147 (15).
"""

import base64
import json
import pathlib

import tiktoken
from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
TEXTS = [
    "Unhappy cats do not", "Hello world", "hello", " hello  hell", "12345", "a 12 b3", "New York!", "don't",
    "Caf\u00e9 \u00c5b cat\u0301s.", "a<mask>b </s>", "<|endoftext|>12", "[MASK] the \u4e1cunhappycat,", "",
    " ", "\n\n a\r\n", "x\u00b2\u0663\u0664 4", "\U0001f600\u200d!", "I'M 1,234.5 'S",
]
LETTERS = "'s|'t|'re|'ve|'m|'ll|'d"
PATTERNS = {
    "gpt2": rf"{LETTERS}| ?\p{{L}}+| ?\p{{N}}+| ?[^\s\p{{L}}\p{{N}}]+|\s+(?!\S)|\s+",
    "cl100k": rf"(?i:{LETTERS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}"
              r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
TRUNCATIONS = [
    {"max_length": length, "direction": direction, "strategy": strategy, "stride": stride}
    for length, stride in [(0, 0), (1, 0), (2, 0), (3, 0), (5, 0), (5, 2), (6, 1), (20, 0)]
    for direction in ["Right", "Left"] for strategy in ["LongestFirst", "OnlyFirst"]
]
PADDINGS = [
    {"strategy": strategy, "direction": direction, "pad_to_multiple_of": multiple, "pad_id": 4,
     "pad_type_id": 0, "pad_token": "[MASK]"}
    for strategy in ["BatchLongest", {"Fixed": 9}, {"Fixed": 3}] for direction in ["Right", "Left"]
    for multiple in [None, 0, 4]
]
BATCH = ["Unhappy cats do not", "a b", "", "don't"]


def ids(tokenizer, add_special_tokens):
    return [encoding.ids for encoding in tokenizer.encode_batch(BATCH, add_special_tokens=add_special_tokens)]


def batches(description):
    """What is made of BATCH with each truncation and padding, and with pairs of them."""
    pairs = [(truncation, None) for truncation in TRUNCATIONS] + [(None, padding) for padding in PADDINGS]
    pairs += list(zip(TRUNCATIONS[12:], PADDINGS))
    for truncation, padding in pairs:
        tokenizer = Tokenizer.from_str(json.dumps(description | {"truncation": truncation, "padding": padding}))
        # With less room than the special tokens need, the library cuts nothing, by an overflow.
        fits = not truncation or truncation["max_length"] >= tokenizer.num_special_tokens_to_add(False)
        masks = [encoding.attention_mask for encoding in tokenizer.encode_batch(BATCH, add_special_tokens=False)]
        yield {"truncation": truncation, "padding": padding, "plain": ids(tokenizer, False), "masks": masks,
               "special": ids(tokenizer, True) if fits else None}


def cases(tokenizer):
    for text in TEXTS:
        found = tokenizer.encode(text, add_special_tokens=False).ids
        yield {"text": text, "ids": found, "special": tokenizer.encode(text).ids,
               "decoded": tokenizer.decode(found, skip_special_tokens=False)}


def main():
    recorded = {"tokenizers": {}, "ranks": {}}
    for path in sorted(HERE.glob("[0-9]*.json")):
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        recorded["tokenizers"][path.name] = list(cases(tokenizer))
    ranks = {base64.b64decode(token): int(rank) for token, rank in
             (line.split() for line in (HERE / "02-ranks.tiktoken").read_text().splitlines())}
    for name, pattern in PATTERNS.items():
        encoding = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
        recorded["ranks"][name] = [{"text": text, "ids": encoding.encode_ordinary(text)} for text in TEXTS]
    description = json.loads((HERE / "11-truncation-padding.json").read_text())
    recorded["batch"] = BATCH
    recorded["batches"] = list(batches(description))
    (HERE / "expected.json").write_text(json.dumps(recorded, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
