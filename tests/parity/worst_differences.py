"""The largest differences that a session of tests has seen."""

from dataclasses import dataclass, field


@dataclass
class WorstDifferences:
    """For each kind of difference the largest value and the name of the case it was seen in."""

    worst: dict[str, tuple[float, str]] = field(default_factory=dict)

    def note(self, kind: str, value: float, case: str) -> None:
        """Keeps `value` if it is the largest of its kind so far."""
        self.worst[kind] = max(self.worst.get(kind, (-1.0, "")), (value, case))

    def lines(self) -> list[str]:
        """One line for each kind."""
        return [f"worst {kind}: {value:.3g} ({case})" for kind, (value, case) in self.worst.items()]
