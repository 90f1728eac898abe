"""A full disk: a small real one if mounting is allowed, otherwise faults in the answers of the system."""
import contextlib
import pathlib
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

from crash import PLAN
from program import CANNOT_CREATE, DONE, FAILED, STOPPED, Faults, Lost, expect
from runs import contents, expect_equal, verified_steps
from workplace import Workplace

#: Training that does not end by itself, with a save every few tenths of a second.
ENDLESS = ("--steps", 100_000_000, "--save-every", 200, "--keep", 2, "--eval-every", 1_000_000, "--resume", "auto")
DISK_BYTES = 4 << 20
PLACES_WHEN_SHORT = 3
#: The operations that a full disk can refuse.
NEED_SPACE = ("write", "create-empty", "create", "mkdir", "rename", "link", "fsync")
PATIENCE = 30


def check_full_disk(workplace: Workplace) -> None:
    check_estimate(workplace)
    check_waiting_everywhere(workplace)
    signal_file = workplace.folder / "full"
    root = workplace.fresh("run")
    for what, faults in (("a share that ends", Faults(root, at=1, while_exists=signal_file)),
                         ("no free bytes", Faults(root, free=signal_file))):
        signal_file.unlink(missing_ok=True)
        fill, clear = (lambda: signal_file.write_text("1000")), signal_file.unlink
        check_filling(workplace, what, root, faults, fill, clear)
    if not workplace.is_short:
        with small_disk(workplace.folder / "disk") as disk:
            if disk:
                ballast = disk / "ballast"
                check_filling(workplace, "a small disk", disk / "run", None, lambda: fill_up(ballast), ballast.unlink)


def check_estimate(workplace: Workplace) -> None:
    """A run without room for its checkpoints does not begin, unless it may wait."""
    run, free = workplace.fresh("run"), workplace.folder / "free"
    free.write_text("100000")
    result = workplace.program.run(workplace.pretrain(run, "causal", *PLAN), Faults(run, free=free), status=FAILED)
    expect_need(result.errors)
    expect(not run.exists(), "a run without room was begun")
    # A run that may not be replaced is refused without waiting.
    free.unlink()
    workplace.program.run(workplace.pretrain(run, "causal", *PLAN), status=DONE)
    free.write_text("100000")
    waiting = workplace.pretrain(run, "causal", *PLAN, "--on-disk-full", "wait")
    workplace.program.run(waiting, Faults(run, free=free), status=CANNOT_CREATE, timeout=PATIENCE)
    workplace.tally.add("full disks", 2)


def check_waiting_everywhere(workplace: Workplace) -> None:
    """With --on-disk-full wait, a disk that is full from any operation on and empty later changes nothing."""
    begin = workplace.pretrain(workplace.fresh("run"), "causal", *PLAN, "--on-disk-full", "wait")
    begin.remove("--quiet")
    check_waiting(workplace, begin, None)
    old = workplace.folder / "old"
    workplace.program.run(workplace.pretrain(workplace.fresh("old"), "causal", *PLAN, "--seed", 2), status=DONE)
    check_waiting(workplace, [*begin, "--overwrite"], old)


def check_waiting(workplace: Workplace, arguments: list, template: pathlib.Path | None) -> None:
    run = workplace.fresh("run", template)
    operations = workplace.trace(arguments, run)
    reference = contents(run)
    places = [at for at, operation in enumerate(operations, 1) if operation.name in NEED_SPACE]
    if workplace.is_short:
        places = workplace.random.sample(places, PLACES_WHEN_SHORT)
    full = workplace.folder / "full"
    for at in places:
        workplace.fresh("run", template)
        full.touch()
        process = workplace.program.start(arguments, Faults(run, at=at, while_exists=full))
        await_line(process, "Waiting for disk space")
        full.unlink()
        _, errors = process.communicate(timeout=PATIENCE)
        expect(process.returncode == DONE, f"status {process.returncode} after waiting at operation {at}: {errors}")
        expect_equal(run, reference)
        workplace.tally.add("full disks")


def check_filling(
    workplace: Workplace, what: str, run: pathlib.Path, faults: Faults | None, fill: Callable, clear: Callable,
) -> None:
    """A disk that fills during a run: it stops with its last checkpoint, or waits for room."""
    arguments = workplace.pretrain(run, "causal", *ENDLESS)
    arguments.remove("--quiet")
    process = workplace.program.start(arguments, faults)
    newest = await_checkpoint(run, process)
    fill()
    _, errors = process.communicate(timeout=PATIENCE)
    expect(process.returncode == FAILED, f"{what}: status {process.returncode}, expected {FAILED}: {errors}")
    expect_need(errors)
    expect(max(verified_steps(run)) >= newest, f"{what}: the checkpoint of step {newest} is gone")

    waiting = [*arguments, "--on-disk-full", "wait"]
    process = workplace.program.start(waiting, faults)
    await_waiting(process, fill)
    newest = max(verified_steps(run))
    clear()
    await_checkpoint(run, process, after=newest)
    await_waiting(process, fill)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    expect(process.returncode == FAILED, f"{what}: status {process.returncode} of a stopped wait: {errors}")
    clear()
    process = workplace.program.start(arguments, faults)
    await_checkpoint(run, process, after=max(verified_steps(run)))
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    expect(process.returncode == STOPPED, f"{what}: status {process.returncode}, expected {STOPPED}: {errors}")
    workplace.tally.add("full disks", 3)


def expect_need(errors: str) -> None:
    match = re.search(r"needs (\d+) bytes of disk space and (\d+) are free", errors)
    expect(match is not None, f"no word of what is needed: {errors}")


def await_checkpoint(run: pathlib.Path, process: subprocess.Popen, after: int = 0) -> int:
    """Waits for a checkpoint of a later step than `after` and returns the newest step."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        newest = max(verified_steps(run), default=0)
        if newest > after:
            return newest
        time.sleep(0.02)
    process.kill()
    raise Lost(f"no checkpoint after step {after}: {process.communicate()[1]}")


def await_line(process: subprocess.Popen, text: str) -> None:
    """Reads the program's output up to a line with `text`; kills a program that never prints it."""
    said = ""
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    try:
        for line in process.stderr:
            said += line
            if text in line:
                return
    finally:
        watch.cancel()
    raise Lost(f"'{text}' was not said within {PATIENCE} s; status {process.wait()}: {said}")


def await_waiting(process: subprocess.Popen, fill: Callable) -> None:
    """Fills the disk until the program waits for room: it may just have removed an old checkpoint."""
    waits = threading.Event()

    def go_on() -> None:
        while not waits.wait(0.05):
            fill()

    filling = threading.Thread(target=go_on)
    filling.start()
    try:
        await_line(process, "Waiting for disk space")
    finally:
        waits.set()
        filling.join()


def fill_up(ballast: pathlib.Path) -> None:
    with open(ballast, "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


@contextlib.contextmanager
def small_disk(folder: pathlib.Path) -> Iterator[pathlib.Path | None]:
    """A disk of a few megabytes; `None` if none may be mounted."""
    folder.mkdir(exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(words, capture_output=True).returncode != 0:
        print("    no disk may be mounted here: the small one is left out")
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
