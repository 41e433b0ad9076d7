"""sf-claims: help, one claim with its figures, a folder of claims, bad studies, Ctrl-C."""
import os
import re
import shutil
import signal
import subprocess
import time

import numpy as np

from tool import BIN, MAIN, STUDIES, claims, in_temporary_folder, one_line

CLAIMS = os.path.join(STUDIES, "claims")


def claim(name):
    return os.path.join(CLAIMS, name + ".toml")


def measured(*arguments):
    result = claims(*arguments)
    assert result.returncode == 0 and result.stderr == "", (result.returncode, result.stderr)
    return result.stdout


def help_names_options_and_keys():
    text = measured("--help")
    for word in ("--quick", "--details", "--set", "tools/studies/claims", "130", "[claim]", "kind", "deltas", "seeds",
                 "accuracies", "horizon", "margin", "escape_angle", "ray_rate", "first_saddle", "near_saddle"):
        assert word in text, word
    assert measured("--version").startswith("sf-claims ")


def one_claim_has_its_exponents():
    text = measured(claim("p3-angle-circle"), "--details")
    exponents = [float(x) for x in re.findall(r"angles .*; exponent ([0-9.]+)", text)]
    assert len(exponents) == 3 and all(abs(x - 2 / 3) < 0.005 for x in exponents), exponents
    assert "seeds" in text and "2 hold, 0 fail, 0 not decided; 1 studies" in text, text
    quick = measured(claim("p3-angle-circle"), "--details", "--quick")
    assert len(re.findall(r"angles .*; exponent", quick)) == 2


def a_failing_prediction_is_a_result():
    text = measured(claim("p3-angle-square"), "--set", "claim.margin=1e-9", "--set", "claim.seeds=[1]")
    assert "fails" in text and "2 fail" in text, text


def saddles_are_reached_and_left():
    text = measured(claim("p3-saddle-square"), "--set", "claim.seeds=[1, 31]", "--details")
    assert "4 hold, 0 fail" in text and "seed 31: N = " in text, text
    text = measured(claim("p4-square"), "--details", "--quick")
    assert "5 hold, 0 fail" in text and "12 of 12 runs" in text, text
    times = [float(x) for x in re.findall(r"along the KKT point, 1e-04: T = ([0-9.]+)", text)]
    n = float(re.search(r"N = ([0-9.]+) in hidden layer 1", text).group(1))
    assert abs(times[0] * 1e-4 * 3 * n - 1) < 1e-3, (times, n)


def kinks_are_followed():
    assert "3 hold, 0 fail, 0 not decided" in measured(claim("p1-relu"))
    assert "5 hold, 0 fail, 0 not decided" in measured(claim("p1-saddle-relu"))


def a_folder_is_all_its_studies():
    os.mkdir("some")
    for name in ("p2-curve-cube", "p1-relu"):
        shutil.copy(claim(name), "some")
    text = measured("some")
    assert text.index("two-layer ReLU") < text.index("two-layer cube") and "2 studies" in text, text
    os.makedirs("tools/studies")
    shutil.copytree("some", "tools/studies/claims")
    assert "2 studies" in measured()


def threads_change_nothing():
    names = ("p2-curve-cube", "p1-relu", "p3-angle-circle", "p4-square")
    files = [claim(name) for name in names]
    one, several = (measured(*files, "--quick", "--details", "-j", jobs) for jobs in ("1", "4"))
    lines = one.splitlines()
    assert lines[:-1] == several.splitlines()[:-1] and "4 studies" in lines[-1], (one, several)
    # The first study that fails ends the job, after the reports of those before it.
    result = claims(files[0], files[1], MAIN, "-j", "3")
    assert result.returncode == 2 and "claim.kind" in result.stderr and result.stdout.count("hold") <= 8, result
    one_line(claims(claim("p1-relu"), "-j", "0"), 2, "--jobs", "0")


def bad_studies_are_refused():
    one_line(claims("missing.toml"), 4, "missing.toml")
    one_line(claims(MAIN), 2, "claim.kind", "missing")
    one_line(claims(claim("p1-linear"), "--set", "claim.kind=gravity"), 2, "claim.kind", "gravity", "rescaled_curve")
    one_line(claims(claim("p1-linear"), "--set", "claim.delta=1"), 2, "claim.delta", "claim.deltas")
    one_line(claims(claim("p1-linear"), "--set", "claim.deltas=[-1.0]"), 2, "claim.deltas", "> 0")
    one_line(claims(claim("p1-linear"), "--set", "network.layers=[3]"), 2, "network.layers")
    one_line(claims("--slow"), 2, "--slow")
    os.mkdir("empty")
    one_line(claims("empty"), 2, "empty", "no studies")


def control_c_ends_it():
    child = subprocess.Popen([os.path.join(BIN, "sf-claims"), CLAIMS, "--set", "claim.starts=100000"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(0.7)
    start = time.monotonic()
    child.send_signal(signal.SIGINT)
    error = child.communicate(timeout=60)[1]
    print(f"interrupted after {time.monotonic() - start:.2f} s")
    assert child.returncode == 130, (child.returncode, error)
    assert error == "sf-claims: interrupted\n", error


def published_predictions_are_measured():
    """tools/studies/field: plateaus of linear and quadratic networks, of ReLUs, attention and diagonal networks; escapes."""
    text = measured(os.path.join(STUDIES, "field"), "--details")
    assert "29 hold, 0 fail, 0 not decided; 17 studies" in text, text
    # What a mode of singular value s_i weighs when that of s_1 is O(1), against 1 - s_i/s_1.
    for title, power in (("the second mode weighs", 1 / 3), ("the third mode weighs", 2 / 3), ("a wide gap", 3 / 4)):
        rest = text[text.index(title):]
        found = [float(x) for x in re.findall(r"seed \d: rest [^(]*\(exponent ([0-9.]+)", rest)[:3]]
        assert np.allclose(found, power, atol=1e-3), (title, found)
    levels = {name: [float(x) for x in re.search(name + r".*?seed 1: [^;]*; plateaus ([0-9. e+-]*);", text, re.S).group(1).split()]
              for name in ("three different singular values", "a singular value twice", "along the Lasso path")}
    assert np.allclose(levels["three different singular values"], [2.5, 0.5], rtol=1e-6), levels
    assert np.allclose(levels["a singular value twice"], [0.5], rtol=1e-6), levels
    assert np.allclose(levels["along the Lasso path"], [0.015], rtol=1e-6), levels
    # A prediction that does not hold is a result; one without a source, or without plateaus, is no prediction.
    equal = os.path.join(STUDIES, "field", "linear-equal.toml")
    assert "0 hold, 1 fail" in measured(equal, "--set", "claim.plateaus=1", "--set", "claim.seeds=[1]")
    one_line(claims(equal, "--set", "claim.levels=[1.0]"), 2, "claim.plateaus", "found 0 beside 1")
    one_line(claims(os.path.join(CLAIMS, "p1-linear.toml"), "--set", 'claim.kind="plateaus"'), 2, "claim.source", "missing")
    one_line(claims(os.path.join(STUDIES, "field", "width-linear.toml"), "--set", "claim.widths=[8, 4]"), 2, "claim.widths", "rising")


def other_settings_are_measured_or_refused():
    """tools/studies/beyond: a finding on another network, and the assumption that it lacks elsewhere."""
    beyond = os.path.join(STUDIES, "beyond")
    assert "2 hold, 0 fail" in measured(os.path.join(beyond, "p3-angle-bilinear.toml"))
    convolution = os.path.join(beyond, "p3-ray-convolution.toml")
    one_line(claims(convolution, "--set", "network.power=1"), 2, "network.power", "P3 asks for gradients without jumps")
    one_line(claims(os.path.join(beyond, "p3-saddle-bilinear.toml"), "--set", "network.outer=ones"), 2, "network.kind", "rotated")
    one_line(claims(os.path.join(beyond, "p2-curve-bilinear.toml"), "--set", "network.outer=ones"), 2, "network.layers", "degree 2")


def main():
    for test in (published_predictions_are_measured, other_settings_are_measured_or_refused, help_names_options_and_keys, one_claim_has_its_exponents, a_failing_prediction_is_a_result,
                 saddles_are_reached_and_left, kinks_are_followed, a_folder_is_all_its_studies,
                 threads_change_nothing, bad_studies_are_refused,
                 control_c_ends_it):
        test()


in_temporary_folder(main)
