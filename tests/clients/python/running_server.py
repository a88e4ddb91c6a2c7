"""A real auth-server for the tests: its own folder, port, database and Redis prefix, gone afterwards."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
import uuid

import requests

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
BINARY = TARGET / "debug" / "auth-server"
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")
START_SECONDS = 30

BACKENDS = ["SQLite, embedded", "PostgreSQL and Redis"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _run(*words):
    subprocess.run(words, check=True, capture_output=True)


class AuthServer:
    """Prepared on creation, so that everything can be registered before the first request."""

    def __init__(self, backend):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="anteroom-test-"))
        port = free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        self._child = None
        self._database = None
        self._environment = {
            "PATH": os.environ["PATH"],
            "ISSUER_URL": self.issuer,
            "LISTEN_ADDR": f"127.0.0.1:{port}",
            "DATABASE_URL": f"sqlite://{self.folder / 'anteroom.sqlite'}",
        }
        if backend == BACKENDS[1]:
            self._use_servers()

    def _use_servers(self):
        self._database = f"anteroom_test_{uuid.uuid4().hex}"
        _run("psql", "-q", "-d", POSTGRES, "-c", f"CREATE DATABASE {self._database} TEMPLATE template0")
        url = urllib.parse.urlsplit(POSTGRES)._replace(path=f"/{self._database}").geturl()
        self._environment |= {
            "DATABASE_URL": url,
            "REDIS_URL": REDIS,
            "ANTEROOM_REDIS_PREFIX": self._database,
        }

    def set(self, name, value):
        """Changes a setting of the server."""
        self._environment[name] = value

    def command(self, *words):
        """Runs a command of the server and returns what it prints for machines."""
        done = subprocess.run(
            [BINARY, *words, "--json"],
            cwd=self.folder,
            env=self._environment,
            check=True,
            stdout=subprocess.PIPE,
        )
        return json.loads(done.stdout)

    def start(self):
        log = self.folder / "log"
        with log.open("w") as file:
            self._child = subprocess.Popen(
                [BINARY, "serve"], cwd=self.folder, env=self._environment, stdout=file, stderr=file
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._child.poll() is None:
            try:
                if requests.get(f"{self.issuer}/health/ready", timeout=5).status_code == 200:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"the server did not become ready; it wrote:\n{log.read_text()}")

    def remove(self):
        if self._child:
            self._child.terminate()
            try:
                self._child.wait(10)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        if self._database:
            _run("psql", "-q", "-d", POSTGRES, "-c", f"DROP DATABASE {self._database} WITH (FORCE)")
            script = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end"
            _run("redis-cli", "-u", REDIS, "EVAL", script, "0", f"*{self._database}*")
        shutil.rmtree(self.folder, ignore_errors=True)
