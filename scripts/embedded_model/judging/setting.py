"""Cache settings by the names that people give them, and how the program is told of one."""

import re
from dataclasses import dataclass

_INTERVAL = re.compile(r"([1-9][0-9]*)/([0-9]+)")
# One word of letters, then options; what a value may be is the program's to say, but it is safe in a shell and a path.
_POLICY = re.compile(r"[a-z][a-z0-9-]*(:[a-z][a-z0-9_-]*=[A-Za-z0-9.+-]+(,[a-z][a-z0-9_-]*=[A-Za-z0-9.+-]+)*)?")
_ORIGINAL = "original"


@dataclass(frozen=True)
class Setting:
    """A cache setting as `--cache-policy` takes it: `original` without caching, `3/0` for interval 3 at branch 0, or a
    policy, `curve:full=8,guidance=held`. Made by `parse`."""

    name: str

    @classmethod
    def parse(cls, text: str) -> "Setting":
        """From such a name; interval 1 is no caching. ValueError for what can't be one."""
        interval = _INTERVAL.fullmatch(text)
        if interval:
            return cls(_ORIGINAL if interval[1] == "1" else text)
        if not _POLICY.fullmatch(text):
            raise ValueError(f"setting {text!r}: expected {_ORIGINAL}, 3/0 or a policy such as curve:full=8")
        return cls(text)

    @property
    def caches(self) -> bool:
        """False for the one that the others are compared with."""
        return self.name != _ORIGINAL

    @property
    def folder(self) -> str:
        """The name of a folder for its pictures, another one for every setting."""
        return re.sub(r"[:/]", "-", self.name)

    @property
    def title(self) -> str:
        """For people: `no caching`, `interval 3, branch 0`, `curve: full 8, guidance held`."""
        if not self.caches:
            return "no caching"
        interval = _INTERVAL.fullmatch(self.name)
        if interval:
            return f"interval {interval[1]}, branch {interval[2]}"
        return self.name.replace(":", ": ").replace("=", " ").replace(",", ", ")

    def flags(self) -> list[str]:
        """Of a picture that is made with it."""
        if not self.caches:
            return ["--interval", "1"]
        interval = _INTERVAL.fullmatch(self.name)
        return ["--interval", interval[1], "--branch", interval[2]] if interval else ["--cache-policy", self.name]


NO_CACHING = Setting(_ORIGINAL)


def settings_from(texts: list[str]) -> list[Setting]:
    """The settings of these names, no caching first, which all others are compared with. ValueError as `parse`,
    and for one that comes twice."""
    settings = [setting for setting in map(Setting.parse, texts) if setting.caches]
    twice = {setting.name for setting in settings if settings.count(setting) > 1}
    if twice:
        raise ValueError(f"setting {min(twice)}: expected once")
    return [NO_CACHING, *settings]
