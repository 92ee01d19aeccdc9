"""Numbers and tables as Markdown text."""

from collections.abc import Iterable

from cpu_benchmark.results import Spread


def spread_text(numbers: Spread, unit: float) -> str:
    """`median [least-most]` to three digits. unit: what the numbers are multiplied by."""
    median, least, most = (digits(number * unit) for number in (numbers.median, numbers.least, numbers.most))
    return f"{median} [{least}-{most}]"


def digits(number: float) -> str:
    """A positive number to at least three digits, without an exponent."""
    decimals = next((count for count, limit in enumerate((100, 10, 1)) if number >= limit), 3)
    return f"{number:.{decimals}f}"


def table(titles: list[str], rows: Iterable[list[str]]) -> str:
    """A Markdown table."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
