"""Put the stage's modules together into one classic script.

Pages opened from a folder load no ES modules. So every module becomes a function that returns what
it exports, called once, after those that it imports.
"""

import re
from pathlib import Path

SOURCES = Path(__file__).parent.resolve()
IMPORT = re.compile(r'^import (\{[^}]*\}) from "(.*?)";$', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:const|(?:async )?function|class) (\w+))", re.MULTILINE)


def modules(path: Path) -> list[Path]:
    """Return a module and all that it needs, each after what it needs itself."""
    found: dict[Path, None] = {}
    for _, name in IMPORT.findall(path.read_text(encoding="utf-8")):
        found |= dict.fromkeys(modules((path.parent / name).resolve()))
    return [*found, path]


def bundle(entry: str) -> str:
    """Return a module and all that it needs as one script."""
    parts, name_of = [], {}
    for path in modules(SOURCES / entry):
        name_of[path] = name = path.relative_to(SOURCES).with_suffix("").as_posix()
        text = path.read_text(encoding="utf-8")
        exported = ", ".join(name for _, name in EXPORT.findall(text))
        text = EXPORT.sub(r"\1", text)
        for found, source in IMPORT.findall(text):
            module = name_of[(path.parent / source).resolve()]
            text = text.replace(
                f'import {found} from "{source}";', f'const {found} = modules["{module}"];'
            )
        if wrong := re.search(r"^(import|export)\b.*", text, flags=re.MULTILINE):
            raise ValueError(f"Only names are imported and exported, got {wrong[0]!r} in {path}")
        parts.append(f'modules["{name}"] = (() => {{\n{text}return {{ {exported} }};\n}})();\n')
    head = "// Made by `make stage` from the modules in vaelib/stage: change those.\n"
    return f'{head}"use strict";\n(() => {{\nconst modules = {{}};\n{"".join(parts)}}})();\n'
