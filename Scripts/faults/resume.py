"""Runs that are killed again and again end as uninterrupted ones."""
import pathlib
import signal
import time

from program import DONE, KILLED, Faults, expect
from runs import contents, expect_equal, metric_lines, verified_steps
from workplace import Workplace

#: The number of random kills in each run.
KILLS, KILLS_WHEN_SHORT = 60, 5


def check_resumption(workplace: Workplace) -> None:
    """Kills between any two products of matrices: within passes, accumulation, updates and validations."""
    for objective in ("causal", "masked"):
        for what, data, plan in plans(workplace, objective):
            check_kills(workplace, objective, f"{objective}, {what}", data, plan)


def plans(workplace: Workplace, objective: str) -> list[tuple[str, pathlib.Path, list]]:
    """Data and plans whose steps cross the ends of epochs and of shards, in four microbatches each."""
    single = workplace.data(objective)
    several = workplace.folder / f"data-{objective}-shards"
    if not several.exists():
        workplace.program.run(["data", "pack", *workplace.stories[:8], "--tokenizer", workplace.tokenizer(objective),
                               "-o", several, "--shard-tokens", 16384, "--quiet"], status=DONE)
    expect(len(list(several.glob("train-*.shard"))) > 1, f"{several} has one shard")
    steps = 30
    return [("epochs end", single, ["--epochs", "2.5", "--context", 128, "--save-every", 3, "--keep", 2]),
            ("shards end", several, ["--steps", steps, "--save-every", 7, "--keep", 2])]


def check_kills(workplace: Workplace, objective: str, what: str, data: pathlib.Path, plan: list) -> None:
    run = workplace.fresh("run")
    arguments = [*workplace.pretrain(run, objective, *plan, "--resume", "auto")]
    arguments[arguments.index("--data") + 1] = data
    seconds = time.monotonic()
    workplace.program.run(arguments, status=DONE)
    seconds = time.monotonic() - seconds
    reference = contents(run)
    steps = len(metric_lines(run))
    workplace.fresh("run")
    killed = 0
    for _ in range(KILLS_WHEN_SHORT if workplace.is_short else KILLS):
        before = max(verified_steps(run), default=0)
        # Most moments are within a step; a kill by the clock meets all the others too.
        if workplace.random.random() < 0.5:
            product = workplace.random.randrange(1, 40 * (steps + 8))
            result = workplace.program.run(arguments, Faults(run, product=product))
            status = result.status
        else:
            process = workplace.program.start(arguments)
            time.sleep(workplace.random.uniform(0, seconds))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            status = process.returncode
        expect(status in (KILLED, DONE), f"{what}: status {status}")
        expect(max(verified_steps(run), default=0) >= before, f"{what}: the checkpoint of step {before} is gone")
        if status == DONE:
            expect_equal(run, reference)
            workplace.fresh("run")
        killed += status == KILLED
    expect(killed > 0, f"{what}: no kill met the run")
    workplace.program.run(arguments, status=DONE)
    expect_equal(run, reference)
    workplace.tally.add("kills at a random moment", killed)
