"""Calls of crate-lm, with and without faults."""
import dataclasses
import os
import pathlib
import subprocess

KILLED = -9
DONE, WRONG_USAGE, CANNOT_CREATE, FAILED, STOPPED = 0, 64, 73, 74, 75


class Lost(Exception):
    """A promise that was not kept."""


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise Lost(what)


@dataclasses.dataclass(frozen=True)
class Faults:
    """The faults of the preloaded library in the files below `root`; its source explains the words."""
    root: pathlib.Path
    at: int | None = None
    kind: str | None = None
    trace: pathlib.Path | None = None
    bytes: pathlib.Path | None = None
    while_exists: pathlib.Path | None = None
    free: pathlib.Path | None = None
    product: int | None = None
    no_exchange: bool | None = None

    def environment(self) -> dict[str, str]:
        values = {"ROOT": self.root.resolve(), "AT": self.at, "KIND": self.kind, "TRACE": self.trace,
                  "BYTES": self.bytes, "WHILE": self.while_exists, "FREE": self.free, "PRODUCT": self.product,
                  "NO_EXCHANGE": self.no_exchange}
        return {f"FAULT_{name}": str(value) for name, value in values.items() if value is not None}


@dataclasses.dataclass(frozen=True)
class Result:
    status: int
    output: str
    errors: str


class Program:
    def __init__(self, path: str, interposer: str):
        self.path = str(pathlib.Path(path).resolve())
        self.interposer = str(pathlib.Path(interposer).resolve())

    def start(self, arguments: list, faults: Faults | None = None, **settings) -> subprocess.Popen:
        environment = dict(os.environ)
        if faults:
            environment |= {"LD_PRELOAD": self.interposer} | faults.environment()
        return subprocess.Popen([self.path, *map(str, arguments)], env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings)

    def run(self, arguments: list, faults: Faults | None = None, status: int | None = None, timeout: float = 120,
            **settings) -> Result:
        process = self.start(arguments, faults, **settings)
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Lost(f"no end after {timeout} s: {' '.join(map(str, arguments))}")
        result = Result(process.returncode, output, errors)
        if status is not None:
            expect(result.status == status,
                   f"status {result.status}, expected {status}, of {' '.join(map(str, arguments))}\n{errors}")
        return result
