"""Every shipped study runs; its gauges stay within 100 rtol; the main job's events do not depend on the tolerance."""
import glob
import os

import h5py

from tool import MAIN, STUDIES, in_temporary_folder, succeed


def gauges_of_every_study():
    print(f"{'study':<20} {'stop':<22} {'rtol':>7} {'balance/rtol':>13} {'energy/rtol':>12} {'loss rise':>10} "
          f"{'events':>7} {'steps':>7} {'gradients':>10} {'seconds':>8}")
    for path in sorted(glob.glob(os.path.join(STUDIES, "*.toml"))):
        name = os.path.basename(path)[:-5]
        succeed(path, "-o", name + ".h5", "-q")
        with h5py.File(name + ".h5") as file:
            a = dict(file["run"].attrs)
        rtol = a["rtol"]
        print(f"{name:<20} {a['stop_reason']:<22} {rtol:>7.0e} {a['balance_drift'] / rtol:>13.2f} "
              f"{a['energy_drift'] / rtol:>12.2f} {a['loss_rise']:>10.1e} {a['events']:>7.0f} "
              f"{a['steps_accepted']:>7.0f} {a['gradients']:>10.0f} {a['wall_seconds']:>8.2f}")
        assert a["balance_drift"] <= 100 * rtol, name
        assert a["energy_drift"] <= 100 * rtol, name
        assert a["loss_rise"] <= rtol, name


def kinds_and_times(path):
    with h5py.File(path) as file:
        return list(file["events/kind"][:]), list(file["events/event_time"][:]), list(file["saddles/leave_time"][:])


def events_of_the_main_job():
    succeed(MAIN, "-o", "8.h5", "-q", "--set", "flow.rtol=1e-8")
    succeed(MAIN, "-o", "10.h5", "-q", "--set", "flow.rtol=1e-10")
    kinds, times, leaves = kinds_and_times("8.h5")
    kinds_fine, times_fine, _ = kinds_and_times("10.h5")
    assert kinds == kinds_fine, (kinds, kinds_fine)
    worst = max(abs(a - b) / b for a, b in zip(times, times_fine))
    print(f"main job: {len(times)} events, largest relative difference of times at rtol 1e-8 and 1e-10: {worst:.1e}")
    assert worst <= 1e-6
    assert sum(leave == leave for leave in leaves) >= 2, "fewer than two saddles were left"


def main():
    gauges_of_every_study()
    events_of_the_main_job()


in_temporary_folder(main)
