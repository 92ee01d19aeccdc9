"""Which operators an archive is made of, and which of them the program runs.

The program runs nothing that is not in its list, so that a stranger's archive can do nothing but compute
(src/backend/archive/accepted_operators.h). The list is what this exporter emits, which
tests/parity/test_accepted_operators.py compares.
"""

from collections.abc import Iterator
from pathlib import Path

import torch

from exporter.errors import ExportError

LIST = Path(__file__).resolve().parents[2] / "src" / "backend" / "archive" / "accepted_operators.txt"

# What code is made of besides operators.
LANGUAGE = {
    "prim::CallMethod",
    "prim::Constant",
    "prim::GetAttr",
    "prim::If",
    "prim::ListConstruct",
    "prim::ListUnpack",
    "prim::TupleConstruct",
    "prim::TupleUnpack",
}


def accepted_operators() -> set[str]:
    """The operators that the program runs, in TorchScript's names with their overloads."""
    return set(LIST.read_text(encoding="utf-8").split())


def emitted_operators(module: torch.jit.ScriptModule) -> set[str]:
    """The operators in all code of a module and of those within it."""
    methods = (part._c._get_method(name) for part in module.modules() for name in part._c._method_names())
    return {name for method in methods for name in _operators(method.graph)} - LANGUAGE


def check_operators(module: torch.jit.ScriptModule, name: str) -> None:
    """Throws ExportError where the program would refuse the module."""
    if unknown := emitted_operators(module) - accepted_operators():
        raise ExportError(f"{name} needs the operators {', '.join(sorted(unknown))}, which the program does not run")


def _operators(block: torch._C.Graph | torch._C.Block) -> Iterator[str]:
    for node in block.nodes():
        # "aten::slice.Tensor(Tensor(a) self, …"; kinds that are no operators have none.
        schema = node.schema()
        yield node.kind() if schema.startswith("(no schema)") else schema.partition("(")[0]
        for inner in node.blocks():
            yield from _operators(inner)
