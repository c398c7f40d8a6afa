"""The process that reads messages again (`python -m jobs.reread_child`); see `jobs.rereading`.

Each wish comes as a line of JSON on standard input, what became of it (or, when only a look was
asked for, how the message would read) goes as one to standard output.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from jobs.guard import arm_cpu_limit, die_with_parent
from jobs.rereading import CannotRead, Wish, look_at, read_again
from jobs.workshop import Workshop, workshop_of_process


def main() -> None:
    """Read, store, tell, until nobody asks any more."""
    die_with_parent()
    arm_cpu_limit()
    workshop = workshop_of_process()
    for line in sys.stdin:
        try:
            answer = _answer(workshop, json.loads(line))
        except CannotRead as error:
            answer = {"why": str(error)}
        print(json.dumps(answer), flush=True)
    workshop.database.close()


def _answer(workshop: Workshop, asked: dict[str, Any]) -> dict[str, Any]:
    wish = Wish(**asked["wish"])
    if asked["only_look"]:
        return {"preview": asdict(look_at(workshop, wish, whole=asked["whole"]))}
    return {"kind": str(read_again(workshop, wish))}


if __name__ == "__main__":
    main()
