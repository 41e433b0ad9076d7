"""The processes of a test cluster (slurm_cluster.py): which there are, how they end, and a guard that ends them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path


class SlurmError(Exception):
    """A command of Slurm has failed."""


def configuration(folder):
    """Returns the path of slurm.conf."""
    return Path(folder) / "slurm.conf"


def all_processes():
    """Returns the number of each process that has not ended, with the number of its parent."""
    parents = {}
    for entry in os.listdir("/proc"):
        fields = read_proc(entry, "stat").rpartition(")")[2].split() if entry.isdigit() else []
        if fields and fields[0] not in "ZX":
            parents[int(entry)] = int(fields[1])
    return parents


def read_proc(process, name):
    """Returns the text of a file of /proc, or nothing if the process has gone."""
    try:
        return Path("/proc", str(process), name).read_text(errors="replace")
    except OSError:
        return ""


def has_open(process, folder):
    """True if the process has a file of the folder open."""
    try:
        files = Path("/proc", str(process), "fd")
        return any(os.readlink(file).startswith(f"{folder}/") for file in files.iterdir())
    except OSError:
        return False


def is_ours(process, folder):
    """True if the process has the configuration of this cluster in its environment."""
    return f"SLURM_CONF={configuration(folder)}" in read_proc(process, "environ").split("\0")


def is_daemon(process, folder):
    """True for slurmctld, slurmd and the processes named slurmstepd that watch over a job each."""
    return read_proc(process, "comm").startswith("slurm") and (is_ours(process, folder) or has_open(process, folder))


def is_controller(process):
    """True for slurmctld and its helper slurmscriptd."""
    return read_proc(process, "comm").strip() in ("slurmctld", "slurmscriptd")


def is_of_job(process, folder):
    """True for a process that a job has started."""
    return is_ours(process, folder) and "\0SLURM_JOB_ID=" in "\0" + read_proc(process, "environ")


def cluster_processes(folder):
    """Returns the numbers of all processes of a cluster, with all their children."""
    parents = all_processes()
    return with_children({p for p in parents if is_daemon(p, folder) or is_of_job(p, folder)}, parents)


def node_processes(folder):
    """Returns the numbers of the processes that run on the node."""
    return {process for process in cluster_processes(folder) if not is_controller(process)}


def with_children(processes, parents):
    """Returns the processes and all that they have started, without this process."""
    found = set(processes)
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def kill_all(find, seconds=10):
    """Kills all processes that `find` returns. It stops them first, so that none sees another one die."""
    end = time.monotonic() + seconds
    while find():
        stopped = set()
        while new := find() - stopped:
            send(new, signal.SIGSTOP)
            stopped |= new
        send(stopped, signal.SIGKILL)
        if time.monotonic() > end:
            raise SlurmError(f"these processes cannot be killed: {sorted(find())}")
        time.sleep(0.05)


def send(processes, number):
    """Sends a signal to those of the processes that still exist."""
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass


# --- the guard ---


def start_guard(folder):
    """Starts a process that cleans up when its input ends, be it closed or because this process has died."""
    return subprocess.Popen(
        [sys.executable, os.path.abspath(__file__), str(folder)],
        stdin=subprocess.PIPE,
        cwd="/",
        start_new_session=True,
    )


def clean_up(folder):
    """Ends all processes of a cluster and removes its folder."""
    try:
        kill_all(lambda: cluster_processes(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.read()
    clean_up(sys.argv[1])
