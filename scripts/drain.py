#!/usr/bin/env python3
"""Two workers drain a board while the server is killed again and again and one of them is killed, too.

    scripts/drain.py [--tasks 200] [--kills 6] [--seed N]              over a SQLite file
    scripts/postgres.sh run scripts/drain.py --postgres [...]          over PostgreSQL

The board has dependencies, review gates and questions; a person answers and approves: this script through the API, or with
`--browser` a browser by clicking in the inbox. A viewer watches all events, a webhook is told of what is done, and a browser
has the board open. What must be true at the end stands in `drain/audit.py`; `drain/audit_test.py` shows that each rule can be
broken. DASHBOARDD and DASHCTL name the binaries. `--hard` kills the worker with everything that it runs, so that its tasks
come back when their leases run out.
"""

import argparse
import pathlib
import sys
import time

from drain import audit, command
from drain.scene import Scene


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=int, default=1200, help="seconds until it counts as stuck")
    parser.add_argument("--postgres", action="store_true", help="over TEST_DATABASE_URL")
    parser.add_argument("--browser", action="store_true", help="answer, approve and watch the board in Chromium")
    parser.add_argument("--hard", action="store_true", help="kill the worker with everything that it runs")
    parser.add_argument("--do", metavar="DIARY", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if options.do:
        return command.carry_out(options.do)
    began, faults = time.monotonic(), ["it did not come to its end"]
    print(f"{options.tasks} tasks, {options.kills} kills, {'PostgreSQL' if options.postgres else 'SQLite'}")
    scene = Scene(options, [pathlib.Path(__file__).resolve(), "--do"])
    try:
        story = scene.play()
        faults = audit.faults(story)
        for line in audit.summary(story):
            print(f"  {line}")
    finally:
        scene.close(keep=bool(faults))
    for fault in faults:
        print(f"  {fault}", file=sys.stderr)
    print(f"  {len(faults)} faults, {time.monotonic() - began:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
