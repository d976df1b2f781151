"""Say in words what would go wrong on this machine, before anything is installed.

Plain Python without any package, and written so that an old Python (3.6) can still
read it and tell its owner that it is too old. Each check takes the facts as arguments,
so that the tests can put any machine in front of it, and returns a problem in one
paragraph, or None.
"""

import importlib.util
import platform
import shutil
import struct
import subprocess
import sys
import sysconfig
import textwrap

SPACE_NEEDED_GB = 5.0
SPACE_INSTALLED_GB = 2.5  # of which an environment that is to be replaced gives back
CALL_LIMIT_S = 90  # seconds a call of pip may take before it counts as no answer
SYSTEMS = {
    "rosetta": "This Mac has an Apple processor, but this Python is the Intel build "
    "(Rosetta), for which there is no TensorFlow after 2.16. Install the Apple silicon "
    "(arm64) Python and name it: make lab PYTHON=/path/to/python3.12",
    "intel mac": "This is a Mac with an Intel processor: there is no TensorFlow for it "
    "after 2.16. Use another computer, a Linux virtual machine on this one, or a "
    "hosted notebook service.",
    "musl": "This Linux uses the musl C library (Alpine, for example). TensorFlow is "
    "made for glibc. Use Debian, Ubuntu, Fedora or a container of one of them.",
    "windows arm": "This Python is the ARM build for Windows, for which TensorFlow is "
    "not made. Use Linux in WSL 2 on this computer (see the README).",
}


def check_python(version=None, implementation=None, free_threaded=None):
    """Python must be CPython 3.11, 3.12 or 3.13, the usual build."""
    version = tuple(version or sys.version_info[:3])
    implementation = implementation or platform.python_implementation()
    if free_threaded is None:
        free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    found = ".".join(str(part) for part in version)
    if implementation != "CPython":
        wrong = f"This is {implementation} {found}, but TensorFlow needs CPython."
    elif version[:2] < (3, 11):
        wrong = f"Python {found} is too old for the course."
    elif version[:2] >= (3, 14):
        wrong = f"Python {found} is too new for the locked libraries of the course."
    elif free_threaded:
        wrong = f"Python {found} is the free-threaded build, without TensorFlow."
    else:
        return None
    return (
        f"{wrong} Install Python 3.11, 3.12 or 3.13 and name it in the command, for "
        "example: make lab PYTHON=python3.12"
    )


def check_bits(bits=None):
    """TensorFlow exists for 64-bit Python only."""
    bits = bits or 8 * struct.calcsize("P")
    if bits >= 64:
        return None
    return (
        f"This Python is a {bits}-bit program. TensorFlow exists for 64-bit only. "
        "Install the 64-bit Python (on Windows: 'Windows installer (64-bit)')."
    )


def check_system(system=None, machine=None, platform_tag=None, translated=None):
    """TensorFlow must be made for this system and processor."""
    system = system or platform.system()
    machine = (machine or platform.machine()).lower()
    platform_tag = platform_tag or str(sysconfig.get_config_var("SOABI") or "")
    if system == "Darwin" and machine == "x86_64":
        if translated is None:
            asked = call(["sysctl", "-n", "sysctl.proc_translated"])
            translated = asked[1].strip() == "1"
        return SYSTEMS["rosetta" if translated else "intel mac"]
    if system == "Linux" and "musl" in platform_tag:
        return SYSTEMS["musl"]
    if system == "Windows" and machine in ("arm64", "aarch64"):
        return SYSTEMS["windows arm"]
    return None


def check_macos(release=None):
    """TensorFlow is made for macOS 12 and newer."""
    release = platform.mac_ver()[0] if release is None else release
    major = release.split(".")[0]
    if not major.isdigit() or int(major) >= 12:
        return None  # not a Mac, or new enough
    return f"This Mac runs macOS {release}; TensorFlow needs macOS 12. Update it."


def check_avx(machine=None, features=None):
    """On Intel and AMD processors TensorFlow uses AVX instructions from the start."""
    machine = (machine or platform.machine()).lower()
    if machine not in ("x86_64", "amd64"):
        return None
    features = processor_features() if features is None else features
    if not features or any(word.startswith("avx") for word in features):
        return None  # unknown counts as good: no false alarm
    return (
        "This processor (or the virtual machine it is shown through) lacks AVX "
        "instructions: TensorFlow would stop with 'Illegal instruction'. In a virtual "
        "machine choose the processor type 'host'; otherwise use another computer."
    )


def processor_features(cpuinfo="/proc/cpuinfo"):
    """Return the instruction sets of the processor in lower case, [] if unknown."""
    try:
        with open(cpuinfo, encoding="utf-8", errors="replace") as lines:
            flags = [line for line in lines if line.startswith("flags")]
    except OSError:
        return []
    return flags[0].partition(":")[2].lower().split() if flags else []


def check_space(folder, free_gb=None, installed=False):
    """About 3 GB are installed; the rest is room for downloads and cohorts."""
    needed_gb = SPACE_NEEDED_GB - (SPACE_INSTALLED_GB if installed else 0.0)
    free_gb = shutil.disk_usage(folder).free / 1e9 if free_gb is None else free_gb
    if free_gb >= needed_gb:
        return None
    return (
        f"Only {free_gb:.1f} GB are free where the course lies; it needs {needed_gb:g} "
        "GB, most of it for the libraries. Free some space, or move the folder."
    )


def check_venv(version=None):
    """Debian and Ubuntu ship Python without the module that makes environments."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return None
    return (
        "This Python lacks the modules venv and ensurepip, with which the course makes "
        "its own environment. On Debian and Ubuntu: sudo apt install python{}.{}-venv. "
        "Elsewhere install Python from python.org."
    ).format(*(version or sys.version_info)[:2])


def no_network(requirement, said):
    """Return the problem that no package could be fetched, in the installer's words."""
    last = [line.strip() for line in said.splitlines() if line.strip()]
    return (
        "No package could be fetched: tried {}, and pip said: {}. The set-up needs the "
        "network once (about 1 GB). Connect the computer; behind a proxy set "
        "HTTPS_PROXY; where packages come from a mirror, name it with pip config set "
        "global.index-url. Then run the same command again."
    ).format(requirement, last[-1] if last else "no answer")


def problems_of_machine(folder, installed=False):
    """Return the problems that can be found without the network, worst first."""
    own = (check_python, check_bits, check_system, check_macos, check_avx, check_venv)
    found = [check() for check in own] + [check_space(folder, installed=installed)]
    return [problem for problem in found if problem]


def report(problems):
    """Return the problems as numbered paragraphs, wrapped for a terminal."""
    lines = ["The course cannot be set up on this machine yet:"]
    for number, problem in enumerate(problems, start=1):
        text = f"{number}. {problem}"
        lines += textwrap.wrap(text, 74, break_on_hyphens=False, break_long_words=False)
    lines.append("Sure that this is mistaken? COURSE_PREFLIGHT=off goes on regardless.")
    return "\n".join(lines)


def call(command):
    """Return (succeeded, output) of a command that may not hang."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=CALL_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return False, f"no answer within {CALL_LIMIT_S} seconds"
    except OSError as error:
        return False, str(error)
    return done.returncode == 0, done.stdout.decode("utf-8", "replace")
