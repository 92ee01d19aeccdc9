"""The export: a diffusers folder in, a model folder out, one part in memory at a time."""

import gc
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from exporter import control_net, ladder, text_encoder, vae
from exporter.archive import verify_archive, write_archive
from exporter.components import load_control_net, load_text_encoder, load_unet, load_vae, vae_folder
from exporter.errors import ExportError
from exporter.families import AUTOENCODER, CONTROL_NET, Family, family_of, zero_unset_negative_prompt
from exporter.json_file import read_json
from exporter.judgement import Case, Runner, judge
from exporter.known_words import export_known_words
from exporter.measured_facts import with_measured_facts
from exporter.operators import check_operators
from exporter.progress import say, stage
from exporter.scheduler import SAMPLERS, scheduler_facts
from exporter.source import is_autoencoder
from exporter.time_embedding import guidance_size
from exporter.tokenizer import export_tokenizer
from exporter.unet_check import check_conditioning, check_unet, default_size, is_inpainting, unet_config
from exporter.weight_names import weight_prefixes

# Pixels, of a VAE that does not say what it was trained on.
USUAL_SIDE = 512
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Settings:
    """What the user may choose: dtype is a key of DTYPES, sampler one of scheduler.SAMPLERS.

    verifies: whether every part is compared with diffusers' before and after it is written.
    """

    name: str
    dtype: str
    sampler: str | None
    defaults: dict[str, Any]
    verifies: bool = True

    @property
    def weights(self) -> torch.dtype:
        """What the weights are stored in."""
        return DTYPES[self.dtype]


def export_model(source: Path, output: Path, settings: Settings) -> dict[str, Any]:
    """Writes all parts of the diffusers folder `source` into `output`, which exists and is empty.

    Returns the description for model.json, still without source and files. Throws ExportError.
    """
    if is_autoencoder(source):
        return _export_autoencoder(source, output, settings)
    family, config = family_of(source), unet_config(source)
    check_unet(config, read_json(source / "vae" / "config.json").get("latent_channels", 4))
    scheduler = scheduler_facts(_scheduler_config(source), settings.sampler, fixes=not family.is_xl)
    known_words = export_known_words(source, output)
    encoders = {
        role: _text_encoder(source, output, role, suffix, family, settings) for role, suffix in family.encoders.items()
    }
    check_conditioning(config, list(encoders.values()), family)
    vae_facts, halves = _vae(source, output, family.is_xl, settings)
    height, width = (side * vae_facts["scale"] for side in default_size(config))
    description = {
        "name": settings.name,
        "family": family.name,
        "dtype": settings.dtype,
        "default_width": width,
        "default_height": height,
        "latent_channels": config.out_channels,
        "parts": {"unet": _unet(source, output, family, settings), **halves, **encoders},
        "vae": vae_facts,
        "zero_unset_negative_prompt": family.is_xl and zero_unset_negative_prompt(source),
        "scheduler": scheduler,
        "defaults": _usual_settings(scheduler, config, family) | settings.defaults,
    }
    if known_words:
        description["known_words"] = known_words
    return with_measured_facts(output, description)


def _export_autoencoder(source: Path, output: Path, settings: Settings) -> dict[str, Any]:
    """The same for a VAE alone, which other models' pictures can be decoded with."""
    if settings.sampler or settings.defaults:
        raise ExportError("a VAE alone makes no pictures; leave --sampler and --defaults out")
    config = read_json(vae_folder(source) / "config.json")
    # A file without it is of a family whose pipelines never upcast.
    facts, halves = _vae(source, output, config.get("force_upcast", False), settings)
    side = facts["sample_size"] or USUAL_SIDE
    description = {
        "name": settings.name,
        "family": AUTOENCODER,
        "dtype": settings.dtype,
        "default_width": side,
        "default_height": side,
        "latent_channels": config.get("latent_channels", 4),
        "parts": halves,
        "vae": facts,
        "zero_unset_negative_prompt": False,
    }
    return with_measured_facts(output, description)


def export_control_net(source: Path, output: Path, settings: Settings) -> dict[str, Any]:
    """The same for a control net alone, which goes with models of its family."""
    config = control_net.control_net_config(source)
    facts, side = control_net.control_facts(config), control_net.SIDES[control_net.control_family(config).name]
    with stage("load control net"):
        model = control_net.without_conventions(load_control_net(source, settings.weights))
    cases, traced = control_net.control_cases(model), control_net.trace_control_net(model)
    weights = weight_prefixes(traced, model)
    path = output / f"{CONTROL_NET}.pt"
    _write(path, traced, control_net.run_control_net, cases, settings)
    del model, traced
    _verify(path, control_net.run_control_net, cases, settings)
    description = {
        "name": settings.name,
        "family": control_net.control_family(config).name,
        "dtype": settings.dtype,
        "default_width": side,
        "default_height": side,
        "latent_channels": config.in_channels,
        "parts": {CONTROL_NET: {"file": path.name, **facts, "weights": weights}},
        "zero_unset_negative_prompt": False,
    }
    return with_measured_facts(output, description)


def _usual_settings(scheduler: dict[str, Any], config: Any, family: Family) -> dict[str, Any]:
    """Those of diffusers' pipelines; of a model that was distilled for few steps, those it was published with."""
    if SAMPLERS[scheduler["sampler"]].spacing == "distilled":
        return {"steps": 4, "guidance_scale": 8.5 if guidance_size(config) else 1.0}
    return {"steps": 50, "guidance_scale": 5.0 if family.is_xl and not is_inpainting(config) else 7.5}


def versions() -> dict[str, str]:
    """The packages whose code the archives were traced from."""
    return {package: version(package) for package in ("torch", "diffusers", "transformers")}


def _scheduler_config(source: Path) -> dict[str, Any]:
    return read_json(source / "scheduler" / "scheduler_config.json")


def _write(path: Path, traced: torch.jit.ScriptModule, run: Runner, cases: Sequence[Case], settings: Settings) -> None:
    check_operators(traced, path.stem)
    if settings.verifies:
        # Also before writing: a mistake shall not cost the minutes that writing a full-size model takes.
        with stage(f"  judge {path.stem}"):
            judge(f"the trace of {path.stem}", traced, run, cases)
    with stage(f"  write {path.name}", path):
        write_archive(traced, path, settings.weights)


def _verify(path: Path, run: Runner, cases: Sequence[Case], settings: Settings) -> None:
    gc.collect()
    if not settings.verifies:
        return say(f"  {path.name} is not compared with diffusers (--no-verify)")
    with stage(f"  verify {path.name}"):
        say(f"  {path.name} {verify_archive(path, run, cases)}")


def _text_encoder(
    source: Path, output: Path, role: str, suffix: str, family: Family, settings: Settings
) -> dict[str, Any]:
    path = output / f"{role}.pt"
    # SDXL reads both encoders before their last layer; the second one's projection is pooled text.
    model = _load_text_encoder(source, f"text_encoder{suffix}", suffix == "_2", settings.weights)
    limits = (model.config.vocab_size, model.config.max_position_embeddings)
    tokenizer = export_tokenizer(
        source / f"tokenizer{suffix}", output, *limits, role.replace("text_encoder", "tokenizer")
    )
    facts = asdict(text_encoder.text_encoder_facts(model, penultimate=family.is_xl))
    cases, traced = text_encoder.text_encoder_cases(model), text_encoder.trace_text_encoder(model)
    weights = weight_prefixes(traced, model)
    _write(path, traced, text_encoder.run_text_encoder, cases, settings)
    del model, traced
    _verify(path, text_encoder.run_text_encoder, cases, settings)
    return {"file": path.name, **facts, "tokenizer": tokenizer, "weights": weights}


def _load_text_encoder(source: Path, name: str, projected: bool, dtype: torch.dtype) -> text_encoder.TextModel:
    with stage(f"load {name}"):
        model = load_text_encoder(source, name, projected, dtype)
    text_encoder.check_text_encoder(model, name)
    return model


def _vae(
    source: Path, output: Path, upcast: bool, settings: Settings
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What model.json says of the VAE, and its two parts."""
    with stage("load vae"):
        model = load_vae(source, settings.weights)
    vae.check_vae(model)
    facts = vae.vae_facts(model, upcast)
    halves = {
        "vae_decoder": (vae.trace_decoder(model), vae.decoder_cases(model)),
        "vae_encoder": (vae.trace_encoder(model), vae.encoder_cases(model)),
    }
    # Before anything is written, which rounds the weights that all share.
    weights = {role: weight_prefixes(traced, model) for role, (traced, _) in halves.items()}
    for role, (traced, cases) in halves.items():
        _write(output / f"{role}.pt", traced, vae.run_half, cases, settings)
    del model, traced
    cases_of = {role: cases for role, (_, cases) in halves.items()}
    halves.clear()
    for role, cases in cases_of.items():
        _verify(output / f"{role}.pt", vae.run_half, cases, settings)
    return facts, {role: {"file": f"{role}.pt", "weights": names} for role, names in weights.items()}


def _unet(source: Path, output: Path, family: Family, settings: Settings) -> dict[str, Any]:
    with stage("load unet"):
        model = load_unet(source, settings.weights)
    config, path = model.config, output / "unet.pt"
    time_ids = family.time_ids
    cases, traced = ladder.ladder_cases(model, time_ids), ladder.trace_ladder(model, time_ids)
    rungs = ladder.count_rungs(model)
    weights = weight_prefixes(traced, model)
    _write(path, traced, ladder.run_ladder, cases, settings)
    del model, traced
    _verify(path, ladder.run_ladder, cases, settings)
    guidance = {"guidance_embedding": width} if (width := guidance_size(config)) else {}
    return {
        "file": path.name,
        "rungs": rungs,
        "in_channels": config.in_channels,
        "out_channels": config.out_channels,
        "context_size": config.cross_attention_dim,
        **guidance,
        "weights": weights,
    }
