"""Whether the program makes the same pictures on the device as on the CPU in fp32."""

from gpu_proof.work import Work

PROMPT = "a lighthouse by the sea at dusk"
# Name, flags, and what a picture must keep of the CPU's at least, in decibels: rounding differs, and a sampler carries
# it on. Below that it is another picture.
ON_GPU = (
    ("fp32", ("--dtype", "fp32"), 35.0),
    ("tf32", ("--dtype", "fp32", "--tf32"), 25.0),
    ("fp16", ("--dtype", "fp16"), 25.0),
    ("bf16", ("--dtype", "bf16"), 15.0),
)
ON_CPU = (("fp32", ("--dtype", "fp32"), 35.0), ("bf16", ("--dtype", "bf16"), 15.0))
# The cache settings of the pictures, in their order.
SETTINGS = ((1, 0), (3, 0))


def run(work: Work) -> None:
    """A picture without caching and one with it, in every dtype."""
    make(work, "reference", "cpu", ("--dtype", "fp32"))
    rows = work.results.table(
        "Beside the CPU in fp32 (latents: |difference| / |reference|)",
        ["dtype", "s", *(f"PSNR {setting}" for setting in _names()), *(f"latents {setting}" for setting in _names())],
    )
    for name, flags, least in ON_GPU if work.place.device == "cuda" else ON_CPU:
        work.attempt(f"{name} pictures can be made", _compare, work, name, flags, least, rows)


def _compare(work: Work, name: str, flags: tuple[str, ...], least: float, rows: list[list[str]]) -> None:
    seconds = make(work, name, work.place.device, flags)
    found = work.python("picture_differences.py", work.folder / "reference", work.folder / name)[name]
    psnr = ["equal" if value is None else f"{value:.1f}" for value in found["psnr"]]
    rows.append([name, f"{seconds:.1f}", *psnr, *(f"{value:.2e}" for value in found["latents"])])
    worst = min((value for value in found["psnr"] if value is not None), default=None)
    holds = worst is None or worst >= least
    work.results.value(name, found)
    work.results.check(f"{name} pictures have a PSNR of {least:.0f} dB or more", holds, ", ".join(psnr))


def make(work: Work, name: str, device: str, flags: tuple[str, ...]) -> float:
    """Makes the pictures and their latents in a folder; returns the runs' seconds, loading included."""
    folder, seconds = work.folder / name, 0.0
    folder.mkdir()
    for number, (interval, branch) in enumerate(SETTINGS):
        asked = ("-p", PROMPT, "-s", 7, "--steps", work.scale.steps, "--interval", interval, "--branch", branch)
        files = ("-o", folder / f"{number}.png", "--save-latents", folder / f"{number}.npy")
        ended = work.program(*asked, *files, *flags, "-v", device=device)
        seconds += ended.seconds
    work.results.value(f"{name} said", ended.stderr.splitlines())
    for line in ended.stderr.splitlines():
        # Such as that CUDA graphs or our kernels can't be used, and why.
        if "warning" in line or "not used" in line:
            work.results.note(f"{name}: {line[:300]}")
    return seconds


def _names() -> list[str]:
    return ["original" if interval == 1 else f"{interval}/{branch}" for interval, branch in SETTINGS]
