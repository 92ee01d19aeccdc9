"""Writes a TorchScript archive and proves that what was written computes what diffusers computes."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from exporter.double_precision import cast, floating_weights
from exporter.errors import ExportError, first_line
from exporter.judgement import Case, Runner, Tensors, judge

# Records that the writer of an archive adds by itself.
VERSIONS, SERIALIZATION_ID = ("version", ".data/version"), ".data/serialization_id"


def round_weights(module: nn.Module, dtype: torch.dtype) -> None:
    """Rounds the weights to `dtype`, keeping them float32, so that storing them loses nothing."""
    for tensor in floating_weights(module):
        tensor.data = tensor.data.to(dtype).float()


def weight_of(module: torch.jit.ScriptModule) -> torch.Tensor:
    """Any one weight: its type and device are the module's."""
    return next(module.parameters())


def write_archive(module: torch.jit.ScriptModule, path: Path, dtype: torch.dtype) -> None:
    """Stores the module with its weights in `dtype`; throws ExportError if the disk refuses."""
    module.to(dtype)
    traced = path.with_suffix(".traced")
    try:
        module.save(str(traced))
        _copy_without_positions(traced, path)
    except RuntimeError as error:
        raise ExportError(f"cannot write {path}: {first_line(error)}") from error
    traced.unlink()


def _copy_without_positions(traced: Path, path: Path) -> None:
    """Leaves out the source positions: bulky, and made of this machine's paths."""
    reader, writer = torch._C.PyTorchFileReader(str(traced)), torch._C.PyTorchFileWriter(str(path))
    for name in reader.get_all_records():
        if name in VERSIONS:
            writer.set_min_version(int(reader.get_record(name)))
        elif name != SERIALIZATION_ID and not name.endswith(".debug_pkl"):
            record = reader.get_record(name)
            writer.write_record(name, record, len(record))
    writer.write_end_of_file()


def verify_archive(path: Path, run: Runner, cases: Sequence[Case]) -> str:
    """Reloads an archive: it must repeat every case (see `judge`), and it must run in bfloat16.

    Returns what was found, in words; throws ExportError with the largest difference.
    """
    module = torch.jit.load(str(path))
    difference = judge(f"{path.name}, reloaded,", module, run, cases)
    with torch.no_grad():
        _check_other_type(path, run(module.to(torch.bfloat16), cast(cases[0].inputs, torch.bfloat16)))
    exactness = "bit for bit" if difference == 0 else f"to {difference:.1e}"
    return f"repeats diffusers {exactness} in double precision and runs in bfloat16"


def _check_other_type(path: Path, outputs: torch.Tensor | Tensors) -> None:
    for output in (outputs,) if isinstance(outputs, torch.Tensor) else outputs:
        if output.dtype != torch.bfloat16 or not output.isfinite().all():
            raise ExportError(f"{path.name} does not run in bfloat16: its output is {output.dtype}")
