"""Make the environment of the course in `.venv`, if it is not there already.

Run by every target of the Makefile, and by hand where there is no make:
`python tools/set_up.py`. Plain Python without any package. The steps: compare the
stamp of the last complete set-up; look at the machine (`preflight`); make an empty
environment; install exactly the locked libraries, each checked against its hash;
install the course itself; write the stamp. A set-up that was interrupted leaves no
stamp and is begun again from an empty environment.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

import preflight

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SMALL_PACKAGE = "iniconfig"  # pure Python, 6 kB: asked for to see whether pip can


class SetUpError(Exception):
    """A set-up that could not be completed; the text is for the reader."""


class Environment:
    """Where the environment of a project lies and what its stamp must say."""

    def __init__(self, project=PROJECT):
        self.project = project
        self.folder = os.path.join(project, ".venv")
        binary = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
        self.python = os.path.join(self.folder, *binary)
        self.lock = os.path.join(project, "requirements.lock")
        self.stamp = os.path.join(self.folder, "course-stamp.txt")

    def wanted_stamp(self):
        """Return what the stamp says after a complete set-up of this state."""
        lines = ["python {}.{}".format(*sys.version_info[:2])]
        for name in ("requirements.lock", "pyproject.toml"):
            with open(os.path.join(self.project, name), "rb") as file:
                lines.append(name + " " + hashlib.sha256(file.read()).hexdigest())
        lines.append("folder " + hashlib.sha256(self.folder.encode()).hexdigest())
        return "\n".join(lines) + "\n"

    def found_stamp(self):
        """Return the stamp on disk, "" if there is none or Python is gone."""
        if not (os.path.exists(self.python) and os.path.exists(self.stamp)):
            return ""
        with open(self.stamp, encoding="utf-8") as file:
            return file.read()

    def libraries_are_right(self):
        """Return whether only the course itself has to be installed again."""
        wanted, found = (
            [line for line in stamp.splitlines() if not line.startswith("pyproject")]
            for stamp in (self.wanted_stamp(), self.found_stamp())
        )
        return wanted == found

    def write_stamp(self):
        """Write the stamp in one step, so that half a stamp cannot exist."""
        with open(self.stamp + ".part", "w", encoding="utf-8") as file:
            file.write(self.wanted_stamp())
        os.replace(self.stamp + ".part", self.stamp)


def locked(lock):
    """Return the requirements of the lock, each as "name==version"."""
    with open(lock, encoding="utf-8") as lines:
        return [line.split()[0] for line in lines if line[:1].isalnum()]


def check_network(environment):
    """Fetch one tiny package as pip would: mirrors and proxies count; stop if it can't.

    `--no-cache-dir` asks the network even where pip has kept the package.
    """
    if unchecked():
        return
    pinned = [one for one in locked(environment.lock) if one.startswith(SMALL_PACKAGE)]
    wanted = pinned[0] if pinned else SMALL_PACKAGE
    folder = tempfile.mkdtemp(prefix="course-")
    pip = [environment.python, "-m", "pip", "download", "--quiet", "--no-deps"]
    pip += ["--no-cache-dir", "--disable-pip-version-check", "--timeout", "15"]
    pip += ["--retries", "1", "--dest", folder, wanted]
    succeeded, said = preflight.call(pip)
    shutil.rmtree(folder, ignore_errors=True)
    if not succeeded:
        raise SetUpError(preflight.report([preflight.no_network(wanted, said)]))


def make_empty(environment):
    """Make the environment anew, with nothing in it but pip."""
    # from within the old environment this is the Python that it was made from
    base = getattr(sys, "_base_executable", None) or sys.executable
    subprocess.check_call([base, "-m", "venv", "--clear", environment.folder])


def install_libraries(environment):
    """Install the locked libraries; every file must have a hash of the lock."""
    options = ["--require-hashes", "--requirement", environment.lock]
    run_counted(environment, options)


def install_course(environment):
    """Install the course from this folder, so that edits count at once."""
    options = ["--quiet", "--no-deps", "--no-build-isolation"]
    run_counted(environment, options + ["--editable", environment.project])


def run_counted(environment, options):
    """Run pip; show how many libraries it has collected; keep what it says."""
    total = len(locked(environment.lock))
    pip = [environment.python, "-m", "pip", "install", "--no-input"]
    process = subprocess.Popen(
        pip + ["--disable-pip-version-check"] + options,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=environment.project,
    )
    collected, last_lines = 0, []
    for raw in process.stdout:
        line = raw.decode("utf-8", "replace").rstrip()
        last_lines = (last_lines + [line])[-25:]
        collected += line.startswith("Collecting ")
        if sys.stdout.isatty():
            line = f"\r  {collected:3d} of at most {total} libraries"
            print(line, end="", flush=True)
    if process.wait() != 0:
        raise SetUpError(
            "The installation stopped. The installer's last lines were:\n\n  "
            + "\n  ".join(last_lines)
            + "\n\nNothing is broken for good: run the same command again. If it stops "
            "at the same place, send these lines with your question."
        )


def unchecked():
    """Return whether the reader knows better than the checks."""
    return os.environ.get("COURSE_PREFLIGHT", "").lower() == "off"


def stop_on_problems(environment):
    """Raise SetUpError if this machine cannot run the course."""
    installed = os.path.isdir(environment.folder)
    problems = preflight.problems_of_machine(environment.project, installed)
    if problems and not unchecked():
        raise SetUpError(preflight.report(problems))


def set_up(environment):
    """Bring the environment to the state of the lock; return what was done."""
    if environment.found_stamp() == environment.wanted_stamp():
        return "nothing"
    if environment.libraries_are_right():
        os.remove(environment.stamp)
        install_course(environment)
        environment.write_stamp()
        return "course"
    stop_on_problems(environment)
    began = time.time()
    said = "Setting up the course in .venv (once; a few minutes, about 3 GB)."
    print(said, flush=True)
    if environment.found_stamp():  # a whole environment: keep it if there is no network
        check_network(environment)
    make_empty(environment)
    check_network(environment)
    install_libraries(environment)
    install_course(environment)
    environment.write_stamp()
    print(f"Set up in {time.time() - began:.0f} s.")
    return "everything"


def main():
    """Set up; return the exit status."""
    os.environ["PIP_USER"] = "0"  # a setting of some machines that environments refuse
    try:
        set_up(Environment())
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted. The next call begins it again.", file=sys.stderr)
        return 130
    except (OSError, subprocess.CalledProcessError) as error:
        print(
            f"The set-up stopped: {error}. Check that the folder of the course can be "
            "written and that the disk is not full, then run the command again.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
