"""A second process reads while the first writes; nobody may take a live file for a killed one."""
import os
import subprocess
import tempfile
import time

import h5py

from helper import HELPER, run

ROWS = 20000

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "live.h5")
    writer = subprocess.Popen([HELPER, "stream", path, "3", str(ROWS)], stdout=subprocess.DEVNULL)
    try:
        looks = lengths = 0
        while not os.path.exists(path):
            time.sleep(0.001)
        watcher = None
        while writer.poll() is None:
            try:
                with h5py.File(path, "r", swmr=True) as file:
                    length = len(file["time"])
                    assert length >= lengths, "rows went away"
                    lengths, looks = length, looks + 1
            except (OSError, KeyError):
                # Being created, or being finished: the instants without SWMR.
                time.sleep(0.002)
                continue
            if length == 0:
                continue
            if watcher is None:
                watcher = subprocess.Popen([HELPER, "watch", path, str(ROWS)], stdout=subprocess.PIPE, text=True)
                # h5clear must not get hold of a live file either.
                cleared = subprocess.run(["h5clear", "-s", "--increment=0", path], capture_output=True)
                if writer.poll() is None:
                    assert cleared.returncode != 0, "h5clear repaired a live file"
                while not os.path.exists(path[:-3] + ".ckpt.h5"):
                    time.sleep(0.001)
                line = run("resume", path, 1, 10, expect=4)
                assert line.startswith(f"{path}: process {writer.pid} (") and "is writing this file" in line, line
            time.sleep(0.01)
        assert writer.returncode == 0
        lines = watcher.communicate(timeout=60)[0].splitlines()
        assert watcher.returncode == 0, lines
    finally:
        writer.kill()
    live = [line for line in lines if line.endswith("live")]
    assert len(live) >= 1, lines
    assert not any("recovered" in line for line in lines), lines
    assert lines[-1].startswith(f"{ROWS} ")
    assert run("check", path) == f"{ROWS} {ROWS // 2} {ROWS // 8} {ROWS // 16} {ROWS * 3} reached_end closed\n"
print(f"{looks} looks by h5py, {len(lines)} by our reader, {len(live)} of them at the live file")
