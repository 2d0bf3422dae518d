#!/usr/bin/env python3
"""Refuses an #include that does not follow the arrows between the folders of proxy/.

The arrows are the LINKS of the slotway_module lines in proxy/CMakeLists.txt, followed through: a
folder may include its own headers and those of every folder it links, directly or not. A library
is included only where the list below says, so that it can be replaced by changing one folder.
Tests follow the arrows of the folder they test. Prints file:line: sentence; exit status 1 if any.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# First part of an #include <...> -> the only places (a prefix of the path below proxy/) for it.
LIBRARY_HOMES = {
    "uv.h": ["net/"],
    "uv": ["net/"],
    "hiredis": ["resp/reply_tree"],
    "yaml-cpp": ["config/"],
    "prometheus": ["admin/"],
    "CivetServer.h": ["admin/"],
    "nlohmann": ["admin/"],
    "spdlog": ["server/", "main.cpp"],
    "CLI": ["main.cpp"],
}

MODULE = re.compile(r"slotway_module\(\s*(\w+)([^)]*)\)")
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:<([^>]+)>|"([^"]+)")')


def read_arrows(cmake_text):
    """Folder -> the folders it may include, itself among them."""
    text = re.sub(r"#.*", "", cmake_text)
    direct = {
        name: set(re.findall(r"\bslotway_(\w+)", links)) for name, links in MODULE.findall(text)
    }
    if not direct:
        sys.exit("check_includes: proxy/CMakeLists.txt has no slotway_module line any more")

    def reach(folder, seen):
        for target in direct.get(folder, ()):
            if target not in seen:
                seen.add(target)
                reach(target, seen)
        return seen

    arrows = {folder: reach(folder, {folder}) for folder in direct}
    for folder in direct:
        for target in direct[folder]:
            if folder in arrows.get(target, ()):
                sys.exit(f"check_includes: {folder} and {target} link each other in a circle")
    return arrows


def includes_of(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def library_complaint(header, place):
    homes = LIBRARY_HOMES.get(header.split("/")[0])
    if homes and not any(place.startswith(home) for home in homes):
        return f"<{header}> may be included in {' and '.join(homes)} only"
    return None


def own_header_complaint(header, folder, arrows):
    target, slash, _ = header.partition("/")
    if not slash:
        return f'"{header}" must be named by its path below proxy/'
    if target in arrows and target not in arrows[folder]:
        return f'{folder} may not include "{header}": it has no link to {target}'
    return None


def complaints_below(tree, arrows):
    for path in sorted(p for p in tree.rglob("*") if p.suffix in {".h", ".cpp", ".inc"}):
        place = path.relative_to(tree)
        # main.cpp lies in no folder: it starts the server and may include what server may.
        folder = place.parts[0] if place.parts[0] in arrows else "server"
        for number, library, own in includes_of(path):
            if library:
                complaint = library_complaint(library, place.as_posix())
            else:
                complaint = own_header_complaint(own, folder, arrows)
            if complaint:
                yield f"{path.relative_to(ROOT)}:{number}: {complaint}"


def main():
    arrows = read_arrows((ROOT / "proxy/CMakeLists.txt").read_text(encoding="utf-8"))
    complaints = [
        complaint
        for tree in (ROOT / "proxy", ROOT / "tests/unit")
        for complaint in complaints_below(tree, arrows)
    ]
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
