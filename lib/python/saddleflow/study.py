"""Studies as dictionaries, and their keys as keyword arguments."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from typing import Any, Union

import numpy as np

from . import _core

Study = Union[str, "os.PathLike[str]", Mapping[str, Any]]


def _value(value: Any, key: str) -> str:
    """As TOML."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, os.PathLike):
        return json.dumps(os.fspath(value), ensure_ascii=False)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(v, key) for v in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {_value(v, key)}" for k, v in value.items()) + "}"
    raise _core.InputError(f"{key}: found {type(value).__name__}, expected a number, a text, a list or a table")


def to_toml(study: Mapping[str, Any]) -> str:
    """The text of a study file. `study` is nested as the file is: {"network": {"layers": [10, 20, 1]}, ...}; a list of
    dictionaries is a list of tables. Numbers keep all their digits. InputError for a value that a study cannot hold."""
    lines = [f"{key} = {_value(value, key)}" for key, value in study.items() if not isinstance(value, Mapping)]
    for section, content in study.items():
        if isinstance(content, Mapping):
            lines.append(f"[{section}]")
            lines += [f"{json.dumps(key)} = {_value(value, f'{section}.{key}')}" for key, value in content.items()]
    return "\n".join(lines) + "\n"


def overrides_of(arguments: Mapping[str, Any]) -> list[str]:
    """Keyword arguments as "section.key=value": flow_t_end=1e4 or **{"flow.t_end": 1e4}. InputError for a name that is no
    key, with the nearest one."""
    by_name = {path.replace("[]", "").replace(".", "_"): path for path in _core.keys() if "[" not in path}
    overrides = []
    for name, value in arguments.items():
        path = name if "." in name else by_name.get(name)
        if path is None:
            near = difflib.get_close_matches(name, by_name, 1, 0.5)
            hint = f"; the nearest is {near[0]}" if near else ""
            raise _core.InputError(f"{name}: found no such key of a study, expected one as in flow_t_end for flow.t_end{hint}")
        overrides.append(f"{path}={_value(value, name)}")
    return overrides


def text_of(study: Study) -> tuple[str, str]:
    """(text, name) of a study: of the file with this path, or of the dictionary. The folder of the name is the one that
    paths in the study are relative to. OSError where it cannot be read."""
    if isinstance(study, Mapping):
        return to_toml(study), os.path.join(os.getcwd(), "study")
    path = os.fspath(study)
    with open(path, encoding="utf-8") as file:
        return file.read(), path
