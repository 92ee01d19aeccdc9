"""What to generate, for the program and for diffusers alike."""

from dataclasses import dataclass
from typing import Any

from input_pictures import picture_file

SHORT_PROMPT = "a photo of an astronaut riding a horse on the moon"
LONG_PROMPT = ", ".join(f"{count} red cats and a dark sky at night" for count in range(12))
LARGEST_BRANCH = {
    "sd15": 11,
    "sd21-v": 11,
    "sdxl": 8,
    "sd15-inpaint": 11,
    "sd21-inpaint": 11,
    "sdxl-inpaint": 8,
    "sdxl-refiner": 11,
}
LARGEST = -1  # as a branch: the model's largest


@dataclass(frozen=True)
class Case:
    """One request to a model of `tiny_models`; what is None is not said."""

    model: str = "sd15"
    sampler: str | None = None
    schedule: str | None = None  # of sigmas
    eta: float | None = None
    sigmas: tuple[float, ...] | None = None
    timesteps: tuple[int, ...] | None = None
    interval: int | None = None
    branch: int | None = None
    full_calls: tuple[int, ...] | None = None  # within the pass; instead of an interval
    held_guidance: bool = False  # of cached calls
    reuse_denoised: bool = False  # by cached calls, which run nothing
    negative: str | None = None
    guidance: float = 7.5
    guidance_rescale: float | None = None
    size: tuple[int, int] | None = (64, 64)  # width, height
    prompt: str = SHORT_PROMPT
    images: int = 1
    steps: int = 6
    seed: int = 11
    init_img: str | None = None  # of `input_pictures`, as the mask
    strength: float | None = None
    mask: str | None = None
    mask_blur: float | None = None
    mask_only: int | None = None
    keep_unmasked: bool = False
    refiner: str | None = None  # a model of `tiny_models`
    refiner_start: float | None = None
    hires_scale: float | None = None
    hires_steps: int | None = None
    hires_strength: float | None = None
    hires_upscaler: str | None = None
    control: tuple[tuple[str, str], ...] = ()  # control nets of `tiny_models`, each with one of `input_pictures`
    control_strength: tuple[float, ...] = ()
    control_start: tuple[float, ...] = ()
    control_end: tuple[float, ...] = ()
    control_guess: bool = False
    prompt_2: str | None = None
    negative_2: str | None = None
    crop: tuple[int, int] | None = None  # top, left, as diffusers has them
    original: tuple[int, int] | None = None  # width, height, as `size`
    target: tuple[int, int] | None = None

    @property
    def branch_number(self) -> int | None:
        """The branch as a number."""
        return LARGEST_BRANCH[self.model] if self.branch == LARGEST else self.branch

    def __str__(self) -> str:
        """A name for a test."""
        sampler = "-".join(filter(None, (self.sampler or "default", self.schedule)))
        for name, asked_for in (("eta", self.eta), ("sigmas", self.sigmas), ("timesteps", self.timesteps)):
            sampler += f"-{name}" if asked_for is not None else ""
        placed = self.full_calls is not None
        full = "f" + "+".join(map(str, self.full_calls)) if placed else f"i{self.interval}"
        cache = f"{full}-b{self.branch_number}" + "-held" * self.held_guidance + "-denoised" * self.reuse_denoised
        negative = {None: "unset", "": "empty"}.get(self.negative, "negative")
        prompt = "long" if self.prompt == LONG_PROMPT else "short"
        size = f"{self.size[0]}x{self.size[1]}" if self.size else "unsized"
        parts = [self.model, sampler, cache, negative, f"g{self.guidance:g}", size, prompt, f"n{self.images}"]
        return "-".join(parts + self._task())

    def _task(self) -> list[str]:
        """What of a name says that the case is not plain text to image."""
        given = {
            "of:": self.init_img,
            "st": self.strength,
            "mask:": self.mask,
            "blur": self.mask_blur,
            "only": self.mask_only,
            "keep": "" if self.keep_unmasked else None,
            "by:": self.refiner,
            "start": self.refiner_start,
            "x": self.hires_scale,
            "hT": self.hires_steps,
            "hs": self.hires_strength,
            "up:": self.hires_upscaler,
            "by": "+".join("-of-".join(pair) for pair in self.control) or None,
            "cs": self.control_strength or None,
            "from": self.control_start or None,
            "to": self.control_end or None,
            "guess": "" if self.control_guess else None,
            "p2:": self.prompt_2,
            "n2:": self.negative_2,
            "crop": self.crop,
            "was": self.original,
            "is": self.target,
        }
        said = [f"{name}{value}" for name, value in given.items() if value is not None]
        return [f"T{self.steps}", *said] if said else []

    @property
    def cache_policy(self) -> str | None:
        """The program's flag where full calls are placed."""
        if self.full_calls is None:
            return None
        placed = "steps:full=" + "+".join(map(str, self.full_calls))
        if self.reuse_denoised:
            return f"{placed},reuse=denoised"
        return f"{placed},branch={self.branch_number or 0},guidance={'held' if self.held_guidance else 'both'}"

    def told(self) -> dict[str, Any]:
        """What diffusers' SDXL pipelines are told besides: second prompts, and sizes with the height first."""
        given = {
            "prompt_2": self.prompt_2,
            "negative_prompt_2": self.negative_2,
            "crops_coords_top_left": self.crop,
            "original_size": self.original and self.original[::-1],
            "target_size": self.target and self.target[::-1],
        }
        return {name: value for name, value in given.items() if value is not None}

    def arguments(self) -> list[str]:
        """The program's flags, without the folders of models and the outputs."""
        given = {
            "--prompt": self.prompt,
            "--negative-prompt": self.negative,
            "--sampling-method": self.sampler,
            "--scheduler": self.schedule,
            "--eta": self.eta,
            "--sigmas": self.sigmas and ",".join(map(str, self.sigmas)),
            "--timesteps": self.timesteps and ",".join(map(str, self.timesteps)),
            "--interval": self.interval,
            "--branch": None if self.full_calls is not None else self.branch_number,
            "--cache-policy": self.cache_policy,
            "--cfg-scale": self.guidance,
            "--guidance-rescale": self.guidance_rescale,
            "--width": self.size and self.size[0],
            "--height": self.size and self.size[1],
            "--batch-count": self.images,
            "--steps": None if self.sigmas or self.timesteps else self.steps,
            "--seed": self.seed,
            "--init-img": self.init_img and picture_file(self.init_img),
            "--strength": self.strength,
            "--mask": self.mask and picture_file(self.mask),
            "--mask-blur": self.mask_blur,
            "--mask-only": self.mask_only,
            "--refiner-start": self.refiner_start,
            "--hires-scale": self.hires_scale,
            "--hires-steps": self.hires_steps,
            "--hires-strength": self.hires_strength,
            "--hires-upscaler": self.hires_upscaler,
            "--prompt-2": self.prompt_2,
            "--negative-prompt-2": self.negative_2,
            "--crop-top": self.crop and self.crop[0],
            "--crop-left": self.crop and self.crop[1],
            "--original-width": self.original and self.original[0],
            "--original-height": self.original and self.original[1],
            "--target-width": self.target and self.target[0],
            "--target-height": self.target and self.target[1],
        }
        words = [text for flag, value in given.items() if value is not None for text in (flag, str(value))]
        for flag, numbers in (
            ("--control-strength", self.control_strength),
            ("--control-start", self.control_start),
            ("--control-end", self.control_end),
        ):
            words += [text for number in numbers for text in (flag, str(number))]
        switches = {"--keep-unmasked": self.keep_unmasked, "--control-guess": self.control_guess}
        return words + [flag for flag, is_on in switches.items() if is_on]
