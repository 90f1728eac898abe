"""Memory: reading a long stream and training for a long time take no more than promised."""
import os
import pathlib
import random
import string
import subprocess
import threading
import time

from program import DONE, Lost, expect
from workplace import Workplace

MEGABYTE = 1 << 20
STREAM_BYTES, STREAM_BYTES_WHEN_SHORT = 2 << 30, 32 << 20
#: The most memory that reading such a stream may take, as docs/durability.md promises.
TRAIN_CEILING, PACK_CEILING = 1024 * MEGABYTE, 256 * MEGABYTE
STEPS = 5000
#: The most growth of resident memory from the third tenth of the steps to the last; by the third tenth a run has done
#: everything twice that it does at intervals.
GROWTH = 1 * MEGABYTE

BLOCK_BYTES, BLOCKS = 1 << 16, 256
WORDS = 30_000
#: The number of words in a block that are in no other, as in any text of natural language.
RARE_WORDS = 60
LETTERS = str.maketrans("0123456789", "qxzjkvwybp")


def check_memory(workplace: Workplace) -> None:
    check_training(workplace)
    byte_count = STREAM_BYTES_WHEN_SHORT if workplace.is_short else STREAM_BYTES
    tokenizer, data = workplace.fresh("long-tokenizer"), workplace.fresh("long-data")
    for what, ceiling, arguments in (
        ("tokenizer train", TRAIN_CEILING, ["tokenizer", "train", "-", "--vocab-size", 8192, "-o", tokenizer]),
        ("data pack", PACK_CEILING, ["data", "pack", "-", "--tokenizer", tokenizer, "-o", data]),
    ):
        start = time.monotonic()
        peak = peak_of_reading(workplace, [*arguments, "--quiet"], byte_count)
        print(f"    {what}: {byte_count / MEGABYTE:.0f} MiB in {time.monotonic() - start:.0f} s, "
              f"at most {peak / MEGABYTE:.0f} MiB resident", flush=True)
        expect(peak <= ceiling, f"{what} took {peak / MEGABYTE:.0f} MiB, promised are {ceiling / MEGABYTE:.0f}")
        workplace.tally.add("MiB of text", byte_count // MEGABYTE)


def check_training(workplace: Workplace) -> None:
    """The most resident memory of a run in its third tenth and in its last."""
    steps = 3 * STEPS // 5 if workplace.is_short else STEPS
    run = workplace.fresh("run")
    process = workplace.program.start(workplace.pretrain(
        run, "causal", "--steps", steps, "--save-every", steps // 10, "--eval-every", steps // 10,
        "--sample-every", steps // 10))
    early, late = 0, 0
    while process.poll() is None:
        resident, done = resident_bytes(process.pid), lines(run / "metrics.jsonl")
        if 2 * steps <= 10 * done < 3 * steps:
            early = max(early, resident)
        elif 9 * steps <= 10 * done:
            late = max(late, resident)
        time.sleep(0.01)
    expect(process.returncode == DONE, f"status {process.returncode}: {process.communicate()[1]}")
    expect(early > 0 and late > 0, "the run was over before it was looked at")
    print(f"    training: {early / MEGABYTE:.1f} MiB resident in the third tenth of {steps} steps, "
          f"{late / MEGABYTE:.1f} MiB in the last", flush=True)
    expect(late - early <= GROWTH, f"training grew by {(late - early) / MEGABYTE:.1f} MiB")
    workplace.tally.add("steps of training", steps)


def resident_bytes(process: int) -> int:
    try:
        return int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError):
        return 0


def lines(path: pathlib.Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def peak_of_reading(workplace: Workplace, arguments: list, byte_count: int) -> int:
    """The peak memory of a call that reads `byte_count` bytes of text from a pipe."""
    process = workplace.program.start(arguments, stdin=subprocess.PIPE)

    def feed() -> None:
        try:
            for block in text_blocks(byte_count):
                process.stdin.buffer.write(block)
            process.stdin.close()
        except BrokenPipeError:
            pass
    feeder = threading.Thread(target=feed)
    feeder.start()
    process.stdout.read(), (errors := process.stderr.read())
    _, status, usage = os.wait4(process.pid, 0)
    feeder.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != DONE:
        raise Lost(f"status {process.returncode} of {' '.join(map(str, arguments))}: {errors}")
    return usage.ru_maxrss * 1024


def text_blocks(byte_count: int):
    """Text with word frequencies of natural language, in blocks that repeat in another order."""
    generator = random.Random(1)
    words = ["".join(generator.choices(string.ascii_lowercase, k=generator.randint(2, 11))) for _ in range(WORDS)]
    weights = [1 / (rank + 2) for rank in range(WORDS)]
    blocks = []
    for _ in range(BLOCKS):
        text = " ".join(generator.choices(words, weights, k=BLOCK_BYTES // 5))[:BLOCK_BYTES]
        blocks.append((text + ".\n").encode())
    written = serial = 0
    while written < byte_count:
        # Letters alone: tokenizers divide words of letters and digits.
        rare = " ".join(str(number).translate(LETTERS) for number in range(serial, serial + RARE_WORDS))
        serial += RARE_WORDS
        block = generator.choice(blocks) + rare.encode() + b"\n"
        yield block
        written += len(block)
