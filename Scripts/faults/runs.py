"""The content of a run's directory, read by other code than the program's own."""
import hashlib
import json
import pathlib

from program import Lost, expect

CLOCK_FIELDS = ("seconds", "time", "tokens_per_second")
PARTS = ("model.safetensors", "optimizer.safetensors", "state.json", "config.json", "tokenizer.json")


def verified_steps(run: pathlib.Path) -> list[int]:
    """The steps of the checkpoints whose files all have the size and the SHA-256 of their manifest."""
    return sorted(int(path.name.removeprefix("step-")) for path in run.glob("checkpoints/step-*") if is_sound(path))


def is_sound(checkpoint: pathlib.Path) -> bool:
    """Whether the files of a checkpoint all have the size and the SHA-256 of its manifest."""
    try:
        files = json.loads((checkpoint / "manifest.json").read_bytes())["files"]
        return set(files) == set(PARTS) and all(
            (checkpoint / name).stat().st_size == summary["byte_count"]
            and hashlib.sha256((checkpoint / name).read_bytes()).hexdigest() == summary["sha256"]
            for name, summary in files.items())
    except (ValueError, KeyError, OSError):
        return False


def metric_lines(run: pathlib.Path) -> list[dict]:
    """The lines of the log, all whole, without the fields that depend on the clock."""
    data = (run / "metrics.jsonl").read_bytes()
    expect(data.endswith(b"\n"), f"the last line of {run}/metrics.jsonl is torn")
    lines = [json.loads(line) for line in data.splitlines()]
    expect([line["step"] for line in lines] == list(range(1, len(lines) + 1)),
           f"the steps of {run}/metrics.jsonl are {[line['step'] for line in lines]}")
    return [{key: value for key, value in line.items() if key not in CLOCK_FIELDS} for line in lines]


def contents(run: pathlib.Path) -> dict[str, object]:
    """Every file of a run by name: its bytes, or its content without the clock and the checksums over it."""
    found = {}
    for path in sorted(run.rglob("*")):
        name = str(path.relative_to(run))
        if path.is_dir():
            found[name] = None
        elif path.name == "metrics.jsonl":
            found[name] = metric_lines(run)
        elif path.name == "state.json":
            found[name] = {key: value for key, value in json.loads(path.read_bytes()).items()
                           if key not in CLOCK_FIELDS and key != "sha256"}
        elif path.name == "manifest.json":
            found[name] = {part: summary for part, summary in json.loads(path.read_bytes())["files"].items()
                           if part != "state.json"}
        else:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def expect_equal(run: pathlib.Path, reference: dict[str, object]) -> None:
    """Checks that the run ended as the uninterrupted one, with the same files and no others."""
    found = contents(run)
    differing = [name for name in sorted(found.keys() | reference.keys())
                 if (name in found) != (name in reference) or found.get(name) != reference.get(name)]
    if differing:
        raise Lost(f"{run} differs from the uninterrupted run in {', '.join(differing)}")
