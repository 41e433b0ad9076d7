"""Damaged and extreme input, outputs that are no plain files, two writers: one clear line, the promised status, and
nothing that was there comes to harm."""
import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import time

import h5py
import numpy as np

from run_file import datasets, same
from tool import BIN, in_temporary_folder, one_line

STUDY = """
title = "tiny"
[network]
layers = [2, 3, 1]
slope = 0.0
power = 2
[data]
samples = 6
[data.teacher]
hidden = [2]
[init]
scale = 1e-2
[flow]
t_end = 300
rtol = 1e-6
[output]
weights = {every = 5}
"""
PURSUIT = "[pursuit]\nstarts = 2\n"


def run(tool, *arguments, **options):
    return subprocess.run([os.path.join(BIN, tool), *arguments], capture_output=True, text=True,
                          **{"timeout": 60, **options})


def succeed(tool, *arguments):
    result = run(tool, *arguments)
    assert result.returncode == 0, (tool, arguments, result.returncode, result.stderr)
    return result.stdout


def copy_of(name, copy):
    shutil.copy(name, copy)
    return copy


def replaced(file, name, value):
    """The dataset with another value, of another shape or type, too."""
    attributes = dict(file[name].attrs)
    del file[name]
    file[name] = value
    for key in ("flag_meanings", "flag_values"):
        if key in attributes:
            file[name].attrs[key] = attributes[key]


# Checkpoints

def checkpoints():
    """An altered number, a single value or an empty dataset, another type: refused, whatever dataset it is."""
    succeed("sf-flow", "t.toml", "-o", "run.h5", "-q")

    def resume(change):
        shutil.copy("run.h5", "c.h5")
        shutil.copy("run.ckpt.h5", "c.ckpt.h5")
        with h5py.File("c.ckpt.h5", "r+") as file:
            change(file)
        before = open("c.h5", "rb").read()
        result = run("sf-flow", "t.toml", "-o", "c.h5", "--resume", "-q", "--set", "flow.t_end=600")
        assert result.returncode == 0 or open("c.h5", "rb").read() == before
        return result

    assert resume(lambda file: None).returncode == 0
    with h5py.File("run.ckpt.h5", "r") as file:
        reals = [name for name in file["reals"] if file["reals"][name].size > 0]
        assert len(file.attrs["checksum"]) == 16
    for name in reals:
        def altered(file):
            values = file["reals"][name][()]
            values[-1, 0] = values[-1, 0] + 0.25 if values[-1, 0] == 0 else -values[-1, 0]
            file["reals"][name][...] = values
        one_line(resume(altered), 2, "c.ckpt.h5", "checksum")
    one_line(resume(lambda f: f["reals"].move("work", "wrok")), 2, "checksum")
    one_line(resume(lambda f: f.attrs.modify("rows", f.attrs["rows"] - 1)), 2, "checksum")
    for value in (1.5, h5py.Empty("f8"), np.zeros(3), np.zeros((2, 3, 1)), np.zeros((4, 2)), "text",
                  np.zeros((4, 3), dtype="i8")):
        for name in ("state", "setup"):
            one_line(resume(lambda f: replaced(f, "reals/" + name, value)), 2, "c.ckpt.h5: /reals/" + name)
    one_line(resume(lambda f: replaced(f, "integers/aims_at_end", 1)), 2, "c.ckpt.h5: /integers/")

    def huge(file):
        del file["reals/state"]
        file["reals"].create_dataset("state", shape=(1 << 40, 3), dtype="f8", chunks=(1024, 3))
    one_line(resume(huge), 2, "/reals/state", "memory")
    # Of a version that knew no checksum.
    assert resume(lambda f: f.attrs.__delitem__("checksum")).returncode == 0


# Run files

def tables():
    """Every reader refuses a file whose tables disagree, by the name of the dataset."""
    with h5py.File("run.h5", "r") as file:
        count = file["parameter"].size
    broken = {
        "network/parameter_layer": [np.zeros(count - 1, "i8"), np.full(count, 7), np.full(count, -1),
                                    np.zeros(count, "i8"), 3, h5py.Empty("i8"), np.zeros((count, 1), "i8")],
        "network/parameter_row": [np.zeros(count + 2, "i8"), np.full(count, 1 << 40), np.zeros(count, "i8")],
        "network/parameter_column": [np.full(count, -5), np.zeros(count, "i8"), np.zeros(count)],
        "network/neuron_layer": [np.array([0, 0, 9]), np.array([0, 0])],
        "network/neuron_index": [np.array([0, 1, 1 << 50])],
        "problem/inputs": [np.zeros((6, 3)), np.zeros(6), np.zeros((5, 2))],
        "weights": [np.zeros((4, count + 1))],
        "loss": [np.zeros(5, "i8"), 1.0, np.zeros((5, 2))],
        "neuron": [np.arange(2)],
    }
    readers = [("sf-report", "b.h5", "-o", "b.html", "--force"), ("sf-saddles", "b.h5"), ("sf-kkt", "b.h5"),
               ("sf-evaluate", "b.h5", "--times", "1"), ("sf-export", "b.h5", "--csv", "b"),
               ("sf-flow", "t.toml", "-o", "b.h5", "--resume")]
    for name, values in broken.items():
        for value in values:
            shutil.copy("run.h5", "b.h5")
            with h5py.File("b.h5", "r+") as file:
                replaced(file, name, value)
            for reader in readers:
                one_line(run(*reader), 2, "b.h5: /")
    # Numbers that stand for rows and words.
    for name, value in (("events/kind", 99), ("events/snapshot", 1 << 40), ("snapshot_row", 1 << 40), ("stepper", 77)):
        shutil.copy("run.h5", "b.h5")
        with h5py.File("b.h5", "r+") as file:
            if file[name].size == 0:
                continue
            values = file[name][()].astype("i8")
            values[0] = value
            replaced(file, name, values)
        one_line(run("sf-export", "b.h5", "--csv", "b", "--force"), 2, "b.h5: /" + name)


def metadata_checksum():
    """A wrong byte under a checksum, in the state of a run that was killed: HDF5 would wait for years."""
    process = subprocess.Popen([os.path.join(BIN, "sf-flow"), "t.toml", "-o", "k.h5", "-q", "--set", "flow.t_end=1e9",
                                "--set", "flow.max_step=0.01", "--set", "output.checkpoint_seconds=0.05"])
    while not os.path.exists("k.ckpt.h5"):
        time.sleep(0.01)
    time.sleep(0.3)
    process.kill()
    process.wait()
    whole = open("k.h5", "rb").read()
    places = [at for at in range(len(whole)) if whole.startswith(b"OHDR", at)]
    assert len(places) > 20
    for at in places[:: len(places) // 6]:
        damaged = bytearray(whole)
        damaged[at + 12] ^= 0x10
        open("k.h5", "wb").write(damaged)
        os.chmod("k.h5", 0o644)
        start = time.time()
        result = run("sf-flow", "t.toml", "-o", "k.h5", "--resume", "-q", "--set", "flow.t_end=1e9", "--set",
                     "flow.max_step=0.01", "--set", "output.checkpoint_seconds=0.05", "--set", "flow.max_steps=50")
        assert time.time() - start < 20 and result.returncode in (2, 4), (result.returncode, result.stderr)
        one_line(result, result.returncode, "k.h5")
    os.remove("k.h5")
    os.remove("k.ckpt.h5")


# Sizes

def sizes():
    limited = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))}
    with h5py.File("rows.h5", "w") as file:
        file.create_dataset("inputs", shape=(1 << 40, 2), dtype="f8", chunks=(1024, 2))
        file.create_dataset("targets", shape=(1 << 40, 1), dtype="f8", chunks=(1024, 1))
    os.mkfifo("endless")
    for key in ("data.samples=9223372036854775807", "data.samples=100000000000", "data.samples=900000000",
                "data.test_samples=9223372036854775807", "network.layers=[2,9223372036854775807,1]",
                "network.layers=[2,1000000000,1]", "data.teacher.hidden=[1000000000]", 'data.file="rows.h5"',
                'data.file="/dev/zero"', 'data.file="endless"', 'data.file="/"'):
        result = run("sf-flow", "t.toml", "--dry-run", "--set", key, **limited)
        assert result.returncode in (2, 4), (key, result.returncode, result.stderr)
        one_line(result, result.returncode)
    one_line(run("sf-flow", "/dev/zero", "-o", "x.h5"), 2, "/dev/zero", "a device")
    for tool in ("sf-report", "sf-saddles", "sf-export"):
        more = ("--csv", "x") if tool == "sf-export" else ()
        one_line(run(tool, "endless", *more, timeout=10), 2, "endless", "FIFO")
    one_line(run("sf-evaluate", "run.h5", "--times", "1", "--inputs", "/dev/zero", timeout=10), 2, "/dev/zero")
    os.remove("endless")
    # A study can come by a pipe, which has an end.
    result = subprocess.run([os.path.join(BIN, "sf-flow"), "/dev/stdin", "--dry-run"], input=STUDY, capture_output=True,
                            text=True)
    assert result.returncode == 0, result.stderr


# Messages

def messages():
    """One line whatever bytes the input holds."""
    with open("bad.csv", "w") as file:
        file.write("x1,x2,y1\n1,\x1b[31mred\x07\r,3\n")
    one_line(run("sf-flow", "t.toml", "--dry-run", "--set", 'data.file="bad.csv"'), 2, "\\x1B[31mred\\x07")
    with open("bad.toml", "w") as file:
        file.write(STUDY.replace("[data]", "[data]\ninputs = '''x\ny\u2028z'''", 1))
    one_line(run("sf-flow", "bad.toml", "--dry-run"), 2, "x\\ny\\u{2028}z")
    for tool in ("sf-flow", "sf-kkt", "sf-sweep", "sf-report"):
        one_line(run(tool, "no\nsuch\x1b[2Jfile"), 2 if tool == "sf-report" else 4, "no\\nsuch\\x1B[2Jfile")
    one_line(run("sf-flow", "t.toml", "--what\never"), 2, "--what\\never")


def standard_output():
    """What was printed and has not arrived is status 4, and the work is not lost with it."""
    def into_full(tool, *arguments):
        with open("/dev/full", "w") as full:
            result = subprocess.run([os.path.join(BIN, tool), *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
        one_line(result, 4, "standard output", "No space left")
    into_full("sf-flow", "t.toml", "-o", "full.h5", "--set", "output.checkpoint_seconds=100")
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
    for part in (checkpoints, tables, metadata_checksum, sizes, messages, standard_output, special_outputs, links,
                 limit_on_files, two_writers, leftovers, as_typed):
        start = time.time()
        part()
        print(f"-- {part.__name__}: {time.time() - start:.1f} s", flush=True)


in_temporary_folder(test)
