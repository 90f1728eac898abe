"""Measures how soon a model learns: trains with one line of options after another and prints a table.

    python3 Benchmarks/learning.py --program .build/release/crate-lm --data DIR --settings Benchmarks/learning-grid.txt \\
        [--seeds 1 2 3] [--columns 6] -- --preset nano --steps 600

A line of the file of settings holds options of `pretrain`; an empty line is the defaults, `#` begins a comment. The
options after `--` hold for every line, and a line's own win. A row gives the validation loss in nats per token at equal
parts of the run, the least, the seconds and the seconds of all processors; several seeds are averaged. With `--judge
FILE` it also gives the bits per byte of that text under the best checkpoint, by the sliding protocol. `--log FILE` keeps
every run as a line of JSON; a run that is there already is not made again.
"""
import argparse
import json
import pathlib
import resource
import shlex
import statistics
import subprocess
import tempfile
import time


def train(program: str, data: list[str], options: list[str], seed: int, judge: str | None) -> dict:
    """One run: its validation losses by step, its time, its processors' time and the bits per byte of `judge`."""
    with tempfile.TemporaryDirectory() as folder:
        sources = [word for directory in data for word in ("--data", directory)]
        command = [program, "pretrain", *sources, "-o", f"{folder}/run", "--quiet", "--seed", str(seed),
                   "--save-every", "never", "--sample-every", "never", *options]
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, check=True)
        after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - begin
        lines = map(json.loads, pathlib.Path(folder, "run", "metrics.jsonl").read_text().splitlines())
        losses = {line["step"]: line["validation_loss"] for line in lines if "validation_loss" in line}
        bits = judged(program, f"{folder}/run/checkpoints/best", judge) if judge else None
    processors = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"losses": losses, "seconds": seconds, "processor_seconds": processors, "bits_per_byte": bits}


def judged(program: str, model: str, text: str) -> float:
    command = [program, "evaluate", "perplexity", "--model", model, "--text", text, "--protocol", "sliding", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["bits_per_byte"]


def merged(common: list[str], own: list[str]) -> list[str]:
    """The common options without those that the line gives itself."""
    given = {word for word in own if word.startswith("--")}
    kept, keeps = [], True
    for word in common:
        keeps = word not in given if word.startswith("--") else keeps
        kept += [word] if keeps else []
    return kept + own


def settings(path: pathlib.Path) -> list[list[str]]:
    lines = path.read_text().splitlines()
    return [shlex.split(line) for line in lines if not line.startswith("#")]


def known(log: pathlib.Path | None) -> dict[str, dict]:
    if log is None or not log.exists():
        return {}
    return {json.dumps(run["key"]): run["result"] for run in map(json.loads, log.read_text().splitlines())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--data", required=True, action="append")
    parser.add_argument("--settings", required=True, type=pathlib.Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--judge")
    parser.add_argument("--log", type=pathlib.Path)
    parser.add_argument("common", nargs="*")
    arguments = parser.parse_args()
    runs = known(arguments.log)
    for number, own in enumerate(settings(arguments.settings)):
        options = merged(arguments.common, own)
        results = []
        for seed in arguments.seeds:
            key = [arguments.data, options, seed]
            result = runs.get(json.dumps(key)) or train(
                arguments.program, arguments.data, options, seed, arguments.judge)
            result["losses"] = {int(step): loss for step, loss in result["losses"].items()}
            if arguments.log and json.dumps(key) not in runs:
                with arguments.log.open("a") as file:
                    file.write(json.dumps({"key": key, "result": result}) + "\n")
            results.append(result)
        steps = [step for step in sorted(results[0]["losses"]) if step > 0]
        shown = [steps[round((i + 1) * len(steps) / arguments.columns) - 1] for i in range(arguments.columns)]
        if number == 0:
            last = ["bits per byte"] if arguments.judge else []
            print("| " + " | ".join(["options", *map(str, shown), "least", "s", "processors' s", *last]) + " |")
            print("|---|" + "---:|" * (len(shown) + 3 + len(last)))
        mean = [statistics.mean(result["losses"][step] for result in results) for step in shown]
        least = statistics.mean(min(result["losses"].values()) for result in results)
        times = [statistics.mean(result[name] for result in results) for name in ("seconds", "processor_seconds")]
        cells = [f"{loss:.3f}" for loss in [*mean, least]] + [f"{value:.0f}" for value in times]
        if arguments.judge:
            cells.append(f"{statistics.mean(result['bits_per_byte'] for result in results):.3f}")
        print(f"| {' '.join(own) or 'defaults'} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
