"""The command line of a script that reads one file and draws one chart."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ChartError(Exception):
    """The file can't be drawn; the message says why in one line."""


@dataclass(frozen=True)
class ChartCommand:
    """A script. file_name, file_help: of its argument. read: what is drawn, of the file; throws ChartError.
    draw: writes the chart of that into a .png, .svg or .pdf file.
    """

    script: str
    description: str
    file_name: str
    file_help: str
    read: Callable[[Path], Any]
    draw: Callable[[Any, Path], None]

    def run(self, arguments: Sequence[str], prepare: Callable[[], None] = lambda: None) -> int:
        """Runs the command and returns its exit code.

        prepare: makes matplotlib ready; called once it is sure that there is something to draw.
        """
        parser = argparse.ArgumentParser(description=self.description)
        parser.add_argument("file", metavar=self.file_name, type=Path, help=self.file_help)
        parser.add_argument("-o", "--output", type=Path, required=True, help="the chart: .png, .svg or .pdf")
        options = parser.parse_args(arguments)
        try:
            content = self.read(options.file)
            prepare()
            self.draw(content, options.output)
        except (ChartError, OSError, ValueError) as error:
            print(f"{self.script}: {error}", file=sys.stderr)
            return 1
        return 0
