#!/usr/bin/env python3
"""names_test.py SOURCE_FOLDER: names of steppers stand in one place, and nothing is decided by comparing them.

"exponential" is the name of a loss, too, in the room of problems."""

import pathlib
import re
import sys

NAMES = re.compile(r'"(dopri5|dop853|rodas5p|rodas5p-cg|radau7|rkc2|exponential)"')
COMPARED = re.compile(r"[!=]=\s*(saddleflow::)?stepper_name::|stepper_name::\w+\s*[!=]=")
PLACE = "stepper/stepper.hpp"  # the constants

found, seen = [], set()
root = pathlib.Path(sys.argv[1])
files = [path for folder in ("lib", "tools") for path in sorted((root / folder).rglob("*.?pp"))]
assert len(files) > 300, f"{root}: found {len(files)} sources, expected the whole library"
for path in files:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        code = line.split("//")[0]
        names = [name for name in NAMES.findall(code) if not (name == "exponential" and path.parent.name == "problem")]
        if path.as_posix().endswith(PLACE):
            seen.update(names)
            names = []
        if names or COMPARED.search(code):
            found.append(f"{path.relative_to(root)}:{number}: {line.strip()}")
assert seen == {"dopri5", "dop853", "rodas5p", "rodas5p-cg", "radau7", "rkc2", "exponential"}, f"{PLACE}: found {sorted(seen)}"
if found:
    sys.exit("names of steppers, expected constants of stepper_name and properties of StepperEntry:\n" + "\n".join(found))
print(f"{len(files)} sources compare no names of steppers")
