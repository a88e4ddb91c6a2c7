"""What was started: its addresses, people and applications, and the command line beside it."""

import json
import os
import pathlib
import subprocess

ISSUER, RESOURCE, APP = (os.environ[name] for name in ("ISSUER_URL", "RESOURCE_URL", "APP_URL"))
ROOMS = RESOURCE + "/external-api/v1.0/rooms"
ELSEWHERE = "https://client.example/callback"
FOLDER = pathlib.Path(os.environ["DEMO_FOLDER"])
# By name: NAME_ID and NAME_SECRET of each application. What a step registers is added to those of the demo.
CREDENTIALS = dict(line.split("=", 1) for line in (FOLDER / "credentials").read_text().splitlines())


def person(name):
    """Somebody of the demo, as the sign-in page wants to know it."""
    return {"email": f"{name}@example.com", "password": f"{name}-password"}


ALICE, BOB, ADMIN, AUDITOR, DEVELOPER, REVIEWER = map(
    person, ("alice", "bob", "admin", "auditor", "developer", "reviewer"))


class Failure(Exception):
    """Something was not as it should be; the message says what was seen."""


def expect(condition, seen):
    """Fails, with what was seen, unless the condition holds."""
    if not condition:
        raise Failure(str(seen))


def command_line(*arguments):
    """Runs auth-server in the demo's folder; answers its JSON."""
    done = subprocess.run([os.environ["AUTH_SERVER"], *arguments, "--json"], cwd=FOLDER, capture_output=True, text=True,
                          check=False)
    expect(done.returncode == 0, done.stderr)
    return json.loads(done.stdout)
