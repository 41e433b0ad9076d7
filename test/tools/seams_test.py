"""Nobody decides by the name of a family, loss or stepper: the sources are searched for comparisons with such names.

What is allowed: the registries, where names are given, the study, where words become objects, and the archive, which
has to understand the files of earlier versions."""

import re
from pathlib import Path

import tool

ALLOWED = ("study/", "archive/")
COMPARISON = r'(?:[!=]==?\s*{0}|{0}\s*[!=]==?|(?:compare|starts_with|ends_with|contains|find|count)\(\s*{0})'


def names(help_text):
    """The choices of network.kind, loss.kind and flow.stepper, as --help lists them."""
    section, found = None, {}
    for entry in re.split(r"\n(?=\[|  \w)", help_text):
        heading = re.match(r"\[(\w+)\]", entry)
        section = heading.group(1) if heading else section
        key = re.match(r"  (\w+)", entry)
        path = f"{section}.{key.group(1)}" if key else None
        if path in ("network.kind", "loss.kind", "flow.stepper"):
            choices = re.search(r"\(([^()]*)\)\s*$", " ".join(entry.split()))
            found[path] = [word.strip() for word in choices.group(1).split(",")]
    return found


def comparisons(root, words):
    quoted = "|".join(f"(?:\"{word}\"|'{word}')" for word in words)
    pattern = re.compile(COMPARISON.format(f"(?:{quoted})"))
    hits = []
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root).as_posix()
        if path.suffix not in (".cpp", ".hpp", ".js", ".py") or inside.startswith(ALLOWED) or "third_party" in inside:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if pattern.search(line):
                hits.append(f"{path}:{number}: {line.strip()}")
    return hits


def main():
    repository = Path(__file__).resolve().parents[2]
    known = names(tool.succeed("--help"))
    assert set(known) == {"network.kind", "loss.kind", "flow.stepper"}, known
    assert "feed_forward" in known["network.kind"] and "square" in known["loss.kind"] and "dopri5" in known["flow.stepper"], known
    words = sorted({word for choices in known.values() for word in choices})
    hits = [hit for folder in ("lib/saddleflow", "lib/validation", "tools") for hit in comparisons(repository / folder, words)]
    assert not hits, "decisions by name:\n" + "\n".join(hits)
    # The search finds what it is for.
    example = 'if (network.kind() == "feed_forward") return;'
    assert re.search(COMPARISON.format('(?:"feed_forward")'), example)
    print(f"no decision by one of {len(words)} names: {', '.join(words)}")


main()
