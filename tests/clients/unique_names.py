"""Fails unless all names in a zip archive differ by casefold() and by lower(), in each normal form."""

import sys
import unicodedata
import zipfile

names = zipfile.ZipFile(sys.argv[1]).namelist()
for form in ("NFC", "NFD"):
    for fold in (str.casefold, str.lower, str.upper, str):
        folded = {unicodedata.normalize(form, fold(unicodedata.normalize(form, name))) for name in names}
        if len(folded) != len(names):
            sys.exit(f"{fold.__name__} in {form} makes some equal: {names}")
