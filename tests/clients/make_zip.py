"""Makes a zip archive for the tests of ?unpack=zip. Arguments: kind, path."""

import os
import sys
import zipfile

kind, path = sys.argv[1:]
APPLE_DOUBLE = b"\0\5\x16\7" + bytes(90)


class Pipe:
    """Where nobody can go back to a header: lengths come behind the data."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def write(self, data):
        return self.file.write(data)

    def flush(self):
        self.file.flush()


def link(name):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = 0o120777 << 16
    return entry


if kind.startswith("piped"):
    method = zipfile.ZIP_STORED if kind == "piped-stored" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(Pipe(path), "w", method) as archive:
        archive.writestr("d/a.txt", "first")
        archive.writestr("b.txt", b"PK\x03\x04 PK\x07\x08 PK\x01\x02" * 100)
        with archive.open("wide.bin", "w", force_zip64=True) as entry:
            entry.write(bytes(100_000))
        archive.writestr("empty.txt", "")
    sys.exit()
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
    elif kind == "debris":
        archive.writestr("d/a.jpg", "kept")
        archive.writestr("__MACOSX/d/._a.jpg", APPLE_DOUBLE)
        archive.writestr("d/.DS_Store", "x")
        archive.writestr("d/._b.jpg", APPLE_DOUBLE)
        archive.writestr("._real.jpg", "a file of somebody")
        archive.writestr("d/THUMBS.DB", "x")
        archive.writestr("d/e/Desktop.ini", "x")
        archive.writestr("sub/__macosx/x", "x")
        archive.writestr(".Trashes/501/deleted.jpg", "x")
    elif kind == "kinds":
        archive.writestr("plain.txt", "plain")
        archive.writestr(link("link.txt"), "/etc/passwd")
        archive.writestr("old\\windows\\name.txt", "name")
        archive.writestr("a\\..\\..\\escaped.txt", "no")
        archive.writestr("C:\\windows\\absolute.txt", "no")
        archive.writestr("bzip2.txt", "no", zipfile.ZIP_BZIP2)
        archive.writestr("lzma.txt", "no", zipfile.ZIP_LZMA)
        archive.comment = b"a comment"
    elif kind == "inner":
        inner = path + ".inner"
        with zipfile.ZipFile(inner, "w") as deeper:
            deeper.writestr("not to be unpacked.txt", "x")
        archive.write(inner, "inner.zip", zipfile.ZIP_STORED)
        os.remove(inner)
    elif kind == "empty":
        pass
    elif kind == "bomb":
        # 300 MiB of zeros in 300 KiB.
        with archive.open("bomb.bin", "w") as entry:
            for _ in range(300):
                entry.write(bytes(1 << 20))
    else:
        sys.exit(f"no archive called {kind}")
