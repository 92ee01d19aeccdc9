"""The command: its flags, and what it does in order."""

import argparse
import logging
import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from exporter.errors import ExportError
from exporter.families import CONTROL_NET
from exporter.json_file import read_json
from exporter.model_folder import check_output, new_folder, write_description
from exporter.next_command import next_command
from exporter.progress import say, stage
from exporter.run_command import run_command
from exporter.safetensors_files import check_safetensors
from exporter.scheduler import SAMPLERS

# What a model may recommend, the type and the least value of each.
PROMPT_STYLES = ("plain", "a1111")
# As --cache-policy takes them; what a policy's options may be is the program's to say.
CACHE_POLICY = re.compile(r"[a-z]+(:[a-z]+=[a-z0-9.+/]+(,[a-z]+=[a-z0-9.+/]+)*)?")
# Flags that say nothing of a control net.
OF_A_MODEL = ("sampler", "defaults", "tokenizer", "prediction_type")
DEFAULTS: dict[str, tuple[type, float]] = {
    "steps": (int, 1),
    "guidance_scale": (float, 0),
    "interval": (int, 1),
    "branch": (int, 0),
}


def parse(arguments: list[str]) -> argparse.Namespace:
    """Reads the flags; exits with 2 and a message for wrong ones."""
    parser = argparse.ArgumentParser(
        prog="export_model.py",
        description="Exports a Stable Diffusion model (1.5, 2.1, SDXL) to a deepcache-gen folder.",
    )
    sources = parser.add_mutually_exclusive_group(required=True)
    sources.add_argument(
        "--source", help="diffusers folder, hub id, or .safetensors/.ckpt file, of a model, a VAE or a control net"
    )
    sources.add_argument("--controlnet", metavar="SOURCE", help="the same, which must be a control net")
    parser.add_argument("--output", required=True, type=Path, help="model folder to write; folders above it are made")
    parser.add_argument(
        "--dtype", default="float32", choices=("float32", "float16", "bfloat16"),
        help="type of the stored weights (default: float32)",
    )  # fmt: skip
    parser.add_argument("--name", help="the model's name (default: that of --output)")
    parser.add_argument("--sampler", choices=list(SAMPLERS), help="instead of the source's scheduler")
    parser.add_argument(
        "--defaults",
        type=Path,
        help=f"JSON file with any of {', '.join(DEFAULTS)}, sampler, cache_policy, prompt_style",
    )
    parser.add_argument(
        "--config",
        help="diffusers folder or hub id with a single file's settings and tokenizers (default: those of the published "
        "model that it is shaped as)",
    )
    parser.add_argument(
        "--tokenizer", type=Path, metavar="DIR",
        help="folder with vocab.json and merges.txt, or tokenizer.json, for a single file (default: CLIP's)",
    )  # fmt: skip
    parser.add_argument(
        "--prediction-type", choices=("epsilon", "v_prediction"),
        help="what a single file's UNet predicts (default: what the file says, and of SD 2.1 what its UNet answers)",
    )  # fmt: skip
    parser.add_argument(
        "--source-identity", metavar="TEXT",
        help="what tells the source from others of its name: `deepcache-gen export` knows by it what it has exported",
    )  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier export")
    parser.add_argument(
        "--no-verify", action="store_true",
        help="leave out the comparison with diffusers, which takes most of the time: for throw-away models",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    for name in ("tokenizer", "prediction_type"):
        if options.config and getattr(options, name):
            parser.error(f"--{name.replace('_', '-')} has no effect beside --config, which says it; leave one out")
    if options.controlnet and (problem := _of_no_net(options)):
        parser.error(problem)
    return options


def _of_no_net(options: argparse.Namespace) -> str | None:
    """What to say of a flag that is about a model, where a control net is exported."""
    given = [name for name in OF_A_MODEL if getattr(options, name)]
    return f"--{given[0].replace('_', '-')} is about a model, not about a control net; leave it out" if given else None


def main(arguments: list[str], prepare: Callable[[], None] = lambda: None) -> int:
    """Runs the command and returns its exit code; prints one line for an error.

    prepare: makes the packages ready that an export imports; called once it is sure that there is something to export.
    """
    options = parse(arguments)
    return run_command("export_model", lambda: _export(options, prepare))


def _export(options: argparse.Namespace, prepare: Callable[[], None]) -> None:
    output: Path = options.output.absolute()
    check_output(output, options.overwrite)
    defaults = _defaults(options.defaults)
    source: str = options.controlnet or options.source
    check_safetensors(Path(source))
    prepare()
    _quieten()
    # No code of a model is run, whatever in it asks for that.
    os.environ["DIFFUSERS_DISABLE_REMOTE_CODE"] = "1"
    # Imported late: they take seconds, and wrong flags should not.
    from exporter.control_net_source import is_control_net
    from exporter.export import Settings, export_control_net, export_model, versions
    from exporter.source import source_name

    is_net = bool(options.controlnet) or is_control_net(source)
    if is_net and (problem := _of_no_net(options)):
        raise ExportError(problem)
    settings = Settings(options.name or output.name, options.dtype, options.sampler, defaults, not options.no_verify)
    export = export_control_net if is_net else export_model
    with (
        stage(f"exported {output.name}"),
        new_folder(output) as partial,
        _folder(source, is_net, options, output.parent) as folder,
    ):
        description = export(folder, partial, settings)
        made_by = versions() | {"source": source_name(source)}
        if options.source_identity:
            made_by["source_identity"] = options.source_identity
        with stage("checksums"):
            write_description(partial, description, made_by)
    say(f"now: {next_command(output, CONTROL_NET if is_net else description['family'])}")


def _folder(source: str, is_net: bool, options: argparse.Namespace, near: Path) -> AbstractContextManager[Path]:
    """The diffusers folder of what is exported; what has to be unpacked for it is unpacked in `near`."""
    from exporter.control_net_source import control_net_folder
    from exporter.single_file import FileSettings
    from exporter.source import diffusers_folder

    if is_net:
        return control_net_folder(source, options.config, near)
    return diffusers_folder(source, FileSettings(options.config, options.tokenizer, options.prediction_type), near)


def _defaults(path: Path | None) -> dict[str, Any]:
    defaults = {} if path is None else read_json(path)
    for key, value in defaults.items():
        if not _is_default(key, value):
            known = ", ".join(
                [
                    *DEFAULTS,
                    f"sampler ({', '.join(SAMPLERS)})",
                    "cache_policy (such as curve:full=10)",
                    f"prompt_style ({', '.join(PROMPT_STYLES)})",
                ]
            )
            raise ExportError(f"{path} has {key} {value!r}; a model may recommend {known}")
    return defaults


def _is_default(key: str, value: Any) -> bool:
    if key == "sampler":
        return value in SAMPLERS
    if key == "cache_policy":
        return isinstance(value, str) and CACHE_POLICY.fullmatch(value) is not None
    if key == "prompt_style":
        return value in PROMPT_STYLES
    kind, least = DEFAULTS.get(key, (type(None), 0))
    number = float(value) if kind is float and type(value) is int else value
    return type(number) is kind and number >= least


def _quieten() -> None:
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
