"""Archives that a stranger might put into a model folder: TorchScript that does more than compute, and broken forms."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from exporter.archive import write_archive
from torch import nn

WIDTH = 32


class Base(nn.Module):
    """What takes the place of a text encoder; `forward` of the subclasses returns a hidden state and a pooled one."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))


class ReadsAFile(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        data = torch.from_file("victim", False, 8, dtype=torch.uint8)
        return data + self.weight, self.weight


class OverwritesAFile(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        data = torch.from_file("victim", True, 8, dtype=torch.uint8)
        data.fill_(65)
        return self.weight + data.sum(), self.weight


class OverwritesAFileAtItsFirstRun(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.weight
        if bool(ids.sum() > 0):
            data = torch.from_file("victim", True, 8, dtype=torch.uint8)
            data.fill_(65)
            hidden = hidden + data.sum()
        return hidden, self.weight


class SavesAFile(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        torch.save(self.weight, "made")
        return self.weight, self.weight


class Prints(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        print("forged.png")
        return self.weight, self.weight


class RunsWhenItIsLoaded(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.weight, self.weight

    @torch.jit.export
    def __getstate__(self) -> tuple[torch.Tensor, bool]:
        return self.weight, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[torch.Tensor, bool]) -> None:
        self.weight = state[0]
        self.training = state[1]
        torch.save(state[0], "made")


class HasAnotherMethod(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.weight, self.weight

    @torch.jit.export
    def more(self, ids: torch.Tensor) -> torch.Tensor:
        return ids


class HasADefaultValue(Base):
    def forward(self, ids: torch.Tensor, scale: float = 2.0) -> tuple[torch.Tensor, torch.Tensor]:
        return self.weight * scale, self.weight


class Loops(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        total = self.weight
        while bool(total.sum() > 0):
            total = total + 1
        return total, self.weight


class WritesInPlace(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self.weight.fill_(65)
        return self.weight, self.weight


class LooksBesideItsTensors(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.as_strided(self.weight, [1000], [1], 100000), self.weight


class DrawsRandomNumbers(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.rand([77, 32]), self.weight


class DropsNumbersAtRandom(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.dropout(self.weight, 0.5, True), self.weight


class KeepsAList(Base):
    def __init__(self) -> None:
        super().__init__()
        self.many = [torch.ones(3)]

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.many[0], self.weight


class AddsTexts(Base):
    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        text = "0123456789" if bool(ids.sum() > 0) else ""
        return self.weight * len(text + text), self.weight


# What the archive is refused for, by class.
SCRIPTS: list[tuple[type[Base], str]] = [
    (ReadsAFile, "torch.from_file"),
    (OverwritesAFile, "torch.from_file"),
    (OverwritesAFileAtItsFirstRun, "calls"),
    (SavesAFile, "torch.save"),
    (Prints, "print"),
    (RunsWhenItIsLoaded, "__getstate__"),
    (HasAnotherMethod, "more"),
    (HasADefaultValue, "default values"),
    (Loops, "calls bool"),
    (WritesInPlace, "torch.fill_"),
    (LooksBesideItsTensors, "torch.as_strided"),
    (DrawsRandomNumbers, "torch.rand"),
    (DropsNumbersAtRandom, "aten::dropout with a train"),
    (KeepsAList, "List"),
    (AddsTexts, "calls"),
]


def scripted(module: nn.Module, folder: Path) -> bytes:
    """The archive of a scripted module, as the exporter writes archives."""
    path = folder / "hostile.pt"
    write_archive(torch.jit.script(module.eval()), path, torch.float32)
    content = path.read_bytes()
    path.unlink()
    return content


class Doubled(nn.Module):
    """Calls the module below it twice."""

    def __init__(self, below: nn.Module) -> None:
        super().__init__()
        self.below = below

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.below(self.below(x))


class Sigmoid(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(x)


class DoublesForEver(Base):
    """2 to the power of 40 operations, once every call is replaced by what it calls."""

    def __init__(self) -> None:
        super().__init__()
        self.below: nn.Module = Sigmoid()
        for _ in range(40):
            self.below = Doubled(self.below)

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.below(self.weight), self.weight


Change = Callable[[bytes], bytes]


def changed(archive: bytes, name: str, change: Change, compressed: bool = False) -> bytes:
    """The archive with one record, whose name ends so, changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(target, "w") as result:
        for record in source.infolist():
            is_it = record.filename.endswith(name)
            content = source.read(record)
            method = zipfile.ZIP_DEFLATED if is_it and compressed else zipfile.ZIP_STORED
            result.writestr(record.filename, change(content) if is_it else content, method)
    return target.getvalue()


def _deep_source(code: bytes) -> bytes:
    head, _, tail = code.partition(b"    return ")
    return head + b"    x = " + b"torch.silu(" * 200_000 + b"ids" + b")" * 200_000 + b"\n    return " + tail


def broken_archives(archive: bytes) -> Iterator[tuple[str, bytes, str]]:
    """Name, archive, and what it is refused for."""
    first_code = next(n for n in zipfile.ZipFile(io.BytesIO(archive)).namelist() if n.endswith(".py"))
    yield "nested source", changed(archive, first_code, _deep_source), "brackets"
    yield "nested values", changed(archive, "/data.pkl", lambda _: b"\x80\x02N" + b"\x85" * 200_000 + b"."), "nests"
    yield (
        "a compressed record",
        changed(archive, first_code, lambda code: code + b"\n" * 10_000_000, compressed=True),
        "compressed",
    )
    yield "a function", changed(archive, "/data.pkl", lambda _: b"\x80\x02cos\nsystem\n."), "os.system"
    yield (
        "a native class",
        changed(archive, "/data.pkl", lambda data: data.replace(b"c__torch__", b"c__torch__.torch.classes", 1)),
        "no code of class",
    )
    for size in (22, 100, 1000, len(archive) // 2, len(archive) - 1):
        yield f"{size} bytes", archive[:size], "TorchScript"
    yield "a rest", archive + b"\0", "TorchScript"
