"""The exporter: traces that would run in one type, or on one device, only."""

import pytest
import torch
from exporter.errors import ExportError
from exporter.tracing import trace


class Casting(torch.nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.to(torch.float64) * 2


class SameType(torch.nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.to(values.dtype).float().to(dtype=torch.float32) * 2


class Counting(torch.nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values + torch.arange(values.shape[0], device=values.device)


@pytest.mark.parametrize(("module", "call"), [(Casting(), "aten::to"), (Counting(), "cpu")])
def test_a_trace_bound_to_a_type_or_device_is_an_error(module: torch.nn.Module, call: str) -> None:
    with pytest.raises(ExportError, match=call):
        trace(module, (torch.ones(3),))


def test_a_cast_to_the_same_type_is_not_recorded() -> None:
    traced = trace(SameType(), (torch.ones(3),))
    assert traced(torch.ones(3, dtype=torch.bfloat16)).dtype == torch.bfloat16
