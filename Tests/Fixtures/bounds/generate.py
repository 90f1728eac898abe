# SPDX-License-Identifier: Apache-2.0
"""Writes bounds.json: what transformers and lm-evaluation-harness take as the tokens between texts.

Needs transformers 5.23, tokenizers 0.23 and lm-eval 0.4.13: python generate.py
"""

import json
import shutil
import tempfile
from pathlib import Path

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).parent
TEXT = "abc de cab a bed"
BEGIN, END, TURN, FIN = "<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|fin|>"
CLASS = {"tokenizer_class": "PreTrainedTokenizerFast"}


def described(content, **more):
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False} | more


def added(content):
    return described(content, __type="AddedToken")


# name: the files beside the weights; config.json has these members besides the shape.
CASES = {
    "both roles": {
        "config.json": {"bos_token_id": 6, "eos_token_id": 7},
        "tokenizer_config.json": CLASS | {"bos_token": BEGIN, "eos_token": END},
    },
    "several ends": {
        "config.json": {"bos_token_id": 6, "eos_token_id": 7},
        "generation_config.json": {"bos_token_id": 6, "eos_token_id": [7, 8]},
        "tokenizer_config.json": CLASS | {"bos_token": BEGIN, "eos_token": added(TURN)},
    },
    "no beginning": {
        "config.json": {"bos_token_id": 6, "eos_token_id": 7},
        "tokenizer_config.json": CLASS | {"bos_token": None, "eos_token": END},
    },
    "ids of another vocabulary": {
        "config.json": {"bos_token_id": 50256, "eos_token_id": 50256},
        "tokenizer_config.json": CLASS | {"eos_token": FIN},
    },
    "an end that no name tells": {
        "config.json": {"eos_token_id": 9},
        "tokenizer_config.json": CLASS | {"eos_token": added(FIN)},
    },
    "a map": {
        "config.json": {"bos_token_id": 6, "eos_token_id": [8, 7]},
        "tokenizer_config.json": CLASS | {"eos_token": END},
        "special_tokens_map.json": {"bos_token": described(BEGIN), "eos_token": TURN},
    },
    "a map that does not count": {
        "config.json": {"bos_token_id": 6, "eos_token_id": 9},
        "tokenizer_config.json": CLASS
        | {"eos_token": FIN, "added_tokens_decoder": {"9": described(FIN, special=True)}},
        "special_tokens_map.json": {"bos_token": BEGIN, "eos_token": TURN},
    },
}


def tokenizer():
    letters = {letter: index for index, letter in enumerate(["a", "b", "c", "d", "e", "Ġ"])}
    result = Tokenizer(models.BPE(vocab=letters, merges=[]))
    result.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    result.decoder = decoders.ByteLevel()
    result.add_special_tokens([BEGIN, END, TURN, FIN])
    result.post_processor = processors.TemplateProcessing(f"{BEGIN} $A", f"{BEGIN} $A $B", [(BEGIN, 6)])
    return result


def expected(files):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(HERE.parent / "interop/gpt2/model.safetensors", folder)
        tokenizer().save(str(folder / "tokenizer.json"))
        shape = json.loads((HERE.parent / "interop/gpt2/config.json").read_text())
        for file, members in files.items():
            members = shape | members if file == "config.json" else members
            (folder / file).write_text(json.dumps(members))
        model = AutoModelForCausalLM.from_pretrained(name)
        harness = HFLM(
            pretrained=model,
            tokenizer=AutoTokenizer.from_pretrained(name),
            backend="causal",
            batch_size=1,
            add_bos_token=False,
        )
        request = Instance("loglikelihood_rolling", {}, (TEXT,), 0)
        ends = model.generation_config.eos_token_id
        return {
            "prefix_token_id": harness.prefix_token_id,
            "eos_token_id": ends if isinstance(ends, list) else [ends],
            "loglikelihood_rolling": harness.loglikelihood_rolling([request], disable_tqdm=True)[0],
        }


document = {
    "text": TEXT,
    "tokenizer": json.loads(tokenizer().to_str()),
    "cases": [{"name": name, "files": files, "expected": expected(files)} for name, files in CASES.items()],
}
(HERE / "bounds.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
