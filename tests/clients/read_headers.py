#!/usr/bin/env python3
"""What REDbot has to say against answers: read_headers.py URL… prints a line for each note that is a warning or worse, and ends
with 1 when there are any."""

import subprocess
import sys


def check(url: str) -> bool:
    """Whether one answer is fine."""
    from configparser import ConfigParser

    import thor
    from httplint.note import levels
    from redbot.resource import HttpResource

    config = ConfigParser()
    config.read_dict({"redbot": {"enable_local_access": "True"}})
    resource = HttpResource(config["redbot"])
    resource.set_request(url)

    @thor.events.on(resource)
    def check_done() -> None:
        thor.stop()

    resource.check()
    thor.run()
    notes = [note for note in resource.response.notes if note.level in (levels.WARN, levels.BAD)]
    # It asks for one byte more than it looks for where the whole body arrives in small pieces; ranges have tests of their own.
    notes = [note.summary for note in notes if type(note).__name__ != "RANGE_INCORRECT"]
    if not resource.response.complete:
        notes.append("no whole answer")
    for note in notes:
        print(f"{url}: {note}")
    return not notes


if len(sys.argv) == 2:
    sys.exit(not check(sys.argv[1]))
# Its event loop runs once in a process.
critics = [subprocess.Popen([sys.executable, __file__, url]) for url in sys.argv[1:]]
sys.exit(any([critic.wait() for critic in critics]))
