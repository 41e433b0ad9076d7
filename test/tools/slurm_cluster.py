"""A real Slurm of one node for tests: started in a temporary folder, stopped again without a trace.

    with Cluster(cpus=4) as cluster:
        job = cluster.submit("job.sh", "an argument", options=["--array=0-7"])
        cluster.wait(job, seconds=60)

It needs root and the Debian packages slurmctld, slurmd and slurm-client, which come with slurm-wlm. None of their
services has to run. The daemons listen on the loopback interface only, since nobody has to prove who he is (auth/none).
A small guard process cleans up if this process dies, even if it is killed.
"""

import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from slurm_processes import SlurmError, configuration, kill_all, node_processes, start_guard

NODE = "node"
FINAL = {
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "TIMEOUT",
}
READY = {"allocated", "completing", "idle", "mixed"}
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "sinfo", "squeue", "unshare", "hostname")
CLIENT_SETTINGS = ("SLURM", "SBATCH", "SCANCEL", "SCONTROL", "SINFO", "SQUEUE", "SRUN", "SALLOC")
START_SECONDS = 30  # a start takes about 1 s on an idle machine


class Unavailable(Exception):
    """Slurm cannot be started here. The message is one sentence that says why."""


@dataclass(frozen=True)
class Task:
    """What Slurm knows of a task: `exit_code` is a wait status, so 768 means exit status 3 and 9 means signal 9."""

    state: str
    restarts: int
    exit_code: int
    reason: str


class Cluster:
    """One node with `cpus` declared processors, which may be more than the machine has.

    `settings` changes or adds lines of slurm.conf. The node has the host name of this machine if that is a loopback
    name, or else `localhost`. With host_name="localhost" the jobs see another host name than the test.
    """

    def __init__(self, cpus=4, settings=None, host_name=None):
        self.cpus = cpus
        self.settings = dict(settings or {})
        self.host_name = host_name or loopback_name()
        self.env = None
        self.folder = None
        self._daemons = {}
        self._guard = None
        self._seen = {}

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # --- start and stop ---

    def start(self):
        """Starts both daemons and waits until the node is idle. Raises Unavailable if that is impossible."""
        require_root()
        require_programs()
        for tries_left in (2, 1, 0):
            try:
                self._start_once()
                return self
            except BaseException as error:
                self.stop()
                if not (tries_left and "already in use" in str(error)):
                    raise

    def stop(self):
        """Ends the daemons and all jobs, and removes the folder. It may be called twice."""
        guard, daemons = self._guard, self._daemons
        self._guard, self._daemons, self._seen = None, {}, {}
        if guard:
            guard.stdin.close()
            if guard.wait():
                raise SlurmError(f"some processes of {self.folder} could not be ended.")
        for daemon in daemons.values():
            daemon.wait()

    def _start_once(self):
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        self._guard = start_guard(self.folder)
        self.env = clean_environment() | {"SLURM_CONF": str(configuration(self.folder))}
        for name in ("state", "spool", "work"):
            (self.folder / name).mkdir()
        self._write_configuration()
        self._spawn("slurmctld", "-D")
        self._spawn("slurmd", "-D", "-N", NODE)
        self._wait_until_ready()

    def _write_configuration(self):
        address = socket.gethostbyname(self.host_name)
        ports = free_ports(address, 2)
        lines = slurm_conf(self.folder, self.host_name, address, ports) | self.settings
        node = f"{NODE} NodeHostname={self.host_name} NodeAddr={address} CPUs={self.cpus} RealMemory=1000 State=UNKNOWN"
        lines |= {"NodeName": node, "PartitionName": f"all Nodes={NODE} Default=YES MaxTime=INFINITE DefaultTime=60"}
        configuration(self.folder).write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
        (self.folder / "cgroup.conf").touch()

    def _spawn(self, name, *arguments):
        command = [find_program(name), *arguments]
        if self.host_name != socket.gethostname():
            command = with_host_name(self.host_name, command)
        with open(self._log(name), "ab") as log:
            self._daemons[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self.env,
                start_new_session=True,
            )

    def _log(self, name):
        return self.folder / f"{name}.log"

    def _wait_until_ready(self):
        end = time.monotonic() + START_SECONDS
        while self._alive() and not self._ready():
            if time.monotonic() > end:
                texts = [f"{name}: {last_line(self._log(name))}" for name in self._daemons]
                raise Unavailable(f"the node was not ready after {START_SECONDS} s: {'; '.join(texts)}")
            time.sleep(0.1)

    def _ready(self):
        """True if the node can start jobs. A client of Slurm waits long for a slurmctld that does not answer."""
        try:
            return self.node_state(seconds=2) in READY
        except (SlurmError, subprocess.TimeoutExpired):
            return False

    def _alive(self):
        """True if both daemons run. Raises Unavailable if one has died."""
        for name, daemon in self._daemons.items():
            if daemon.poll() is not None:
                raise Unavailable(f"{name} has died: {last_line(self._log(name))}")
        return True

    # --- jobs ---

    def submit(self, script, *arguments, options=(), cwd=None):
        """Submits a script with sbatch and returns the number of the job. It runs in `cwd`, or in the folder `work`."""
        command = ["sbatch", "--parsable", *options, str(script), *map(str, arguments)]
        job = self.run(*command, cwd=cwd or self.folder / "work").strip().split(";")[0]
        self.tasks(job)
        return job

    def tasks(self, job):
        """Returns {array index: Task}, with the index None for a job that is no array.

        Slurm forgets at once a task of an array that is cancelled before its start: `tasks` reports it as CANCELLED.
        """
        fields = "ArrayTaskID:|,State:|,RestartCnt:|,exit_code:|,ReasonList:|"
        text = self.run("squeue", "--array", "--noheader", "--states=all", f"--jobs={job}", f"--Format={fields}")
        found = dict(parse_task(line) for line in text.splitlines() if line.strip())
        seen = self._seen.setdefault(str(job), set())
        seen.update(found)
        if len(seen) > 1:
            seen.discard(None)  # what is left of an array when all its tasks are gone
        gone = Task("CANCELLED", 0, 0, "gone")
        return {index: found.get(index, gone) for index in sorted(seen, key=lambda index: (index is not None, index))}

    def states(self, job):
        """Returns {array index: state}, where the state is a word like PENDING, RUNNING or COMPLETED."""
        return {index: task.state for index, task in self.tasks(job).items()}

    def wait(self, job, seconds, until=None):
        """Waits until all tasks have ended, or until `until(states)` is true, and returns the states.

        Raises TimeoutError after `seconds`.
        """
        done = until or (lambda states: set(states.values()) <= FINAL)
        end = time.monotonic() + seconds
        while not done(states := self.states(job)):
            if time.monotonic() > end:
                raise TimeoutError(f"job {job} after {seconds} s: {states}")
            time.sleep(0.2)
        return states

    def cancel(self, task, signal=None, script_only=False):
        """Cancels a job or a task like "12_3": SIGTERM to all its processes, and SIGKILL after KillWait.

        With a signal, only that signal is sent: to all processes, or with `script_only` to the batch script itself.
        """
        to = "--batch" if script_only else "--full"
        self.run("scancel", *([f"--signal={signal}", to] if signal else []), str(task))

    def requeue(self, task):
        """Ends a running job or task like `cancel` does and puts it back into the queue.

        Slurm starts it again 6 s later at the earliest: `begin_now` shortens that.
        """
        self.run("scontrol", "requeue", str(task))

    def begin_now(self, job):
        """Lets the requeued tasks of a job start at once."""
        for index, task in self.tasks(job).items():
            if task.state == "PENDING" and task.restarts:
                name = job if index is None else f"{job}_{index}"
                self.run("scontrol", "update", f"JobId={name}", "StartTime=now")

    # --- the node ---

    def node_state(self, seconds=None):
        """Returns a word like idle, mixed or down, with a star if the node does not answer."""
        return self.run("sinfo", "--noheader", "--format=%T", seconds=seconds).strip()

    def fail_node(self):
        """Stops the node as a power failure would do: nothing on it gets a signal that it could handle.

        Slurm puts the jobs that ran there back into the queue. They wait until `revive_node`.
        """
        kill_all(lambda: node_processes(self.folder))
        self._daemons.pop("slurmd").wait()
        self.run("scontrol", "update", f"NodeName={NODE}", "State=DOWN", "Reason=test")

    def revive_node(self):
        """Starts the node again and waits until Slurm uses it."""
        self._spawn("slurmd", "-D", "-N", NODE)
        self._wait_until_ready()

    def run(self, *command, cwd=None, seconds=None):
        """Runs a command with the environment of the cluster and returns what it prints."""
        how = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
        done = subprocess.run(command, env=self.env, cwd=cwd, timeout=seconds, **how)
        if done.returncode:
            raise SlurmError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
        return done.stdout


def slurm_conf(folder, host_name, address, ports):
    """Returns the lines of slurm.conf, without the node and the partition."""
    return {
        "ClusterName": "test",
        "SlurmctldHost": f"{host_name}({address})",
        "SlurmctldPort": ports[0],
        "SlurmdPort": ports[1],
        "CommunicationParameters": "NoInAddrAny,NoCtldInAddrAny",
        "SlurmUser": "root",
        "SlurmdUser": "root",
        "AuthType": "auth/none",
        "CredType": "cred/none",
        "AuthInfo": "cred_expire=5",
        "StateSaveLocation": folder / "state",
        "SlurmdSpoolDir": folder / "spool",
        "SlurmctldPidFile": folder / "slurmctld.pid",
        "SlurmdPidFile": folder / "slurmd.pid",
        "MailProg": shutil.which("true"),
        "ProctrackType": "proctrack/linuxproc",
        "TaskPlugin": "task/none",
        "SwitchType": "switch/none",
        "MpiDefault": "none",
        "JobAcctGatherType": "jobacct_gather/none",
        "AccountingStorageType": "accounting_storage/none",
        "SelectType": "select/cons_tres",
        "SelectTypeParameters": "CR_CPU",
        "SchedulerType": "sched/backfill",
        "SchedulerParameters": "sched_interval=1,sched_min_interval=0,bf_interval=1,batch_sched_delay=0",
        "SlurmdParameters": "config_overrides",
        "ReturnToService": 2,
        "JobRequeue": 1,
        "KillWait": 2,
        "MinJobAge": 3600,
        "SlurmdTimeout": 300,
        "MessageTimeout": 30,
        "InactiveLimit": 0,
    }


def parse_task(line):
    """Returns the array index and the Task of a line of squeue."""
    index, state, restarts, exit_code, reason = line.strip().split("|")[:5]
    return (int(index) if index.isdigit() else None), Task(state, int(restarts), int(exit_code), reason)


# --- what the machine offers ---


def require_root():
    """Raises Unavailable if this process is not root."""
    if os.geteuid() != 0:
        raise Unavailable("only root can start the daemons of Slurm.")


def require_programs():
    """Raises Unavailable if a program is missing."""
    missing = [name for name in PROGRAMS if not find_program(name)]
    if missing:
        raise Unavailable(f"the programs {', '.join(missing)} are missing: install the package slurm-wlm.")


def find_program(name):
    """Returns the path of a program, or None. Daemons are often outside the PATH."""
    return shutil.which(name, path=search_path())


def search_path():
    """Returns the PATH with the folders of the daemons."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def clean_environment():
    """Returns the environment of this process without the settings of another Slurm."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(CLIENT_SETTINGS)}
    return kept | {"PATH": search_path()}


def loopback_name():
    """Returns the name of this host if it is an address of the loopback interface, or else localhost."""
    try:
        name = socket.gethostname()
        return name if socket.gethostbyname(name).startswith("127.") else "localhost"
    except OSError:
        return "localhost"


def with_host_name(name, command):
    """Returns a command that runs `command` under another host name."""
    return [find_program("unshare"), "--uts", "sh", "-c", f'hostname {name} && exec "$@"', "sh", *command]


def free_ports(address, count):
    """Returns different free ports below those that the kernel hands out itself."""
    ports = []
    for port in random.sample(range(20000, 32000), 200):
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
                ports.append(port)
            except OSError:
                pass
        if len(ports) == count:
            return ports
    raise Unavailable("no free port was found.")


def last_line(path):
    """Returns the last line of a log that says something, an error if there is one."""
    lines = [line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "fatal" in line or "error" in line]
    return (errors or lines or ["it has printed nothing"])[-1]
