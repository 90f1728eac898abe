"""What is kept besides the newest checkpoints: saves by the clock, the end of a run that goes on, and copies."""
import contextlib
import hashlib
import json
import pathlib
import shutil
import signal
import time

from crash import PLAN
from program import DONE, KILLED, STOPPED, Faults, expect
from runs import contents, expect_equal, is_sound, verified_steps
from workplace import Workplace

KILLS_WHEN_SHORT = 3
#: Steps that show the pace of training.
RATED_STEPS, CLOCK_KILLS = 2_000, 3
PATIENCE = 60
COPIES, COPIES_WHEN_SHORT = 60, 3


def check_keeping(workplace: Workplace) -> None:
    check_extension(workplace)
    check_offspring(workplace)
    check_clock(workplace)
    check_copies(workplace)


def check_extension(workplace: Workplace) -> None:
    """Kills while a finished run becomes longer: its end stays under another name, and the rest goes on."""
    template = workplace.fresh("template")
    workplace.program.run(workplace.pretrain(template, "causal", *PLAN, "--decay", 1), status=DONE)
    run = workplace.fresh("run", template)
    longer = ["pretrain", "--data", workplace.data("causal"), "-o", run, "--threads", 2, "--quiet",
              "--resume", "auto", "--steps", 6]
    reference = kill_everywhere(workplace, longer, run, template)
    end = hashlib.sha256((template / "model.safetensors").read_bytes()).hexdigest()
    expect(reference["checkpoints/decayed-00000004/model.safetensors"] == end, "the end of the run is another")


def check_offspring(workplace: Workplace) -> None:
    """Kills of a run that begins with another's weights: the same line begins with them anew, or goes on."""
    parent = workplace.fresh("template")
    workplace.program.run(workplace.pretrain(parent, "causal", *PLAN), status=DONE)
    run = workplace.fresh("run")
    reference = kill_everywhere(
        workplace, workplace.pretrain(run, "causal", *PLAN, "--from", parent, "--resume", "auto"), run)
    weights = hashlib.sha256((parent / "model.safetensors").read_bytes()).hexdigest()
    expect(reference["model.safetensors"] != weights, "nothing was learned")


def kill_everywhere(workplace: Workplace, arguments: list, run: pathlib.Path,
                    template: pathlib.Path | None = None) -> dict[str, object]:
    """Kills a command at its file operations, one after the other; the same command then ends as without a kill.

    Returns the content of `run` after that. `template` is the run as it was before the command.
    """
    operations = workplace.trace(arguments, run)
    reference = contents(run)
    places = range(1, len(operations) + 1)
    if workplace.is_short:
        places = sorted(workplace.random.sample(places, KILLS_WHEN_SHORT))
    for at in places:
        workplace.fresh("run", *[template] if template else [])
        workplace.program.run(arguments, Faults(run, at, "kill"), status=KILLED)
        try:
            workplace.program.run(arguments, status=DONE)
            expect_equal(run, reference)
        except Exception as error:
            error.add_note(f"killed at operation {at}, {operations[at - 1].name} {operations[at - 1].path}")
            raise
        workplace.tally.add("kills at a file operation")
    return reference


def check_clock(workplace: Workplace) -> None:
    """Kills of runs that save by the clock: they go on from such a save, and end without any.

    The tenths of the steps are twice as far apart as the saves.
    """
    steps = 100_000_000 if workplace.is_short else steps_in(workplace, 20)
    run = workplace.fresh("run")
    arguments = workplace.pretrain(run, "causal", "--steps", steps, "--save-every", "1s", "--keep", 2,
                                   "--eval-every", steps, "--resume", "auto")
    planned = {*range(0, steps + 1, steps // 10), steps * 6 // 10}
    for _ in range(1 if workplace.is_short else CLOCK_KILLS):
        process = workplace.program.start(arguments)
        before, end = max(verified_steps(run), default=0), time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < end and max(
                (step for step in verified_steps(run) if step not in planned), default=0) <= before:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        expect(process.returncode == KILLED, f"status {process.returncode} before a save by the clock: {errors}")
        found = max(verified_steps(run))
        expect(found > before, f"no save by the clock after step {before}, or it is gone")
        again = [argument for argument in arguments if argument != "--quiet"]
        result = workplace.program.run([*again, "--max-time", "1s"], status=STOPPED)
        expect(f"Continuing after step {found}." in result.errors, f"it went on from elsewhere: {result.errors}")
        workplace.tally.add("kills at a random moment")
    if not workplace.is_short:
        workplace.program.run(arguments, status=DONE, timeout=10 * PATIENCE)
        interrupted = contents(run)
        workplace.fresh("run")
        workplace.program.run(arguments, status=DONE, timeout=10 * PATIENCE)
        expect_equal(run, interrupted)
        expect(planned.issuperset(verified_steps(run)), f"it ended with the saves {verified_steps(run)}")


def steps_in(workplace: Workplace, seconds: float) -> int:
    """The steps of about so many seconds of training, a multiple of ten."""
    run = workplace.fresh("run")
    workplace.program.run(workplace.pretrain(run, "causal", "--steps", RATED_STEPS), status=DONE)
    last = json.loads((run / "metrics.jsonl").read_bytes().splitlines()[-1])
    return int(seconds * RATED_STEPS / last["seconds"]) // 10 * 10


def check_copies(workplace: Workplace) -> None:
    """Copies of checkpoints while they are written and removed: each is a whole model or refused."""
    run, copies = workplace.fresh("run"), workplace.fresh("copies")
    copies.mkdir()
    process = workplace.program.start(workplace.pretrain(
        run, "causal", "--steps", 100_000_000, "--save-every", 50, "--keep", 1, "--eval-every", 1_000_000))
    number, end = 0, time.monotonic() + PATIENCE
    while number < (COPIES_WHEN_SHORT if workplace.is_short else COPIES) and time.monotonic() < end:
        for checkpoint in run.glob("checkpoints/step-*"):
            with contextlib.suppress(shutil.Error, OSError):
                number += 1
                shutil.copytree(checkpoint, copies / f"copy {number}")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    expect(number > 0, "nothing was copied")
    whole = 0
    for copy in sorted(copies.iterdir()):
        is_whole = is_sound(copy)
        result = workplace.program.run(["checkpoint", "verify", copy])
        expect((result.status == DONE) == is_whole, f"status {result.status} of {copy}: {result.errors}")
        if is_whole:
            workplace.program.run(["generate", copy, "-p", "Mara", "-n", 4, "--seed", 1], status=DONE)
        whole += is_whole
        workplace.tally.add("copies of checkpoints")
    expect(whole > 0, "no copy was whole")
