"""lib/README.md is a map that is true: its rooms are the folders, they include what they may, and its files exist."""
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LIBRARY = REPOSITORY / "lib" / "saddleflow"
MAP = (REPOSITORY / "lib" / "README.md").read_text()


def rooms_on_the_map():
    """Room -> those that its last column names."""
    rows = re.findall(r"^\| `([a-z0-9/]+)/` \|.*\| ([^|]*) \|$", MAP, flags=re.M)
    rooms = {room for room, _ in rows}
    return {room: {word for word in uses.split(", ") if word in rooms} for room, uses in rows}


def room_of(path, rooms):
    inside = path.relative_to(LIBRARY).as_posix()
    found = [room for room in rooms if inside.startswith(room + "/")]
    return found[0] if found else None


def closure(rooms):
    """With what those may use in turn."""
    def reach(room, seen):
        for other in rooms[room] - seen:
            seen |= {other} | reach(other, seen | {other})
        return seen
    return {room: reach(room, set()) for room in rooms}


def every_folder_is_a_room(rooms):
    sources = [path for path in LIBRARY.rglob("*") if path.suffix in (".cpp", ".hpp") and path.parent != LIBRARY]
    lost = [str(path) for path in sources if room_of(path, rooms) is None]
    assert not lost, f"in no room of lib/README.md: {lost}"
    assert {room_of(path, rooms) for path in sources} == set(rooms)
    return sources


def rooms_include_what_they_may(sources, rooms):
    allowed, wrong = closure(rooms), []
    for room in rooms:
        assert room not in allowed[room], f"{room}/ may use itself by way of others: {sorted(allowed[room])}"
    for path in sources:
        room = room_of(path, rooms)
        for header in re.findall(r'#include "saddleflow/([^"]+)"', path.read_text()):
            other = room_of(LIBRARY / header, rooms)
            if other not in (None, room) and other not in allowed[room]:
                wrong.append(f"{path.relative_to(REPOSITORY)}: {header}")
    assert not wrong, "against lib/README.md:\n" + "\n".join(wrong)


CONSTANT = re.compile(r"^(?:inline |static )*(?:constexpr|const) [\w:<>,&* ]+? (k[A-Z]\w*) ?[={;]", flags=re.M)


def constants_have_names_of_their_own(sources):
    """In a unity build a constant of one source's anonymous namespace hides one of the same name that another source has from a
    header, without a word. A source that defines what its own header declares has both."""
    of_headers = {}
    for path in sources:
        # A nested namespace is asked for by its name.
        if path.suffix == ".hpp" and "namespace saddleflow::" not in path.read_text():
            for name in CONSTANT.findall(path.read_text()):
                of_headers.setdefault(name, path)
    hidden = [f"{path.relative_to(REPOSITORY)}: {name} hides that of {of_headers[name].relative_to(REPOSITORY)}"
              for path in sources if path.suffix == ".cpp" for name in CONSTANT.findall(path.read_text())
              if name in of_headers and of_headers[name].with_suffix(".cpp") != path]
    assert not hidden, "\n".join(hidden)
    assert len(of_headers) >= 20, sorted(of_headers)
    return len(of_headers)


def files_exist():
    """Files that the page names; <room> and <what> stand for any."""
    names = set(re.findall(r"`([a-zA-Z_./-]+\.(?:cpp|hpp|md|txt|toml|cmake))`", MAP))
    assert len(names) >= 15, names
    places = (LIBRARY, REPOSITORY / "lib", REPOSITORY, REPOSITORY / "lib" / "validation")
    missing = [name for name in sorted(names) if not any((place / name).exists() for place in places)]
    assert not missing, f"lib/README.md names files that do not exist: {missing}"
    return len(names)


def main():
    rooms = rooms_on_the_map()
    assert len(rooms) >= 15, rooms
    sources = every_folder_is_a_room(rooms)
    rooms_include_what_they_may(sources, rooms)
    constants = constants_have_names_of_their_own(sources)
    print(f"{len(rooms)} rooms, {len(sources)} files, {files_exist()} named on the map; {constants} constants of headers, none hidden")


main()
