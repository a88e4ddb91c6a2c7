"""The machine: its cores, its tools, and what /proc says of a process."""

import os
import pathlib
import platform
import shutil
import socket
import subprocess
import sys

TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[0]
LOAD_CORE = CORES[-1]

# Program, and the Debian package it comes in.
TOOLS = {"wrk": "wrk", "taskset": "util-linux", "redis-server": "redis-server", "node": "nodejs", "npm": "npm"}


def require(tools):
    """Installs what is missing on Debian as root, saying so; elsewhere says what to install."""
    missing = sorted({TOOLS[tool] for tool in tools if not shutil.which(tool)})
    if not missing:
        return
    command = ["apt-get", "install", "--yes", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"bench: missing {', '.join(missing)}. On Debian: sudo {' '.join(command)}")
    print(f"bench: {' '.join(command)}", file=sys.stderr)
    subprocess.run(command, check=True, stdout=sys.stderr)


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def on_core(core, command):
    """The command, pinned to one core."""
    return ["taskset", "--cpu-list", str(core), *map(str, command)]


def cpu_seconds(pid):
    """User and system time that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_mb(pid):
    """Memory of a process, in MB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def description():
    """One line about the machine."""
    model = next(
        (line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine())
    load = os.getloadavg()[0]
    return f"{model}, {len(CORES)} cores, {platform.system()} {platform.release()}, load average {load:.1f} at the start"
