"""A sweep as an array of jobs of a real Slurm, which the test starts itself: one job cancelled, a node that fails, and the
rest submitted again. The collected table must equal that of the sweep on this machine, bit by bit."""
import contextlib
import os
import signal
import sys
import time

import run_file
from slurm_cluster import Cluster, Unavailable
from slurm_processes import node_processes, read_proc
from sweep_files import STUDY, succeed, sweep, write
from tool import BIN, in_temporary_folder, one_line

CHUNKS = 8
# Long enough to be hit: about a second each.
SWEEP = f"""study = "toy.toml"
[set]
"network.layers" = [2, 24, 1]
"flow.rtol" = 1e-11
"flow.t_end" = 1e4
"output.weights" = "events"
"output.checkpoint_seconds" = 0.05
[axes]
"init.scale" = [1e-2, 1e-3]
"init.seed" = {{ seeds = 8 }}
[slurm]
seconds_per_run = 30.0
minutes_per_job = 1
memory = "100M"
"""


def submit(cluster):
    """The number of the job, and what sf-sweep has printed."""
    text = succeed("s.toml", "-o", "slurm", "--slurm", "--submit", env=cluster.env)
    job = next(line.split()[1] for line in text.splitlines() if line.startswith("job:"))
    return job, text


def states_in_words():
    return succeed("s.toml", "-o", "slurm", "--status")


def scripts(cluster):
    """The processes of the scripts that run. A job counts as running a moment before its script begins."""
    return [p for p in node_processes(cluster.folder) if "slurm_script" in read_proc(p, "cmdline") and "SLURM_ARRAY_TASK_ID=" in read_proc(p, "environ")]


def two_running(cluster):
    """Two jobs have been at work for a moment."""
    end = time.monotonic() + 60
    while len(scripts(cluster)) < 2:
        assert time.monotonic() < end, "no two jobs at a time within a minute"
        time.sleep(0.1)
    time.sleep(0.5)


def begun_again(cluster, job):
    return {index: task.restarts for index, task in cluster.tasks(job).items()}


def reach_time_limit(cluster, job):
    """Sends the script of a running job the signal that Slurm sends before the limit, and nobody else; another one if it
    was about to end anyway."""
    before, end, asked = sum(begun_again(cluster, job).values()), time.monotonic() + 120, set()
    while sum(begun_again(cluster, job).values()) == before:
        assert time.monotonic() < end, f"signals to {len(asked)} scripts, and none has begun again"
        for process in sorted(set(scripts(cluster)) - asked)[-1:]:
            asked.add(process)
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGUSR1)
        time.sleep(2)


def the_array(cluster):
    job, text = submit(cluster)
    assert f"16 runs in {CHUNKS} jobs of" in text, text
    two_running(cluster)
    running = [index for index, state in cluster.states(job).items() if state == "RUNNING"]
    cluster.cancel(f"{job}_{running[0]}")
    two_running(cluster)
    cluster.fail_node()
    print(states_in_words())
    cluster.revive_node()
    cluster.begin_now(job)
    # As Slurm does a minute before the time limit: the job stops cleanly and queues itself again.
    two_running(cluster)
    reach_time_limit(cluster, job)
    states = cluster.wait(job, 240)
    print(f"first array: {states}")
    for index, state in states.items():
        if state == "FAILED":
            print(index, cluster.tasks(job)[index], open(f"slurm/slurm-{index}.out").read())
    restarts = begun_again(cluster, job)
    print(f"begun again: {restarts}")
    assert sum(restarts.values()) >= 3, restarts
    assert states[running[0]] == "CANCELLED" and list(states.values()).count("COMPLETED") == CHUNKS - 1, states
    left = states_in_words()
    print(left)
    assert "finished:" in left and "failed:" not in left, left


def the_rest(cluster):
    job, text = submit(cluster)
    print(text)
    states = cluster.wait(job, 120)
    assert set(states.values()) == {"COMPLETED"}, states
    assert "finished:   16" in states_in_words(), states_in_words()
    one_line(sweep("s.toml", "-o", "slurm", "--slurm", "--submit", env={**cluster.env, "PATH": os.path.dirname(BIN)}), 4, "sbatch")


def main():
    write("toy.toml", STUDY)
    write("s.toml", SWEEP)
    start = time.time()
    succeed("s.toml", "-o", "here", "-j", "2")
    print(f"on this machine: {time.time() - start:.1f} s")
    environment = {**os.environ, "PATH": BIN + ":" + os.environ["PATH"]}
    try:
        with Cluster(cpus=2) as cluster:
            cluster.env = {**environment, **cluster.env}
            the_array(cluster)
            the_rest(cluster)
    except Unavailable as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    for folder in ("here", "slurm"):
        succeed("s.toml", "-o", folder, "--collect")
    run_file.same(run_file.datasets("here/collected.h5"), run_file.datasets("slurm/collected.h5"))
    print("the tables are the same, bit by bit")


in_temporary_folder(main)
