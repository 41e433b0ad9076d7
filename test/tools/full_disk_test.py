"""A full disk: every tool that writes says so in one line, with status 4, and leaves neither a draft nor a lock; a run goes
on when there is room, as if nothing had been, and its file is no larger than one that was never without room."""
import os
import subprocess
import sys

from run_file import datasets, same
from tiny import PURSUIT, STUDY, run, succeed
from tool import in_temporary_folder, one_line

SKIPPED = 77
OFTEN = ("--set", "output.checkpoint_seconds=0.001")
SWEEP = 'study = "t.toml"\n[axes]\n"init.seed" = [1, 2]\n'


class Disk:
    """A small file system of its own, in memory."""

    def __init__(self, size):
        self.options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs"]

    def __enter__(self):
        os.makedirs("small", exist_ok=True)
        if subprocess.run(["mount", *self.options, "small"], capture_output=True).returncode != 0:
            print("SKIPPED: this user may not mount a tmpfs")
            sys.exit(SKIPPED)
        return self

    def __exit__(self, *error):
        subprocess.run(["umount", "small"], check=True)

    def grow(self):
        subprocess.run(["mount", "-o", "remount,size=100m", "small"], check=True)


def files():
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk("small") for name in names)


def every_tool():
    """With no room at all, with some, and with as much as is missing at the end."""
    writers = [("sf-flow", "t.toml", "-o", "small/a.h5"), ("sf-pursuit", "p.toml", "-o", "small/a.h5"),
               ("sf-limit", "t.toml", "-o", "small/a.h5"), ("sf-skeleton", "t.toml", "-o", "small/a.h5"),
               ("sf-kkt", "run.h5", "--starts", "2", "-o", "small/a.h5"), ("sf-saddles", "run.h5", "-o", "small/a.h5"),
               ("sf-report", "run.h5", "-o", "small/a.html"), ("sf-export", "run.h5", "--csv", "small"),
               ("sf-export", "run.h5", "--compressed", "small/a.h5"), ("sf-export", "run.h5", "--v1.8", "small/a.h5"),
               ("sf-evaluate", "run.h5", "--times", "1", "-o", "small/a.h5"),
               ("sf-evaluate", "run.h5", "--times", "1", "-o", "small/a.csv"),
               ("sf-experiment", "p.toml", "--set", "data.test_samples=5", "-o", "small/a.csv")]
    refused = set()
    for size in ("4k", "40k", "100k", "200k", "400k", "500k"):
        for writer in writers:
            with Disk(size):
                # The file of another one takes what there is, and stays as it is.
                if size == "4k":
                    open("small/other", "w").write("x" * 4096)
                result = run(*writer)
                if result.returncode != 0:
                    one_line(result, 4, "small/a" if "--csv" not in writer else "small/", "No space left on device")
                    refused.add(writer)
                left = [name for name in files() if name.endswith((".part", ".lock", ".tmp"))]
                assert not left, (writer, size, left)
                assert size != "4k" or open("small/other").read() == "x" * 4096
    assert refused == set(writers), set(writers) - refused


def sweep():
    open("s.toml", "w").write(SWEEP)
    for size in ("4k", "16k", "300k"):
        with Disk(size) as disk:
            result = run("sf-sweep", "s.toml", "-o", "small/runs", "-j", "1")
            lines = result.stderr.splitlines()
            assert result.returncode in (3, 4) and lines, (result.returncode, result.stderr)
            assert all("No space left on device" in line for line in lines), lines
            assert not [name for name in files() if name.endswith((".part", ".lock", ".tmp"))], files()
            disk.grow()
            assert run("sf-sweep", "s.toml", "-o", "small/runs").returncode == 0
            for seed in (1, 2):
                same_numbers(f"small/runs/seed={seed}.h5", f"seed={seed}.h5")


def same_numbers(path, expected):
    """But for the text of the study, which names the seed in another way."""
    found, wanted = datasets(path), datasets(expected)
    for name in ("config/toml", "config/toml_user"):
        found.pop(name), wanted.pop(name)
    same(found, wanted)


def resumed():
    """Full at every stage of the run, and once more while it goes on."""
    succeed("sf-flow", "t.toml", "-o", "whole.h5", "-q", *OFTEN)
    whole, size = datasets("whole.h5"), os.path.getsize("whole.h5")
    stages = 0
    for share in (0.3, 0.5, 0.6, 0.75, 0.9, 1.05, 1.6):
        with Disk(f"{int(share * size) // 1024 + 20}k") as disk:
            one_line(run("sf-flow", "t.toml", "-o", "small/a.h5", "-q", *OFTEN), 4, "small/a.", "No space left on device")
            stages += os.path.exists("small/a.ckpt.h5")
            if os.path.exists("small/a.h5"):
                one_line(run("sf-flow", "t.toml", "-o", "small/a.h5", "--resume", "-q", *OFTEN), 4, "small/a.", "No space left")
            disk.grow()
            succeed("sf-flow", "t.toml", "-o", "small/a.h5", "--resume", "-q", *OFTEN)
            same(datasets("small/a.h5"), whole)
            ratio = os.path.getsize("small/a.h5") / size
            print(f"full at {share:.2f} of the whole: resumed with {ratio:.3f} of its size")
            assert ratio < 1.05, ratio
            assert files() == ["small/a.ckpt.h5", "small/a.h5"], files()
    assert stages >= 4, stages


def added_by_others():
    """What a user has added to a run, and a copy by datasets would drop, is still there after a resume."""
    import h5py
    succeed("sf-flow", "t.toml", "-o", "own.h5", "-q", "--set", "flow.t_end=150")
    with h5py.File("own.h5", "r+") as file:
        file["mine"] = h5py.SoftLink("/loss")
        file["note"] = "seen"
    succeed("sf-flow", "t.toml", "-o", "own.h5", "--resume", "-q")
    with h5py.File("own.h5") as file:
        assert file["note"][()] == b"seen" and file["mine"].shape == file["time"].shape


def test():
    open("t.toml", "w").write(STUDY)
    open("p.toml", "w").write(STUDY + PURSUIT)
    succeed("sf-flow", "t.toml", "-o", "run.h5", "-q")
    for seed in (1, 2):
        succeed("sf-flow", "t.toml", "-o", f"seed={seed}.h5", "-q", "--set", f"init.seed={seed}")
    for part in (every_tool, sweep, resumed, added_by_others):
        part()
        print(f"-- {part.__name__}", flush=True)


in_temporary_folder(test)
