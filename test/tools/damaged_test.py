"""Damaged and extreme input: one clear line, the promised status, within seconds, and nothing that was there comes to
harm."""
import os
import resource
import shutil
import subprocess
import time

import h5py
import numpy as np

from tiny import STUDY, run, succeed
from tool import BIN, in_temporary_folder, one_line


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

    def resume(change, kept=True):
        shutil.copy("run.h5", "c.h5")
        shutil.copy("run.ckpt.h5", "c.ckpt.h5")
        with h5py.File("c.ckpt.h5", "r+") as file:
            change(file)
        before = open("c.h5", "rb").read()
        result = run("sf-flow", "t.toml", "-o", "c.h5", "--resume", "-q", "--set", "flow.t_end=600")
        assert result.returncode == 0 or not kept or open("c.h5", "rb").read() == before
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
    one_line(resume(lambda f: f.attrs.modify("rows", f.attrs["rows"] + 1)), 2, "checksum")
    for value in (1.5, h5py.Empty("f8"), np.zeros(3), np.zeros((2, 3, 1)), np.zeros((4, 2)), "text",
                  np.zeros((4, 3), dtype="i8")):
        for name in ("state", "setup"):
            one_line(resume(lambda f: replaced(f, "reals/" + name, value)), 2, "c.ckpt.h5: /reals/" + name)
    one_line(resume(lambda f: replaced(f, "integers/aims_at_end", 1)), 2, "c.ckpt.h5: /integers/")

    def huge(file):
        del file["reals/state"]
        file["reals"].create_dataset("state", shape=(1 << 40, 3), dtype="f8", chunks=(1024, 3))
    one_line(resume(huge), 2, "/reals/state", "memory")
    # A wrong byte anywhere, the last line included: found before HDF5, which crashes on some, opens the file.
    sealed = open("run.ckpt.h5", "rb").read()
    assert sealed[-33:-17] == b"saddleflow-seal "
    for at in [*range(0, len(sealed), len(sealed) // 200), *range(len(sealed) - 33, len(sealed))]:
        shutil.copy("run.h5", "c.h5")
        with open("c.ckpt.h5", "wb") as file:
            file.write(sealed[:at] + bytes([sealed[at] ^ 0x10]) + sealed[at + 1:])
        one_line(run("sf-flow", "t.toml", "-o", "c.h5", "--resume", "-q", "--set", "flow.t_end=600"), 2, "c.ckpt.h5")
        assert open("c.h5", "rb").read() == open("run.h5", "rb").read()
    # Of a version that knew no checksum.
    assert resume(lambda f: f.attrs.__delitem__("checksum")).returncode == 0

    # The run has then been cut back to the checkpoint already; it can be integrated from the start.
    def without_checksum(name, change):
        def both(file):
            del file.attrs["checksum"]
            if name == "rows":
                file.attrs.modify("rows", change(file.attrs["rows"]))
            else:
                replaced(file, name, change(file[name][()]))
        return resume(both, kept=False)
    for name in reals:
        for change in (lambda v: v[:0], lambda v: v[:-1], lambda v: np.concatenate([v, v[-1:]])):
            one_line(without_checksum("reals/" + name, change), 2, "c.h5: ")
    for row in range(5):
        for count in (-1, 1 << 40):
            one_line(without_checksum("rows", lambda v: np.where(np.arange(5) == row, count, v)), 2, "c.", " rows")


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
    # The address sanitizer reserves terabytes of addresses: no limit there, and no size that a large machine might have.
    sanitized = "SADDLEFLOW_SANITIZE" in os.environ
    limited = {} if sanitized else {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))}
    with h5py.File("rows.h5", "w") as file:
        file.create_dataset("inputs", shape=(1 << 40, 2), dtype="f8", chunks=(1024, 2))
        file.create_dataset("targets", shape=(1 << 40, 1), dtype="f8", chunks=(1024, 1))
    os.mkfifo("endless")
    large = () if sanitized else ("data.samples=900000000", "network.layers=[2,1000000000,1]", "data.teacher.hidden=[1000000000]")
    for key in (*large, "data.samples=9223372036854775807", "data.samples=100000000000",
                "data.test_samples=9223372036854775807", "network.layers=[2,9223372036854775807,1]", 'data.file="rows.h5"',
                'data.file="/dev/zero"', 'data.file="endless"', 'data.file="/"'):
        result = run("sf-flow", "t.toml", "--dry-run", "--set", key, **limited)
        assert result.returncode in (2, 4), (key, result.returncode, result.stderr)
        one_line(result, result.returncode)
    one_line(run("sf-flow", "/dev/zero", "-o", "x.h5"), 2, "/dev/zero", "a device")
    for tool in ("sf-report", "sf-export"):
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


def test():
    open("t.toml", "w").write(STUDY)
    for part in (checkpoints, tables, metadata_checksum, sizes, messages):
        start = time.time()
        part()
        print(f"-- {part.__name__}: {time.time() - start:.1f} s", flush=True)


in_temporary_folder(test)
