"""A peer in a process of its own, which works when told to over a pipe and sleeps otherwise."""

import importlib
import multiprocessing
import os
import resource
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from cpu_benchmark.child import KIBIBYTE, ending
from cpu_benchmark.errors import BenchmarkError

SECONDS_TO_END = 10
# A module that runs in a peer's process has a function `start` that returns what answers requests,
# each with a value or with an iterator of values.
Answerer = Callable[[Any], Any]


@dataclass(frozen=True)
class Answer:
    """value: the answer to a request, or None once the peer is ready. peak, idle_use: as PeerProcess has them."""

    value: Any
    peak: int
    idle_use: float


class PeerProcess:
    """Starts a process, in which `start(*arguments)` of a module makes the function that answers requests.

    name: how tables call it. ready_seconds: from its start until it can answer, imports included.
    peak: its most resident memory so far, bytes. idle_use: the share of a core that it used while
    waiting for requests; what it takes then, others lose.
    """

    def __init__(self, name: str, module: str, arguments: tuple[Any, ...]) -> None:
        """Throws BenchmarkError if `start` fails or the process dies."""
        self.name, self.peak, self.idle_use = name, 0, 0.0
        begin = time.perf_counter()
        # A fork would inherit threads and memory.
        spawn = multiprocessing.get_context("spawn")
        self._connection, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, module, arguments), daemon=True)
        self._process.start()
        theirs.close()
        self._receive()
        self.ready_seconds = time.perf_counter() - begin

    def ask(self, request: Any) -> Any:
        """The answer to a request; throws BenchmarkError if it fails or the process dies."""
        self._send(request)
        return self._receive()

    def begin(self, request: Any) -> None:
        """Makes a request whose answer is an iterator; `take` hands out what it yields until `halt`."""
        self._send(request)

    def fileno(self) -> int:
        """What becomes readable when there is something to `take`."""
        return self._connection.fileno()

    def take(self) -> Any:
        """What the iterator yields next; throws BenchmarkError if it fails or the process dies."""
        return self._receive()

    def halt(self) -> None:
        """Says that the iterator is to end as soon as it has yielded again; `rest` must follow."""
        self._send(None)

    def rest(self) -> None:
        """Waits until the iterator has ended; what it still yields is lost."""
        while self._receive() is not None:
            pass

    def close(self) -> None:
        """Ends the process and so frees its memory."""
        self._connection.close()
        self._process.join(SECONDS_TO_END)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def __enter__(self) -> "PeerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, request: Any) -> None:
        try:
            self._connection.send(request)
        except OSError:
            raise self._death() from None

    def _receive(self) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError):
            raise self._death() from None
        if isinstance(answer, str):
            self.close()
            raise BenchmarkError(f"{self.name} failed: {answer}")
        self.peak, self.idle_use = answer.peak, answer.idle_use
        return answer.value

    def _death(self) -> BenchmarkError:
        self._process.join(SECONDS_TO_END)
        return BenchmarkError(f"{self.name} failed: {ending(self._process.exitcode)}")


def _serve(connection: Connection, module: str, arguments: tuple[Any, ...]) -> None:
    # Ctrl-C reaches the whole group; the parent ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _keep_quiet()
    try:
        answerer: Answerer = importlib.import_module(module).start(*arguments)
        idle = IdleClock()
        connection.send(_answer(None, idle))
        while True:
            with idle:
                request = connection.recv()
            value = answerer(request)
            if isinstance(value, Iterator):
                _stream(connection, value, idle)
                value = None
            connection.send(_answer(value, idle))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:  # Whatever a peer raises is its user's to read.
        connection.send(f"{type(error).__name__}: {' '.join(str(error).split())}")


def _stream(connection: Connection, values: Iterator[Any], idle: "IdleClock") -> None:
    for value in values:
        connection.send(_answer(value, idle))
        if connection.poll():
            connection.recv()
            return


class IdleClock:
    """Adds up, over all its bodies, the wall time and the processor time of all threads of this process."""

    def __init__(self) -> None:
        self._wall = self._cpu = 0.0

    def __enter__(self) -> None:
        self._wall -= time.perf_counter()
        self._cpu -= time.process_time()

    def __exit__(self, *_: object) -> None:
        self._wall += time.perf_counter()
        self._cpu += time.process_time()

    @property
    def use(self) -> float:
        """Processor time as a share of wall time, 0 before the first body."""
        return self._cpu / self._wall if self._wall else 0.0


def _answer(value: Any, idle: IdleClock) -> Answer:
    return Answer(value, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE, idle.use)


def _keep_quiet() -> None:
    # stdout is for the tables; libraries print there.
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    os.environ["TRANSFORMERS_VERBOSITY"] = os.environ["DIFFUSERS_VERBOSITY"] = "error"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
