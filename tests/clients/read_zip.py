"""Prints `<sha256> <name>` for each entry of a zip archive, after testing it."""

import hashlib
import sys
import zipfile

sys.stdout.reconfigure(encoding="utf-8")
with zipfile.ZipFile(sys.argv[1]) as archive:
    bad = archive.testzip()
    if bad is not None:
        sys.exit(f"broken entry: {bad}")
    for entry in archive.infolist():
        print(hashlib.sha256(archive.read(entry)).hexdigest(), entry.filename)
