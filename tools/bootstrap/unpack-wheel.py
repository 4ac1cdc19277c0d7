"""Unpacks chosen members of a wheel: argv is the wheel, the target folder, and a JSON object {member or prefix/: target}.

A key that ends in "/" takes every header below it. Names the members that are missing and exits with 3.
"""

import json
import os
import shutil
import sys
import zipfile


def targets(names, wanted):
    for key, target in wanted.items():
        found = False
        for name in names:
            if key.endswith("/") and name.startswith(key) and name.endswith(".h"):
                found = True
                yield name, os.path.join(target, name[len(key):])
            elif name == key and not name.endswith("/"):
                found = True
                yield name, target
        if not found:
            print("missing in the wheel:", key, file=sys.stderr)
            sys.exit(3)


def main():
    wheel, folder, wanted = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    with zipfile.ZipFile(wheel) as archive:
        for name, target in targets(archive.namelist(), wanted):
            path = os.path.join(folder, target)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(name) as source, open(path, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)


main()
