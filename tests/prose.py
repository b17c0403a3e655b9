"""Hold a chapter's prose against its hidden cells of assertions.

A cell tagged `remove-cell` names each claim in a comment that quotes the page, and asserts it:

    # "With one mu for all it costs about 186."
    assert abs(one_mu - 186) < 10

`problems` returns what is wrong: a quote that is not on the page, a number in a quote that no
assertion holds to within a tenth, an assertion without a quote, a number on the page without one.
"""

import ast
import re

# Not prose: code, maths, and links to other sites (a paper's number, a year).
HIDDEN = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\[[^\]]*\]\(http[^)]*\)|\]\([^)]*\)|<[^>]*>", re.S
)
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?(?: ?%)?")


def problems(notebook):
    """Return a list of sentences, empty if every claim is asserted and every number claimed."""
    prose = normal("\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"))
    found, quoted = [], []
    for cell in notebook.cells:
        if "remove-cell" not in cell.metadata.get("tags", []) or cell["id"] == "install":
            continue
        claims, loose = claims_of(cell.source)
        found += [f"cell {cell['id']}: no quote above {statement!r}" for statement in loose]
        for quote, asserts in claims:
            quoted.append(quote)
            found += [f"cell {cell['id']}: {text}" for text in judge(quote, asserts, prose)]
    return found + unclaimed(prose, quoted)


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
    """Return ([(quote, [assert, ...]), ...], [assert without a quote, ...])."""
    lines = source.splitlines()
    asserts = {
        node.lineno: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)
    }
    claims, loose, quote = [], [], None
    for number, line in enumerate(lines, start=1):
        if line.startswith('# "'):
            quote = ""
        if quote is not None and line.startswith("#"):
            quote += " " + line.lstrip("# ")
            if line.endswith('"'):
                claims.append((normal(quote).strip('"'), []))
                quote = None
        if number in asserts:
            if claims:
                claims[-1][1].append(asserts[number])
            else:
                loose.append(line)
    return claims, loose


def judge(quote, asserts, prose):
    """Return what is wrong with one claim."""
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
    spans = [
        (match.start(), match.end())
        for quote in quoted
        for match in re.finditer(re.escape(quote), prose)
    ]
    return [
        f"no assertion for {prose[start:end]!r} in {prose[max(0, start - 40) : end + 20]!r}"
        for _, start, end in numbers(prose)
        if not any(first <= start and end <= last for first, last in spans)
    ]
