"""kill -9 of a sweep and all its runs at random moments, then the same command again: BIN_DIR STUDIES [SEEDS KILLS [SEED]].
The collected table must equal that of an undisturbed sweep bit by bit. By hand, a thousand runs and twenty kills:
    /usr/bin/python3 test/tools/sweep_kill_test.py build/release/bin tools/studies 166 20"""
import os
import random
import subprocess
import sys
import time

import run_file
from sweep_files import STUDY, succeed, write
from tool import BIN, MORE, in_temporary_folder

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults"))
from killing import kill_with_children  # noqa: E402

SEEDS, KILLS = (int(word) for word in (MORE + ["5", "4"])[:2]) if len(MORE) != 1 else (int(MORE[0]), 4)
SEED = int(MORE[2]) if len(MORE) > 2 else random.SystemRandom().randrange(10**6)
SWEEP = f"""study = "toy.toml"
[set]
"output.weights" = "events"
"output.checkpoint_seconds" = 0.03
[axes]
"init.scale" = {{ logspace = [1e-3, 1e-1], count = 3 }}
width = [4, 8]
"init.seed" = {{ seeds = {SEEDS} }}
[values]
"flow.t_end" = "1 / init.scale"
"network.layers" = [2, "width", 1]
"""


def main():
    print(f"seed {SEED}: {6 * SEEDS} runs, {KILLS} kills")
    write("toy.toml", STUDY)
    write("s.toml", SWEEP)
    start = time.time()
    print(succeed("s.toml", "-o", "whole", "-j", "2"))
    duration = time.time() - start
    generator = random.Random(SEED)
    killed = 0
    for _ in range(KILLS):
        sweep = subprocess.Popen([os.path.join(BIN, "sf-sweep"), "s.toml", "-o", "killed", "-j", "2", "-q"])
        # So that most kills come before the end.
        time.sleep(generator.uniform(0, 1.2 * duration / KILLS))
        killed += kill_with_children(sweep)
    print(f"{killed} runs killed with their sweeps")
    print(succeed("s.toml", "-o", "killed", "-j", "2"))
    for folder in ("whole", "killed"):
        print(succeed("s.toml", "-o", folder, "--collect"))
    run_file.same(run_file.datasets("whole/collected.h5"), run_file.datasets("killed/collected.h5"))
    print("the tables are the same, bit by bit")


in_temporary_folder(main)
