"""Checks export, import and tokenizers of crate-lm against PyTorch and transformers.

    python check.py PROGRAM

Small models of every architecture and objective are trained for two steps on `corpora/` and given larger random
weights. transformers must compute from their export what the program computes, and the reverse. Exits with 1 at the
first difference.
"""
import argparse
import os
import pathlib
import tempfile

os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error",
               "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
import torch
import transformers
from exports import check_exports
from imports import check_imports
from program import Program

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Workplace:
    """A folder with a byte-level and a WordPiece tokenizer and data packed with each."""

    def __init__(self, program: Program, folder: pathlib.Path):
        self.program, self.folder = program, folder
        self.text = ROOT / "corpora" / "stories" / "01-the-morning-the-clock-was-right.txt"
        self.tokenizers = {"causal": folder / "bpe", "masked": folder / "wordpiece"}
        self.data = {objective: folder / f"data-{objective}" for objective in self.tokenizers}
        for objective, kind in (("causal", "bpe"), ("masked", "wordpiece")):
            program.run("tokenizer", "train", self.text, "--type", kind, "--vocab-size", 400,
                        "--output", self.tokenizers[objective])
            program.run("data", "pack", self.text, "--tokenizer", self.tokenizers[objective],
                        "--output", self.data[objective])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    program = Program(parser.parse_args().program)
    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as folder:
        workplace = Workplace(program, pathlib.Path(folder))
        check_exports(workplace)
        check_imports(workplace)
    print("Everything agrees.")


if __name__ == "__main__":
    main()
