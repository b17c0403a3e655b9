"""The page of measurements, book/bench.md: what the numbers in book/bench.json give.

Each bench keeps its part of the numbers, and the page is written anew from all of them.
"""

import json
import platform
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NUMBERS, PAGE = ROOT / "book" / "bench.json", ROOT / "book" / "bench.md"
PEERS = ("a Lightning module", "pythae")


def keep(part, found):
    """Keep what a bench has found, and write the page anew."""
    numbers = json.loads(NUMBERS.read_text(encoding="utf-8")) | {part: found}
    NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(numbers), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def processor():
    """Return the processor's name, as the system says it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def page(numbers):
    """Return the page that shows what was measured."""
    return training(numbers["training"]) + grading(numbers["grading"]) + END


TRAINING = """\
# How fast it is

`vaelib.fit` is written to be read. What does that cost? One epoch of the same network, on one
thread, by the loops that people use, in thousands of images a second. In brackets the time that
each takes as a multiple of `vaelib.fit`'s. The runs of all loops alternate.

{trainings}

{left_out}The bare loop checks nothing and keeps no history. The loop of pytorch/examples takes its
batches from a `DataLoader`, which puts them together image by image, and so do Lightning and
pythae; `fit` indexes one tensor. The largest products of matrices run at {rate:.0f} billion
operations a second on this thread, and `fit` reaches {share:.0%} of that at its best.

## Other ways to train

{ways}

These are multiples of the speed of `vaelib.fit` as it is, on 5,000 images in batches of 512.
bfloat16 by `torch.autocast` is not among them: the parts of a `VAE` refuse a dtype that is not
that of their weights.

## Many images, many dimensions

{large}

Memory is the peak above that of the arguments. `evaluate` and `importance_weighted_bound` (10
draws for an image) check all pixels at once, then work in pieces. `information_split` compares all
pairs: twice as many images take four times as long, and a million would take
{million:,.0f} hours with 20 dimensions. Some thousands, drawn at random, say what it can say: its
information never exceeds the logarithm of their number.

All this was measured on {machine}.{small}
"""


def training(found):
    """Return the part on training and evaluation."""
    names = list(found["trainings"][0]["seconds"])
    rows = []
    for size in found["trainings"]:
        times, ours = size["seconds"], size["seconds"]["vaelib.fit"]
        cells = [f"{size['images'] / times[n] / 1000:.1f} ({times[n] / ours:.2f})" for n in names]
        rows.append([f"{size['images']:,} images, batches of {size['batch']:,}", *cells])
    best = max(size["images"] / size["seconds"]["vaelib.fit"] for size in found["trainings"])
    (ways,) = found["ways"]
    base = ways["seconds"]["vaelib.fit"]
    pairs = [c for c in found["large"] if c["function"] == "information_split"]
    most = max((c for c in pairs if c["dimensions"] == 20), key=lambda case: case["images"])
    left = [name for name in PEERS if name not in names]
    return TRAINING.format(
        trainings=table(["one epoch of", *names], rows),
        left_out=f"Not installed, so not here: {', '.join(left)}. " if left else "",
        rate=found["rate"] / 1e9,
        share=best * found["work"] / found["rate"],
        ways=table(
            ["way", "speed"],
            [[n, f"{base / s:.2f}"] for n, s in ways["seconds"].items() if n != "vaelib.fit"],
        ),
        large=table(
            ["function", "images", "dimensions", "seconds", "memory (MB)"],
            [
                [
                    f"`{c['function']}`",
                    f"{c['images']:,}",
                    c["dimensions"],
                    f"{c['seconds']:.2f}",
                    f"{c['peak']:,.0f}",
                ]
                for c in found["large"]
            ],
        ),
        million=most["seconds"] * (1_000_000 / most["images"]) ** 2 / 3600,
        machine=machine(found),
        small=TRIAL if found["small"] else "",
    )


GRADING = """
## Marks

How many marks does a second of one core give? The same answers of the bank, right and wrong ones,
go to `python -m grading`, which judges in the jail and writes the feedback too; to nbgrader as it
is elsewhere, without our configuration; and to otter-grader without its container. The last two
run the whole notebook with the rights of whoever grades. Start is once a run. Ratios are to stock
nbgrader, without the start.

{costs}

{missing}{same} answers.

What that makes of a course, in minutes of one core for five assignments of 100 learners and in
core hours for 100,000, starts included; and the energy, if a core draws {watts} W.

{course}

## Where the time of a submission goes

CPU of judge and child, in ms, an average of {notebooks} answers.

{where}

The checks, by skill:

{skills}

## From 100 submissions to many

CPU of a submission in ms, start included, and the parts that a large gradebook could slow down.
Memory is the peak of the process that reads and writes, and of the largest of all. Where it says
"judged once", a notebook that many hand in was judged for one of them, so that what remains is the
reading and writing. A transaction holds what a second has brought, so fast judging makes large,
cheap ones.

{growth}

The grading was measured on {machine}. {runs}, and CPU seconds are
counted, not time: {load:.1f} processes wanted its {cores} cores when it began.{small}
"""
TRIAL = (
    " It was one run of the smallest sizes, beside other work: a trial of the bench, and no "
    "ground to compare anything."
)
END = """
`make bench` measures again and writes this page. `make gpu` runs every chapter, the worked answers
and the library's functions on a GPU, and times the ways to train there; where there is none, on a
simulated one, which finds code that is tied to the CPU.
"""
LEARNERS, MANY, WATTS = 100, 100_000, 10


def grading(found):
    """Return the part on grading."""
    costs, starts = found["costs"], found["starts"]
    ours, stock, *_ = graders = list(starts)
    few, many = (
        {g: (starts[g] * runs + number * sum(each[g] for each in costs.values())) for g in graders}
        for runs, number in ((len(costs), LEARNERS), (len(costs), MANY))
    )
    where = found["where"]
    parts = list(next(iter(where.values()))["seconds"])
    ms = [[p, *(f"{1000 * w['seconds'][p]:.1f}" for w in where.values())] for p in parts]
    checks = [sum(w["skills"].values()) for w in where.values()]
    after = parts.index("imports, and the answer's own code") + 1
    ms.insert(after, ["all checks", *(f"{1000 * c:.1f}" for c in checks)])
    grown = ("read the files", "write the gradebook", "write autograded/", "write the feedback")
    same = [
        f"{grader} to {agreed} of {all_}"
        for grader, (agreed, all_) in found["same"].items()
        if grader != ours
    ]
    return GRADING.format(
        costs=table(
            ["marks a core second (ratio)", *graders],
            [
                *(
                    [f"`{name}`", *(f"{1 / s:.2f} ({each[stock] / s:.1f})" for s in each.values())]
                    for name, each in costs.items()
                ),
                ["start (s)", *(f"{starts[grader]:.0f}" for grader in graders)],
                ["largest process (MB)", *(f"{found['memory'][grader]:.0f}" for grader in graders)],
            ],
        ),
        missing="" if len(graders) == 3 else "otter-grader was not installed, so it is not here. ",
        same=f"The same points as `{ours}` gave {', '.join(same)}",
        watts=WATTS,
        course=table(
            ["", *graders],
            [
                [f"{LEARNERS} learners, minutes", *(f"{few[g] / 60:.0f}" for g in graders)],
                ["and kWh", *(f"{few[g] * WATTS / 3.6e6:.3f}" for g in graders)],
                [f"{MANY:,} learners, core hours", *(f"{many[g] / 3600:,.0f}" for g in graders)],
                ["and kWh", *(f"{many[g] * WATTS / 3.6e6:,.1f}" for g in graders)],
            ],
        ),
        notebooks=found["notebooks"],
        where=table(["step", *(f"`{name}`" for name in where)], ms),
        skills="\n".join(
            f"- `{name}`: "
            + ", ".join(f"{skill} {1000 * s:.0f} ms" for skill, s in w["skills"].items())
            for name, w in where.items()
        ),
        growth=table(
            ["submissions", "each", *grown, "writer (MB)", "largest (MB)"],
            [
                [
                    f"{g['size']:,} of `{g['assignment']}`{'' if g['judged'] else ', judged once'}",
                    f"{1000 * g['each']:.0f}",
                    *(f"{1000 * g['parts'][part]:.2f}" for part in grown),
                    f"{g['writer']:.0f}",
                    f"{g['largest']:.0f}",
                ]
                for g in found["growth"]
            ],
        ),
        machine=machine(found),
        runs=f"Medians of {found['rounds']} runs" if found["rounds"] > 1 else "It was one run",
        load=found["load"],
        cores=found["cores"],
        small=TRIAL if found["small"] else "",
    )


def machine(found):
    """Return what a part was measured on, in words."""
    packages = ", ".join(
        f"{name} {version}" for name, version in found["packages"].items() if version
    )
    gpu = found.get("gpu") or "no GPU"
    return f"{found['processor']}, {found['cores']} cores, {gpu}; {packages}; {found['date']}"


def table(head, rows):
    """Return a table in Markdown: its first column text, the others numbers."""
    marks = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [head, marks, *rows])
