"""A fault at every operation on an output: the old output stays whole until the whole new one replaces it."""
import hashlib
import pathlib
import signal

from crash import FAILURES, HARMLESS, KILLS, applies
from program import DONE, FAILED, KILLED, Faults, expect
from workplace import Workplace

FAULTS_WHEN_SHORT = 12
STOPS, STOPS_WHEN_SHORT = 60, 5
#: Removed before and written after the files of a tokenizer, which may lack it, as those of other programs do.
SUMS = "SHA256SUMS"


def check_outputs(workplace: Workplace) -> None:
    """Data, tokenizers and activations that replace others, exports and imports, which never do."""
    tokenizer, (text, other) = workplace.tokenizer("causal"), workplace.stories[1:3]
    run = workplace.fresh("exported-run")
    workplace.program.run(workplace.pretrain(run, "causal", "--steps", 1), status=DONE)
    place = workplace.folder / "outputs"

    def pack(source: pathlib.Path) -> list:
        return ["data", "pack", source, "--tokenizer", tokenizer, "-o", place / "data", "--overwrite", "--quiet"]

    def train(source: pathlib.Path) -> list:
        return ["tokenizer", "train", source, "--vocab-size", 300, "-o", place / "tokenizer", "--overwrite", "--quiet"]
    export = ["export", "--model", run, "--format", "huggingface", "-o", place / "exported", "--quiet"]
    imported = ["import", run / "model.safetensors", "--tokenizer", tokenizer, "-o", place / "imported", "--quiet"]
    for no_exchange in (None, True):
        check_output(workplace, pack(text), pack(other), place / "data", no_exchange)
    # Enough for signals while it is read.
    long = workplace.folder / "long.txt"
    long.write_bytes(b"".join(story.read_bytes() for story in workplace.stories) * 30)
    check_stops(workplace, pack(text), pack(long), place / "data")
    check_output(workplace, train(text), train(other), place / "tokenizer")
    check_output(workplace, None, export, place / "exported")
    check_output(workplace, None, imported, place / "imported")

    def activations(source: pathlib.Path) -> list:
        return ["analyze", "activations", run, "--text", source, "--names", "*", "-o", place / "activations",
                "--overwrite", "--quiet"]
    check_output(workplace, activations(text), activations(other), place / "activations")
    check_stops(workplace, activations(text), activations(long), place / "activations")


def check_output(
    workplace: Workplace, before: list | None, arguments: list, output: pathlib.Path, no_exchange: bool | None = None,
) -> None:
    place = workplace.fresh("outputs")

    def begin() -> dict[str, str] | None:
        workplace.fresh("outputs")
        place.mkdir()
        if before:
            workplace.program.run(before, status=DONE)
        return files(output)
    old = begin()
    operations = workplace.trace(arguments, place, no_exchange=no_exchange)
    new = files(output)
    cases = [(at, kind) for at, operation in enumerate(operations, 1)
             for kind in KILLS + FAILURES + HARMLESS if applies(kind, operation)]
    if workplace.is_short:
        cases = sorted(workplace.random.sample(cases, min(FAULTS_WHEN_SHORT, len(cases))))
    for at, kind in cases:
        begin()
        try:
            check_fault(workplace, arguments, Faults(place, at, kind, no_exchange=no_exchange), output, old, new)
        except Exception as error:
            one = operations[at - 1]
            error.add_note(f"{kind} at operation {at}, {one.name} {one.path} {one.second}")
            raise
        workplace.tally.add("kills at a file operation" if kind in KILLS else "failures of a file operation")


def check_stops(workplace: Workplace, before: list, arguments: list, output: pathlib.Path) -> None:
    """A signal at any operation: what was there is as it was and nothing is left, or the whole of the other."""
    place = workplace.fresh("outputs")
    place.mkdir()
    workplace.program.run(before, status=DONE)
    old = files(output)
    count = len(workplace.trace(arguments, place))
    new = files(output)
    wanted = STOPS_WHEN_SHORT if workplace.is_short else STOPS
    # At the operations of the publication it is too late to stop; at the first never.
    for at in (1, *workplace.random.sample(range(2, count + 1), min(wanted, count) - 1)):
        workplace.program.run(before, status=DONE)
        result = workplace.program.run(arguments, Faults(place, at, "stop"))
        expect(result.status in (DONE, -signal.SIGTERM), f"status {result.status} of a stop: {result.errors}")
        expect(files(output) == (new if result.status == DONE else old), f"a stop at operation {at} changed the output")
        left = [path.name for path in place.iterdir() if path != output]
        expect(not left, f"a stop at operation {at} left {left}")
        expect(at > 1 or result.status != DONE, "a stop at the first operation was not obeyed")
        workplace.tally.add("signals")


def check_fault(
    workplace: Workplace, arguments: list, faults: Faults, output: pathlib.Path, old: dict[str, str] | None,
    new: dict[str, str],
) -> None:
    result = workplace.program.run(arguments, faults)
    expected = KILLED if faults.kind in KILLS else FAILED if faults.kind in FAILURES else DONE
    expect(result.status == expected, f"status {result.status}, expected {expected}: {result.errors}")
    found = files(output)
    # Without an exchange there is a moment between two renames; the next writer completes them.
    between = faults.no_exchange and found is None and files(output.parent / f".{output.name}.old") == old
    # A tokenizer between two others has no checksums, rather than those of the wrong one.
    unsealed = [{name: digest for name, digest in (one or {}).items() if name != SUMS} for one in (old, new)]
    is_unsealed = output.name == "tokenizer" and found in unsealed
    expect(found in (old, new) or between or is_unsealed, "the output is neither the old nor the new one")
    result = workplace.program.run(arguments)
    if result.status != DONE:
        # An output that is not replaced is there already.
        expect(old is None and found == new and "not empty" in result.errors, f"cannot be made again: {result.errors}")
    expect(files(output) == new, "made again, the output is another")
    inside = output.iterdir() if output.is_dir() else ()
    left = [path.name for path in (*output.parent.iterdir(), *inside) if path.name.startswith(".")]
    expect(not left, f"{left} was left")


def files(output: pathlib.Path) -> dict[str, str] | None:
    """The files of an output and their checksums, without the leftovers of a killed process."""
    if not output.exists():
        return None
    paths = sorted(output.iterdir()) if output.is_dir() else [output]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
            if not path.name.endswith(".tmp")}
