"""What to generate, for the program and for diffusers alike."""

from dataclasses import dataclass

SHORT_PROMPT = "a photo of an astronaut riding a horse on the moon"
LONG_PROMPT = ", ".join(f"{count} red cats and a dark sky at night" for count in range(12))
LARGEST_BRANCH = {"sd15": 11, "sd21-v": 11, "sdxl": 8}
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
    negative: str | None = None
    guidance: float = 7.5
    guidance_rescale: float | None = None
    size: tuple[int, int] = (64, 64)  # width, height
    prompt: str = SHORT_PROMPT
    images: int = 1
    steps: int = 6
    seed: int = 11

    @property
    def branch_number(self) -> int | None:
        """The branch as a number."""
        return LARGEST_BRANCH[self.model] if self.branch == LARGEST else self.branch

    def __str__(self) -> str:
        """A name for a test."""
        sampler = "-".join(filter(None, (self.sampler or "default", self.schedule)))
        for name, asked_for in (("eta", self.eta), ("sigmas", self.sigmas), ("timesteps", self.timesteps)):
            sampler += f"-{name}" if asked_for is not None else ""
        cache = f"i{self.interval}-b{self.branch_number}"
        negative = {None: "unset", "": "empty"}.get(self.negative, "negative")
        prompt = "long" if self.prompt == LONG_PROMPT else "short"
        size = f"{self.size[0]}x{self.size[1]}"
        return "-".join([self.model, sampler, cache, negative, f"g{self.guidance:g}", size, prompt, f"n{self.images}"])

    def arguments(self) -> list[str]:
        """The program's flags, without the model's folder and the outputs."""
        given = {
            "--prompt": self.prompt,
            "--negative-prompt": self.negative,
            "--sampling-method": self.sampler,
            "--scheduler": self.schedule,
            "--eta": self.eta,
            "--sigmas": self.sigmas and ",".join(map(str, self.sigmas)),
            "--timesteps": self.timesteps and ",".join(map(str, self.timesteps)),
            "--interval": self.interval,
            "--branch": self.branch_number,
            "--cfg-scale": self.guidance,
            "--guidance-rescale": self.guidance_rescale,
            "--width": self.size[0],
            "--height": self.size[1],
            "--batch-count": self.images,
            "--steps": None if self.sigmas or self.timesteps else self.steps,
            "--seed": self.seed,
        }
        return [text for flag, value in given.items() if value is not None for text in (flag, str(value))]
