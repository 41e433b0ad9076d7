"""The clock of the system is set a day ahead while a tool runs: BIN_DIR SHIM [MOST]. Each time from another of its looks at
the clock on; the result is that of a run without a jump, bit by bit, with status 0 and nothing on standard error."""
import os
import sys
import tempfile

from bench import Bench, sample, succeed
from cases import all_cases, write_inputs

SHIM = os.path.abspath(sys.argv[2])
NAMES = ("flow", "flow --resume", "pursuit", "limit")


def jumps(bench, most):
    """Runs with a jump; all looks of the tool at the clock are counted first."""
    bench.renew()
    bench.run(SHIM, FAULT_CLOCK=str(10**9))
    with open(bench.report) as file:
        looks = int(file.read().split()[1])
    assert looks > 0, bench.case.name
    chosen = sample(looks, most)
    for at in chosen:
        bench.renew()
        result = bench.run(SHIM, FAULT_CLOCK=str(at))
        assert result.returncode == 0 and not result.stderr, (bench.case.name, at, result.returncode, result.stderr)
        assert bench.outputs() == bench.clean, (bench.case.name, at)
    print(f"{bench.case.name:18} {looks:4} looks at the clock, {len(chosen):3} jumps: the same results")


def main():
    with tempfile.TemporaryDirectory() as top:
        template = os.path.join(top, "template")
        os.mkdir(template)
        os.chdir(template)
        write_inputs(succeed)
        for case in all_cases():
            if case.name in NAMES:
                bench = Bench(case, template)
                jumps(bench, int(sys.argv[3]) if len(sys.argv) > 3 else 0)
                bench.remove()


main()
