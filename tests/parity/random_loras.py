"""LoRA with random factors: as trainers write them, and merged into a pipeline's modules by hand."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from diffusers import DiffusionPipeline
from safetensors.torch import save_file

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0", "q_proj", "k_proj", "v_proj", "out_proj")
REST = ("ff.net.0.proj", "ff.net.2", "proj_in", "proj_out", "fc1", "fc2")
CONVOLUTIONS = ("conv1", "conv2", "conv_shortcut", "downsamplers.0.conv", "upsamplers.0.conv", "time_emb_proj")
ROLES = ("unet", "text_encoder", "text_encoder_2")


@dataclass(frozen=True)
class Factors:
    """What is added to one layer: alpha / rank * up @ down; without alpha up @ down."""

    role: str
    path: str  # in the part, as diffusers and transformers have it
    up: torch.Tensor
    down: torch.Tensor
    alpha: float | None

    @property
    def delta(self) -> torch.Tensor:
        """In double precision, in the shape of the layer's weight."""
        product = torch.einsum("or,r...->o...", self.up.double().flatten(1), self.down.double())
        return product * (1.0 if self.alpha is None else self.alpha / self.down.shape[0])


Lora = list[Factors]


def make_lora(
    pipeline: DiffusionPipeline, seed: int, kinds: tuple[str, ...] = ATTENTION + REST, rank: int = 4, alpha: float = 2.0
) -> Lora:
    """Factors for the layers of these kinds of the UNet and all text encoders."""
    random = torch.Generator().manual_seed(seed)
    lora = []
    for role in ROLES:
        for path, module in getattr(pipeline, role, torch.nn.Module()).named_modules():
            if not isinstance(module, torch.nn.Linear | torch.nn.Conv2d) or not f".{path}".endswith(
                tuple(f".{kind}" for kind in kinds)
            ):
                continue
            size = module.weight.shape
            spread = 0.5 * module.weight.std().item() ** 0.5
            up = torch.randn(size[0], rank, *[1] * (len(size) - 2), generator=random) * spread
            down = torch.randn(rank, *size[1:], generator=random) * spread
            lora.append(Factors(role, path, up, down, alpha))
    return lora


def with_odd_alphas(lora: Lora) -> Lora:
    """The same with another alpha for every layer, and none for some."""
    return [replace(factors, alpha=None if i % 5 == 4 else 1.0 + i % 5) for i, factors in enumerate(lora)]


def _numbered(role: str, parts: set[str]) -> str:
    if role == "unet":
        return "unet"
    return {"text_encoder": "te1", "text_encoder_2": "te2"}[role] if "text_encoder_2" in parts else "te"


def _text_path(factors: Factors) -> str:
    """What trainers call the layer: a text encoder's are below text_model."""
    is_short = factors.role != "unet" and not factors.path.startswith("text_model.")
    return ("text_model." if is_short else "") + factors.path


def write_kohya(lora: Lora, file: Path) -> Path:
    """As kohya's sd-scripts."""
    parts = {factors.role for factors in lora}
    tensors = {}
    for factors in lora:
        name = f"lora_{_numbered(factors.role, parts)}_{_text_path(factors).replace('.', '_')}"
        tensors[f"{name}.lora_down.weight"] = factors.down
        tensors[f"{name}.lora_up.weight"] = factors.up
        if factors.alpha is not None:
            tensors[f"{name}.alpha"] = torch.tensor(factors.alpha)
    return _write(tensors, file)


def write_peft(lora: Lora, file: Path) -> Path:
    """As diffusers' training scripts, with PEFT's names; alpha stands in the header."""
    tensors, settings = {}, {}
    for factors in lora:
        name = f"{factors.role}.{_text_path(factors)}"
        tensors[f"{name}.lora_A.weight"] = factors.down
        tensors[f"{name}.lora_B.weight"] = factors.up
        settings[f"{factors.role}.lora_alpha"] = factors.alpha
        settings[f"{factors.role}.r"] = factors.down.shape[0]
        settings.setdefault(f"{factors.role}.target_modules", []).append(factors.path)
    return _write(tensors, file, lora_adapter_metadata=json.dumps(settings, sort_keys=True))


def write_diffusers(lora: Lora, file: Path) -> Path:
    """As older versions of diffusers, which know no alpha."""
    tensors = {}
    for factors in lora:
        name = f"{factors.role}.{_text_path(factors)}"
        below = "lora" if factors.role == "unet" else "lora_linear_layer"
        tensors[f"{name}.{below}.down.weight"] = factors.down
        tensors[f"{name}.{below}.up.weight"] = factors.up
    return _write(tensors, file)


Write = Callable[[Lora, Path], Path]


def _write(tensors: dict[str, torch.Tensor], file: Path, **metadata: str) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, file, metadata=metadata or None)
    return file


@contextmanager
def merged(pipeline: DiffusionPipeline, *added: tuple[Lora, float]) -> Iterator[None]:
    """Adds LoRA, each by its weight, to the modules' weights in double precision, and takes them off again."""
    plain = {}
    try:
        for lora, weight in added:
            for factors in lora:
                parameter = getattr(pipeline, factors.role).get_submodule(factors.path).weight
                before, _ = plain.setdefault((factors.role, factors.path), (parameter.data.clone(), parameter))
                sums = plain[factors.role, factors.path]
                parameter.data = (parameter.data.double() + weight * factors.delta.view(before.shape)).to(before.dtype)
                assert sums[1] is parameter
        yield
    finally:
        for before, parameter in plain.values():
            parameter.data = before


@contextmanager
def fused(pipeline: DiffusionPipeline, *added: tuple[Path, float]) -> Iterator[None]:
    """Adds LoRA files by diffusers' own loading, each by its weight, and takes them off again."""
    names = [f"lora{i}" for i in range(len(added))]
    plain = {role: _copies(pipeline, role) for role in ROLES if hasattr(pipeline, role)}
    try:
        for name, (file, _) in zip(names, added, strict=True):
            pipeline.load_lora_weights(file, adapter_name=name)
        pipeline.set_adapters(names, [weight for _, weight in added])
        pipeline.fuse_lora()
        yield
    finally:
        pipeline.unfuse_lora()
        pipeline.unload_lora_weights()
        for role, weights in plain.items():
            getattr(pipeline, role).load_state_dict(weights)


def _copies(pipeline: DiffusionPipeline, role: str) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in getattr(pipeline, role).state_dict().items()}
