"""A checkout with the real set-up scripts; the package installers and the compiler are fakes that note their calls."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# What the set-up scripts may use of the system; everything else must come from a fake.
SYSTEM_COMMANDS = (
    "awk bash cat cp dirname env find flock grep head ln mkdir mktemp mv nproc printf realpath rm sleep sort tail tee"
    " touch tr true wc"
).split()

NOTE_CALL = 'printf "%s %s\\n" "${0##*/}" "$*" >>"$FAKE_CALLS"\n'

# Answers as root, unless told otherwise.
FAKE_ID = 'echo "${FAKE_UID:-0}"\n'

# `python3 -m venv --clear FOLDER` makes a Python whose pip obeys FAKE_PIP.
FAKE_PYTHON = f"""
[[ $1 == -c ]] && exit
{NOTE_CALL}"""
FAKE_PYTHON += """
mkdir -p "${!#}/bin" "${!#}/lib/python3.11/site-packages"
cat >"${!#}/bin/python" <<'END'
#!/usr/bin/env bash
[[ $3 == --version ]] && exit
cat >/dev/null # would eat a prompt file, if it were handed one
printf 'pip %s\\n' "$*" >>"$FAKE_CALLS"
case ${FAKE_PIP-} in fail) exit 1 ;; hang) : >"$FAKE_CALLS.hangs"; exec sleep 60 ;; esac
END
env chmod +x "${!#}/bin/python"
"""

# The "program" shows its arguments, and its stdin where asked to.
FAKE_CMAKE = """
[[ $1 == --build ]] || exit 0
[[ ${FAKE_BUILD-} == fail ]] && echo 'error: no such thing' && exit 1
sleep "${FAKE_BUILD_SECONDS:-0}"
mkdir -p build
cat >build/deepcache-gen <<'END'
#!/usr/bin/env bash
printf '<%s>' "$@"
[[ ${1-} != - ]] || cat
END
env chmod +x build/deepcache-gen
"""

# As on a new system: installs nothing before `update` has run.
FAKE_APT = """
case $* in
  *update*) touch "$FAKE_CALLS.updated" ;;
  *) [[ -e $FAKE_CALLS.updated ]] && printf '#!/bin/bash\\n' >"${0%/*}/g++" && env chmod +x "${0%/*}/g++" ;;
esac
"""


class FakeCheckout:
    """A checkout below `folder`, whose path has a space, with everything installed but .venv and build/."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "check out"
        self.commands = folder / "bin"
        self.calls_file = folder / "calls"
        self._copy_sources()
        self._make_commands()

    def _copy_sources(self) -> None:
        scripts = self.root / "scripts"
        shutil.copytree(REPOSITORY / "scripts/setup", scripts / "setup")
        for path in [
            REPOSITORY / "scripts/deepcache-gen",
            *(REPOSITORY / "scripts").glob("requirements*.txt"),
        ]:
            shutil.copy(path, scripts)
        for name in (
            "src/main.cc",
            "third_party/CMakeLists.txt",
            "CMakeLists.txt",
            "CMakePresets.json",
        ):
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text("")

    def _make_commands(self) -> None:
        self.commands.mkdir()
        for name in (*SYSTEM_COMMANDS, "chmod"):
            if found := shutil.which(name):
                (self.commands / name).symlink_to(found)
        self.add_command("id", FAKE_ID)
        self.add_command("python3", FAKE_PYTHON)
        self.add_command("cmake", NOTE_CALL + FAKE_CMAKE)
        self.add_command("apt-get", NOTE_CALL + FAKE_APT)
        self.add_command("dpkg", NOTE_CALL)
        for name in ("g++", "ninja"):
            self.add_command(name, NOTE_CALL)
        self.add_command("clang++", "")  # asked at every set-up for tests whether it links

    def add_command(self, name: str, body: str) -> None:
        path = self.commands / name
        path.write_text("#!/usr/bin/env bash\n" + body)
        path.chmod(0o755)

    def environment(self, **settings: str) -> dict[str, str]:
        """There is no CUDA toolkit in it."""
        fakes = {"PATH": str(self.commands), "FAKE_CALLS": str(self.calls_file), "CUDA_HOME": str(self.root / "none")}
        return fakes | settings

    def start(self, *arguments: str, script: Path | None = None, **settings: str) -> subprocess.Popen[str]:
        """Starts scripts/deepcache-gen in a session of its own, so that a signal can be sent to all of it."""
        command = [str(script or self.root / "scripts/deepcache-gen"), *arguments]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        # The tests themselves may have been started in the background, where a shell has SIGINT ignored.
        session = {"start_new_session": True, "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
        return subprocess.Popen(command, **pipes, **session, text=True, env=self.environment(**settings), cwd="/")

    def run(
        self, *arguments: str, script: Path | None = None, stdin: str = "", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, script=script, **settings)
        stdout, stderr = process.communicate(stdin, timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def calls(self, start: str = "") -> list[str]:
        """The calls of fakes since the last look, or those of them that begin with `start`."""
        lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        return [line for line in lines if line.startswith(start)]

    def change(self, name: str) -> None:
        """As an editor would: a time later than that of any stamp."""
        path = self.root / name
        later = path.stat().st_mtime + 3600
        os.utime(path, (later, later))
