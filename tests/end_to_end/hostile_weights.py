"""Safetensors files that are not what they should be, as a stranger or a broken download makes them."""

import json
from collections.abc import Iterator
from typing import Any

import torch

Tensors = dict[str, torch.Tensor]


def safetensors(header: dict[str, Any] | bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """A file of this header and these bytes; length: what it says of the header's instead of the truth."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def tensor(first: int, last: int, shape: list[int], dtype: str = "F32") -> dict[str, Any]:
    """What a header says of a tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, last]}


def hostile_files() -> Iterator[tuple[str, bytes, str]]:
    """What is wrong, the file, and what is said of it."""
    whole = safetensors({"x": tensor(0, 8, [2])}, bytes(8))
    for size in (0, 1, 7, 8, 20, len(whole) - 1):
        yield f"cut to {size} bytes", whole[:size], "safetensors"
    yield "one byte more", whole + b"\0", "after the header"
    yield "huge length", safetensors(b"{}", length=2**64 - 1), "18446744073709551615"
    yield "length past the end", safetensors(b"{}", length=3), "number 3"
    yield "negative offset", safetensors({"x": tensor(-8, 0, [2])}, bytes(8)), "whole number"
    yield "offset past the end", safetensors({"x": tensor(8, 16, [2])}, bytes(8)), "outside"
    yield "overlap", safetensors({"x": tensor(0, 8, [2]), "y": tensor(4, 8, [1])}, bytes(8)), "overlaps"
    yield "hole", safetensors({"x": tensor(4, 8, [1])}, bytes(8)), "hole"
    yield "shape past 64 bits", safetensors({"x": tensor(0, 0, [2**32, 2**32])}), "more numbers"
    yield "a thousand million numbers", safetensors({"x": tensor(0, 8, [10**9])}, bytes(8)), "more numbers"
    many = b"{" + b",".join(b'"%d":%s' % (i, b"0") for i in range(200_000)) + b"}"
    yield "200000 tensors", safetensors(many), "more than 100000 keys"
    yield "not UTF-8", safetensors(b'{"\xff\xfe":{}}'), "JSON"
    yield "no JSON", safetensors(b"{'x': 1}"), "JSON"
    yield "deep", safetensors(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "levels deep"
    yield "twice", safetensors(b'{"x":{},"x":{}}'), "twice"
    yield "unknown dtype", safetensors({"x": tensor(0, 8, [2], "F32\x1b[2J")}, bytes(8)), "F32\\x1b[2J"
    yield "metadata of numbers", safetensors({"__metadata__": {"a": 1}}), "no text"
    yield "a picture", b"\x89PNG\r\n\x1a\n" + bytes(100), "safetensors"
    yield "a web page", b"<!DOCTYPE html><html><head><title>404</title></head></html>", "safetensors"


def hostile_loras(layer: str, outputs: int, inputs: int) -> Iterator[tuple[str, Tensors, str]]:
    """What is wrong, the tensors of a file for a linear that kohya names so, and what is said of it."""
    down, up = torch.ones(2, inputs), torch.ones(outputs, 2)

    def pair(**others: torch.Tensor) -> Tensors:
        named = {"lora_down.weight": down, "lora_up.weight": up} | others
        return {f"{layer}.{part}": tensor for part, tensor in named.items()}

    for name, number in (("NaN", torch.nan), ("infinity", torch.inf)):
        for dtype in (torch.float32, torch.float16, torch.bfloat16):
            spoilt = up.to(dtype).clone()
            spoilt[1, 1] = number
            yield f"{name} in {dtype}", pair(**{"lora_up.weight": spoilt}), "NaN or infinite"
        yield f"{name} as alpha", pair(alpha=torch.tensor(number)), "NaN or infinite"
    yield "whole numbers", pair(**{"lora_up.weight": up.long()}), "F16, BF16, F32"
    yield "alphas", pair(alpha=torch.ones(3)), "no single number"
    yield "no down", {f"{layer}.lora_up.weight": up}, "no 'down' tensor"
    yield "no up", {f"{layer}.lora_down.weight": down}, "no 'up' tensor"
    yield "two ranks", pair(**{"lora_up.weight": torch.ones(outputs, 3)}), f"[{outputs}, {inputs}]"
    yield "another width", pair(**{"lora_up.weight": torch.ones(outputs + 1, 2)}), f"[{outputs}, {inputs}]"
    yield (
        "no rank",
        pair(**{"lora_down.weight": torch.ones(0, inputs), "lora_up.weight": torch.ones(outputs, 0)}),
        layer,
    )
    yield "no sizes", pair(**{"lora_down.weight": torch.tensor(1.0), "lora_up.weight": torch.tensor(1.0)}), layer
    for part, form in (
        ("dora_scale", "DoRA"),
        ("oft_blocks", "OFT"),
        ("diff", "a full difference"),
        ("w_norm", "norm"),
    ):
        yield form, pair(**{part: up.clone()}), form
    yield "an unknown layer", {f"{layer}_x.lora_down.weight": down}, "has not"
    yield "a second text encoder", {"lora_te2_x.lora_down.weight": down}, "second text encoder"
    wide = {"lora_unet_input_blocks_8_1_transformer_blocks_9_attn2_to_k.lora_down.weight": torch.ones(2, 2048)}
    yield "SDXL's", pair() | wide, "is for SDXL"
    yield "no tensors", {}, "no tensors"
    yield "an embedding", {"emb_params": up}, "no tensor of a LoRA"
    yield "a long name", {"x" * 10_000: up}, "no tensor of a LoRA"
    yield "a name that moves the cursor", {"\x1b[2J\n.lora_up.weight": up}, "\\x1b[2J\\n.lora_up.weight"
