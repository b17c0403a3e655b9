"""The messages between judge and child, as types; msgspec holds each to its type as it comes.

The judge sends a `Request`. The child answers with the reply that belongs to it, or with `Failed`.
Tensors travel behind a message (`wire.py`), in the order in which its fields speak of them.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from grading.limits import DIMENSIONS, PARTS, TENSORS, TEXT

Side = Annotated[int, Meta(ge=0, lt=2**31)]
Index = Annotated[int, Meta(ge=0, lt=TENSORS)]
Flags = Annotated[list[bool], Meta(max_length=TENSORS)]
Indices = Annotated[list[Index], Meta(max_length=TENSORS)]
Text = Annotated[str, Meta(max_length=TEXT)]
# fmt: off
Dtype = Literal[
    "float32", "float64", "float16", "bfloat16", "complex64", "complex128",
    "bool", "uint8", "int8", "int16", "int32", "int64",
]
# fmt: on


class Spec(Struct, forbid_unknown_fields=True):
    """A tensor behind the message; one on `meta` has no bytes there."""

    dtype: Dtype
    shape: Annotated[list[Side], Meta(max_length=DIMENSIONS)]
    meta: bool = False


class Message(Struct, kw_only=True, forbid_unknown_fields=True, tag_field="is"):
    """What travels; `wire.send` fills in `tensors`."""

    tensors: Annotated[list[Spec], Meta(max_length=TENSORS)] = []


# What an answer takes or returns.


class Plain(Struct, tag="plain", forbid_unknown_fields=True):
    """None, a truth value, a number or a text."""

    value: bool | int | float | Text | None


class Ref(Struct, tag="tensor", forbid_unknown_fields=True):
    """One of the message's tensors."""

    at: Index


class Series(Struct, tag="series", forbid_unknown_fields=True):
    """A tuple or a list, of no great depth."""

    kind: Literal["tuple", "list"]
    parts: Annotated[list["Value"], Meta(max_length=PARTS)]


class Other(Struct, tag="other", forbid_unknown_fields=True):
    """Anything else, by the name of its type."""

    name: Text


Value = Plain | Ref | Series | Other


# What the judge asks. The child has run nothing of a learner's before `Load`.


class Read(Message, tag="read"):
    """Find the answer in these files (tensors of bytes).

    `about` is JSON: the outlines of all assignments, and the cells of the released notebook.
    """

    names: list[str]
    assignment: str
    about: str


class Load(Message, tag="load"):
    """Run the answer, which should define these names; `modules` are the learner's own files."""

    source: str
    names: list[str]
    modules: dict[str, str]


class Begin(Message, tag="begin"):
    """Start a skill from torch's defaults."""

    seed: int


class Make(Message, tag="make"):
    """Instantiate a class of the answer."""

    name: str
    sizes: list[Value]
    seed: int


class Input(Struct):
    """How an input is to be: with a gradient, a leaf of the graph, or not contiguous."""

    grad: bool
    leaf: bool
    turned: bool


class Call(Message, tag="call"):
    """Call a function by its name, or a module by its number.

    The tensors are the inputs, then the module's parameters `sent`, which have changed here.
    `using` holds right versions of other pieces, as source; `pretend` is what a stand-in for a
    GPU reads back. `through` is the source of a function that calls it with more than tensors.
    """

    call: int
    seed: int
    grad: bool
    inference: bool
    inputs: list[Input]
    using: dict[str, str]
    pretend: int | None = None
    through: str = ""
    name: str = ""
    module: int | None = None
    training: bool = False
    cast: tuple[str, str] = ("float32", "cpu")
    sent: list[int] = []


class Pull(Message, tag="pull"):
    """Pull gradients (the tensors) back through a call."""

    call: int


Request = Read | Load | Begin | Make | Call | Pull


# What the child replies. All of it is a claim.


class Failed(Message, tag="failed"):
    """An error of the answer."""

    type: Text
    kind: Text  # a base class that matters, by its name; "" for others
    text: Text
    line: Text  # the learner's, where it happened
    itself: bool  # whether the answer's function called itself


class Done(Message, tag="done"):
    """It is done."""


class Bytes(Message, tag="bytes"):
    """One tensor of bytes, JSON: the answer found, or why none is."""

    problem: Text = ""


class Loaded(Message, tag="loaded"):
    """What the names are: "module class", "module", "nothing", "other"; and what failed."""

    kinds: dict[str, Text]
    errors: Annotated[list[Failed], Meta(max_length=3)]


class Parameters(Struct, forbid_unknown_fields=True):
    """A module's parameters, each with a tensor: names, and whether they have gradients."""

    names: Annotated[list[Text], Meta(max_length=TENSORS)]
    grad: Flags


class Made(Message, tag="made"):
    """The number of a new module, its parameters, and how many get their values later."""

    module: int
    parameters: Parameters
    lazy: Annotated[int, Meta(ge=0, le=TENSORS)] = 0


class Called(Message, tag="called"):
    """What a call returned.

    The tensors are those of the value, the inputs that it `changed`, and the parameters that were
    made in it. `drew` and `reseeded`: what became of torch's random numbers.
    """

    value: Value
    grad: Flags
    changed: Indices
    drew: bool
    reseeded: bool
    new: Parameters | None = None


class Pulled(Message, tag="pulled"):
    """Gradients, of the sources with these numbers."""

    sources: Indices
