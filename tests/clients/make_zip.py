"""Makes a zip archive for the tests of ?unpack=zip. Arguments: kind, path."""

import sys
import zipfile

kind, path = sys.argv[1:]
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
    if kind == "good":
        archive.writestr("a.txt", "deflated " * 1000)
        archive.writestr("stored.bin", bytes(range(256)) * 40, zipfile.ZIP_STORED)
        archive.writestr("folder/", "")
        archive.writestr("folder/deeper/nested.txt", "nested")
        archive.writestr("目录/图片.txt", "图片")
        archive.writestr("empty.txt", "")
        archive.writestr("folder/a.txt", "the same base name, other bytes")
    elif kind == "escaping":
        archive.writestr("fine.txt", "fine")
        archive.writestr("../escaped.txt", "no")
        archive.writestr("folder/../../escaped too.txt", "no")
        archive.writestr("/absolute.txt", "no")
        archive.writestr("fine too.txt", "fine too")
    elif kind == "bomb":
        # 300 MiB of zeros in 300 KiB.
        with archive.open("bomb.bin", "w") as entry:
            for _ in range(300):
                entry.write(bytes(1 << 20))
    else:
        sys.exit(f"no archive called {kind}")
