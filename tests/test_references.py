"""The back matter: works against links, the reference against vaelib, terms against chapters."""

import re

import nbformat
import pytest
from nbgrader_course import ROOT
from prose import normal, numbers
from pybtex.database import parse_string

import vaelib

BOOK = ROOT / "book"
BIBLIOGRAPHY = (BOOK / "references.bib").read_text(encoding="utf-8")

# Where papers live. A link to one of these sites is a link to a work.
SITES = r"arxiv\.org|doi\.org|openreview\.net|approximateinference\.org|proceedings\.mlr\.press"
LINK = re.compile(rf"https?://(?:\w+\.)*(?:{SITES}|jmlr\.org|nips\.cc|neurips\.cc)/[^\s)>\"']+")
PREPRINT = re.compile(r"(?:arxiv\.org/(?:abs|pdf)/|arXiv:)(\d{4}\.\d{4,5})")


def pages():
    """Return the text of every page, and of vaelib, whose docstrings are a page too."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(BOOK.glob("*.md"))]
    for path in sorted([*BOOK.glob("*.ipynb"), *ROOT.glob("solutions/*/*.ipynb")]):
        texts += [c.source for c in nbformat.read(path, 4).cells if c.cell_type == "markdown"]
    texts += [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("vaelib/**/*.py"))]
    return texts


def linked(text):
    """Return the arXiv number, DOI or address of every work that a text links."""
    found = set(PREPRINT.findall(text))
    for link in LINK.findall(text):
        if "doi.org/" in link:
            found.add(link.split("doi.org/")[1])
        elif not PREPRINT.search(link):
            found.add(link)
    return found


def works(bibliography):
    """Return {key: what the work can be linked by}."""
    entries = parse_string(bibliography, "bibtex").entries
    names = ("eprint", "doi", "url")
    return {
        key: {entry.fields[name] for name in names if name in entry.fields}
        for key, entry in entries.items()
    }


def disagreements(texts, bibliography):
    """Return what the links and the bibliography do not have in common."""
    links = set().union(*map(linked, texts))
    listed = works(bibliography)
    return [f"not in references.bib: {link}" for link in links - set().union(*listed.values())] + [
        f"never linked: {key}" for key, names in listed.items() if not names & links
    ]


def test_links_and_bibliography_agree():
    assert disagreements(pages(), BIBLIOGRAPHY) == []


PAGE = "[A](https://arxiv.org/abs/1234.5678), [B](https://doi.org/10.1000/xyz), arXiv:2345.67890"
ENTRIES = """
@misc{a, title = {A}, eprint = {1234.5678}}
@misc{b, title = {B}, doi = {10.1000/xyz}, eprint = {0000.00000}}
@misc{c, title = {C}, eprint = {2345.67890}}
"""


def test_links_and_entries_in_order_have_no_disagreement():
    assert disagreements([PAGE], ENTRIES) == []


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (PAGE.replace("5678", "5679"), "not in references.bib: 1234.5679"),
        (PAGE.replace("5678", "5679"), "never linked: a"),
        (PAGE.replace("xyz", "xyz2"), "not in references.bib: 10.1000/xyz2"),
        (PAGE.replace("67890", "67891"), "never linked: c"),
        (PAGE + " [D](https://arxiv.org/pdf/3456.78901v2)", "not in references.bib: 3456.78901"),
        (PAGE + " https://openreview.net/forum?id=X", "not in references.bib: https://openreview"),
    ],
)
def test_the_gate_bites(page, complaint):
    assert any(complaint in found for found in disagreements([page], ENTRIES))


def test_entries_are_complete():
    entries = parse_string(BIBLIOGRAPHY, "bibtex").entries
    assert list(entries) == sorted(entries)
    taken = [name for names in works(BIBLIOGRAPHY).values() for name in names]
    assert len(taken) == len(set(taken)), "one work stands there twice"
    for key, entry in entries.items():
        author = entry.persons["author"][0].last_names[-1].replace("-", "").lower()
        assert key == author + entry.fields["year"]
        assert entry.fields["title"]
        assert works(BIBLIOGRAPHY)[key], f"{key} has no eprint, doi or url"
        assert re.fullmatch(r"\d{4}\.\d{4,5}", entry.fields.get("eprint", "0000.0000"))
        assert re.fullmatch(r"10\.\d{4,}/\S+", entry.fields.get("doi", "10.1000/x"))


def test_the_reference_names_what_vaelib_exports():
    page = (BOOK / "reference.md").read_text(encoding="utf-8")
    named = re.findall(r"^\.\. auto(?:function|class):: vaelib\.(\w+)$", page, re.M)
    assert sorted(named) == sorted(vaelib.__all__)


def terms():
    page = (BOOK / "glossary.md").read_text(encoding="utf-8")
    lines = re.search(r"```\{glossary\}\n(.*?)```", page, re.S)[1].strip().split("\n\n")
    return dict(entry.split("\n", 1) for entry in lines)


def test_terms_are_sorted():
    assert list(terms()) == sorted(terms(), key=str.lower)


@pytest.mark.parametrize("term", terms())
def test_a_term_leads_to_the_page_that_measures_it(term):
    targets = re.findall(r"\]\(([\w.]+)(?:#[\w-]+)?\)", terms()[term])
    assert targets
    assert [target for target in targets if not (BOOK / target).exists()] == []


@pytest.mark.parametrize("name", ["further", "glossary", "thread", "reference", "bibliography"])
def test_numbers_stay_where_they_are_measured(name):
    page = normal((BOOK / f"{name}.md").read_text(encoding="utf-8"))
    assert numbers(page) == []
