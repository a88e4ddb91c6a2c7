"""Anteroom as the benchmark sets it up, through its own command line and its own pages."""

import contextlib
import json
import sqlite3
import subprocess
import uuid

import browser
import machine
import servers

EMAIL, PASSWORD = "ada@example.com", "correct horse battery staple"
REDIRECT_URI = "https://app.example/callback"
SCOPES = "rooms:list rooms:retrieve rooms:create"


class Anteroom:
    """One authorization server, and one resource server beside it when asked for."""

    def __init__(self, name, folder, binaries, redis_url, applications=0):
        port, room_port = machine.free_port(), machine.free_port()
        self.url, self.rooms_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{room_port}"
        self.binaries, self.folder = binaries, folder
        environment = {
            "ISSUER_URL": self.url, "LISTEN_ADDR": f"127.0.0.1:{port}", "DATABASE_URL": "sqlite://anteroom.sqlite",
            "REDIS_URL": redis_url or "", "ANTEROOM_REDIS_PREFIX": name, "RUST_LOG": "warn",
        }
        self.auth = servers.Server(name, folder, [binaries / "auth-server", "serve"], environment,
                                   servers.answers(f"{self.url}/health/ready"))
        self.resource_client = self.command("resource", "add", "--name", "Rooms", "--url", self.rooms_url)
        self.command("user", "add", "--email", EMAIL, "--password", PASSWORD)
        self.app = self.application("standard", "--redirect-uri", REDIRECT_URI, "--scope", SCOPES)
        self.keyed = self.application("keyed", "--scope", "user")
        self.password_app = self.application("trueconf", "--scope", SCOPES, "--grant", "password")
        self.client_ids = self.copies(applications)
        self.rooms = None

    def command(self, *arguments):
        """Runs the command line; answers its JSON."""
        done = subprocess.run([self.binaries / "auth-server", *arguments, "--json"], env=self.auth.environment,
                              cwd=self.auth.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"auth-server {' '.join(arguments[:2])}: {done.stderr or done.stdout}")
        return json.loads(done.stdout)

    def application(self, profile, *arguments):
        """Registers an application."""
        return self.command("app", "add", "--name", f"Bench {profile}", "--profile", profile, *arguments)

    def copies(self, count):
        """Copies of the first application with the same secret, straight into the database: only their number
        matters."""
        if not count:
            return []
        ids = [str(uuid.uuid4()) for _ in range(count)]
        with contextlib.closing(sqlite3.connect(self.auth.folder / "anteroom.sqlite")) as database, database:
            for table, own in (("application", "client_id"), ("client_secret", "id")):
                names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                row = dict(zip(names, database.execute(
                    f"SELECT * FROM {table} WHERE client_id = ?", [self.app["client_id"]]).fetchone()))
                marks = ",".join("?" * len(names))
                database.executemany(
                    f"INSERT INTO {table} VALUES ({marks})",
                    ([({**row, own: name, "client_id": name})[column] for column in names] for name in ids))
        return ids

    def start_rooms(self):
        """Starts the resource server beside the running authorization server."""
        port = self.rooms_url.rpartition(":")[2]
        environment = {
            "ISSUER_URL": self.url, "RESOURCE_URL": self.rooms_url, "LISTEN_ADDR": f"127.0.0.1:{port}",
            "DATABASE_URL": "sqlite://rooms.sqlite", "RUST_LOG": "warn",
            "INTROSPECTION_CLIENT_ID": self.resource_client["client_id"],
            "INTROSPECTION_CLIENT_SECRET": self.resource_client["client_secret"],
        }
        self.rooms = servers.Server("rooms", self.folder, [self.binaries / "resource-server"], environment,
                                    servers.answers(f"{self.rooms_url}/health/ready"))
        return self.rooms.start()

    def stop(self):
        """Stops both."""
        for server in (self.rooms, self.auth):
            if server:
                server.stop()

    def sign_in(self, authorize_url):
        """Signs the user in through the pages, consents once, and answers the browser: from now on the same
        request gives a code at once."""
        user = browser.Browser(self.url)
        page = user.request("GET", authorize_url)
        page = user.submit(page, "/login", {"email": EMAIL, "password": PASSWORD})
        browser.code_of(user.submit(page, "/consent", {"decision": "allow"}))
        return user
