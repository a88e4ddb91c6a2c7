"""Medians, ratios and the printed tables."""

import statistics

from operations import NAMES, PEER_TARGETS, TARGETS


def summary(cell, samples):
    """Medians over the rounds of one cell, as the JSON file has them."""
    median = lambda name: statistics.median(getattr(sample, name) for sample in samples)
    rates = [sample.rate for sample in samples]
    return {
        "operation": cell.operation, "label": cell.label, "kind": cell.kind, "bound": cell.bound,
        "requests_per_second": median("rate"), "lowest": min(rates), "highest": max(rates),
        "p50_ms": median("p50") / 1000, "p99_ms": median("p99") / 1000,
        "cpu_us_per_request": median("cpu"), "redis_us_per_request": median("store_cpu"),
        "memory_mb": max(sample.memory for sample in samples),
        "rounds": len(samples),
    }


def compare(rows):
    """Adds to Anteroom's rows what they are held against. Ratios are of medians of the same rounds; those of CPU
    per request hold even where the load or Redis, on the other core, was the limit."""
    for row in rows:
        same = {other["label"]: other for other in rows if other["operation"] == row["operation"]}
        bound = same.get(row["bound"])
        if bound:
            row["of_bound"] = bound["cpu_us_per_request"] / max(row["cpu_us_per_request"], 0.1)
            row["of_bound_by_rate"] = row["requests_per_second"] / bound["requests_per_second"]
            row["target_of_bound"] = TARGETS.get((row["operation"], row["kind"]))
        if row["kind"] in ("redis", "embedded"):
            peer = same.get(f"node-oidc-provider, {'redis' if row['kind'] == 'redis' else 'memory'}")
            if peer:
                row["times_peer"] = peer["cpu_us_per_request"] / max(row["cpu_us_per_request"], 0.1)
                row["times_peer_by_rate"] = row["requests_per_second"] / peer["requests_per_second"]
                row["target_times_peer"] = PEER_TARGETS.get(row["operation"]) if row["kind"] == "redis" else None
    return rows


def ratios(row, name):
    """A ratio by CPU, the same by rate, and the target."""
    if row.get(name) is None:
        return ""
    target = row.get(f"target_{name}")
    return f"{row[name]:.2f} / {row[f'{name}_by_rate']:.2f}" + (f" (>= {target})" if target else "")


HEAD = ["", "req/s", "p99 ms", "CPU us", "core busy", "Redis us", "RSS MB", "of bound: CPU / rate", "x peer: CPU / rate"]


def operation_table(operation, rows):
    """One operation as a Markdown table."""
    lines = [[
        row["label"], f"{row['requests_per_second']:,.0f}", f"{row['p99_ms']:.1f}",
        f"{row['cpu_us_per_request']:,.0f}", f"{row['requests_per_second'] * row['cpu_us_per_request'] / 1e4:.0f} %",
        f"{row['redis_us_per_request']:,.0f}", f"{row['memory_mb']:.0f}",
        ratios(row, "of_bound"), ratios(row, "times_peer"),
    ] for row in rows if row["operation"] == operation]
    return f"### {NAMES[operation]}\n\n{table(HEAD, lines)}"


def overview(rows):
    """Anteroom's rows side by side, by CPU per request."""
    lines = []
    for row in rows:
        if "of_bound" not in row:
            continue
        peer = f"{row['times_peer']:.1f}" if "times_peer" in row else ""
        lines.append([
            f"{NAMES[row['operation']]}, {row['kind']}", f"{row['cpu_us_per_request']:,.0f}",
            f"{row['redis_us_per_request']:,.0f}" if row["kind"] == "redis" else "",
            f"{row['of_bound']:.2f}", f">= {row['target_of_bound']}" if row["target_of_bound"] else "",
            peer, f">= {row['target_times_peer']}" if row.get("target_times_peer") else "",
        ])
    return table(["Anteroom, by CPU per request", "CPU us", "Redis us", "of bound", "target", "x peer", "target"], lines)


def table(head, lines):
    """A Markdown table, aligned for reading as it is."""
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    pad = lambda line: "| " + " | ".join(
        text.ljust(width) if column == 0 else text.rjust(width)
        for column, (text, width) in enumerate(zip(line, widths))) + " |"
    rule = "|" + "|".join(("-" * (width + 1) + (":" if column else "-")) for column, width in enumerate(widths)) + "|"
    return "\n".join([pad(head), rule, *map(pad, lines)])
