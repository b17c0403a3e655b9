"""Where the course is published: its repository and its built book.

A run of GitHub's Actions knows both, so a fork publishes under its own name with nothing edited.
Who publishes elsewhere names the repository in one line of _config.yml, and the book's address in
the environment, as BOOK_URL, where it is not the one that GitHub's or GitLab's Pages give.
"""

import os
from urllib.parse import urlsplit

import yaml
from built_book import ROOT


def repository(environment=os.environ, config=None):
    """Return the repository's address without a slash at its end, or "" if none is known."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return f"{environment['GITHUB_SERVER_URL']}/{environment['GITHUB_REPOSITORY']}"
    if config is None:
        config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    return (config["repository"]["url"] or "").removesuffix(".git").rstrip("/")


def site(repository, environment=os.environ):
    """Return the built book's address with a slash at its end, or "" if none is known."""
    if environment.get("BOOK_URL"):
        return environment["BOOK_URL"].rstrip("/") + "/"
    host, path = urlsplit(repository).netloc, urlsplit(repository).path.strip("/")
    pages = {"github.com": "github.io", "gitlab.com": "gitlab.io"}.get(host)
    if pages is None or path.count("/") != 1:
        return ""
    owner, name = path.split("/")
    root = f"{owner.lower()}.{pages}"
    return f"https://{root}/" + ("" if name.lower() == root else f"{name}/")


def launchers(repository):
    """Return {name: address} of where a notebook of the branch `launch` opens; {} is in its place.

    All of them read notebooks from GitHub alone.
    """
    if urlsplit(repository).netloc != "github.com":
        return {}
    path = urlsplit(repository).path
    return {
        "Colab": f"https://colab.research.google.com/github{path}/blob/launch/{{}}",
        "Kaggle": f"https://www.kaggle.com/kernels/welcome?src={repository}/blob/launch/{{}}",
        "Binder": f"https://mybinder.org/v2/gh{path}/launch?labpath={{}}",
    }
