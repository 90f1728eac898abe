"""Compares the sizes that `crate-lm train` chooses with the presets, each given the same seconds of training.

    python3 Benchmarks/sizes.py --program .build/release/crate-lm --text FILE[:BYTES] ... --time 30 120 300 \\
        [--objective causal|masked] [--preset nano tiny] [--seed N] [--output DIR]

`FILE:100000` is the beginning of a file. A preset learns from the data that `train` packed, in the same precision: at
the largest learning rate for six tenths of the seconds, then by `--decay-now` for the rest at the pace so far, as
`train` does. The lowest validation loss of each counts. Prints a Markdown table.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

STOPPED = 75


def call(program: str, *arguments: object, statuses: tuple[int, ...] = (0,)) -> dict:
    """The JSON of a command; empty for one that was stopped."""
    result = subprocess.run([program, *map(str, arguments), "--quiet", "--json"], capture_output=True, text=True)
    if result.returncode not in statuses:
        raise SystemExit(f"{arguments}: {result.stderr}")
    return json.loads(result.stdout) if result.returncode == 0 else {}


def trained(run: pathlib.Path) -> tuple[int, float]:
    """The steps and seconds of a run so far."""
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    return last["step"], last["seconds"]


def preset(program: str, name: str, data: pathlib.Path, run: pathlib.Path, seconds: float, options: list) -> dict:
    """A preset trained for so many seconds."""
    common = ["pretrain", "--data", data, "-o", run, "--resume", "auto"]
    # Far more steps than there is time for; intervals as for a short run.
    plan = ["--preset", name, "--schedule", "constant", "--steps", 1_000_000, "--warmup", 30, "--eval-every", 100,
            "--save-every", "never", "--sample-every", "never", *options]
    call(program, *common, *plan, "--max-time", f"{max(1, round(0.6 * seconds))}s", statuses=(STOPPED,))
    step, used = trained(run)
    rest = max(1, round(step / used * (seconds - used)))
    return call(program, *common, "--decay-now", "--decay", rest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--text", nargs="+", required=True)
    parser.add_argument("--time", nargs="+", type=int, default=[30, 120, 300])
    parser.add_argument("--objective", default="causal")
    parser.add_argument("--preset", nargs="+", default=["nano", "tiny"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", default=None)
    options = parser.parse_args()
    folder = pathlib.Path(options.output or tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    shared = ["--objective", options.objective, "--seed", options.seed]
    print("| bytes | seconds | chosen | steps | loss | " + " | ".join(options.preset) + " | ratio to the best |")
    print("|---:|---:|---|---:|---:|" + "---:|" * (len(options.preset) + 1))
    for text in options.text:
        name, _, size = text.partition(":")
        content = pathlib.Path(name).read_bytes()[:int(size) if size else None]
        source = folder / f"{len(content)}.txt"
        source.write_text(content.decode(errors="ignore"))
        for time in options.time:
            place = folder / f"{len(content)}-{time}-{options.objective}"
            ours = call(options.program, "train", source, "-o", place, "--time", f"{time}s", *shared)
            _, seconds = trained(place / "run")
            record = json.loads((place / "train.json").read_text())
            sizes = record["run_sizes"]
            same = [*shared, "--precision", record.get("precision", "fp32")]
            theirs = [preset(options.program, p, place / "data", folder / f"{place.name}-{p}", seconds, same)
                      for p in options.preset]
            losses = [t["best_validation_loss"] for t in theirs]
            loss = ours["best_validation_loss"]
            shape = f"{sizes['depth']} × {sizes['width']}, {sizes['context_length']}, dropout {sizes.get('dropout', 0):g}"
            columns = [len(content), time, shape, ours["steps"], f"{loss:.3f}", *(f"{x:.3f}" for x in losses),
                       f"{loss / min(losses):.3f}"]
            print("| " + " | ".join(map(str, columns)) + " |", flush=True)


if __name__ == "__main__":
    main()
