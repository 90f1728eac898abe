"""Measures crate-lm and those of `tokenizers`, `tiktoken` and `gigatoken` that are installed, in one run.

    pip install tokenizers tiktoken gigatoken
    python3 Benchmarks/tokenization.py --gpt2 tokenizer.json --bert vocab.txt --english TEXT... --multilingual TEXT...
    python3 Benchmarks/tokenization.py --other qwen2.json llama2.json --english TEXT...     # encoding with these alone

TEXTs are files and directories of .txt files, repeated until there are --megabytes of them and cut into documents of
--lines lines, which all programs get. The programs take turns and the best of --rounds counts. Encoding is measured
cold, by a tokenizer that has seen no text, and warm; the numbers of tokens must agree. Training learns a vocabulary
without normalisation (BPE) and one with BERT's (WordPiece), on all threads. Packing is measured from start to end of
the program. Prints a Markdown table in 10⁶ bytes of text a second.
"""
import argparse
import importlib.util
import itertools
import json
import os
import pathlib
import subprocess
import tempfile
import time

CORPORA = pathlib.Path(__file__).parent.parent / "corpora"
GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"
PEERS = [name for name in ("tokenizers", "tiktoken", "gigatoken") if importlib.util.find_spec(name)]
THREADS = os.cpu_count()


class Text:
    """Documents, and the file of one JSON object a line that crate-lm reads them from."""

    def __init__(self, paths, options, folder, name):
        files = itertools.chain.from_iterable(sorted(p.rglob("*.txt")) if p.is_dir() else [p] for p in paths)
        text = "".join(f.read_text(encoding="utf-8") for f in files)
        times = -(-int(options.megabytes * 1e6) // len(text.encode()))
        lines = (text * times).encode()[: int(options.megabytes * 1e6)].decode(errors="ignore").splitlines(True)
        self.documents = ["".join(lines[i : i + options.lines]) for i in range(0, len(lines), options.lines)]
        self.raw = [document.encode() for document in self.documents]
        self.size = sum(map(len, self.raw))
        self.file = folder / f"{name}.jsonl"
        self.file.write_text("".join(json.dumps({"text": d}, ensure_ascii=False) + "\n" for d in self.documents))
        self.plain = folder / f"{name}.txt"
        self.plain.write_bytes(b"".join(self.raw) * max(1, round(100e6 / self.size)))


def seconds(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def ours(program, *arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    output = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, env=environment).stdout
    return json.loads(output)


class Tokenizers:
    """Hugging Face's library; on one thread unless TOKENIZERS_PARALLELISM says otherwise."""

    def __init__(self, path, all_threads):
        import tokenizers

        os.environ["TOKENIZERS_PARALLELISM"] = str(all_threads).lower()
        if path.suffix == ".txt":
            self.tokenizer = tokenizers.BertWordPieceTokenizer(str(path), lowercase=True)._tokenizer
        else:
            self.tokenizer = tokenizers.Tokenizer.from_file(str(path))

    def count(self, text):
        return sum(len(e.ids) for e in self.tokenizer.encode_batch_fast(text.documents, add_special_tokens=False))


class Tiktoken:
    def __init__(self, path, all_threads):
        import tiktoken

        # The bytes of the vocabulary's characters, as GPT-2 has them.
        plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
        others = [byte for byte in range(256) if byte not in plain]
        byte_of = {chr(byte): byte for byte in plain} | {chr(256 + i): byte for i, byte in enumerate(others)}
        vocabulary = json.loads(path.read_text())["model"]["vocab"]
        special = {token: number for token, number in vocabulary.items() if token == "<|endoftext|>"}
        ranks = {bytes(map(byte_of.get, t)): n for t, n in vocabulary.items() if t not in special}
        self.tokenizer = tiktoken.Encoding("gpt2", pat_str=GPT2, mergeable_ranks=ranks, special_tokens=special)
        self.threads = THREADS if all_threads else 1

    def count(self, text):
        if self.threads == 1:
            return sum(len(self.tokenizer.encode_ordinary(d)) for d in text.documents)
        return sum(map(len, self.tokenizer.encode_ordinary_batch(text.documents, num_threads=self.threads)))


class Gigatoken:
    def __init__(self, path, all_threads):
        import gigatoken

        self.tokenizer = gigatoken.Tokenizer(str(path))
        self.all_threads = all_threads

    def count(self, text):
        if self.all_threads:
            return sum(map(len, self.tokenizer.encode_batch(text.raw)))
        return sum(len(self.tokenizer.encode(d)) for d in text.raw)


def encode(options, text, tokenizer, kinds):
    """Rates by thread count, whether warm, and program."""
    rates = {}

    def note(all_threads, warm, name, rate):
        rates[all_threads, warm, name] = max(rate, rates.get((all_threads, warm, name), 0))

    for _ in range(options.rounds):
        report = ours(options.program, "bench", "tokenizer", text.file, "--tokenizer", tokenizer, "--json")
        for all_threads, warm in itertools.product((False, True), repeat=2):
            key = ("warm" if warm else "cold") + "_mbytes_per_second" + "_all_threads" * all_threads
            note(all_threads, warm, "crate-lm", report[key])
        for kind, all_threads in itertools.product(kinds, (False, True)):
            name = kind.__name__.lower()
            if name not in PEERS:
                continue
            peer = kind(tokenizer, all_threads)
            for warm in (False, True, True):
                elapsed, count = seconds(lambda: peer.count(text))
                note(all_threads, warm, name, text.size / 1e6 / elapsed)
                if count != report["tokens"]:
                    raise SystemExit(f"{name} found {count} tokens, crate-lm {report['tokens']}")
    return rates


def train(options, text, size, kind, folder):
    def peer():
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

        os.environ["TOKENIZERS_PARALLELISM"] = "true"
        if kind == "bpe":
            tokenizer = Tokenizer(models.BPE())
            tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
            trainer = trainers.BpeTrainer(
                vocab_size=size, show_progress=False, special_tokens=["<|endoftext|>"],
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
        else:
            tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
            tokenizer.normalizer = normalizers.BertNormalizer()
            tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
            trainer = trainers.WordPieceTrainer(
                vocab_size=size, show_progress=False, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        tokenizer.train_from_iterator(text.documents, trainer)

    arguments = [
        "tokenizer", "train", text.file, "--type", kind, "--vocab-size", size, "-o", folder / "trained", "--overwrite",
        "--json", *(["--normalization", "none"] if kind == "bpe" else ["--lowercase"])]
    best = {}
    for _ in range(options.rounds):
        elapsed = {"crate-lm": ours(options.program, *arguments)["seconds"]}
        if "tokenizers" in PEERS:
            elapsed["tokenizers"] = seconds(peer)[0]
        for name, value in elapsed.items():
            best[name] = max(best.get(name, 0), text.size / 1e6 / value)
    return best


def pack(options, text, tokenizer, folder):
    """The rates of packing, and of encoding alone, cold and on all threads."""
    packed = encoded = 0
    size = text.plain.stat().st_size / 1e6
    arguments = ["data", "pack", text.plain, "--tokenizer", tokenizer, "-o", folder / "packed", "--overwrite", "--json"]
    for _ in range(options.rounds):
        packed = max(packed, size / seconds(lambda: ours(options.program, *arguments))[0])
        report = ours(options.program, "bench", "tokenizer", text.plain, "--tokenizer", tokenizer, "--json")
        encoded = max(encoded, report["cold_mbytes_per_second_all_threads"])
    return packed, encoded


def row(name, rates):
    cells = [f"{rates[p]:.1f}" if p in rates else "–" for p in ("crate-lm", *PEERS)]
    ratios = [f"{rates['crate-lm'] / rates[p]:.2f} × {p}" for p in PEERS if p in rates]
    print(f"| {name} | {' | '.join(cells)} | {', '.join(ratios)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", default=".build/release/crate-lm")
    parser.add_argument("--gpt2", type=pathlib.Path, help="tokenizer.json of GPT-2")
    parser.add_argument("--bert", type=pathlib.Path, help="vocab.txt of BERT uncased")
    parser.add_argument("--other", type=pathlib.Path, nargs="+", help="other tokenizer.json files, to encode English")
    parser.add_argument("--english", type=pathlib.Path, nargs="+", default=[CORPORA])
    parser.add_argument("--multilingual", type=pathlib.Path, nargs="+", default=[CORPORA])
    parser.add_argument("--megabytes", type=float, default=14.7)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        english = Text(options.english, options, folder, "English")
        multilingual = Text(options.multilingual, options, folder, "multilingual")
        print(f"| MB/s | crate-lm | {' | '.join(PEERS)} | ratio |")
        print("|---|" + "---:|" * (1 + len(PEERS)) + "---|")
        models = [("GPT-2", options.gpt2, (Tokenizers, Tiktoken, Gigatoken)), ("BERT", options.bert, (Tokenizers,))]
        measured = list(itertools.product(models, (english, multilingual)))
        if options.other:
            measured = [((path.stem, path, (Tokenizers,)), english) for path in options.other]
        for (model, path, kinds), text in measured:
            if not path:
                continue
            rates = encode(options, text, path, kinds)
            for all_threads, warm in itertools.product((False, True), repeat=2):
                label = f"{model}, {text.file.stem}, {THREADS if all_threads else 1} thread(s), "
                chosen = {n: rate for (t, w, n), rate in rates.items() if (t, w) == (all_threads, warm)}
                row(label + ("warm" if warm else "cold"), chosen)
        if options.other:
            return
        for kind, size in itertools.product(("bpe", "wordpiece"), (8192, 32768)):
            row(f"{kind} training, English, {size} tokens", train(options, english, size, kind, folder))
        if options.gpt2:
            packed, encoded = pack(options, english, options.gpt2, folder)
            print(f"\nPacking English: {packed:.1f} MB/s, {packed / encoded:.2f} of encoding cold ({encoded:.1f}).")


if __name__ == "__main__":
    main()
