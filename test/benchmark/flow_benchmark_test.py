"""flow-benchmark in its shortest form: the table is there, and every method converges on a closed form's problem."""

import csv
import math
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM, ROOT = sys.argv[1], sys.argv[2]
PEERS = {"BDF-LLT", "BDF-PCG", "BDF-GMRES", "Adams-PCG", "Adams-fixed", "DIRK5", "ERK8", "dopri5", "fehlberg78"}


def run(*arguments):
    return subprocess.run([PROGRAM, "--root", ROOT, *arguments], capture_output=True, text=True)


with tempfile.TemporaryDirectory() as folder:
    prefix = str(Path(folder) / "b")
    # A peer that is stopped for its time has fewer rows: no budget that a busy machine could exceed.
    done = run("--quick", "--case", "linear-exact", "--budget", "1e6", "-o", prefix)
    assert done.returncode == 0, done.stderr
    with open(prefix + ".csv", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(prefix + "-ratios.csv", newline="") as file:
        ratios = list(csv.DictReader(file))

methods = {row["method"] for row in rows}
assert methods == PEERS | {"saddleflow"}, methods
floor = float(rows[0]["floor"])
assert 0 <= floor < 1e-9, f"the references agree to {floor}"
for method in methods:
    of_method = [row for row in rows if row["method"] == method]
    assert all(row["finished"] == "1" for row in of_method), of_method
    tolerances = [float(row["rtol"]) for row in of_method]
    errors = [float(row["error"]) for row in of_method]
    assert tolerances == [1e-2, 1e-4, 1e-6, 1e-8], (method, tolerances)
    # General codes lose three to four orders of magnitude near the origin, which is a saddle; six of tolerance are worth
    # more than three.
    assert errors[-1] < 1e-4, (method, errors)
    assert errors[-1] < 1e-3 * errors[0], (method, errors)
    assert all(int(row["gradients"]) > 0 for row in of_method), of_method
    if method in ("BDF-LLT", "DIRK5"):
        assert all(int(row["factorisations"]) > 0 and int(row["hessians"]) > 0 for row in of_method), of_method
own = [float(row["error"]) for row in rows if row["method"] == "saddleflow"]
assert own[-1] < 1e-6, own
assert [float(row["error"]) for row in ratios[:6]] == [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7], ratios
for row in ratios:
    if row["own_seconds"] and row["peer_seconds"]:
        assert float(row["own_seconds"]) > 0 and math.isfinite(float(row["peer_seconds"])), row
        assert row["best_peer"] in PEERS, row
assert "best peer" in done.stdout and "references" in done.stdout, done.stdout

wrong = run("--case", "nothing")
assert wrong.returncode == 2 and "main" in wrong.stderr and wrong.stderr.count("\n") == 1, wrong
