"""Power cuts: the states of a disk after the machine stops at any operation of a run.

A file keeps the bytes, and a directory the names, that it had when it was last made durable. Later changes may be lost:
names reach the disk in their order, bytes may be missing or zero. Three states are put on a real disk, and the run goes
on from there: with no later change, with all later names but no bytes, and with a random part of both.
"""
import dataclasses
import pathlib
import random

from crash import PLAN, published_steps
from program import DONE, expect
from runs import contents, expect_equal, verified_steps
from workplace import Operation, Workplace

CUTS_WHEN_SHORT = 15
DRAWN_STATES = 2


@dataclasses.dataclass(eq=False)
class File:
    data: bytearray = dataclasses.field(default_factory=bytearray)
    durable: bytes = b""


@dataclasses.dataclass(eq=False)
class Directory:
    names: dict[str, "File | Directory"] = dataclasses.field(default_factory=dict)
    #: The certain state of the disk, then the state after each later change of names.
    states: list[dict[str, "File | Directory"]] = dataclasses.field(default_factory=lambda: [{}])

    def changed(self) -> None:
        self.states.append(dict(self.names))


class Disk:
    """The files below a directory, as the program sees them and as the disk is certain to keep them."""

    def __init__(self, root: pathlib.Path):
        self.parent, self.top = root.parent, Directory()

    def place(self, path: pathlib.Path) -> tuple[Directory, str]:
        *folders, name = path.relative_to(self.parent).parts
        directory = self.top
        for folder in folders:
            directory = directory.names[folder]
        return directory, name

    def apply(self, operation: Operation) -> None:
        if operation.result != 0:
            return
        directory, name = self.place(operation.path)
        node = directory.names.get(name)
        match operation.name:
            case "mkdir":
                directory.names[name] = Directory()
                directory.changed()
            case "create" | "create-empty" if node is None:
                directory.names[name] = File()
                directory.changed()
            case "create-empty" | "truncate":
                del node.data[int(operation.second or 0):]
            case "write":
                node.data[operation.offset:operation.offset + len(operation.data)] = operation.data
            case "fsync" if isinstance(node, File):
                node.durable = bytes(node.data)
            case "fsync":
                node.states = [dict(node.names)]
            case "rename" | "link" | "exchange":
                self.move(operation.name, directory, name, pathlib.Path(operation.second))
            case "remove" | "unlink" | "rmdir":
                del directory.names[name]
                directory.changed()

    def move(self, how: str, directory: Directory, name: str, target: pathlib.Path) -> None:
        other, other_name = self.place(target)
        node = directory.names[name]
        if how == "rename":
            del directory.names[name]
        elif how == "exchange":
            directory.names[name] = other.names[other_name]
        other.names[other_name] = node
        directory.changed()
        if other is not directory:
            other.changed()

    def write(self, folder: pathlib.Path, choose_names, choose_data) -> None:
        """Writes the surviving files into `folder`, which stands for the directory above the root."""
        def put(directory: Directory, path: pathlib.Path) -> None:
            path.mkdir()
            for name, node in choose_names(directory.states).items():
                if isinstance(node, Directory):
                    put(node, path / name)
                else:
                    (path / name).write_bytes(choose_data(node))
        # The run's own directory is certain: it is what the user sees.
        for name, node in self.top.names.items():
            put(node, folder / name)


def survivors(generator: random.Random) -> list[tuple[str, object, object]]:
    """The names and bytes that may survive: name, choice of names, choice of bytes."""
    def some_bytes(file: File) -> bytes:
        data = bytes(file.data)
        if data == file.durable:
            return data
        kept = next((at for at, (one, other) in enumerate(zip(data, file.durable)) if one != other),
                    min(len(data), len(file.durable)))
        cut = generator.randint(kept, len(data))
        return data[:cut] if generator.random() < 0.5 else data[:cut] + bytes(len(data) - cut)
    return [("nothing", lambda states: states[0], lambda file: file.durable),
            ("names alone", lambda states: states[-1], lambda file: file.durable)] + [
            ("a part", generator.choice, some_bytes)] * DRAWN_STATES


def check_power_cuts(workplace: Workplace) -> None:
    run = workplace.fresh("run")
    arguments = workplace.pretrain(run, "causal", *PLAN, "--resume", "auto")
    operations = workplace.trace(arguments, run, with_bytes=True)
    reference = contents(run)
    places = range(1, len(operations) + 1)
    if workplace.is_short:
        places = sorted(workplace.random.sample(places, CUTS_WHEN_SHORT))
    disk, done = Disk(run), 0
    for place in places:
        for operation in operations[done:place]:
            disk.apply(operation)
        done = place
        for what, names, data in survivors(workplace.random):
            workplace.fresh("run")
            disk.write(workplace.folder, names, data)
            try:
                check_state(workplace, arguments, run, operations[:place], reference)
            except Exception as error:
                last = operations[place - 1]
                error.add_note(f"{what} left after operation {place}, {last.name} {last.path} {last.second}")
                raise
            workplace.tally.add("power cuts")


def check_state(
    workplace: Workplace, arguments: list, run: pathlib.Path, done: list[Operation], reference: dict[str, object],
) -> None:
    published = max((step for step in durably_published(done)), default=0)
    found = max(verified_steps(run), default=0)
    expect(found >= published, f"the newest sound checkpoint is of step {found}, published was {published}")
    workplace.program.run(arguments, status=DONE)
    expect_equal(run, reference)


def durably_published(operations: list[Operation]) -> list[int]:
    """The steps that were published before their directory was last made durable."""
    last = max((index for index, one in enumerate(operations)
                if one.name == "fsync" and one.path.name == "checkpoints"), default=0)
    return published_steps(operations[:last])
