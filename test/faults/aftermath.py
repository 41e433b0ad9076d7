"""What a call that did not come to its end leaves behind."""
import os

from bench import run
from contents import DRAFTS, fingerprints

CHECKPOINT = "out/a.ckpt.h5"


class Before:
    """The outputs and their checkpoint as they were, byte by byte."""

    def __init__(self, bench):
        self.outputs = {name: fingerprints(name) for name in bench.case.outputs}
        self.checkpoint = fingerprints(CHECKPOINT)


def drafts():
    """Files that only a call that still runs may have beside its output, in words."""
    return [f"left: a .{name.rsplit('.', 1)[1]}" for _, _, names in os.walk(".") for name in names
            if name.endswith(DRAFTS)]


def what_is_lost(bench, before):
    """In words, nothing where all is right: the outputs are the old ones or the complete new ones, or what a run goes on
    from; and the next call gives the result of a clean one."""
    case, now, found = bench.case, bench.outputs(), []
    bytes_now = {name: fingerprints(name) for name in case.outputs}
    intact = bytes_now == before.outputs
    if intact and fingerprints(CHECKPOINT) != before.checkpoint and before.outputs.get("out/a.h5") != "missing":
        found.append("the old file has lost its checkpoint")
    if not case.resumes and not case.names_runs:
        found += [f"{name} is neither the old one nor the new one" for name in now
                  if not either(before.outputs[name], bytes_now[name], now[name], bench.clean[name])]
    second = run(case.tool, *(case.again if case.resumes and not intact else case.arguments))
    if second.returncode != 0:
        return found + [f"again: status {second.returncode}: {second.stderr.strip()[:300]}"]
    return found + ([] if bench.outputs() == bench.clean else ["again: another result"])


def either(before, bytes_now, now, clean):
    """Whether a file, or each one of a folder, is the old one or the complete new one."""
    if isinstance(bytes_now, dict):
        return all(either(before.get(name, "missing"), bytes_now[name], now.get(name), clean.get(name))
                   for name in bytes_now if name in now)
    return bytes_now == before or (now is not None and now == clean)
