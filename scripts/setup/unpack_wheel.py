"""unpack_wheel.py WHEEL FOLDER PATTERN...: takes the files that fit a pattern out of a wheel (a zip file)."""

import fnmatch
import os
import shutil
import sys
import zipfile


def main(wheel, folder, patterns):
    root = os.path.realpath(folder)
    taken = 0
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if member.is_dir() or not any(fnmatch.fnmatchcase(member.filename, p) for p in patterns):
                continue
            path = os.path.realpath(os.path.join(root, member.filename))
            if not path.startswith(root + os.sep):
                sys.exit(f"error: {member.filename} points out of the folder")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(member) as source, open(path, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            os.chmod(path, 0o755 if (member.external_attr >> 16) & 0o111 else 0o644)
            taken += 1
    if taken == 0:
        sys.exit(f"error: {wheel} holds none of {', '.join(patterns)}")


main(sys.argv[1], sys.argv[2], sys.argv[3:])
