"""The servers that are compared, each pinned to the server core; Redis is on the load core."""

import json
import os
import pathlib
import subprocess
import time

import browser
import machine

REPOSITORY = pathlib.Path(__file__).parents[2]
PEER = pathlib.Path(__file__).with_name("oidc-provider")


class Server:
    """A process that answers HTTP once it is ready."""

    def __init__(self, name, folder, command, environment, ready, core=None, cwd=None):
        self.name, self.folder = name, pathlib.Path(folder, name)
        self.folder.mkdir(exist_ok=True)
        self.command = machine.on_core(machine.SERVER_CORE if core is None else core, command)
        self.environment = {**os.environ, **environment}
        self.ready, self.cwd = ready, cwd
        self.process = None

    @property
    def pid(self):
        """taskset replaces itself, so the process is the server."""
        return self.process.pid

    def log(self):
        """What the server printed."""
        return (self.folder / "log").read_text(errors="replace")

    def start(self):
        """Starts it; answers after how many milliseconds it was ready."""
        began = time.perf_counter()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, cwd=self.cwd or self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while time.perf_counter() - began < 60:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} stopped: {self.log()[-2000:]}")
            if self.ready():
                return (time.perf_counter() - began) * 1000
            time.sleep(0.002)
        raise RuntimeError(f"{self.name} is not ready after a minute: {self.log()[-2000:]}")

    def stop(self):
        """Stops it, and waits."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def answers(url):
    """A check that a URL answers 200."""
    def check():
        try:
            return browser.send("GET", url).status == 200
        except OSError:
            return False
    return check


def build():
    """Builds what is ours; answers the folder of the binaries."""
    packages = [argument for name in ("auth-server", "resource-server", "bench-bound") for argument in ("-p", name)]
    subprocess.run(["cargo", "build", "--release", "--quiet", *packages], cwd=REPOSITORY, check=True)
    metadata = subprocess.run(["cargo", "metadata", "--format-version=1", "--no-deps"], cwd=REPOSITORY, check=True,
                              capture_output=True, text=True)
    return pathlib.Path(json.loads(metadata.stdout)["target_directory"], "release")


def redis(folder):
    """A Redis of our own, with the append-only file of docker-compose.yml."""
    port = machine.free_port()
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes",
               "--appendfsync", "everysec"]

    def ready():
        try:
            done = subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True, text=True, check=False)
            return "PONG" in done.stdout
        except OSError:
            return False
    server = Server("redis", folder, command, {}, ready, core=machine.LOAD_CORE)
    server.url = f"redis://127.0.0.1:{port}"
    return server


def bound(folder, binaries, redis_url):
    """The bare axum server."""
    port = machine.free_port()
    environment = {"LISTEN_ADDR": f"127.0.0.1:{port}", "REDIS_URL": f"{redis_url}/1", "DATABASE_URL": "sqlite://bound.sqlite"}
    url = f"http://127.0.0.1:{port}"
    server = Server("bound", folder, [binaries / "bench-bound"], environment, answers(f"{url}/health/ready"))
    server.url = url
    server.client = {"client_id": "bound", "client_secret": "secret"}
    return server


def peer(folder, store, redis_url):
    """node-oidc-provider, its records in Redis or in a map."""
    port = machine.free_port()
    environment = {"PORT": str(port), "STORE": store, "REDIS_URL": f"{redis_url}/2", "NODE_ENV": "production"}
    url = f"http://127.0.0.1:{port}"
    server = Server(f"oidc-provider-{store}", folder, ["node", PEER / "server.js"], environment,
                    answers(f"{url}/.well-known/openid-configuration"), cwd=PEER)
    server.url = url
    server.client = {"client_id": "bench", "client_secret": "secret"}
    return server


def install_peer():
    """npm install, in the peer's own folder."""
    if not (PEER / "node_modules/oidc-provider").exists():
        command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        print(f"bench: {' '.join(command)} in {PEER.relative_to(REPOSITORY)}", flush=True)
        subprocess.run(command, cwd=PEER, check=True)
