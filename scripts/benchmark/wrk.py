"""One measurement: wrk on the load core, against one server."""

import dataclasses
import json
import pathlib
import subprocess
import tempfile

import machine

SCRIPT = pathlib.Path(__file__).with_name("load.lua")


@dataclasses.dataclass(frozen=True)
class Request:
    """What is sent over and over."""

    method: str
    url: str
    headers: dict = dataclasses.field(default_factory=dict)
    body: str = ""
    connections: int = 32


@dataclasses.dataclass(frozen=True)
class Sample:
    """What came of it. Times in microseconds."""

    requests: int
    rate: float
    p50: float
    p99: float
    cpu: float
    store_cpu: float
    memory: float


class Failed(Exception):
    """A measurement in which requests failed does not count."""


def run(request, seconds, mode="fixed", values=None, out=None):
    """Drives one server; answers what the Lua script printed."""
    with tempfile.TemporaryDirectory() as folder:
        body = pathlib.Path(folder, "body")
        body.write_text(request.body)
        arguments = [mode, out or body]
        if values is not None:
            listed = pathlib.Path(folder, "list")
            listed.write_text("".join(f"{value}\n" for value in values))
            arguments.append(listed)
        command = ["wrk", "-t1", f"-c{request.connections}", f"-d{seconds}s", "--timeout", "20s", "-s", SCRIPT]
        for name, value in request.headers.items():
            command += ["-H", f"{name}: {value}"]
        lua = f'wrk.method = "{request.method}"\n' + SCRIPT.read_text()
        script = pathlib.Path(folder, "load.lua")
        script.write_text(lua)
        command[command.index(SCRIPT)] = script
        command += [request.url, "--", *arguments]
        done = subprocess.run(machine.on_core(machine.LOAD_CORE, command), capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1:] or [""]
    if not last[0].startswith("{"):
        raise Failed(f"wrk: {done.stdout} {done.stderr}")
    return json.loads(last[0])


def measure(server, request, seconds, mode="fixed", values=None, store=None):
    """One sample of one server; `store` is the Redis it may be using."""
    before = [machine.cpu_seconds(process.pid) for process in (server, store or server)]
    result = run(request, seconds, mode, values)
    after = [machine.cpu_seconds(process.pid) for process in (server, store or server)]
    spent, store_spent = (end - begin for begin, end in zip(before, after))
    count = result["requests"]
    # At most the few requests that a list that ran empty left behind.
    if count == 0 or result["broken"] or result["refused"] > count / 1000:
        raise Failed(f"{request.url}: {result}")
    return Sample(count, count / result["seconds"], result["p50"], result["p99"], spent / count * 1e6,
                  store_spent / count * 1e6 if store else 0.0, machine.resident_mb(server.pid))
