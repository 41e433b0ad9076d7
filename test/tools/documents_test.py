"""Every command of the documents, run as it is written and in their order; what they show of its output is what it prints.

Options in inline code are options of their tool. With a third argument "long" only the commands that take minutes.
"""
import glob
import os
import re
import shutil
import subprocess
import time

from document import blocks, documents, first_difference, inline_commands, sessions
from tool import BIN, MORE, in_temporary_folder
from workplace import ENVIRONMENT, PYTHON, ROOT, make_workplace

# Half a minute and more on two cores, some minutes.
LONG = re.compile(r"sf-claims( --quick| tools/studies/beyond)?\s*(#|$)|build/release/bin/sf-experiment ")


def is_long(command):
    return LONG.match(command) is not None


def run(command):
    start = time.monotonic()
    result = subprocess.run(["bash", "-c", command], env=ENVIRONMENT, capture_output=True, text=True)
    print(f"{time.monotonic() - start:6.1f} s, status {result.returncode}: {command}", flush=True)
    return result


def commands_print_what_is_shown():
    problems, count = [], 0
    for path in documents(ROOT):
        for line, command, shown in sessions(path):
            if is_long(command) != ("long" in MORE):
                continue
            place, result = f"{os.path.relpath(path, ROOT)}:{line}", run(command)
            count += 1
            if result.returncode != 0:
                problems.append(f"{place}: {command}\n  status {result.returncode}: {result.stderr}")
                continue
            difference = first_difference(shown, result.stdout.splitlines()) if shown else None
            if difference:
                problems.append(f"{place}: {command}\n  shown   {difference[0]}\n  printed {difference[1]}")
    assert not problems, "\n" + "\n".join(problems)
    assert count > 0


def options_are_known():
    """--option of `sf-tool ... --option ...` is in the help of the tool."""
    helps = {}
    for path in documents(ROOT):
        for command in inline_commands(path):
            tool = command.split()[0]
            if tool not in helps:
                helps[tool] = run(f"{tool} --help").stdout
            for option in re.findall(r"(?<!\S)\[?(--?[a-zA-Z][-a-z0-9.]*)", command):
                known = re.search(r"(?<![-\w])" + re.escape(option) + r"(?![-\w])", helps[tool])
                assert known, f"{os.path.relpath(path, ROOT)}: `{command}`: {tool} --help knows no {option}"
    assert len(helps) >= 8, helps.keys()


def programs_exist():
    """But for the one that needs a package more."""
    for path in documents(ROOT):
        with open(path, encoding="utf-8") as file:
            for program in re.findall(r"build/release/bin/([a-z-]+)", file.read()):
                assert program == "kink-peers" or os.path.exists(os.path.join(BIN, program)), f"{path}: {program}"


def python_blocks_run():
    """With the file that their document names."""
    shutil.copy("output/saddle-to-saddle.h5", "run.h5")
    count = 0
    for path in documents(ROOT):
        for line, text in blocks(path, "python"):
            if "import numpy as np, saddleflow" in text and not glob.glob(os.path.join(PYTHON, "saddleflow", "_core*")):
                print(f"{path}: the Python package is not built")
                continue
            result = subprocess.run(["/usr/bin/python3", "-c", text], env=ENVIRONMENT, capture_output=True, text=True)
            assert result.returncode == 0, f"{os.path.relpath(path, ROOT)}:{line}: {result.stderr}"
            count += 1
    assert count >= 2, count


def comparison_sees_differences():
    printed = ["a  1.50 at 3", "", "b 2.25e-09", "work: 100 steps, 0.5 s"]
    for shown, same in ((printed, True), (["a 1.50 at 3", "..."], True), (["...", "work: 103 steps, 9 s"], True),
                        (["a 1.50 at 3"], False), (["a 1.50 at 4", "..."], False), (["a 1.58 at 3", "..."], False),
                        (["...", "b 2.25e-07", "..."], False), (["b 2.25e-09", "..."], False), (["...", "c 2.25e-09", "..."], False)):
        assert (first_difference(shown, printed) is None) == same, (shown, printed)


def main():
    make_workplace()
    comparison_sees_differences()
    commands_print_what_is_shown()
    if "long" in MORE:
        return
    options_are_known()
    programs_exist()
    python_blocks_run()
    assert glob.glob("output/*.h5")


in_temporary_folder(main)
