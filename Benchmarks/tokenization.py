"""The speed of the `tokenizers` library, to set beside `crate-lm bench tokenizer` and `crate-lm tokenizer train`.

    pip install tokenizers
    python3 Benchmarks/tokenization.py TEXT [--tokenizer tokenizer.json] [--vocab-size N]

Paragraphs of TEXT are its documents. Training makes a byte-level BPE vocabulary after NFC, on all threads; encoding is
measured on one thread and on all, the best of three rounds.
"""
import argparse
import os
import pathlib
import time

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers


def best(rounds: int, work) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def train(documents: list[str], size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(documents, trainer)
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("--tokenizer", type=pathlib.Path)
    parser.add_argument("--vocab-size", type=int, default=4096)
    options = parser.parse_args()
    text = options.text.read_bytes()
    documents = text.decode().split("\n\n")
    print(f"training: {best(3, lambda: train(documents, options.vocab_size)):.2f} s")
    tokenizer = (
        Tokenizer.from_file(str(options.tokenizer)) if options.tokenizer else train(documents, options.vocab_size))
    for threads, parallel in (("one thread", "false"), ("all threads", "true")):
        os.environ["TOKENIZERS_PARALLELISM"] = parallel
        seconds = best(3, lambda: tokenizer.encode_batch_fast(documents))
        print(f"encoding, {threads}: {len(text) / seconds / 1e6:.1f} MB/s")


if __name__ == "__main__":
    main()
