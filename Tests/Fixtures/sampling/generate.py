"""Writes sampling.json: what transformers' processors of logits make of some logits, in their order.

    pip install torch transformers
    python3 generate.py

Every case has logits, the ids of a text so far, the settings, and the probabilities of all ids afterwards.
"""
import json
import pathlib

import torch
import transformers
from transformers import (LogitsProcessorList, MinPLogitsWarper, RepetitionPenaltyLogitsProcessor,
                          TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper)

# The order in which generate() applies them.
PROCESSORS = [
    ("repetition_penalty", RepetitionPenaltyLogitsProcessor),
    ("temperature", TemperatureLogitsWarper),
    ("top_k", TopKLogitsWarper),
    ("top_p", TopPLogitsWarper),
    ("min_p", MinPLogitsWarper),
]

SETTINGS = [
    {"temperature": 1.0},
    {"temperature": 0.6},
    {"temperature": 1.7, "top_k": 9},
    {"temperature": 0.9, "top_p": 0.8},
    {"temperature": 0.9, "min_p": 0.2},
    {"temperature": 1.3, "top_k": 12, "top_p": 0.7},
    {"temperature": 1.3, "top_k": 20, "top_p": 0.9, "min_p": 0.1},
    {"temperature": 0.8, "repetition_penalty": 1.8},
    {"temperature": 0.8, "repetition_penalty": 1.8, "top_k": 7, "top_p": 0.95},
    {"temperature": 0.5, "top_p": 0.3, "min_p": 0.5, "repetition_penalty": 0.7},
]


def main() -> None:
    generator = torch.Generator().manual_seed(20243)
    cases = []
    for settings in SETTINGS:
        # Multiples of 1/4, so that some are equal.
        logits = (torch.randn(40, generator=generator) * 8).round() / 4
        text = torch.randint(40, (12,), generator=generator)
        processors = LogitsProcessorList(kind(settings[name]) for name, kind in PROCESSORS if name in settings)
        scores = processors(text.view(1, -1), logits.view(1, -1).clone())
        cases.append({"settings": settings, "logits": logits.tolist(), "text": text.tolist(),
                      "probabilities": scores.double().softmax(-1)[0].tolist()})
    path = pathlib.Path(__file__).with_name("sampling.json")
    path.write_text(json.dumps({"transformers": transformers.__version__, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
