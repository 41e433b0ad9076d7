"""Outputs: what cannot be written is said, what is no plain file is left alone, links are followed, of two writers the
first goes on, and nothing that was there comes to harm."""
import os
import resource
import signal
import socket
import stat
import subprocess
import time

import h5py

from run_file import datasets, same
from tiny import PURSUIT, STUDY, run, succeed
from tool import BIN, in_temporary_folder, one_line


def standard_output():
    """What was printed and has not arrived is status 4, and the work is not lost with it."""
    def into_full(tool, *arguments):
        with open("/dev/full", "w") as full:
            result = subprocess.run([os.path.join(BIN, tool), *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
        one_line(result, 4, "standard output", "No space left")
    into_full("sf-flow", "t.toml", "-o", "full.h5")
    for tool, *arguments in (("sf-flow", "t.toml", "--dry-run"), ("sf-flow", "--help"), ("sf-kkt", "t.toml", "--starts", "2"),
                             ("sf-saddles", "run.h5"), ("sf-report", "run.h5", "-o", "full.html"),
                             ("sf-export", "run.h5", "--csv", "full"), ("sf-evaluate", "run.h5", "--times", "1", "-o", "full.csv")):
        into_full(tool, *arguments)
    for name in ("full.html", "full.csv", "full/time.csv"):
        assert os.path.getsize(name) > 0
    same(datasets("full.h5"), datasets("run.h5"))
    # A closed descriptor does not become that of the run file.
    result = subprocess.run(f"{BIN}/sf-flow t.toml -o closed.h5 >&-", shell=True, capture_output=True, text=True)
    assert result.returncode == 4 and "standard output" in result.stderr, result
    same(datasets("closed.h5"), datasets("run.h5"))


# Outputs

def special_outputs():
    """No tool replaces a device, a FIFO, a socket or a folder, with --force neither."""
    os.mkfifo("pipe")
    os.mkdir("folder")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    kinds = {name: os.lstat(name).st_mode for name in ("pipe", "folder", "socket")}
    writers = [("sf-flow", "t.toml"), ("sf-report", "run.h5"), ("sf-kkt", "run.h5", "--starts", "2"),
               ("sf-limit", "t.toml"), ("sf-saddles", "run.h5"), ("sf-skeleton", "t.toml"), ("sf-pursuit", "p.toml"),
               ("sf-experiment", "p.toml"), ("sf-evaluate", "run.h5", "--times", "1")]
    for output in ("pipe", "folder", "socket", "/dev/null"):
        for writer in writers:
            one_line(run(*writer, "-o", output, "--force"), 2, output, "no plain file")
        one_line(run("sf-export", "run.h5", "--compressed", output, "--force"), 2, output, "no plain file")
    assert kinds == {name: os.lstat(name).st_mode for name in kinds}
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    for length in (240, 250, 300):
        for writer in writers:
            start = time.time()
            one_line(run(*writer, "-o", "a" * length), 2, f"{length} bytes")
            assert time.time() - start < 5
    name = "b" * 230 + ".h5"
    succeed("sf-flow", "t.toml", "-o", name, "-q")
    assert os.path.exists("b" * 230 + ".ckpt.h5")
    same(datasets(name), datasets("run.h5"))
    one_line(run("sf-flow", "t.toml", "-o", "none/x.h5"), 4, "no such folder")


def links():
    """A link stays a link: what it leads to is made, overwritten, repaired and resumed, with its checkpoint."""
    os.makedirs("there/deep")
    os.symlink("there/deep", "way")
    os.symlink("way/real.h5", "link.h5")  # dangling
    succeed("sf-flow", "t.toml", "-o", "link.h5", "-q", "--set", "flow.t_end=150")
    assert os.path.islink("link.h5") and os.path.exists("there/deep/real.ckpt.h5") and not os.path.exists("link.ckpt.h5")
    result = run("sf-flow", "t.toml", "-o", "link.h5", "--resume")
    assert result.returncode == 0 and "from the start" not in result.stderr, result.stderr
    assert os.path.islink("link.h5") and os.listdir("there/deep") == sorted(os.listdir("there/deep"))
    assert sorted(os.listdir("there/deep")) == ["real.ckpt.h5", "real.h5"]
    with h5py.File("link.h5") as file:
        assert file["time"][-1] == 300
    succeed("sf-flow", "t.toml", "-o", "link.h5", "-q", "--force")
    assert os.path.islink("link.h5")
    same(datasets("there/deep/real.h5"), datasets("run.h5"))
    os.symlink("there/page.html", "page.html")
    succeed("sf-report", "link.h5", "-o", "page.html")
    assert os.path.islink("page.html") and os.path.getsize("there/page.html") > 1000


def limit_on_files():
    """ulimit -f: a message instead of a signal, and no draft is left."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
    before = sorted(os.listdir("."))
    for tool, *arguments in (("sf-flow", "t.toml", "-o", "big.h5"), ("sf-report", "run.h5", "-o", "big.html"),
                             ("sf-pursuit", "p.toml", "-o", "big.h5"), ("sf-export", "run.h5", "--compressed", "big.h5")):
        result = run(tool, *arguments, "-q" if tool not in ("sf-report",) else "--force", preexec_fn=limit)
        one_line(result, 4, "big", "File too large")
        assert sorted(os.listdir(".")) == before, set(os.listdir(".")) ^ set(before)


# Two writers, signals

def wait_for(name):
    deadline = time.time() + 30
    while not os.path.exists(name):
        assert time.time() < deadline, name
        time.sleep(0.002)


def two_writers():
    """The first goes on, the second learns at once who it is."""
    slow = ("--set", "flow.t_end=1e9", "--set", "flow.max_step=0.01", "-q")
    jobs = [(("sf-flow", "t.toml", "-o", "two.h5", *slow), "two.h5"),
            (("sf-pursuit", "p.toml", "-o", "three.h5", "-q", "--set", "pursuit.starts=20000"), "three.h5")]
    for command, output in jobs:
        first = subprocess.Popen([os.path.join(BIN, command[0]), *command[1:]], stderr=subprocess.PIPE, text=True)
        wait_for(output + ".lock")
        time.sleep(0.05)
        for more in ((), ("--force",), ("--resume",)):
            if not os.path.exists(output) or more:
                one_line(run(*command, *more), 4, output, f"process {first.pid} (", command[0], "goes on")
        assert first.poll() is None
        first.send_signal(signal.SIGHUP)
        _, text = first.communicate(timeout=30)
        assert first.returncode == 130, (first.returncode, text)
        assert not [name for name in os.listdir(".") if name.endswith((".lock", ".part"))]
    # Started together: one of them makes the file, and all others say so.
    for _ in range(5):
        together = [subprocess.Popen([os.path.join(BIN, "sf-pursuit"), "p.toml", "-o", "many.h5", "-q", "--force"],
                                     stderr=subprocess.PIPE, text=True) for _ in range(3)]
        ends = [(process.communicate(timeout=60)[1], process.returncode) for process in together]
        assert any(status == 0 for _, status in ends), ends
        assert all(status == 0 or status == 4 and len(text.splitlines()) == 1 for text, status in ends), ends
        with h5py.File("many.h5") as file:
            assert file["rounds/round"].size > 0 and file["run"].attrs["stop_reason"] != "running"


def leftovers():
    """What a killed process leaves is removed by the next one."""
    open("left.h5.lock", "w").write("999999\n")
    open("left.h5.999999-0.part", "w").write("half")
    open("left.h5.1-0.part", "w").write("of another one")
    succeed("sf-flow", "t.toml", "-o", "left.h5", "-q")
    assert not os.path.exists("left.h5.999999-0.part") and not os.path.exists("left.h5.lock")
    assert os.path.exists("left.h5.1-0.part")


def as_typed():
    """/config/toml_user after a resume of a pursuit."""
    succeed("sf-pursuit", "p.toml", "-o", "typed.h5", "-q", "--set", "network.layers=[2,2,1]")
    with h5py.File("typed.h5") as file:
        typed, rounds = file["config/toml_user"][()], file["rounds/round"].size
    assert typed.decode() == open("p.toml").read()
    succeed("sf-pursuit", "typed.h5", "--after-round", "0", "-o", "again.h5", "-q")
    succeed("sf-pursuit", "p.toml", "-o", "typed.h5", "-q", "--resume", "--set", "network.layers=[2,2,1]")
    for name in ("typed.h5", "again.h5"):
        with h5py.File(name) as file:
            assert file["config/toml_user"][()] == typed and file["rounds/round"].size >= 1, rounds


def test():
    open("t.toml", "w").write(STUDY)
    open("p.toml", "w").write(STUDY + PURSUIT)
    succeed("sf-flow", "t.toml", "-o", "run.h5", "-q")
    for part in (standard_output, special_outputs, links, limit_on_files, two_writers, leftovers, as_typed):
        start = time.time()
        part()
        print(f"-- {part.__name__}: {time.time() - start:.1f} s", flush=True)


in_temporary_folder(test)
