"""Small texts, tokenizers, data and runs for the checks."""
import dataclasses
import itertools
import pathlib
import random
import shutil

from program import DONE, Faults, Program

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Tally:
    """Counts what was tried."""
    counts: dict[str, int] = dataclasses.field(default_factory=dict)

    def add(self, what: str, count: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + count


class Workplace:
    """A folder with two tokenizers, data for both objectives and a way to train on them in a blink."""

    shape = ["--depth", 1, "--width", 16, "--heads", 2, "--context", 16, "--batch", 4, "--microbatch", 1,
             "--threads", 2, "--seed", 5, "--eval-every", 3, "--sample-every", 1000]

    def __init__(self, program: Program, folder: pathlib.Path, tally: Tally, is_short: bool, seed: int):
        self.program, self.folder, self.tally, self.is_short = program, folder, tally, is_short
        self.random = random.Random(seed)
        self.stories = sorted((ROOT / "corpora" / "stories").glob("*.txt"))
        for objective, kind in (("causal", "bpe"), ("masked", "wordpiece")):
            program.run(["tokenizer", "train", self.stories[0], "--type", kind, "--vocab-size", 400,
                         "-o", self.tokenizer(objective), "--quiet"], status=DONE)
            program.run(["data", "pack", self.stories[0], "--tokenizer", self.tokenizer(objective),
                         "-o", self.data(objective), "--quiet"], status=DONE)

    def tokenizer(self, objective: str) -> pathlib.Path:
        return self.folder / f"tokenizer-{objective}"

    def data(self, objective: str) -> pathlib.Path:
        return self.folder / f"data-{objective}"

    def pretrain(self, run: pathlib.Path, objective: str = "causal", *more: object) -> list:
        """Arguments of a small run; `more` takes the place of the same options of its shape."""
        shape = [(name, value) for name, value in zip(self.shape[::2], self.shape[1::2]) if name not in more]
        return ["pretrain", "--data", self.data(objective), "--objective", objective, "-o", run, "--quiet",
                *itertools.chain(*shape), *more]

    def fresh(self, name: str, template: pathlib.Path | None = None) -> pathlib.Path:
        """The path of nothing, or of a copy of `template`."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        if template:
            shutil.copytree(template, path)
        return path

    def trace(
        self, arguments: list, root: pathlib.Path, with_bytes: bool = False, no_exchange: bool | None = None,
    ) -> list["Operation"]:
        """The operations of an undisturbed call on the files below `root`."""
        trace, data = self.fresh("trace"), self.fresh("bytes")
        for path in (trace, data):
            path.unlink(missing_ok=True)
        faults = Faults(root, trace=trace, bytes=data if with_bytes else None, no_exchange=no_exchange)
        self.program.run(arguments, faults, status=DONE)
        return read_trace(trace, data if with_bytes else None)


@dataclasses.dataclass(frozen=True)
class Operation:
    """One call that changed a file."""
    name: str
    result: int
    offset: int
    path: pathlib.Path
    second: str
    data: bytes


def read_trace(trace: pathlib.Path, data: pathlib.Path | None = None) -> list[Operation]:
    written = data.read_bytes() if data and data.exists() else b""
    operations, place = [], 0
    for line in trace.read_text().splitlines() if trace.exists() else []:
        name, result, offset, count, path, second = line.split("\t")
        operations.append(Operation(name, int(result), int(offset), pathlib.Path(path), second,
                                    written[place:place + int(count)]))
        place += int(count)
    return operations
