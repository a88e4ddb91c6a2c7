"""What is not a rate: start, memory, and whether size or a flood of sign-ins slows the server down."""

import statistics
import threading

import anteroom
import machine
import operations
import wrk

CREDENTIALS = {"grant_type": "client_credentials", "scope": "rooms:list rooms:retrieve"}


def start_and_memory(server, process, start, name):
    """Starts a server on its warm database a few times; its memory while idle."""
    times = []
    for _ in range(5):
        process().stop()
        times.append(start())
    return [
        {"what": f"{name}: start to ready, warm database", "value": f"{statistics.median(times):.0f} ms", "target": "<= 300 ms"},
        {"what": f"{name}: memory, idle", "value": f"{machine.resident_mb(process().pid):.0f} MB", "target": "<= 25 MB"},
    ]


def memory_after(server, name, tokens, seconds):
    """Memory after so many tokens, made as fast as they come."""
    request = operations.form(f"{server.url}/oauth2/token", server.app, **CREDENTIALS)
    made = 0
    while made < tokens:
        made += wrk.measure(server.auth, request, seconds).requests
    return [{"what": f"{name}: memory after {made:,} tokens", "value": f"{machine.resident_mb(server.auth.pid):.0f} MB",
             "target": "<= 60 MB"}]


def applications(folder, binaries, redis_url, seconds, rounds, few=1_000, many=100_000):
    """CPU per token with few and with many applications registered, of which the same number is at work; and when
    each request comes from another one that nobody has heard of lately."""
    servers = []
    try:
        for count in (few, many):
            servers.append(anteroom.Anteroom(f"with-{count}", folder, binaries, redis_url, count))
            servers[-1].auth.start()
        small, large = servers
        contenders = [(f"client credentials, {few:,} applications", small, small.client_ids),
                      (f"client credentials, {few:,} of {many:,} applications", large, large.client_ids[:few]),
                      (f"client credentials, each of {many:,} applications in turn", large, large.client_ids)]
        samples = {name: [] for name, _, _ in contenders}
        # The last one fills the cache with others, so it comes after all rounds of the first two.
        for name, server, active in contenders[:2] * (rounds + 1) + contenders[2:] * rounds:
            request = operations.form(f"{server.url}/oauth2/token", server.app, **CREDENTIALS, client_id="{}",
                                      client_secret=server.app["client_secret"])
            request.headers.pop("Authorization")
            samples[name].append(wrk.measure(server.auth, request, seconds, "cycle", active))
    finally:
        for server in servers:
            server.stop()
    # The first round of each warms it up.
    cost = [statistics.median(sample.cpu for sample in samples[name][1:] or samples[name]) for name, _, _ in contenders]
    return [{"what": name, "target": "" if index != 1 else "x <= 1.15",
             "value": f"{cost[index]:.0f} us CPU, {samples[name][-1].memory:.0f} MB, x {cost[index] / cost[0]:.2f}"}
            for index, (name, _, _) in enumerate(contenders)]


def flood(server, seconds):
    """The token endpoint's p99 alone, and while passwords are checked without a pause. Few connections: what
    counts is how long one request waits, not how many can be queued."""
    token_url = f"{server.url}/oauth2/token"
    request = operations.form(token_url, server.app, connections=2, **CREDENTIALS)
    login = operations.form(token_url, server.password_app, connections=8, grant_type="password",
                            username=anteroom.EMAIL, password=anteroom.PASSWORD)
    quiet = wrk.measure(server.auth, request, seconds)
    sign_ins = threading.Thread(target=wrk.run, args=(login, seconds + 2))
    sign_ins.start()
    loud = wrk.measure(server.auth, request, seconds)
    sign_ins.join()
    ratio = loud.p99 / quiet.p99
    return [{"what": "token p99, quiet / during a flood of sign-ins (one core for both)",
             "value": f"{quiet.p99 / 1000:.2f} / {loud.p99 / 1000:.2f} ms, x {ratio:.1f}", "target": "x <= 2"}]
