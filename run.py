#!/usr/bin/env python3
"""Make ``.venv`` from ``requirements.lock`` if need be, then run a command in it.

Standard library only. The syntax is kept to what old Pythons can parse as well, so that they say in
a sentence what is needed instead of ending in a SyntaxError.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

try:
    import fcntl
except ImportError:  # Windows: starts in the same folder are then not kept apart
    fcntl = None

USAGE = """\
usage: python3 run.py COMMAND [ARGUMENT ...]

  audit [ARGUMENT ...]   check the paper's claims and print the ledger
  test  [ARGUMENT ...]   run the test suite (the arguments are pytest's)
  setup                  only make the environment
  drone ARGUMENT ...     the drone experiments; their packages are added at the first start
  COMMAND ...            any other command of dcpg, such as: show eq-18

The first start makes .venv from requirements.lock, which takes about a minute.
"""
OLDEST_PYTHON = (3, 11)
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
SCRIPTS = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = os.path.join(SCRIPTS, "python.exe" if os.name == "nt" else "python")
STAMP = os.path.join(VENV, "made-from.txt")
LOG = os.path.join(VENV, "install.log")
DRONE_LOCK = "requirements-drone.lock"
DRONE_STAMP = os.path.join(VENV, "made-from-drone.txt")
DRONE_LOG = os.path.join(VENV, "install-drone.log")
# Packages of the drone's lock without a wheel: pure Python, built from source after all others.
FROM_SOURCE = ("rpc-msgpack",)

# What the caller has set for another Python; each of these can break ours.
FOREIGN_VARIABLES = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
# pip's settings that say how packages are reached; all others could change what is installed where.
PIP_SETTINGS_KEPT = re.compile(
    "PIP_(CACHE_DIR|CERT|CLIENT_CERT|CONFIG_FILE|DEFAULT_TIMEOUT|EXTRA_INDEX_URL|FIND_LINKS|INDEX_URL"
    "|KEYRING_PROVIDER|NO_CACHE_DIR|NO_INDEX|PROXY|RETRIES|TIMEOUT|TRUSTED_HOST)$"
)
# What pip writes to its log, and what that means; the first that is found counts.
PIP_FAILURES = (
    ("DO NOT MATCH THE HASHES", "a download does not have the hash that requirements.lock records"),
    ("No space left on device", "the disk is full"),
    ("connection (broken by|error:)", "the package index cannot be reached (is there a network?)"),
    ("No matching distribution", "no index in reach has all of requirements.lock for this Python"),
)
# pytest's arguments that ask for one process, or set the number of processes themselves.
ONE_PROCESS = ("-n", "--numprocesses", "-d", "--dist", "-s", "--capture", "-p", "--trace")


class SetupError(Exception):
    """The environment cannot be made; the message is the sentence for the user."""


def say(text):
    """Write one line to standard error; standard output belongs to the command."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def fingerprints():
    """Return what the environment is made from, as two hashes: (packages, project).

    The first covers the interpreter, the folder (a virtual environment cannot be moved) and the
    lock; when only the second differs, the project is installed anew and the packages stay.
    """
    hashes = []
    for name, context in (
        ("requirements.lock", (sys.version, sys.base_prefix, VENV)),
        ("pyproject.toml", ()),
    ):
        with open(os.path.join(ROOT, name), "rb") as file:
            hashes.append(hashlib.sha256(repr(context).encode("utf-8") + file.read()).hexdigest())
    return hashes


def recorded_fingerprints():
    """Return the fingerprints that ``.venv`` was made from, or [] when it is not whole."""
    if not (os.path.isfile(VENV_PYTHON) and os.path.isfile(os.path.join(VENV, "pyvenv.cfg"))):
        return []
    try:
        with open(STAMP, "rb") as file:
            return file.read().decode("ascii", "replace").split()
    except (IOError, OSError):
        return []


def drone_fingerprint():
    """Return what the drone's packages are installed from, as a hash."""
    with open(os.path.join(ROOT, DRONE_LOCK), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def has_drone():
    """Say whether the packages of the drone's lock are in ``.venv``."""
    try:
        with open(DRONE_STAMP, "rb") as file:
            return file.read().decode("ascii", "replace") == drone_fingerprint()
    except (IOError, OSError):
        return False


def remove(path):
    """Remove the folder or file, if there is one; of a link, only the link."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def clean_environment(environ):
    """Return the variables without those meant for another Python."""
    return dict((name, value) for name, value in environ.items() if name not in FOREIGN_VARIABLES)


def setup_environment(environ):
    """Return the variables for making the environment: nothing in them redirects pip."""
    kept = clean_environment(environ)
    for name in environ:
        if name.startswith("PIP_") and not PIP_SETTINGS_KEPT.match(name):
            del kept[name]
    # A configuration file may say otherwise.
    kept.update(PIP_REQUIRE_VIRTUALENV="0", PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1")
    kept.setdefault("PIP_RETRIES", "2")  # without a network the answer should not take minutes
    kept.pop("PYTHONWARNINGS", None)  # "error" is for our tests, not for pip
    return kept


def command_environment(environ):
    """Return the variables for the command: those of an activated environment."""
    kept = clean_environment(environ)
    kept["VIRTUAL_ENV"] = VENV
    kept["PATH"] = SCRIPTS + os.pathsep + kept.get("PATH", os.defpath)
    return kept


def has_module(name):
    """Say whether this interpreter has the module, without importing it."""
    import importlib.util

    return importlib.util.find_spec(name) is not None


class Builder(object):
    """Runs the steps of an installation of a lock; their output goes to the log."""

    def __init__(self, log, folder, lock="requirements.lock"):
        self.log = log
        self.folder = folder
        self.lock = lock

    def step(self, *command):
        """Run one command and return its exit code."""
        self.log.write(("\n$ " + " ".join(command) + "\n").encode("utf-8", "replace"))
        self.log.flush()
        return subprocess.call(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=setup_environment(os.environ),
            # An installer that outlives us (we were killed) keeps the folder locked until it ends.
            pass_fds=() if self.folder is None else (self.folder,),
        )

    def pip(self):
        """Return the command that installs: the environment's own pip, or this interpreter's."""
        if has_module("ensurepip") and self.step(VENV_PYTHON, "-m", "ensurepip") == 0:
            return (VENV_PYTHON, "-m", "pip")
        if has_module("pip"):
            return (sys.executable, "-m", "pip", "--python", VENV_PYTHON)
        raise SetupError(
            "this Python has neither ensurepip nor pip; on Debian, install the package python3-venv"
        )

    def create(self):
        """Make the empty environment."""
        if not has_module("venv"):
            raise SetupError("this Python has no venv; on Debian, install the package python3-venv")
        if self.step(sys.executable, "-m", "venv", "--without-pip", VENV) != 0:
            raise SetupError("the virtual environment cannot be made; the log is " + LOG)

    def install(self, pip, *what):
        """Install with pip, or stop with a sentence that says why it failed."""
        if self.step(*(pip + ("install", "--no-deps", "--no-input", "--progress-bar=off") + what)):
            reason = reason_of_failure(self.log.name).replace("requirements.lock", self.lock)
            raise SetupError("%s; the log is %s" % (reason, self.log.name))


def reason_of_failure(log):
    """Return what a failed installation's log means, in words."""
    with open(log, "rb") as file:
        text = file.read().decode("utf-8", "replace")
    for sign, meaning in PIP_FAILURES:
        if re.search(sign, text):
            return meaning
    return "pip could not install the packages of requirements.lock"


def build(wanted, recorded, folder):
    """Make the environment, or install the project anew when only that has changed.

    The stamp is removed first and written last: half an environment has none.
    """
    started = time.time()
    packages_stand = recorded[:1] == wanted[:1]
    if packages_stand:
        say("Installing the project into .venv again: pyproject.toml has changed ...")
        remove(STAMP)
    else:
        say("Setting up .venv from requirements.lock (once, about a minute) ...")
        remove(STAMP)
        remove(VENV)
        os.mkdir(VENV)
    with open(LOG, "wb") as log:
        builder = Builder(log, folder)
        if not packages_stand:
            builder.create()
        pip = builder.pip()
        if not packages_stand:
            lock = os.path.join(ROOT, "requirements.lock")
            builder.install(
                pip, "--require-hashes", "--only-binary", ":all:", "--requirement", lock
            )
        builder.install(pip, "--no-build-isolation", "--editable", ROOT)
    with open(STAMP, "wb") as file:
        file.write("\n".join(wanted).encode("ascii"))
    say("Ready after %.0f s." % (time.time() - started))


def entries(text):
    """Return the entries of a lock: a line that begins with a name, and those that belong to it."""
    return re.findall(r"^[A-Za-z0-9].*\n(?:[ \t].*\n?)*", text, re.MULTILINE)


def add_drone(folder):
    """Install the packages of the drone's lock into ``.venv``; the stamp is written last."""
    started = time.time()
    say("Adding the packages of %s to .venv (once, about a minute) ..." % DRONE_LOCK)
    remove(DRONE_STAMP)
    wanted = drone_fingerprint()
    with open(os.path.join(ROOT, DRONE_LOCK), "rb") as file:
        packages = entries(file.read().decode("utf-8"))
    source = [entry for entry in packages if entry.split("==")[0] in FROM_SOURCE]
    wheels = [entry for entry in packages if entry not in source]
    with open(DRONE_LOG, "wb") as log:
        builder = Builder(log, folder, DRONE_LOCK)
        pip = builder.pip()
        for name, part, how in (
            ("wheels", wheels, ("--only-binary", ":all:")),
            ("source", source, ("--no-build-isolation",)),
        ):
            path = os.path.join(VENV, "drone-%s.txt" % name)
            with open(path, "wb") as file:
                file.write("".join(part).encode("utf-8"))
            if part:
                builder.install(pip, "--require-hashes", "--requirement", path, *how)
    with open(DRONE_STAMP, "wb") as file:
        file.write(wanted.encode("ascii"))
    say("Ready after %.0f s." % (time.time() - started))


def lock_folder(folder, mode):
    """Lock the project's folder: shared to use the environment, exclusive to make it."""
    if folder is None:
        return
    operation = getattr(fcntl, mode)
    try:
        fcntl.flock(folder, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Waiting for another start of run.py in this folder to end ...")
        fcntl.flock(folder, operation)
    except OSError:
        pass  # a file system without locks


def ensure_environment(folder, drone=False):
    """Make ``.venv`` what the lock files say; the folder is then locked to use it."""
    while True:
        lock_folder(folder, "LOCK_SH")
        wanted = fingerprints()
        if recorded_fingerprints() == wanted and (has_drone() or not drone):
            break
        if os.path.realpath(sys.prefix) == os.path.realpath(VENV):
            # The interpreter that is to be removed is the one that runs this.
            replace_process([sys._base_executable, os.path.abspath(__file__)] + sys.argv[1:])
        lock_folder(folder, "LOCK_EX")
        recorded = recorded_fingerprints()
        if recorded != wanted:  # no other start has made it meanwhile
            build(wanted, recorded, folder)
        if drone and not has_drone():
            add_drone(folder)


def pytest_arguments(arguments, started_in):
    """Return pytest's arguments for a run in the project's folder, with a process per core."""
    arguments = list(arguments)
    if os.path.realpath(started_in) != os.path.realpath(ROOT):
        for index, argument in enumerate(arguments):
            path = os.path.join(started_in, argument.split("::")[0])
            if not argument.startswith("-") and os.path.exists(path):
                arguments[index] = os.path.join(started_in, argument)
    if any(argument.startswith(ONE_PROCESS) or "::" in argument for argument in arguments):
        return arguments
    return ["-n", "auto", "--dist", "worksteal"] + arguments


def command_line(arguments, started_in):
    """Return the command for the environment's interpreter, and the folder to run it in."""
    # -P: what lies beside the user, random.py or another clone, must not hide what is installed.
    if arguments[0] == "test":
        arguments = ["pytest"] + pytest_arguments(arguments[1:], started_in)
        started_in = ROOT
    else:
        arguments = ["dcpg_theory"] + arguments
    return [VENV_PYTHON, "-P", "-m"] + arguments, started_in


def replace_process(command, environ=os.environ):
    """Become the command, so that its exit code and every signal are its own."""
    if os.name == "nt":
        sys.exit(subprocess.call(command, env=environ))
    os.execve(command[0], command, environ)


def main(arguments):
    """Run one command; return the exit code of what never got as far."""
    if sys.version_info < OLDEST_PYTHON:
        version = ".".join(str(part) for part in sys.version_info[:3])
        say("dcpg_theory needs Python 3.11 or newer; this is %s (%s)" % (version, sys.executable))
        return 2
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return 0
    folder = None
    try:
        if fcntl is not None:
            folder = os.open(ROOT, os.O_RDONLY)
        ensure_environment(folder, drone=arguments[0] == "drone")
        if arguments[0] == "setup":
            return 0
        command, directory = command_line(arguments, os.getcwd())
        os.chdir(directory)
        if folder is not None:
            os.set_inheritable(folder, True)  # the command keeps the environment from being remade
        replace_process(command, command_environment(os.environ))
    except SetupError as error:
        say("run.py: %s" % error)
    except OSError as error:
        say("run.py cannot go on: %s: %s" % (error.filename or ROOT, error.strerror or error))
    except KeyboardInterrupt:
        return 130
    finally:
        if folder is not None:
            os.close(folder)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
