"""Tries what the demo offers, over HTTP, as its users and applications would. Started by `scripts/demo --check`.

One line for each step; exit status 0 when every step is well. Python's standard library is all it needs.
"""

import sys

import administration
import apis
import grants
import review
import sample_app
import webhooks
from world import Failure

# In this order: people and administrators then deal with the application that went through the review.
STEPS = [*grants.STEPS, *apis.STEPS, *sample_app.STEPS, *review.STEPS, *administration.STEPS, *webhooks.STEPS]


def main():
    """Every step, whatever became of the one before."""
    failed = 0
    for name, step in STEPS:
        try:
            print(f"ok    {name}: {step()}", flush=True)
        except Exception as error:
            failed += 1
            seen = error if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
            print(f"FAIL  {name}: {seen}", flush=True)
    print(f"{len(STEPS) - failed} of {len(STEPS)} well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
