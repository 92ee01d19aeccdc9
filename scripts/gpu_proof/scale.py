"""How much of everything: full is for a GPU, tiny for finding out whether all of it works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """steps, timed_pictures: of the embedded model. turns: how often program and peer are measured, in turns.

    cells: (pixels, batch) of the SD 2.1 model beside the first. pictures: made in one run whose memory is watched.
    backend: what torch.compile uses; "eager" finds the graph and compiles nothing. patience: how many times its limit
    a stage may take, since where everything is tried out other work is done, too.
    """

    size: str
    steps: int
    timed_pictures: int
    model_steps: int
    first_cell: tuple[int, int]
    turns: int
    cells: tuple[tuple[int, int], ...]
    xl_pixels: int
    settings: tuple[tuple[int, int], ...]
    pictures: int
    sides: tuple[int, ...]
    backend: str
    patience: float


FULL = Scale(
    size="full",
    steps=20,
    timed_pictures=6,
    model_steps=50,
    first_cell=(512, 1),
    turns=3,
    cells=((768, 1), (1024, 1), (512, 8), (512, 4), (768, 4), (768, 8), (1024, 4), (1024, 8)),
    xl_pixels=1024,
    settings=((1, 0), (3, 0), (5, 0), (5, 1)),
    pictures=200,
    sides=(192, 224, 256, 288, 320),
    backend="inductor",
    patience=1,
)
TINY = Scale(
    size="tiny",
    steps=3,
    timed_pictures=2,
    model_steps=3,
    first_cell=(64, 1),
    turns=1,
    cells=((64, 2),),
    xl_pixels=64,
    settings=((1, 0), (3, 0)),
    pictures=24,
    sides=(64, 96),
    backend="eager",
    patience=4,
)
SCALES = {"full": FULL, "tiny": TINY}
