"""Blocks of the project's documents: their commands, what is shown of the output, and whether that is what was printed."""
import math
import os
import re

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|inf|nan)(?![\w]|\.\d)")
# Seconds on the clock, and where an error is largest.
ANY = re.compile(r"\d+(?:\.\d+)? s\b|\(at t = \S+\)")
# Work depends on the processor's rounding; of everything else integers are exact.
WORK = re.compile(r"work:|\bsteps?\b|gradients|changes of the mode")
LIKE_WORK = 0.2
# Two processors agree on a path to its tolerance, 1e-8 in the studies shown; events are a hundred times worse at most.
RELATIVE = 1e-6
# Below this a figure is an error (of rounding, of a path), above its inverse a ratio to one: of these the size counts.
ERROR, ROUNDING = 1e-6, 1e-12
LIKE_ERROR, LIKE_ROUNDING = 10, 100


def blocks(path, language):
    """(number of its first line, text) of the code blocks of a language."""
    fence, first, lines = None, 0, []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.startswith("```"):
                lines.append(line)
            elif fence is None:
                fence, first, lines = line.strip("` \n"), number + 1, []
            else:
                if fence == language:
                    yield first, "".join(lines)
                fence = None


def sessions(path):
    """(number of the line, command, lines shown) of every "$ command" of a document, and of commands of tools without "$"."""
    for first, text in blocks(path, ""):
        found = None
        for number, line in enumerate(text.splitlines(), first):
            if line.startswith(("$ ", "sf-", "build/release/bin/")):
                if found:
                    yield found
                found = number, line.removeprefix("$ "), []
            elif found:
                found[2].append(line)
        if found:
            yield found


def inline_commands(path):
    """Commands of the tools in inline code, as they are: with placeholders and brackets."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^```.*?^```", "", file.read(), flags=re.DOTALL | re.MULTILINE)
    return [found.replace("\n", " ") for found in re.findall(r"`(sf-[a-z]+ [^`]*)`", text)]


def last_digit(text):
    """What one more in the last digit of a number is."""
    mantissa, _, exponent = text.lstrip("+-").partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def same_number(shown, printed, line):
    a, b = float(shown), float(printed)
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    small, large = sorted((abs(a), abs(b)))
    if large < ROUNDING or large < ERROR and large < LIKE_ERROR * small:
        return True
    if small > 1 / ROUNDING and large < LIKE_ROUNDING * small:
        return True
    if re.fullmatch(r"[-+]?\d+", shown):
        return bool(WORK.search(line)) and abs(a - b) <= LIKE_WORK * large
    return abs(a - b) <= max(RELATIVE * large, 1.5 * last_digit(shown))


def same_line(shown, printed):
    """Whether words agree, numbers agree to what they are known to, and what is in ANY does not count."""
    shown, printed = (ANY.sub("any", line) for line in (shown, printed))
    if NUMBER.sub("#", shown).split() != NUMBER.sub("#", printed).split():
        return False
    return all(same_number(a, b, shown) for a, b in zip(NUMBER.findall(shown), NUMBER.findall(printed)))


def first_difference(shown, printed):
    """None, or the first line shown that was not printed at its place, with that which was. A line "..." stands for any
    number of lines; blank lines do not count."""
    shown = [line for line in shown if line.strip()]
    printed = [line for line in printed if line.strip()]
    at, skipping = 0, not shown
    for line in shown:
        if line.strip() == "...":
            skipping = True
            continue
        place = at
        while skipping and place < len(printed) and not same_line(line, printed[place]):
            place += 1
        if place >= len(printed) or not same_line(line, printed[place]):
            return line, printed[at] if at < len(printed) else "(the end)"
        at, skipping = place + 1, False
    return None if skipping or at == len(printed) else ("(the end)", printed[at])


def documents(root):
    """Every document of the project."""
    found = [os.path.join(root, "README.md"), os.path.join(root, "output", "README.md")]
    for top in ("tools", "test", "lib"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            found += [os.path.join(folder, name) for name in names if name.endswith(".md")]
    return sorted(found, key=lambda path: (path.count(os.sep), path))
