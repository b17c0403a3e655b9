"""Make the files of a release in dist/: wheel, sdist, the built book as .zip and .pdf, checksums.

    python tools/make_release.py [TAG]

Run it after `make book pdf`. With a tag, it must be "v" and vaelib's version.
"""

import hashlib
import re
import shutil
import subprocess
import sys

from built_book import HTML, ROOT
from make_pdf import TARGET

DIST = ROOT / "dist"


def main(tag=""):
    """Make the files; stop at what would make a release that is not what it says."""
    source = (ROOT / "vaelib/__init__.py").read_text(encoding="utf-8")
    version = re.search(r'^__version__ = "(.+)"$', source, re.M)[1]
    if tag and tag != f"v{version}":
        sys.exit(f"The tag is {tag}, and vaelib's version is {version}: v{version} was expected.")
    for needed, target in ((HTML / "index.html", "book"), (TARGET, "pdf")):
        if not needed.is_file():
            sys.exit(f"{needed.relative_to(ROOT)} is not there: run `make {target}` first.")
    shutil.rmtree(DIST, ignore_errors=True)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(DIST)], cwd=ROOT, check=True
    )
    shutil.make_archive(str(DIST / f"book-{version}"), "zip", HTML)
    shutil.copy(TARGET, DIST / f"book-{version}.pdf")
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(DIST.iterdir())
    ]
    (DIST / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    print(f"{DIST}:\n{''.join(sums)}", end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
