"""Checks the numbers of `crate-lm evaluate` against lm-evaluation-harness.

    python check.py PROGRAM

Trains a small model of GPT-2's shape for a few steps on `corpora/` and exports it. The harness scores the export on
tasks with the texts of tasks.py; the program scores the run on the same files. Exits with 1 at the first number that
differs by more than 1e-4 of its size.
"""
import argparse
import contextlib
import json
import logging
import os
import pathlib
import subprocess
import tempfile

os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1",
               "TRANSFORMERS_VERBOSITY": "error", "LMEVAL_LOG_LEVEL": "ERROR"}
ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 1e-4


class Program:
    def __init__(self, path: str):
        self.path = str(pathlib.Path(path).resolve())

    def run(self, *arguments: object) -> str:
        words = [self.path, *(str(argument) for argument in arguments)]
        result = subprocess.run(words, capture_output=True, text=True)
        if result.returncode != 0:
            raise SystemExit(f"{' '.join(words)}\nended with {result.returncode}:\n{result.stderr}")
        return result.stdout

    def json(self, *arguments: object) -> dict:
        return json.loads(self.run(*arguments, "--json"))


def make_model(program: Program, folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """A run and its export."""
    text = ROOT / "corpora" / "stories"
    tokenizer, data, run, exported = (folder / name for name in ("tokenizer", "data", "run", "export"))
    program.run("tokenizer", "train", text, "--vocab-size", 1000, "--output", tokenizer, "--quiet")
    program.run("data", "pack", text, "--tokenizer", tokenizer, "--output", data, "--quiet")
    program.run("pretrain", "--data", data, "--output", run, "--architecture", "transformer", "--depth", 2, "--width",
                64, "--heads", 4, "--context", 64, "--batch", 8, "--steps", 600, "--learning-rate", 0.004, "--seed", 1,
                "--quiet")
    program.run("export", "--model", run, "--format", "huggingface", "--output", exported)
    return run, exported


def greedy_word(program: Program, run: pathlib.Path, text: str) -> str | None:
    """The word that greedy generation writes after `text`, if the first tokens make one with a space before it."""
    answer = program.json("generate", "--model", run, "--prompt", text, "--temperature", 0, "--max-tokens", 2)
    word = answer["samples"][0]["text"]
    return word[1:] if word.startswith(" ") and word[1:].isalpha() else None


def harness_results(exported: pathlib.Path, folder: pathlib.Path, names: list[str]) -> dict:
    import lm_eval
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    logging.disable(logging.WARNING)
    # Its progress bars cannot be switched off otherwise.
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        model = HFLM(pretrained=str(exported), tokenizer=str(exported), trust_remote_code=True, device="cpu",
                     batch_size=8, dtype="float32")
        answer = lm_eval.simple_evaluate(
            model=model, tasks=names, task_manager=TaskManager(include_path=str(folder), include_defaults=False),
            bootstrap_iters=0, log_samples=False)
    return {name: {key.split(",")[0]: value for key, value in answer["results"][name].items()} for name in names}


def compare(ours: float, theirs: float, what: str) -> None:
    difference = abs(ours - theirs) / max(abs(theirs), 1e-9) if theirs else abs(ours)
    good = difference <= TOLERANCE
    print(f"{'ok' if good else 'WRONG'}  {difference:8.1e}  {what}: {ours:.7g}, theirs {theirs:.7g}", flush=True)
    if not good:
        raise SystemExit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    program = Program(parser.parse_args().program)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.environ |= {"HF_HOME": f"{name}/cache", "HF_MODULES_CACHE": f"{name}/modules"}
        import tasks

        run, exported = make_model(program, folder)
        files = tasks.write(folder, ROOT / "corpora", greedy_word=lambda text: greedy_word(program, run, text))
        theirs = harness_results(exported, folder, list(files))
        check_documents(program, run, files["documents"], theirs["documents"])
        check_sliding(program, run, exported, files["documents"])
        check_pairs(program, run, {key: file for key, file in files.items() if key.startswith("pairs_")}, theirs)
        ours = program.json("evaluate", "lambada", "--model", run, files["last_word"])
        compare(ours["accuracy"], theirs["last_word"]["acc"], "last words, accuracy")
        compare(ours["perplexity"], theirs["last_word"]["perplexity"], "last words, perplexity")
        ours = program.json("evaluate", "choice", "--model", run, files["choice"])
        for mine, key in (("accuracy", "acc"), ("acc_norm", "acc_norm"), ("acc_bytes", "acc_bytes")):
            compare(ours[mine], theirs["choice"][key], f"choice, {key}")
    print("Everything agrees.")


def check_documents(program: Program, run: pathlib.Path, file: pathlib.Path, theirs: dict) -> None:
    ours = program.json("evaluate", "perplexity", "--model", run, "--text", file, "--protocol", "document")
    for key in ("word_perplexity", "byte_perplexity", "bits_per_byte"):
        compare(ours[key], theirs[key], f"documents, {key}")


def check_sliding(program: Program, run: pathlib.Path, exported: pathlib.Path, file: pathlib.Path) -> None:
    """The loop of transformers' guide to the perplexity of fixed-length models, over every document by itself."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(exported, trust_remote_code=True)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        model = AutoModelForCausalLM.from_pretrained(exported, trust_remote_code=True).eval()
    length, stride = 48, 20
    total, count = 0.0, 0
    for line in file.read_text().strip("\n").split("\n"):
        ids = torch.tensor([tokenizer(json.loads(line)["text"], add_special_tokens=False)["input_ids"]])
        previous = 0
        for begin in range(0, ids.size(1), stride):
            end = min(begin + length, ids.size(1))
            targets = ids[:, begin:end].clone()
            targets[:, : -(end - previous)] = -100
            labels = (targets[:, 1:] != -100).sum().item()
            if labels:
                with torch.no_grad():
                    total += model(ids[:, begin:end], labels=targets).loss.item() * labels
                count += labels
            previous = end
            if end == ids.size(1):
                break
    ours = program.json("evaluate", "perplexity", "--model", run, "--text", file, "--protocol", "sliding", "--context",
                        length, "--stride", stride)
    compare(ours["tokens"], count, "sliding windows, tokens")
    compare(ours["loss"], total / count, "sliding windows, loss")


def check_pairs(program: Program, run: pathlib.Path, files: dict[str, pathlib.Path], theirs: dict) -> None:
    ours = program.json("evaluate", "blimp", "--model", run, *files.values())
    for paradigm, name in zip(ours["paradigms"], files, strict=True):
        compare(paradigm["accuracy"], theirs[name]["acc"], f"{name}, accuracy of {paradigm['pairs']}")
    mean = sum(theirs[name]["acc"] for name in files) / len(files)
    compare(ours["accuracy"], mean, "pairs, mean accuracy")


if __name__ == "__main__":
    main()
