"""What the parts of a model cost, in multiply-adds per batch element, counted from shapes alone.

A picture of p latent pixels costs a part c0 + c1 p + c2 p^2: convolutions and linears grow with p,
self-attention with p^2, the time embedding and the text's keys and values not at all. That holds for
sizes that halve evenly down to the innermost rung; others differ by the pixels of the uneven edges.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from exporter.archive import weight_of
from exporter.errors import ExportError
from exporter.time_embedding import TIME_IDS
from exporter.vae import IMAGE_CHANNELS

Polynomial = list[float]

# Latent pixels, height and width: three sizes to fit, one more to verify. All halve six times.
FITTED = ((64, 64), (64, 128), (128, 128))
VERIFIED = (128, 192)


@dataclass(frozen=True)
class PassShape:
    """The shapes of a UNet pass but for its size.

    pooled: width of SDXL's pooled text, 0 without it. guided: whether the UNet takes guidance as an input.
    time_ids: how many it takes with pooled text.
    """

    channels: int
    context: int
    tokens: int
    pooled: int
    guided: bool = False
    time_ids: int = TIME_IDS


class _MetaConvolution(TorchDispatchMode):
    """Runs the convolution of TorchScript archives, which has no meta kernel, as the one that has."""

    def __torch_dispatch__(
        self, operator: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if operator.overloadpacket is torch.ops.aten._convolution:
            return torch.ops.aten.convolution(*args[:9])
        return operator(*args, **(kwargs or {}))


def load_shapes(path: Path) -> torch.jit.ScriptModule:
    """An archive on the meta device: whatever is run with it has a shape, and costs nothing."""
    module = torch.jit.load(str(path))
    for part in module.modules():
        for name, tensor in [*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)]:
            setattr(part, name, tensor.to("meta"))
    return module


def unet_multiply_adds(ladder: Any, shape: PassShape) -> dict[str, Any]:
    """The polynomials of a ladder's parts, as `multiply_adds` of model.json's `unet`.

    ladder: on the meta device, a loaded `unet.pt` or anything else with its parts.
    """
    rungs = len(list(ladder.down.children()))
    time, *others = fit(lambda height, width: _count_ladder(ladder, shape, height, width))
    down, mid, up, out = others[:rungs], others[rungs], others[rungs + 1 : -1], others[-1]
    return {"time_embedding": time, "down": down, "mid": mid, "up": up, "out": out}


def control_multiply_adds(net: Any, shape: PassShape, scale: int) -> dict[str, Any]:
    """The polynomials of a control net's parts on the meta device, as `multiply_adds` of model.json's `control_net`.

    A down rung's and mid's are those of what they run and of the residual that is made of it. scale: pixels of the
    picture for a latent pixel, along one side.
    """
    time, picture, *down, mid = fit(lambda height, width: _count_control_net(net, shape, scale, height, width))
    return {"time_embedding": time, "picture": picture, "down": down, "mid": mid}


def decoder_multiply_adds(decoder: Any, channels: int) -> Polynomial:
    """The polynomial of a VAE decoder on the meta device."""

    def count(height: int, width: int) -> list[int]:
        return [_count(decoder, _meta(weight_of(decoder).dtype, 1, channels, height, width))[1]]

    return fit(count)[0]


def encoder_multiply_adds(encoder: Any, scale: int) -> Polynomial:
    """The polynomial of a VAE encoder on the meta device, which reads `scale` pixels a latent pixel, along one side."""

    def count(height: int, width: int) -> list[int]:
        pixels = _meta(weight_of(encoder).dtype, 1, IMAGE_CHANNELS, height * scale, width * scale)
        return [_count(encoder, pixels)[1]]

    return fit(count)[0]


def text_multiply_adds(encoder: Any, tokens: int, skip: int) -> int:
    """Multiply-adds for one prompt of a text encoder on the meta device, whose last layer but `skip` - 1 is read.

    Pooled text needs all layers.
    """
    layers, projected = list(encoder.layers.children()), hasattr(encoder, "projection")
    vectors, total = _count(encoder.token_embedding, _meta(torch.int64, 1, tokens))
    hidden, count = _count(encoder.positions, vectors)
    total += count
    for layer in layers if projected else layers[: len(layers) + 1 - skip]:
        hidden, count = _count(layer, hidden)
        total += count
    return total + (_count(encoder.projection, hidden[:, 0])[1] if projected else 0)


def fit(count: Callable[[int, int], Sequence[int]]) -> list[Polynomial]:
    """The polynomials of what `count` counts at a height and width in latent pixels.

    Throws ExportError if one of them does not hold at another size than the fitted ones.
    """
    counts = [count(*size) for size in FITTED]
    pixels = [height * width for height, width in FITTED]
    polynomials = [_quadratic(pixels, values) for values in zip(*counts, strict=True)]
    expected = count(*VERIFIED)
    for part, (polynomial, value) in enumerate(zip(polynomials, expected, strict=True)):
        if _value(polynomial, VERIFIED[0] * VERIFIED[1]) != value:
            raise ExportError(f"the multiply-adds of part {part} are no quadratic function of the picture's size")
    return [[_number(coefficient) for coefficient in polynomial] for polynomial in polynomials]


def _quadratic(x: Sequence[int], y: Sequence[int]) -> list[Fraction]:
    """Constant, linear and quadratic coefficient through three points, by Newton's divided differences."""
    first, second = Fraction(y[1] - y[0], x[1] - x[0]), Fraction(y[2] - y[1], x[2] - x[1])
    square = (second - first) / (x[2] - x[0])
    linear = first - square * (x[0] + x[1])
    return [y[0] - linear * x[0] - square * x[0] ** 2, linear, square]


def _value(polynomial: Sequence[Fraction], x: int) -> Fraction:
    return polynomial[0] + polynomial[1] * x + polynomial[2] * x * x


def _number(value: Fraction) -> float:
    return int(value) if value.denominator == 1 else float(value)


def _count_ladder(ladder: Any, shape: PassShape, height: int, width: int) -> list[int]:
    """Multiply-adds of time embedding, down rungs, mid, up rungs and out in one full pass."""
    dtype = weight_of(ladder).dtype
    added = [_meta(torch.float32, 1, shape.pooled), _meta(torch.float32, 1, shape.time_ids)] if shape.pooled else []
    added += [_meta(torch.float32, 1)] if shape.guided else []
    emb, count = _count(ladder.time_embedding, _meta(torch.float32, 1), *added)
    hidden, context = _meta(dtype, 1, shape.channels, height, width), _meta(dtype, 1, shape.tokens, shape.context)
    counts, skips = [count], []
    for rung in ladder.down.children():
        hidden, count = _count(rung, hidden, emb, context)
        counts.append(count)
        skips.append(hidden)
    hidden, count = _count(ladder.mid, hidden, emb, context)
    counts.append(count)
    for rung in ladder.up.children():
        skip = skips.pop()
        hidden, count = _count(rung, hidden, skip, emb, context, skips[-1] if skips else skip)
        counts.append(count)
    return [*counts, _count(ladder.out, hidden)[1]]


def _count_control_net(net: Any, shape: PassShape, scale: int, height: int, width: int) -> list[int]:
    """Multiply-adds of time embedding, picture, down rungs and mid, the last two with their residuals."""
    dtype = weight_of(net).dtype
    added = [_meta(torch.float32, 1, shape.pooled), _meta(torch.float32, 1, shape.time_ids)] if shape.pooled else []
    emb, time = _count(net.time_embedding, _meta(torch.float32, 1), *added)
    _, picture = _count(net.picture, _meta(dtype, 1, IMAGE_CHANNELS, height * scale, width * scale))
    hidden, context = _meta(dtype, 1, shape.channels, height, width), _meta(dtype, 1, shape.tokens, shape.context)
    counts = [time, picture]
    for rung, residual in zip(net.down.children(), net.residuals.children(), strict=True):
        hidden, count = _count(rung, hidden, emb, context)
        counts.append(count + _count(residual, hidden)[1])
    hidden, count = _count(net.mid, hidden, emb, context)
    return [*counts, count + _count(net.mid_residual, hidden)[1]]


def _meta(dtype: torch.dtype, *shape: int) -> torch.Tensor:
    return torch.zeros(shape, dtype=dtype, device="meta")


def _count(module: Any, *inputs: torch.Tensor) -> tuple[Any, int]:
    """What a module returns, and its multiply-adds: convolutions, linears and attention."""
    # On the meta device attention is made of products of matrices, which is what the counter knows.
    with torch.no_grad(), torch.jit.optimized_execution(False):
        with FlopCounterMode(display=False) as counter, _MetaConvolution():
            output = module(*inputs)
    return output, counter.get_total_flops() // 2
