"""Calls of crate-lm and their answers."""
import json
import pathlib
import subprocess

import torch

TOLERANCE = 1e-4


class Program:
    def __init__(self, path: str):
        self.path = str(pathlib.Path(path).resolve())

    def run(self, *arguments: object, status: int = 0) -> str:
        words = [self.path, *(str(argument) for argument in arguments)]
        result = subprocess.run(words, capture_output=True, text=True)
        if result.returncode != status:
            raise SystemExit(f"{' '.join(words)}\nended with {result.returncode}, expected {status}:\n{result.stderr}")
        return result.stdout if status == 0 else result.stderr

    def json(self, *arguments: object) -> dict:
        return json.loads(self.run(*arguments, "--json"))

    def log_probabilities(self, model: pathlib.Path, ids: list[int]) -> torch.Tensor:
        """The log-probability of every token of `ids` but the first, by a causal model."""
        answer = self.json("score", "--model", model, "--ids", " ".join(map(str, ids)))
        return torch.tensor(answer["log_probabilities"][1:], dtype=torch.float64)

    def mask_probabilities(self, model: pathlib.Path, text: str, count: int) -> list[dict[str, float]]:
        """The probabilities of the `count` best tokens at every mask of `text`, by a masked model."""
        answer = self.json("fill-mask", "--model", model, text, "--top", count)
        return [[(item["token"], item["probability"]) for item in mask] for mask in answer["masks"]]


def compare_scores(program: Program, run: pathlib.Path, ids: list[int], logits: torch.Tensor, what: str) -> None:
    """The log-probabilities of `ids` here and by the logits [tokens, vocabulary] of another program."""
    theirs = logits.detach().double().log_softmax(-1)[:-1].gather(-1, torch.tensor(ids)[1:, None])[:, 0]
    report(what, (program.log_probabilities(run, ids) - theirs).abs().max().item())


def compare_masks(
    program: Program, run: pathlib.Path, text: str, places: list[int], logits: torch.Tensor, what: str,
    known: int | None = None,
) -> None:
    """The probabilities at the masks of `text` here and by the logits [tokens, vocabulary] of another program.

    Ids from `known` on pad the vocabulary: they have a probability, but the program does not name them.
    """
    worst = 0.0
    for ours, row in zip(program.mask_probabilities(run, text, 20), logits.detach().double()[places], strict=True):
        theirs = row.log_softmax(-1)[:known].sort(descending=True).values[: len(ours)]
        ours = torch.tensor([probability for _, probability in ours], dtype=torch.float64).log()
        worst = max(worst, (ours - theirs).abs().max().item())
    report(what, worst)


def report(what: str, difference: float) -> None:
    print(f"{'ok' if difference <= TOLERANCE else 'WRONG'}  {difference:8.1e}  {what}", flush=True)
    if not difference <= TOLERANCE:
        raise SystemExit(1)


def expect(condition: bool, what: str) -> None:
    print(f"{'ok' if condition else 'WRONG'}            {what}", flush=True)
    if not condition:
        raise SystemExit(1)
