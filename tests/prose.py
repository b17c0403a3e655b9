"""Hold a chapter's prose against its hidden cells of assertions.

A cell tagged `remove-cell` names each claim in a comment that quotes the page, and asserts it:

    # "With one mu for all it costs about 186."
    assert abs(one_mu - 186) < 10

`problems` returns what is wrong: a quote that is not on the page, a number in a quote that no
assertion holds to within a tenth, an assertion without a quote, a number on the page without one.

A sentence may also take its numbers from the run: a cell without visible input shows it by
`show_text(f"It costs {cost:.0f} nats.")`. A quote of it has ... for each of these numbers.

A sentence that concludes (because, so, therefore, is called, means that) needs a control: the
comment says what would have come out if it were false, and the assertion would then fail:

    # "So the shape is good enough."
    # Else: a Gaussian fitted to the image alone would cost much more than the exact posterior.
    assert own_cost < exact_cost + 2

`unsupported` returns the conclusions without one.
"""

import ast
import re
from typing import NamedTuple

# Not prose: code, maths, and links to other sites (a paper's number, a year).
HIDDEN = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\[[^\]]*\]\(http[^)]*\)|\]\([^)]*\)|<[^>]*>", re.S
)
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?(?: ?%)?")
# Not "so much", "so that", "so called": those do not conclude.
CONCLUDES = re.compile(
    r"\b(?:because|therefore|hence|that is why|means? that|(?:is|are) called)\b"
    r"|(?:(?<=[.?!:;,|] )|(?<=, and )|^)so (?!that\b|much\b|many\b|far\b|long\b|called\b)",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[^.?!]*(?:[.?!](?! )[^.?!]*)*[.?!]?")


class Claim(NamedTuple):
    """What a cell asserts of the page, and what would have come out if it were false."""

    quote: str
    asserts: list
    control: str


def problems(notebook):
    """Return a list of sentences, empty if every claim is asserted and every number claimed."""
    found, quoted, prose = [], [], prose_of(notebook)
    for cell in notebook.cells:
        found += [f"cell {cell['id']}: {text}" for text in wrong_text(cell)]
    for cell in hidden(notebook):
        claims, loose = claims_of(cell.source)
        found += [f"cell {cell['id']}: no quote above {statement!r}" for statement in loose]
        for claim in claims:
            quoted.append(claim.quote)
            found += [f"cell {cell['id']}: {text}" for text in judge(claim, prose)]
    return found + unclaimed(prose, quoted)


def unsupported(notebook):
    """Return the sentences that conclude and whose control no cell runs."""
    prose = prose_of(notebook)
    claims = [claim for cell in hidden(notebook) for claim in claims_of(cell.source)[0]]
    tried = places([claim.quote for claim in claims if claim.control and claim.asserts], prose)
    return [
        next(s[0] for s in SENTENCE.finditer(prose) if s.end() >= match.end()).strip()
        for match in CONCLUDES.finditer(masked(prose))
        if not any(first <= match.start() and match.end() <= last for first, last in tried)
    ]


def hidden(notebook):
    """Return the cells that check the page."""
    return [
        cell
        for cell in notebook.cells
        if "remove-cell" in cell.metadata.get("tags", []) and cell["id"] != "install"
    ]


def prose_of(notebook):
    """Return all that a reader reads as sentences: text, captions, and what show_text shows."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif "remove-cell" not in cell.metadata.get("tags", []):
            parts += [template(argument) for argument in shown(cell.source)]
            parts.append(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", ""))
    return normal("\n\n".join(parts))


def shown(source):
    """Return what a cell gives to show_text, as syntax trees."""
    if "show_text(" not in source:
        return []
    return [
        node.args[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "show_text"
    ]


def template(node):
    """Return a string's text with ... for each value that the run puts in."""
    if isinstance(node, ast.Constant):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        raise ValueError(f"show_text takes a string, got {ast.unparse(node)}")
    return "".join(part.value if isinstance(part, ast.Constant) else "..." for part in node.values)


def wrong_text(cell):
    """Return what is wrong with a cell's sentences, before any number is looked at."""
    if cell.cell_type != "code":
        return
    for node in shown(cell.source):
        if "remove-input" not in cell.metadata.get("tags", []):
            yield "shows a sentence and its code: tag it remove-input"
        for part in ast.walk(node):
            if isinstance(part, ast.FormattedValue) and not any(
                isinstance(inner, ast.Name) for inner in ast.walk(part.value)
            ):
                yield f"puts in what no run gives: {ast.unparse(part.value)}"


def normal(text):
    """Return the text with all white space folded."""
    return " ".join(text.split())


def masked(text):
    """Return the text with what is not prose blanked, position by position."""
    return HIDDEN.sub(lambda match: " " * len(match[0]), text)


def numbers(text):
    """Return (value, start, end) of each number of two digits, with a fraction or in percent."""
    result = []
    for match in NUMBER.finditer(masked(text)):
        digits = match[0].rstrip(" %,").replace(",", "")
        if len(digits) > 1 or "%" in match[0]:
            result.append((float(digits), match.start(), match.end()))
    return result


def claims_of(source):
    """Return ([Claim, ...], [assert without a quote, ...])."""
    lines = source.splitlines()
    asserts = {
        node.lineno: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)
    }
    claims, loose, quote, control = [], [], None, False
    for number, line in enumerate(lines, start=1):
        control = line.startswith("#") and (control or line.startswith("# Else: "))
        if control and claims:
            said = line.removeprefix("# Else:").lstrip("# ")
            claims[-1] = claims[-1]._replace(control=f"{claims[-1].control} {said}".strip())
        if line.startswith('# "'):
            quote, control = "", False
        if quote is not None and line.startswith("#"):
            quote += " " + line.lstrip("# ")
            if line.endswith('"'):
                claims.append(Claim(normal(quote).strip('"'), [], ""))
                quote = None
        if number in asserts:
            if claims:
                claims[-1].asserts.append(asserts[number])
            else:
                loose.append(line)
    return claims, loose


def judge(claim, prose):
    """Return what is wrong with one claim."""
    quote, asserts, _ = claim
    found = []
    if quote not in prose:
        found.append(f"not on the page: {quote!r}")
    if not asserts:
        found.append(f"nothing asserts {quote!r}")
    held = set()
    for node in asserts:
        if not any(isinstance(part, ast.Name) for part in ast.walk(node.test)):
            found.append(f"asserts constants only: {ast.unparse(node)}")
        value, tolerance = close_to(node.test)
        if value is not None and tolerance >= max(abs(value) / 10, 1e-12):
            found.append(f"the tolerance is a tenth or more: {ast.unparse(node)}")
        elif value is not None:
            held.add(value)
        held |= equal_to(node.test)
    for value, _, _ in numbers(quote):
        if value not in held:
            found.append(f"no assertion holds {value:g} in {quote!r}")
    return found


def close_to(test):
    """Return (value, tolerance) of `abs(x - value) < tolerance`, else (None, None)."""
    match test:
        case ast.Compare(
            left=ast.Call(
                func=ast.Name("abs"), args=[ast.BinOp(op=ast.Sub(), right=ast.Constant(value))]
            ),
            ops=[ast.Lt()],
            comparators=[ast.Constant(tolerance)],
        ):
            return float(value), float(tolerance)
    return None, None


def equal_to(test):
    """Return the numbers that an expression is compared with by ==."""
    match test:
        case ast.Compare(ops=[ast.Eq()], comparators=[right]):
            return {
                float(part.value)
                for part in ast.walk(right)
                if isinstance(part, ast.Constant) and isinstance(part.value, int | float)
            }
    return set()


def unclaimed(prose, quoted):
    """Return the numbers of the page that no quote covers."""
    spans = places(quoted, prose)
    return [
        f"no assertion for {prose[start:end]!r} in {prose[max(0, start - 40) : end + 20]!r}"
        for _, start, end in numbers(prose)
        if not any(first <= start and end <= last for first, last in spans)
    ]


def places(quotes, prose):
    """Return (start, end) of each place where the page says what is quoted."""
    return [
        (match.start(), match.end())
        for quote in quotes
        for match in re.finditer(re.escape(quote), prose)
    ]
