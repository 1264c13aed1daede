"""uWSGI, in which a publisher's thread does not run unless uWSGI is started with certain flags.

Its options are in `uwsgi.opt`, of a module that exists only in its processes. Without threads, uWSGI keeps Python's
lock between requests. It forks without Python's hooks, so a thread of the master is missing in its workers, and nobody
notices. See "Threads" and "lazy-apps" in https://uwsgi-docs.readthedocs.io/en/latest/ThingsToKnow.html.
"""

import sys
from collections.abc import Mapping
from typing import Final

THREADS: Final = frozenset({"enable-threads", "threads", "gevent"})
"""The options of which one lets threads run."""
FORKS: Final = frozenset({"lazy-apps", "lazy", "py-call-uwsgi-fork-hooks", "py-call-osafterfork"})
"""The options of which one lets a worker know that it was forked, or loads the app after the fork."""


def missing_flags() -> str | None:
    """Return a sentence that names the flags that uWSGI lacks here, or None."""
    uwsgi = sys.modules.get("uwsgi")
    options = getattr(uwsgi, "opt", None)
    if not isinstance(options, Mapping):
        return None
    names = {name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in options}
    flags = []
    if not names & THREADS:
        flags.append("--enable-threads")
    if not names & FORKS and _is_before_fork(uwsgi):
        flags.append("--lazy-apps")
    if not flags:
        return None
    return f"the publisher's thread cannot do its work here: start uWSGI with {' '.join(flags)}"


def _is_before_fork(uwsgi: object) -> bool:
    """True in the process that forks the workers, which is the worker 0. An app is loaded there by default."""
    worker_id = getattr(uwsgi, "worker_id", None)
    return callable(worker_id) and worker_id() == 0
