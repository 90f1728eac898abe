"""A fault at every operation on the files of a run: published checkpoints stay, and the run ends as without it."""
import pathlib
import re

from program import DONE, FAILED, KILLED, STOPPED, Faults, expect
from runs import contents, expect_equal, verified_steps
from workplace import Operation, Workplace, read_trace

KILLS = ("kill", "kill-after", "torn")
FAILURES = ("eio", "enospc")
HARMLESS = ("short", "interrupted")
#: Calls that a signal may interrupt.
INTERRUPTIBLE = ("write", "fsync", "create", "create-empty")
#: Calls that another call can replace.
REPLACEABLE = ("link",)
BEGINNINGS_WHEN_SHORT = 4
#: Two saves, of which the second prunes the first.
PLAN = ("--steps", 4, "--save-every", 2, "--keep", 1)
FAULTS_WHEN_SHORT = 20


def check_saving(workplace: Workplace) -> None:
    """Faults from the creation of a run to the pruning at its end, and in the resumption of a killed one."""
    for objective in ("causal", "masked"):
        run = workplace.fresh("run")
        arguments = workplace.pretrain(run, objective, *PLAN, "--resume", "auto")
        operations = workplace.trace(arguments, run)
        reference = contents(run)
        check_every_operation(workplace, arguments, run, None, operations, reference)

        # The second save dies over its manifest, and the line of a step is torn.
        last = max(index for index, one in enumerate(operations, 1)
                   if one.name == "write" and "manifest" in one.path.name)
        template = workplace.fresh("template")
        workplace.fresh("run")
        workplace.program.run(arguments, Faults(run, last, "torn"), status=KILLED)
        with open(run / "metrics.jsonl", "ab") as file:
            file.write(b'{"step":5,"tok')
        run.rename(template)
        workplace.fresh("run", template)
        operations = workplace.trace(arguments, run)
        expect_equal(run, reference)
        check_every_operation(workplace, arguments, run, template, operations, reference)

        # Stopped at step 3, between two saves of the plan: that checkpoint goes when the next one is safe.
        workplace.fresh("run")
        lines = [index for index, one in enumerate(workplace.trace(arguments, run), 1)
                 if one.name == "write" and one.path.name == "metrics.jsonl"]
        template = workplace.fresh("template")
        workplace.fresh("run")
        workplace.program.run(arguments, Faults(run, lines[2], "stop"), status=STOPPED)
        expect(verified_steps(run) == [2, 3], f"stopped after step 3, it has the checkpoints {verified_steps(run)}")
        run.rename(template)
        workplace.fresh("run", template)
        operations = workplace.trace(arguments, run)
        expect_equal(run, reference)
        check_every_operation(workplace, arguments, run, template, operations, reference)
    check_settings(workplace)


def check_settings(workplace: Workplace) -> None:
    """Kills before the first checkpoint: the settings are the run's, though the next call does not repeat them."""
    run = workplace.fresh("run")
    arguments = workplace.pretrain(run, "causal", *PLAN, "--resume", "auto")
    operations = workplace.trace(arguments, run)
    reference = contents(run)
    begun = next(index for index, one in enumerate(operations, 1)
                 if one.name == "rename" and pathlib.Path(one.second).name == "config.json")
    saved = next(index for index, one in enumerate(operations, 1) if published_steps([one]))
    places = range(begun, saved)
    if workplace.is_short:
        places = sorted(workplace.random.sample(places, BEGINNINGS_WHEN_SHORT))
    bare = ["pretrain", "--data", workplace.data("causal"), "-o", run, "--resume", "auto", "--threads", 2]
    for at in places:
        workplace.fresh("run")
        workplace.program.run(arguments, Faults(run, at, "kill-after"), status=KILLED)
        result = workplace.program.run(bare, status=DONE)
        what = f"killed at operation {at}, {operations[at - 1].name} {operations[at - 1].path}"
        expect("Nothing was saved yet" in result.errors, f"{what}, it did not begin anew: {result.errors}")
        expect_equal(run, reference)
        workplace.tally.add("kills at a file operation")


def check_every_operation(
    workplace: Workplace, arguments: list, run: pathlib.Path, template: pathlib.Path | None,
    operations: list[Operation], reference: dict[str, object],
) -> None:
    cases = [(at, kind) for at, operation in enumerate(operations, 1)
             for kind in KILLS + FAILURES + HARMLESS if applies(kind, operation)]
    if workplace.is_short:
        cases = sorted(workplace.random.sample(cases, FAULTS_WHEN_SHORT))
    for at, kind in cases:
        workplace.fresh("run", template)
        what = f"{kind} at operation {at}, {operations[at - 1].name} {operations[at - 1].path}"
        try:
            check_fault(workplace, arguments, run, at, kind, operations[at - 1], reference)
        except Exception as error:
            error.add_note(what)
            raise
        workplace.tally.add("kills at a file operation" if kind in KILLS else "failures of a file operation")


def applies(kind: str, operation: Operation) -> bool:
    """Whether `kind` differs from the other faults at this operation."""
    match kind:
        case "torn" | "short": return operation.name == "write" and len(operation.data) != 1
        case "interrupted": return operation.name in INTERRUPTIBLE
        case _: return True


def check_fault(
    workplace: Workplace, arguments: list, run: pathlib.Path, at: int, kind: str, operation: Operation,
    reference: dict[str, object],
) -> None:
    before = verified_steps(run)
    trace = workplace.folder / "trace"
    trace.unlink(missing_ok=True)
    result = workplace.program.run(arguments, Faults(run, at, kind, trace=trace))
    if kind in KILLS:
        expect(result.status == KILLED, f"status {result.status}: {result.errors}")
    elif kind in FAILURES and operation.name not in REPLACEABLE:
        expect(result.status == FAILED and result.errors.count("Error: ") == 1,
               f"status {result.status}, expected {FAILED}: {result.errors}")
    else:
        expect(result.status == DONE, f"status {result.status}: {result.errors}")
    published = max(before + published_steps(read_trace(trace)), default=0)
    found = max(verified_steps(run), default=0)
    expect(found >= published, f"the newest sound checkpoint is of step {found}, published was {published}")
    again = [argument for argument in arguments if argument != "--quiet"]
    result = workplace.program.run(again, status=DONE)
    start = re.search(r"(?:Continuing after step |is finished \()(\d+)", result.errors)
    expect(int(start[1] if start else 0) == found, f"went on from another step than {found}: {result.errors}")
    expect_equal(run, reference)


def published_steps(operations: list[Operation]) -> list[int]:
    """The steps whose directories were published."""
    return [int(match[1]) for one in operations if one.name in ("rename", "exchange") and one.result == 0
            if (match := re.fullmatch(r".*/step-(\d+)", one.second))]
