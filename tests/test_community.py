"""What people expect around a public course: one version everywhere, forms that GitHub takes."""

import json
import re

import pytest
import yaml
from nbgrader_course import ROOT

import vaelib


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_one_version_stands_everywhere():
    cited = yaml.safe_load(read("CITATION.cff"))
    released = re.findall(r"^## (\d+\.\d+\.\d+)", read("CHANGELOG.md"), re.M)
    (shown,) = re.findall(r"version = {(.*)}", read("book/about.md"))
    assert vaelib.__version__ == cited["version"] == shown == released[0]
    assert released == sorted(released, key=lambda v: [*map(int, v.split("."))], reverse=True)


def test_the_citation_names_what_the_book_says():
    cited = yaml.safe_load(read("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()
    assert cited["title"] == yaml.safe_load(read("_config.yml"))["title"]
    assert cited["authors"][0]["name"] in read("book/about.md")


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob(".github/ISSUE_TEMPLATE/*.yml")), ids=lambda path: path.stem
)
def test_a_form_is_one(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem == "config":
        return
    assert form["name"] and form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields) >= 2
    assert all(field["attributes"]["label"] for field in fields)
    assert {field["type"] for field in form["body"]} <= {"markdown", "input", "textarea"}


def test_the_container_makes_what_readme_names():
    lines = read(".devcontainer/devcontainer.json").splitlines()
    settings = json.loads("\n".join(line for line in lines if not line.startswith("//")))
    target = settings["postCreateCommand"].removeprefix("make ")
    assert re.search(rf"^{target}:", read("Makefile"), re.M)


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md", "LICENSES.md"]
)
def test_links_between_files_lead_somewhere(name):
    for address in re.findall(r"\]\(([^)\s]+)\)", read(name)):
        if "://" not in address:
            assert (ROOT / address.split("#")[0]).exists(), address
