"""Writes compositions.json: tokenizers of many kinds, and what `tokenizers` 0.23.3 makes of texts.

    pip install tokenizers==0.23.3
    python generate.py

The first ones have the parts of published models, trained on a little text; the others are random
ones of Scripts/tokenizers.
"""

import json
import os
import pathlib
import random
import sys

os.environ["TOKENIZERS_PARALLELISM"] = "false"
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Scripts" / "tokenizers"))

import configurations
import texts
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

WORDS = "'s|'t|'re|'ve|'m|'ll|'d"
MODERN = (rf"(?i:{WORDS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
RANDOM = 16


def byte_level(pre_tokenizer, normalizer=None, **options):
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    return trained(tokenizer, ["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **options)


def trained(tokenizer, special, size=340, **options):
    tokenizer.train_from_iterator(texts.SENTENCES * 3, trainers.BpeTrainer(
        vocab_size=len(special) + size, special_tokens=special, show_progress=False, **options))
    return tokenizer


def llama2(prefix_in_normalizer):
    tokenizer = Tokenizer(models.BPE())
    if prefix_in_normalizer:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    trained(tokenizer, ["<unk>", "<s>", "</s>"] + BYTES, size=200)
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B:1", [("<s>", 1)])
    description = json.loads(tokenizer.to_str())
    description["added_tokens"] = description["added_tokens"][:3]
    description["model"] |= {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
    return description


def clip():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    pattern = rf"<\|startoftext\|>|<\|endoftext\|>|{WORDS}|[\p{{L}}]+|[\p{{N}}]|[^\s\p{{L}}\p{{N}}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|startoftext|>", "<|endoftext|>"]
    trained(tokenizer, special, end_of_word_suffix="</w>")
    tokenizer.post_processor = processors.RobertaProcessing(
        (special[1], 1), (special[0], 0), trim_offsets=False, add_prefix_space=False)
    description = json.loads(tokenizer.to_str())
    description["model"]["unk_token"] = special[1]
    return description


def deepseek():
    return byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "isolated"), pre_tokenizers.Split(Regex("[一-龥぀-ゟ゠-ヿ]+"), "isolated"),
        pre_tokenizers.Split(Regex(
            r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))


def published():
    qwen = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(MODERN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    roberta = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True))
    roberta.post_processor = processors.RobertaProcessing(("<|endoftext|>", 0), ("<|endoftext|>", 0))
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    words.decoder = decoders.Metaspace()
    untyped = json.loads(byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False)).to_str())
    untyped["model"] |= {"unk_token": "<|endoftext|>", "continuing_subword_prefix": ""}
    pieces = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    pieces.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()])
    pieces.pre_tokenizer = pre_tokenizers.Whitespace()
    pieces.decoder = decoders.WordPiece()
    pieces.train_from_iterator(texts.SENTENCES * 3, trainers.WordPieceTrainer(
        vocab_size=400, special_tokens=["[UNK]"], show_progress=False))
    chinese = json.loads(pieces.to_str())
    chinese["pre_tokenizer"] = {"type": "BertPreTokenizer"}
    chinese["model"]["vocab"][""] = len(chinese["model"]["vocab"])
    del chinese["model"]["type"]
    return {
        "Llama 2, as converted first": llama2(True), "Llama 2": llama2(False), "CLIP": clip(),
        "Qwen 2": byte_level(qwen, normalizers.NFC()), "DeepSeek": deepseek(), "RoBERTa": roberta,
        "StarCoder": byte_level(pre_tokenizers.Sequence([
            pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)])),
        "words of sentencepiece": trained(words, ["<unk>"]), "GPT-2 with an unknown token": untyped,
        "WordPiece of words": pieces, "WordPiece with an empty token": chinese,
    }


def expected(description, source):
    library = Tokenizer.from_str(json.dumps(description))
    cases = []
    for text in [texts.nasty(source) for _ in range(8)]:
        found = library.encode(text, add_special_tokens=True)
        places = [[len(text[:start].encode()), len(text[:end].encode())] for start, end in found.offsets]
        cases.append({
            "text": text, "ids": found.ids, "offsets": places,
            "decoded": library.decode(found.ids, skip_special_tokens=False)})
    return cases


def main():
    kinds = {name: kind if isinstance(kind, dict) else json.loads(kind.to_str()) for name, kind in published().items()}
    number = 0
    while len(kinds) < 11 + RANDOM:
        number += 1
        description, _ = configurations.made(random.Random(number))
        # No places that mean nothing, and no vocabularies of all bytes.
        model = description["model"]
        if model.get("byte_fallback") or description["truncation"] or description["padding"]:
            continue
        try:
            expected(description, random.Random(0))
        except BaseException:
            continue
        kinds[f"random {number}"] = description
    entries = [
        {"name": name, "tokenizer": description, "cases": expected(description, random.Random(name))}
        for name, description in kinds.items()]
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    (HERE / "compositions.json").write_text(f"[\n{lines}\n]\n")


main()
