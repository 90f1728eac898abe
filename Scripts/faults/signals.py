"""Signals, times and locks: a run ends when it is told to, and only one program writes to it."""
import json
import os
import pathlib
import signal
import subprocess
import time

from crash import PLAN
from program import CANNOT_CREATE, DONE, FAILED, KILLED, STOPPED, Faults, expect
from runs import contents, expect_equal, metric_lines, verified_steps
from space import ENDLESS, await_checkpoint
from workplace import Workplace

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
STALLS_WHEN_SHORT, STALLS = 3, 24
#: The most seconds in which a program ends at once, on a busy machine.
AT_ONCE = 20
#: Seconds of a step that is long: twice as many as a signal waits for at most.
LONG_STEP, LONG_STEP_WHEN_SHORT = 25, 60


def check_signals(workplace: Workplace) -> None:
    run = workplace.fresh("run")
    plan = ["--steps", 3_000, "--save-every", 1_250, "--resume", "auto"]
    arguments = workplace.pretrain(run, "causal", *plan)
    workplace.program.run(arguments, status=DONE)
    reference = contents(run)
    workplace.fresh("run")
    for number in SIGNALS:
        process = workplace.program.start(arguments)
        await_lines(run, len(metric_lines(run)) + 20 if (run / "metrics.jsonl").exists() else 20)
        process.send_signal(number)
        output, errors = process.communicate(timeout=AT_ONCE)
        expect(process.returncode == STOPPED, f"status {process.returncode} after {number.name}: {errors}")
        expect(output == "" and max(verified_steps(run)) == len(metric_lines(run)),
               f"{number.name}: the checkpoint is not of the last step in the log")
        workplace.tally.add("signals")
    workplace.program.run(arguments, status=DONE)
    expect_equal(run, reference)
    check_time_limit(workplace)
    check_long_steps(workplace)
    check_stalls(workplace)
    check_lock(workplace)
    check_cut_weights(workplace)


def await_lines(
    run: pathlib.Path, count: int, patience: float = AT_ONCE, of: subprocess.Popen | None = None,
) -> None:
    log, end = run / "metrics.jsonl", time.monotonic() + patience
    while (time.monotonic() < end and (not of or of.poll() is None)
           and (not log.exists() or log.read_bytes().count(b"\n") < count)):
        time.sleep(0.005)


def check_time_limit(workplace: Workplace) -> None:
    run = workplace.fresh("run")
    start = time.monotonic()
    workplace.program.run([*workplace.pretrain(run, "causal", *ENDLESS), "--max-time", "1s"], status=STOPPED)
    expect(1 <= time.monotonic() - start < 1 + AT_ONCE, "--max-time 1s took another time")
    expect(max(verified_steps(run)) == len(metric_lines(run)), "the checkpoint is not of the last step in the log")
    workplace.tally.add("signals")


def check_long_steps(workplace: Workplace) -> None:
    """A signal in a step of many seconds: training stops at the next microbatch with the step before."""
    run = workplace.fresh("run")
    workplace.program.run(workplace.pretrain(run, "causal", "--steps", 200), status=DONE)
    rate = sorted(json.loads(line)["tokens_per_second"] for line in open(run / "metrics.jsonl"))[100]
    context, microbatch = 128, 256
    batch = int(rate * (LONG_STEP_WHEN_SHORT if workplace.is_short else LONG_STEP) / context / microbatch) * microbatch
    run = workplace.fresh("run")
    arguments = workplace.pretrain(run, "causal", "--steps", 3, "--resume", "auto")
    arguments.remove("--quiet")
    for option, value in (("--context", context), ("--batch", batch), ("--microbatch", microbatch)):
        arguments[arguments.index(option) + 1] = value
    for steps in (0,) if workplace.is_short else (0, 1):
        process = workplace.program.start(arguments)
        await_lines(run, steps, patience=5 * LONG_STEP, of=process)
        time.sleep(2)
        process.send_signal(signal.SIGTERM)
        start = time.monotonic()
        _, errors = process.communicate(timeout=AT_ONCE)
        expect(process.returncode == STOPPED, f"status {process.returncode} in a long step: {errors}")
        # Before the first microbatch ends, it does not know yet whether the step ends in time, and says both.
        expect("at the end of this microbatch" in errors and time.monotonic() - start < LONG_STEP / 2,
               f"stopped after {time.monotonic() - start:.1f} s: {errors}")
        expect(verified_steps(run) == [1][:steps] and (run / "metrics.jsonl").read_bytes().count(b"\n") == steps,
               f"stopped in step {steps + 1}, it has the checkpoints {verified_steps(run)}")
        workplace.tally.add("signals")


def check_stalls(workplace: Workplace) -> None:
    """A disk that does not answer: a second signal ends the program at once, --save-timeout without one."""
    run = workplace.fresh("run")
    arguments = workplace.pretrain(run, "causal", *PLAN, "--resume", "auto")
    operations = workplace.trace(arguments, run)
    reference = contents(run)
    places = range(1, len(operations) + 1)
    for at in sorted(workplace.random.sample(places, STALLS_WHEN_SHORT if workplace.is_short else STALLS)):
        operation = operations[at - 1]
        what = f"a stall at operation {at}, {operation.name} {operation.path.name}"
        for ending in (check_second_signal, check_save_timeout):
            workplace.fresh("run")
            trace = workplace.folder / "trace"
            trace.unlink(missing_ok=True)
            ending(workplace, arguments, Faults(run, at, "stall", trace=trace), what)
            workplace.program.run(arguments, status=DONE)
            expect_equal(run, reference)
            workplace.tally.add("stalls")


def check_second_signal(workplace: Workplace, arguments: list, stall: Faults, what: str) -> None:
    process, end = workplace.program.start(arguments, stall), time.monotonic() + AT_ONCE
    def stalls() -> bool:
        return stall.trace.exists() and "stall\t" in stall.trace.read_text()

    try:
        while process.poll() is None and time.monotonic() < end and not stalls():
            time.sleep(0.01)
        expect(stalls(), f"{what}: did not come")
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        expect(process.poll() is None, f"{what}: one signal ended the program with {process.returncode}")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=AT_ONCE)
    finally:
        process.kill()
    expect(process.returncode == -signal.SIGINT, f"{what}: status {process.returncode} after a second signal")


def check_save_timeout(workplace: Workplace, arguments: list, stall: Faults, what: str) -> None:
    result = workplace.program.run([*arguments, "--save-timeout", "1s"], stall, status=FAILED, timeout=1 + AT_ONCE)
    expect(result.errors.startswith("Error: ") and "--resume auto" in result.errors, f"{what}: {result.errors}")


def check_lock(workplace: Workplace) -> None:
    """A second program on a run is refused, whatever it wants; the lock of a killed one is gone."""
    run = workplace.fresh("run")
    arguments = workplace.pretrain(run, "causal", *ENDLESS)
    first = workplace.program.start(arguments)
    await_checkpoint(run, first)
    begin = [argument for argument in arguments if argument not in ("--resume", "auto")]
    for second in (arguments, [*begin, "--overwrite"], begin):
        result = workplace.program.run(second, status=CANNOT_CREATE, timeout=AT_ONCE)
        expect("is writing it" in result.errors, f"another reason: {result.errors}")
        expect(first.poll() is None, "the second program ended the first")
        workplace.tally.add("second programs")
    first.send_signal(signal.SIGKILL)
    first.communicate()
    expect(first.returncode == KILLED, f"status {first.returncode}")
    workplace.program.run([*arguments, "--max-time", "1s"], status=STOPPED)


def check_cut_weights(workplace: Workplace) -> None:
    """Weights that are cut short while a program writes text with them: a sentence and its status, no crash."""
    run = workplace.fresh("run")
    workplace.program.run(workplace.pretrain(run, "causal", *PLAN), status=DONE)
    words = ["generate", "--model", run, "--interactive", "--max-tokens", 4, "--temperature", 0, "--seed", 1]
    process = workplace.program.start(words, stdin=subprocess.PIPE)
    process.stdin.write("Mara\n")
    process.stdin.flush()
    process.stdout.read(1)
    os.truncate(run / "model.safetensors", 4096)
    _, errors = process.communicate("Tobin\n", timeout=AT_ONCE)
    expect(process.returncode == FAILED and "cut short" in errors,
           f"status {process.returncode} after weights were cut: {errors}")
    workplace.tally.add("signals")
