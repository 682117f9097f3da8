"""Uploads a file as a script would: PUT by urllib. Arguments: url, file, content type."""

import sys
import urllib.request

sys.stdout.reconfigure(encoding="utf-8")
with open(sys.argv[2], "rb") as file:
    request = urllib.request.Request(sys.argv[1], data=file.read(), method="PUT")
request.add_header("Content-Type", sys.argv[3])
with urllib.request.urlopen(request) as answer:
    print(answer.status)
    print(answer.read().decode())
