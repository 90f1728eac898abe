"""Tables of what layers do, from the logs of runs that were trained with --analyze-every.

    python3 Benchmarks/layers.py RUN...

One table for each question, a row for each run, a column for each layer; "(…)" is the same model at random initialisation.
docs/white-box.md shows them, docs/analysis.md defines the measures.
"""
import argparse
import json
import pathlib

FORMS = ["official", "normalized", "formula"]


def analyses(run: pathlib.Path) -> list[tuple[int, dict]]:
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return [(line["step"], line["analysis"]) for line in lines if "analysis" in line]


def change(layer: dict, form: str) -> float | None:
    """What attention does to the coding rate in the subspaces, in percent of it."""
    rates = layer["subspaces"]
    if rates is None:
        return None
    before, after = (rates[point][form]["mean"] for point in ["before", "after"])
    return 100 * (after / before - 1)


def mean(name: str):
    return lambda layer: layer[name]["mean"] if layer[name] else None


MEASURES = {
    "Share of non-zeros of the code": (lambda layer: layer["nonzero_fraction"], ".2f"),
    "Hoyer sparsity of the code": (mean("hoyer"), ".2f"),
    **{f"Change of R^c by attention, {form}, percent": ((lambda form: lambda layer: change(layer, form))(form), "+.1f")
       for form in FORMS},
    "Share of attention that a token pays to itself": (mean("self_share"), ".2f"),
    "Overlap of the heads' subspaces": (mean("overlap"), ".2f"),
    "Effective rank of the heads' coordinates": (mean("effective_rank"), ".1f"),
    "Length of tokens before attention": (mean("token_norm"), ".1f"),
}


def cell(value: float | None, random: float | None, form: str) -> str:
    return "" if value is None else f"{value:{form}} ({random:{form}})"


def final(runs: list[pathlib.Path]) -> None:
    for title, (measure, form) in MEASURES.items():
        depth = max(len(analyses(run)[-1][1]["layers"]) for run in runs)
        print(f"\n{title}\n\n| run | " + " | ".join(f"layer {layer}" for layer in range(depth)) + " |")
        print("|---|" + "---:|" * depth)
        for run in runs:
            last = analyses(run)[-1][1]
            cells = [cell(measure(a), measure(b), form) for a, b in zip(last["layers"], last["random"]["layers"])]
            if any(cells):
                print(f"| {run.name} | " + " | ".join(cells) + " |")


def through(runs: list[pathlib.Path]) -> None:
    """The mean over the layers at the beginning, and after the first, half and all of the measured updates."""
    for title in ["Share of non-zeros of the code", "Change of R^c by attention, normalized, percent",
                  "Change of R^c by attention, official, percent", "Effective rank of the heads' coordinates"]:
        measure, form = MEASURES[title]
        print(f"\n{title}, mean of the layers\n\n| run | before training | first | half | end |\n|---|---:|---:|---:|---:|")
        for run in runs:
            found = analyses(run)
            moments = [found[0][1]["random"]] + [found[place][1] for place in [0, len(found) // 2 - 1, -1]]
            values = [[measure(layer) for layer in moment["layers"]] for moment in moments]
            if None not in values[0]:
                cells = [format(sum(layers) / len(layers), form) for layers in values]
                print(f"| {run.name} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=pathlib.Path)
    runs = parser.parse_args().runs
    final(runs)
    through(runs)


if __name__ == "__main__":
    main()
