"""A Slurm of one node on this machine, for a test: munge, slurmctld and slurmd in a folder of their own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "sinfo", "squeue")

CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmdParameters=config_overrides
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MinJobAge=300
SchedulerParameters=defer,sched_interval=2,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=p Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str:
    """Why no Slurm can be started here; empty if one can."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=SEARCH_PATH) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return "" if os.geteuid() == 0 else "starting Slurm takes root"


SEARCH_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def free_ports() -> tuple[int, int]:
    """Two, and not the same one twice."""
    with socket.socket() as first, socket.socket() as second:
        for listener in (first, second):
            listener.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


class DaemonEnded(Exception):
    """A daemon of Slurm gave up, as where a container forbids what it needs; says which, and its last words."""


class Slurm:
    """A running cluster; `stop` ends it. `run` calls its commands. Raises `DaemonEnded` where it cannot run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("state", "spool", "munge"):
            (folder / name).mkdir(parents=True)
        host = socket.gethostname()
        port, node_port = free_ports()
        text = CONFIGURATION.format(host=host, folder=folder, port=port, node_port=node_port)
        (folder / "slurm.conf").write_text(text)
        self.environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": SEARCH_PATH}
        self.daemons: list[subprocess.Popen[bytes]] = []
        try:
            self._start_munge()
            for command in (["slurmctld", "-D"], ["slurmd", "-D"]):
                self._start(command)
            self._wait(lambda: "idle" in self.run("sinfo", "-h", "-o", "%T").stdout, "an idle node")
        except BaseException:
            self.stop()
            raise

    def _start_munge(self) -> None:
        munge = self.folder / "munge"
        key = munge / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        munge.chmod(0o755)
        files = [f"--socket={munge}/socket", f"--key-file={key}", f"--log-file={munge}/log", f"--pid-file={munge}/pid"]
        # munge wants folders that nobody else may write into; those of temporary files are not.
        self._start(["munged", "--foreground", "--force", f"--seed-file={munge}/seed", *files])
        self._wait(lambda: (munge / "socket").exists(), "munge's socket")

    def _start(self, command: list[str]) -> None:
        log = (self.folder / f"{command[0]}.out").open("wb")
        self.daemons.append(subprocess.Popen(command, env=self.environment, stdout=log, stderr=log))

    def _wait(self, done: Callable[[], bool], what: str, seconds: float = 180) -> None:
        """Until `done`; raises `DaemonEnded`, or TimeoutError, which a busy machine must not bring about."""
        end = time.monotonic() + seconds
        while not done():
            for daemon in self.daemons:
                if daemon.poll() is not None:
                    raise DaemonEnded(f"{daemon.args[0]} ended with {daemon.returncode}: {self._last_words(daemon)}")
            if time.monotonic() > end:
                words = [self._last_words(daemon) for daemon in self.daemons]
                raise TimeoutError(f"Slurm: no {what} after {seconds} s: {words}")
            time.sleep(0.2)

    def _last_words(self, daemon: subprocess.Popen[bytes]) -> str:
        lines = (self.folder / f"{daemon.args[0]}.out").read_text(errors="replace").split("\n")
        return " / ".join(lines[-4:]).strip(" /")

    def run(self, *command: object, **options: object) -> subprocess.CompletedProcess[str]:
        words = [str(word) for word in command]
        settings = {"env": self.environment, "capture_output": True, "text": True, "timeout": 60, "check": False}
        return subprocess.run(words, **settings | options)

    def requeue(self, job: str) -> None:
        """Kills a running job and lets it start again at once; Slurm would wait two minutes."""
        done = self.run("scontrol", "requeue", job)
        assert done.returncode == 0, done.stderr

        def runs_again() -> bool:
            # The later time is set only once the killed attempt has been cleaned up, at any moment of that.
            state = self.run("squeue", "-h", "-j", job, "-o", "%T %r").stdout.strip()
            if state == "PENDING BeginTime":
                self.run("scontrol", "update", f"JobId={job}", "StartTime=now")
            return not state.startswith(("COMPLETING", "PENDING"))

        self._wait(runs_again, "new start", seconds=240)

    def wait_for_jobs(self, seconds: float = 240) -> None:
        """Until nothing is queued or running."""
        self._wait(lambda: not self.run("squeue", "-h").stdout.strip(), "empty queue", seconds)

    def stop(self) -> None:
        """Ends the daemons, and first what a failed test may have left running."""
        if all(daemon.poll() is None for daemon in self.daemons):
            self.run("scancel", "--full", "--signal=KILL", "--user=root")
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
