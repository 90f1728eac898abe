"""Tries faults on crate-lm and checks that it keeps the promises of docs/durability.md.

    check.py PROGRAM --interposer LIBRARY --folder FOLDER [--short] [--only NAME,...] [--seed N]

Exits with 1 at the first broken promise, naming the fault.
"""
import argparse
import pathlib
import sys
import time
import traceback

from crash import check_saving
from keeping import check_keeping
from memory import check_memory
from outputs import check_outputs
from power import check_power_cuts
from program import Lost, Program
from resume import check_resumption
from signals import check_signals
from space import check_full_disk
from workplace import Tally, Workplace

#: The checks by their names, in order.
CHECKS = {
    "resumption": check_resumption,
    "saving": check_saving,
    "keeping": check_keeping,
    "outputs": check_outputs,
    "power-cuts": check_power_cuts,
    "full-disk": check_full_disk,
    "signals": check_signals,
    "memory": check_memory,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--interposer", required=True)
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", type=lambda names: names.split(","))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    unknown = set(options.only or ()) - CHECKS.keys()
    if unknown:
        parser.error(f"there is no check {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")

    tally = Tally()
    workplace = Workplace(Program(options.program, options.interposer), options.folder.resolve(), tally,
                          options.short, options.seed)
    start = time.monotonic()
    for name in options.only or CHECKS:
        begin = time.monotonic()
        try:
            CHECKS[name](workplace)
        except Exception as error:
            if not isinstance(error, Lost):
                traceback.print_exc()
            print(f"WRONG  {name}: {error}; {'; '.join(getattr(error, '__notes__', ()))}", flush=True)
            return 1
        print(f"ok  {time.monotonic() - begin:5.0f} s  {name}", flush=True)
    tried = ", ".join(f"{count} {what}" for what, count in tally.counts.items())
    print(f"Tried {tried} in {time.monotonic() - start:.0f} s: nothing was lost.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
