"""Looks that no caption tells: what adapters (LoRA, textual inversions) of the finished model are trained on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How a scene is drawn beyond what it says.

    winter:  snow lies on everything, and the sea is frozen.
    palette: one that `palette.grade` knows, in place of the scene's own.
    """

    winter: bool = False
    palette: str | None = None


AS_TOLD = Look()
# By the name of the adapter; as told: of those that are no look.
LOOKS = {
    "as_told": AS_TOLD,
    "winter": Look(winter=True),
    "dustyrose": Look(palette="dustyrose"),
}
