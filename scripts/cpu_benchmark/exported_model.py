"""What the benchmark needs to know of a folder that scripts/export_model.py wrote."""

import json
from pathlib import Path

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "fp32": 4, "bf16": 2}


def text_tokens(model: Path) -> int:
    """How many tokens of text the UNet reads."""
    facts = _facts(model)
    encoder = facts["parts"]["text_encoder"] if "parts" in facts else facts["text_encoders"][0]
    return encoder["tokenizer"]["max_length"]


def weight_bytes(model: Path, dtype: str) -> int:
    """About what the weights take in memory in a dtype, `fp32` or `bf16`."""
    stored = sum(file.stat().st_size for file in model.iterdir())
    return stored * BYTES[dtype] // BYTES[_facts(model)["dtype"]]


def unet_facts(description: dict) -> dict:
    """What a model.json, of format 1 or 2, says of the UNet."""
    return (description["parts"] if "parts" in description else description)["unet"]


def _facts(model: Path) -> dict:
    return json.loads((model / "model.json").read_text(encoding="utf-8"))
