"""Where a model comes from: whatever the user names becomes a folder in diffusers' format."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.errors import ExportError
from exporter.families import INDEX, family_of
from exporter.hub import download, is_hub_id
from exporter.json_file import read_json
from exporter.single_file import SINGLE_FILES, FileSettings, unpack
from exporter.source_files import AUTOENCODERS, check_part_files, check_source_files

PIPELINES = (
    "StableDiffusionPipeline",
    "StableDiffusionImg2ImgPipeline",
    "StableDiffusionInpaintPipeline",
    "StableDiffusionXLPipeline",
    "StableDiffusionXLImg2ImgPipeline",
    "StableDiffusionXLInpaintPipeline",
    # Of Stable Diffusion 1.5's parts; its UNet takes the guidance scale.
    "LatentConsistencyModelPipeline",
    "LatentConsistencyModelImg2ImgPipeline",
)


@contextmanager
def diffusers_folder(source: str, settings: FileSettings, near: Path) -> Iterator[Path]:
    """A local diffusers folder for a folder, a hub id or a single-file checkpoint.

    settings: of a single file, which holds weights only. near: where it is unpacked, for as long as the body runs.
    Throws ExportError if `source` is none of the three, or is no Stable Diffusion model.
    """
    with local_folder(source, SINGLE_FILES, download, lambda file, to: unpack(file, settings, to), near) as folder:
        yield checked(folder, source)


@contextmanager
def local_folder(
    source: str,
    single_files: tuple[str, ...],
    fetch: Callable[[str], Path],
    unpack_file: Callable[[Path, Path], None],
    near: Path,
) -> Iterator[Path]:
    """The folder that `source` names, that `fetch` copies from the hub, or that `unpack_file` writes of a file.

    single_files: how names of files end. near: where a file is unpacked, for as long as the body runs. Throws
    ExportError if `source` is none of the three.
    """
    path = Path(source)
    if path.is_dir():
        yield path
    elif path.is_file():
        with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=near) as unpacked:
            unpack_file(path, Path(unpacked))
            yield Path(unpacked)
    elif is_hub_id(source, single_files):
        yield fetch(source)
    else:
        raise ExportError(f"there is no folder, file or hub id '{source}'")


def source_name(source: str) -> str:
    """How model.json names the source: the hub id, or a path's last part."""
    path = Path(source)
    return path.resolve().name if path.exists() else source


def checked(folder: Path, source: str) -> Path:
    """The folder, if it holds all parts of a model and no more is in them; throws ExportError naming what is wrong."""
    check_source_files(folder)
    kind = _class_name(folder, source)
    if kind in AUTOENCODERS and is_autoencoder(folder):
        check_part_files(folder)
        return folder
    if kind not in PIPELINES:
        raise ExportError(
            f"'{source}' is a {kind}; exported are Stable Diffusion 1.5, 2.1, SDXL and its refiner "
            f"({PIPELINES[0]}, {PIPELINES[3]} and what they have for pictures and inpainting), "
            f"VAEs alone ({', '.join(AUTOENCODERS)}) and control nets"
        )
    for part in _parts(folder):
        if not (folder / part).exists():
            raise ExportError(f"'{source}' has no {part}")
    return folder


def is_autoencoder(folder: Path) -> bool:
    """Whether a folder that was checked is a VAE alone."""
    return not (folder / INDEX).is_file() and not (folder / "unet").is_dir()


def _class_name(folder: Path, source: str) -> str:
    if (folder / INDEX).is_file():
        return str(read_json(folder / INDEX).get("_class_name"))
    if not is_autoencoder(folder):
        return PIPELINES[0]
    if (folder / "config.json").is_file():
        config = read_json(folder / "config.json")
        return str(config.get("_class_name") or config.get("architectures"))
    raise ExportError(f"'{source}' is no model in diffusers' format: it has no {INDEX}")


def _parts(folder: Path) -> list[str]:
    parts = ["unet/config.json", "vae/config.json", "scheduler/scheduler_config.json"]
    for suffix in family_of(folder).encoders.values():
        parts += [f"text_encoder{suffix}/config.json", f"tokenizer{suffix}"]
    return parts
