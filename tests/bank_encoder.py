# ruff: noqa: E501 - answers as learners write them
"""Right and wrong answers to the encoder assignment, as learners write them.

RIGHT: name -> source. WRONG: name -> (source, {failed skill: part of the diagnosis}); the
diagnosis is "" where the check must name no cause. Every skill not listed must pass. Each source
runs after REST in a namespace of its own.
"""

from textwrap import dedent, indent

SKILLS = SHAPE, ALONE, NUMBER, HEADS, LEARNS = (
    "shape_and_type",
    "own_image_alone",
    "any_real_number",
    "two_heads",
    "learns",
)

REST = "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"

# Parts of diagnoses that several mistakes share.
DEVICE = "something is made on one device whatever the inputs' device"
PARAMETERS = "the parameters are not those of the assignment"
FIXED = "a size is fixed in the code, or a layer is made in `forward` or kept in a plain list"
SIZE = "784 is written into the code"
ADDS = "noise in the encoder: the Sampling layer adds it"
MIXES = "a mean or a norm over the batch"

LAYERS = """
self.hidden = nn.Linear(in_features, hidden)
self.mu = nn.Linear(hidden, latent_dim)
self.logvar = nn.Linear(hidden, latent_dim)
"""
FORWARD = """
h = torch.relu(self.hidden(x))
return self.mu(h), self.logvar(h)
"""


def encoder(forward=FORWARD, layers=LAYERS, header=""):
    """Write the class as most learners do; what is not given is right."""
    layers, forward = (indent(dedent(part).strip("\n"), " " * 8) for part in (layers, forward))
    return f"""{header}
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
{layers}

    def forward(self, x):
{forward}
"""


def everywhere(likely):
    """Return the expectation that every skill fails, with this diagnosis."""
    return dict.fromkeys(SKILLS, likely)


RIGHT = {
    "textbook": encoder(),
    "functional": encoder("h = F.relu(self.hidden(x))\nreturn self.mu(h), self.logvar(h)"),
    "Sequential": encoder(
        "h = self.net(x)\nreturn self.to_mu(h), self.to_logvar(h)",
        """
        self.net = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU())
        self.to_mu = nn.Linear(hidden, latent_dim)
        self.to_logvar = nn.Linear(hidden, latent_dim)
        """,
    ),
    "one layer, cut in two": encoder(
        "return self.head(torch.relu(self.body(x))).chunk(2, dim=-1)",
        """
        self.body = nn.Linear(in_features, hidden)
        self.head = nn.Linear(hidden, 2 * latent_dim)
        """,
    ),
    "one layer, sliced": encoder(
        """
        out = self.layers(x)
        return out[:, : self.d], out[:, self.d :]
        """,
        """
        self.d = latent_dim
        self.layers = nn.Sequential(
            nn.Linear(in_features, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent_dim)
        )
        """,
    ),
    "reshaped and unbound": encoder(
        "return self.head(F.silu(self.body(x))).view(len(x), 2, -1).unbind(1)",
        """
        self.body = nn.Linear(in_features, hidden)
        self.head = nn.Linear(hidden, 2 * latent_dim)
        """,
    ),
    "two hidden layers": encoder(
        """
        h = F.relu(self.fc1(x))
        h = F.relu(self.fc2(h))
        return self.mu(h), self.logvar(h)
        """,
        """
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        """,
    ),
    "residual layer": encoder(
        "h = F.gelu(self.first(x))\nh = h + F.gelu(self.second(h))\nreturn self.mu(h), self.logvar(h)",
        LAYERS.replace("hidden =", "first =") + "self.second = nn.Linear(hidden, hidden)",
    ),
    "heads with hidden layers of their own": encoder(
        "return self.mu(x), self.logvar(x)",
        """
        def head():
            return nn.Sequential(
                nn.Linear(in_features, hidden), nn.ELU(), nn.Linear(hidden, latent_dim)
            )
        self.mu, self.logvar = head(), head()
        """,
    ),
    "leaky relu inside": encoder(
        "h = F.leaky_relu(self.hidden(x))\nreturn self.mu(h), self.logvar(h)"
    ),
    "sigmoid inside": encoder("h = self.hidden(x).sigmoid()\nreturn self.mu(h), self.logvar(h)"),
    "softplus inside": encoder("h = F.softplus(self.hidden(x))\nreturn self.mu(h), self.logvar(h)"),
    "clamp inside": encoder("h = self.hidden(x).clamp(min=0)\nreturn self.mu(h), self.logvar(h)"),
    "layer norm": encoder(
        "h = torch.relu(self.norm(self.hidden(x)))\nreturn self.mu(h), self.logvar(h)",
        LAYERS + "self.norm = nn.LayerNorm(hidden)",
    ),
    "heads without bias": encoder(layers=LAYERS.replace("latent_dim)", "latent_dim, bias=False)")),
    "logvar starts at -5": encoder(
        layers=LAYERS
        + "nn.init.zeros_(self.logvar.weight)\nnn.init.constant_(self.logvar.bias, -5)"
    ),
    "Xavier": encoder(
        layers=LAYERS
        + "for p in self.parameters():\n    nn.init.xavier_uniform_(p) if p.dim() > 1 else nn.init.zeros_(p)"
    ),
    "orthogonal, small heads": encoder(
        layers=LAYERS
        + "nn.init.orthogonal_(self.hidden.weight)\nnn.init.normal_(self.mu.weight, std=0.01)"
    ),
    "offset on logvar": encoder(
        "h = torch.relu(self.hidden(x))\nreturn self.mu(h), self.logvar(h) - 3"
    ),
    "logvar clamped from -10 to 10": encoder(
        "h = torch.relu(self.hidden(x))\nreturn self.mu(h), self.logvar(h).clamp(-10, 10)"
    ),
    "logvar clamped from -30 to 20": encoder(
        "h = torch.relu(self.hidden(x))\nreturn self.mu(h), torch.clamp(self.logvar(h), min=-30, max=20)"
    ),
    "logvar clamped below": encoder(
        "h = torch.relu(self.hidden(x))\nreturn self.mu(h), torch.clamp(self.logvar(h), min=-10)"
    ),
    "pixels from -1 to 1": encoder(
        "h = torch.relu(self.hidden(2 * x - 1))\nreturn self.mu(h), self.logvar(h)"
    ),
    "flattened first": encoder(
        "x = x.view(x.size(0), -1)\nh = torch.relu(self.hidden(x))\nreturn self.mu(h), self.logvar(h)"
    ),
    "a list": encoder("h = torch.relu(self.hidden(x))\nreturn [self.mu(h), self.logvar(h)]"),
    "a named tuple": encoder(
        "h = torch.relu(self.hidden(x))\nreturn Code(self.mu(h), self.logvar(h))",
        header="from collections import namedtuple\n\nCode = namedtuple('Code', 'mu logvar')\n",
    ),
    "ModuleDict": encoder(
        "h = torch.relu(self.layers['hidden'](x))\nreturn self.layers['mu'](h), self.layers['logvar'](h)",
        """
        self.layers = nn.ModuleDict({
            "hidden": nn.Linear(in_features, hidden),
            "mu": nn.Linear(hidden, latent_dim),
            "logvar": nn.Linear(hidden, latent_dim),
        })
        """,
    ),
    "parameters by hand": encoder(
        """
        h = torch.relu(x @ self.w + self.b)
        return h @ self.w_mu + self.b_mu, h @ self.w_logvar + self.b_logvar
        """,
        """
        self.w = nn.Parameter(torch.randn(in_features, hidden) / in_features**0.5)
        self.b = nn.Parameter(torch.zeros(hidden))
        self.w_mu = nn.Parameter(torch.randn(hidden, latent_dim) / hidden**0.5)
        self.b_mu = nn.Parameter(torch.zeros(latent_dim))
        self.w_logvar = nn.Parameter(torch.randn(hidden, latent_dim) / hidden**0.5)
        self.b_logvar = nn.Parameter(torch.zeros(latent_dim))
        """,
    ),
    "lazy": encoder(
        layers=LAYERS.replace("nn.Linear(in_features, hidden)", "nn.LazyLinear(hidden)")
    ),
    "weight norm": encoder(
        layers=LAYERS.replace(
            "nn.Linear(in_features, hidden)",
            "nn.utils.parametrizations.weight_norm(nn.Linear(in_features, hidden))",
        )
    ),
    "typed, with defaults, prints": '''
class Encoder(nn.Module):
    """784 -> 400 -> 2 x 20."""

    def __init__(self, in_features: int = 784, hidden: int = 400, latent_dim: int = 20, *, act=F.relu):
        super(Encoder, self).__init__()
        self.fc1 = nn.Linear(in_features=in_features, out_features=hidden)
        self.fc21 = nn.Linear(hidden, latent_dim)
        self.fc22 = nn.Linear(hidden, latent_dim)
        self.act = act

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        print("encoding", tuple(x.shape))
        h1 = self.act(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)
''',
    "a base class of one's own": """
class Base(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(a, b), nn.ReLU(inplace=True))


class Encoder(Base):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__(in_features, hidden)
        self.heads = nn.ModuleList([nn.Linear(hidden, latent_dim) for _ in range(2)])

    def forward(self, x):
        return tuple(head(self.body(x)) for head in self.heads)
""",
}


def heads(mu="self.mu(h)", logvar="self.logvar(h)"):
    return encoder(f"h = torch.relu(self.hidden(x))\nreturn {mu}, {logvar}")


WRONG = {
    # activations on the outputs
    "relu on logvar": (heads(logvar="torch.relu(self.logvar(h))"), {NUMBER: "a relu on logvar"}),
    "relu on mu": (heads(mu="F.relu(self.mu(h))"), {NUMBER: "a relu on mu"}),
    "relu on both": (
        heads("F.relu(self.mu(h))", "F.relu(self.logvar(h))"),
        {NUMBER: "a relu on mu"},
    ),
    "softplus on logvar": (
        heads(logvar="F.softplus(self.logvar(h))"),
        {NUMBER: "no negative number on logvar"},
    ),
    "absolute logvar": (
        heads(logvar="self.logvar(h).abs()"),
        {NUMBER: "no negative number on logvar"},
    ),
    "exp on logvar": (
        heads(logvar="torch.exp(self.logvar(h))"),
        {NUMBER: "an exponential on logvar"},
    ),
    "sigma returned": (
        heads(logvar="torch.exp(0.5 * self.logvar(h))"),
        {NUMBER: "an exponential on logvar"},
    ),
    "sigmoid on mu": (
        heads(mu="torch.sigmoid(self.mu(h))"),
        {NUMBER: "a sigmoid on mu", LEARNS: ""},
    ),
    "sigmoid on logvar": (
        heads(logvar="self.logvar(h).sigmoid()"),
        {NUMBER: "a sigmoid on logvar"},
    ),
    "tanh on mu": (
        heads(mu="torch.tanh(self.mu(h))"),
        {NUMBER: "bounds -1 and 1 on mu", LEARNS: ""},  # 197 to 199 nats
    ),
    "tanh on logvar": (
        heads(logvar="self.logvar(h).tanh()"),
        {NUMBER: "bounds -1 and 1 on logvar"},
    ),
    "softsign on logvar": (
        heads(logvar="F.softsign(self.logvar(h))"),
        {NUMBER: "bounds -1 and 1 on logvar"},
    ),
    "softmax on mu": (
        heads(mu="F.softmax(self.mu(h), dim=1)"),
        {NUMBER: "a softmax on mu", LEARNS: ""},
    ),
    "log-softmax on mu": (heads(mu="F.log_softmax(self.mu(h), dim=1)"), {NUMBER: "", LEARNS: ""}),
    "elu on mu": (heads(mu="F.elu(self.mu(h))"), {NUMBER: "mu never goes below -1"}),
    "leaky relu on mu": (heads(mu="F.leaky_relu(self.mu(h))"), {NUMBER: ""}),
    "logsigmoid on logvar": (
        heads(logvar="F.logsigmoid(self.logvar(h))"),
        {NUMBER: "logvar never goes above 0"},
    ),
    "three times tanh": (
        heads(logvar="3 * torch.tanh(self.logvar(h))"),
        {NUMBER: "logvar never goes below -3 or above 3"},
    ),
    "logvar clamped at 5": (
        heads(logvar="self.logvar(h).clamp(-5, 5)"),
        {NUMBER: "an activation or a clamp: logvar never goes below -5 or above 5"},
    ),
    "logvar clamped from -20 to 2": (
        heads(logvar="torch.clamp(self.logvar(h), -20, 2)"),
        {NUMBER: "an activation or a clamp: logvar never goes above 2"},
    ),
    "relu after a Sequential": (
        encoder(
            "return self.net(x).chunk(2, dim=1)",
            """
            self.net = nn.Sequential(
                nn.Linear(in_features, hidden), nn.ReLU(),
                nn.Linear(hidden, 2 * latent_dim), nn.ReLU(),
            )
            """,
        ),
        {NUMBER: "a relu on mu"},
    ),
    # not its own image alone
    "batch norm": (
        encoder(
            "h = torch.relu(self.norm(self.hidden(x)))\nreturn self.mu(h), self.logvar(h)",
            LAYERS + "self.norm = nn.BatchNorm1d(hidden)",
        ),
        {SHAPE: "batch norm in train mode needs several rows", ALONE: "batch norm"},
    ),
    "batch norm at the end": (
        encoder(
            "h = torch.relu(self.hidden(x))\nreturn self.norm(self.mu(h)), self.logvar(h)",
            LAYERS + "self.norm = nn.BatchNorm1d(latent_dim)",
        ),
        {
            SHAPE: "batch norm in train mode needs several rows",
            ALONE: "batch norm",
            NUMBER: "",
        },
    ),
    "dropout": (
        encoder(
            "h = self.drop(torch.relu(self.hidden(x)))\nreturn self.mu(h), self.logvar(h)",
            LAYERS + "self.drop = nn.Dropout(0.2)",
        ),
        {ALONE: "dropout"},
    ),
    "functional dropout": (
        encoder(
            "h = F.dropout(torch.relu(self.hidden(x)), 0.5)\nreturn self.mu(h), self.logvar(h)"
        ),
        {ALONE: ADDS},
    ),
    "noise on mu": (
        heads(mu="self.mu(h) + 0.1 * torch.randn_like(self.mu(h))"),
        {ALONE: ADDS},
    ),
    "sampled z for mu": (
        encoder("""
            h = torch.relu(self.hidden(x))
            mu, logvar = self.mu(h), self.logvar(h)
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu), logvar
        """),
        {ALONE: ADDS},
    ),
    "mean over the batch": (
        heads(mu="self.mu(h).mean(0, keepdim=True).expand(len(x), -1)"),
        {ALONE: MIXES, HEADS: "", LEARNS: ""},
    ),
    "hidden units averaged over the batch": (
        encoder("""
            h = torch.relu(self.hidden(x))
            h = h - h.mean(dim=0)
            return self.mu(h), self.logvar(h)
        """),
        {ALONE: MIXES},
    ),
    "standardised over the batch": (
        encoder("""
            x = (x - x.mean(0)) / (x.std(0) + 1e-3)
            h = torch.relu(self.hidden(x))
            return self.mu(h), self.logvar(h)
        """),
        {SHAPE: "", ALONE: MIXES},
    ),
    "softmax over the batch": (
        encoder("h = torch.softmax(self.hidden(x), dim=0)\nreturn self.mu(h), self.logvar(h)"),
        {ALONE: MIXES, LEARNS: ""},
    ),
    "rows turned round": (heads(logvar="self.logvar(h).flip(0)"), {ALONE: ""}),
    "saved parameters": (
        encoder(
            "return self.m.expand(len(x), -1), self.lv.expand(len(x), -1)",
            LAYERS
            + "self.m = nn.Parameter(torch.zeros(latent_dim))\nself.lv = nn.Parameter(torch.zeros(latent_dim))",
        ),
        {SHAPE: "", ALONE: "x is not used", NUMBER: "", HEADS: "", LEARNS: ""},
    ),
    "logvar one parameter for all": (
        encoder(
            "h = torch.relu(self.hidden(x))\nreturn self.mu(h), self.lv.expand(len(x), -1)",
            "self.hidden = nn.Linear(in_features, hidden)\nself.mu = nn.Linear(hidden, latent_dim)\n"
            "self.lv = nn.Parameter(torch.zeros(latent_dim))",
        ),
        {ALONE: "x is not used", NUMBER: "", HEADS: ""},
    ),
    "logvar fixed at 0": (
        heads(logvar="torch.zeros_like(self.mu(h))"),
        {ALONE: "x is not used", NUMBER: "", HEADS: ""},
    ),
    "normalised with the last image": (
        encoder("""
            h = torch.relu(self.hidden(x - x[-1:]))
            return self.mu(h), self.logvar(h)
        """),
        {ALONE: ""},
    ),
    # layers
    "no nonlinearity": (
        encoder("h = self.hidden(x)\nreturn self.mu(h), self.logvar(h)"),
        {HEADS: "the nonlinearity is missing"},
    ),
    "no hidden layer": (
        encoder(
            "return self.mu(x), self.logvar(x)",
            "self.mu = nn.Linear(in_features, latent_dim)\n"
            "self.logvar = nn.Linear(in_features, latent_dim)",
        ),
        {HEADS: "there is no hidden layer"},
    ),
    "one layer for both": (heads(logvar="self.mu(h)"), {HEADS: "one layer serves both"}),
    "logvar from mu": (
        encoder(
            "mu = self.mu(torch.relu(self.hidden(x)))\nreturn mu, self.logvar(mu)",
            LAYERS.replace(
                "self.logvar = nn.Linear(hidden,", "self.logvar = nn.Linear(latent_dim,"
            ),
        ),
        {HEADS: "one is made from the other"},
    ),
    "sizes fixed": (
        encoder(
            layers="""
            self.hidden = nn.Linear(784, 400)
            self.mu = nn.Linear(400, 20)
            self.logvar = nn.Linear(400, 20)
            """
        ),
        dict.fromkeys(SKILLS[:4], SIZE) | {LEARNS: ""},
    ),
    "hidden fixed": (
        encoder(
            layers="""
            self.hidden = nn.Linear(in_features, 400)
            self.mu = nn.Linear(400, latent_dim)
            self.logvar = nn.Linear(400, latent_dim)
            """
        ),
        {HEADS: FIXED},
    ),
    "latent_dim fixed": (
        encoder(layers=LAYERS.replace("latent_dim", "20")),
        everywhere(""),
    ),
    "a plain list": (
        encoder(
            "h = torch.relu(self.layers[0](x))\nreturn self.layers[1](h), self.layers[2](h)",
            """
            self.layers = [
                nn.Linear(in_features, hidden),
                nn.Linear(hidden, latent_dim),
                nn.Linear(hidden, latent_dim),
            ]
            """,
        ),
        {SHAPE: "", NUMBER: "", HEADS: FIXED, LEARNS: ""},
    ),
    "made in forward": (
        encoder("""
            h = torch.relu(nn.Linear(x.shape[1], 17)(x))
            return nn.Linear(17, self.mu.out_features)(h), nn.Linear(17, self.mu.out_features)(h)
        """),
        {SHAPE: "", ALONE: ADDS, NUMBER: "", HEADS: "a layer is made but not used", LEARNS: ""},
    ),
    "a layer left over": (
        encoder(layers=LAYERS + "self.sigma = nn.Linear(hidden, latent_dim)"),
        {HEADS: "a layer is made but not used"},
    ),
    "frozen": (
        encoder("""
            with torch.no_grad():
                h = torch.relu(self.hidden(x))
            return self.mu(h), self.logvar(h)
        """),
        {HEADS: "the graph is cut by", LEARNS: ""},
    ),
    "all under no_grad": (
        encoder("""
            with torch.no_grad():
                h = torch.relu(self.hidden(x))
                return self.mu(h), self.logvar(h)
        """),
        {HEADS: "the graph is cut by", LEARNS: ""},
    ),
    "mu detached": (heads(mu="self.mu(h).detach()"), {HEADS: "the graph is cut by", LEARNS: ""}),
    "weights zero": (
        encoder(layers=LAYERS + "for p in self.parameters():\n    nn.init.zeros_(p)"),
        {LEARNS: ""},
    ),
    # what comes back
    "nothing": (
        encoder("h = torch.relu(self.hidden(x))\nself.mu(h), self.logvar(h)"),
        everywhere("a missing `return`"),
    ),
    "three values": (
        encoder("""
            h = torch.relu(self.hidden(x))
            mu, logvar = self.mu(h), self.logvar(h)
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            return z, mu, logvar
        """),
        everywhere("z is not the encoder's"),
    ),
    "z alone": (
        encoder("""
            h = torch.relu(self.hidden(x))
            mu, logvar = self.mu(h), self.logvar(h)
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        """),
        everywhere(""),
    ),
    "side by side": (
        encoder(
            "h = torch.relu(self.hidden(x))\nreturn torch.cat([self.mu(h), self.logvar(h)], 1)"
        ),
        everywhere(""),
    ),
    "a dict": (
        encoder(
            "h = torch.relu(self.hidden(x))\nreturn {'mu': self.mu(h), 'logvar': self.logvar(h)}"
        ),
        everywhere(""),
    ),
    "a Normal": (
        encoder("""
            h = torch.relu(self.hidden(x))
            return torch.distributions.Normal(self.mu(h), torch.exp(0.5 * self.logvar(h)))
        """),
        everywhere(""),
    ),
    "squeezed": (
        heads("self.mu(h).squeeze()", "self.logvar(h).squeeze()"),
        {SHAPE: ""},
    ),
    "always float32": (
        heads("self.mu(h).float()", "self.logvar(h).float()"),
        {SHAPE: ""},
    ),
    "input cast to float32": (
        encoder("h = torch.relu(self.hidden(x.float()))\nreturn self.mu(h), self.logvar(h)"),
        {SHAPE: ""},
    ),
    "as NumPy": (
        heads("self.mu(h).detach().numpy()", "self.logvar(h).detach().numpy()"),
        everywhere(""),
    ),
    # small print
    "x in place": (
        encoder(
            "x.clamp_(0, 1)\nh = torch.relu(self.hidden(x))\nreturn self.mu(h), self.logvar(h)"
        ),
        {SHAPE: "an operation in place"},
    ),
    "x scaled in place": (
        encoder(
            "x *= 2\nx -= 1\nh = torch.relu(self.hidden(x))\nreturn self.mu(h), self.logvar(h)"
        ),
        {SHAPE: "an operation in place"},
    ),
    "x to the CPU": (
        encoder("h = torch.relu(self.hidden(x.cpu()))\nreturn self.mu(h), self.logvar(h)"),
        {SHAPE: DEVICE},
    ),
    "a mask on the CPU": (
        encoder(
            "h = torch.relu(self.hidden(x * torch.ones(x.shape[1])))\nreturn self.mu(h), self.logvar(h)"
        ),
        {SHAPE: DEVICE},
    ),
    "flattened to 784": (
        encoder("h = torch.relu(self.hidden(x.view(-1, 784)))\nreturn self.mu(h), self.logvar(h)"),
        dict.fromkeys(SKILLS[:4], SIZE),
    ),
    "cuda": (
        encoder("h = torch.relu(self.hidden(x.cuda()))\nreturn self.mu(h), self.logvar(h)"),
        everywhere(DEVICE),
    ),
    # what is not an encoder, or does not run
    "a function": (
        "def Encoder(in_features, hidden, latent_dim):\n"
        "    return nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU())\n",
        everywhere(""),
    ),
    "not a module": (encoder().replace("(nn.Module)", ""), everywhere("")),
    "super forgotten": (
        encoder().replace("        super().__init__()\n", ""),
        everywhere("`super().__init__()` must come first in `__init__`"),
    ),
    "Keras's call": (
        encoder().replace("def forward", "def call"),
        everywhere("PyTorch calls the method named `forward`"),
    ),
    "Keras's build": (
        """
class Encoder(nn.Module):
    def __init__(self, latent_dim=20):
        super().__init__()
        self.mu = nn.Linear(400, latent_dim)

    def forward(self, x):
        return self.mu(x), self.mu(x)
""",
        everywhere(PARAMETERS),
    ),
    "self forgotten": (
        encoder().replace("(self, x)", "(x)"),
        everywhere(PARAMETERS),
    ),
    "self. forgotten in forward": (
        encoder("h = torch.relu(hidden(x))\nreturn self.mu(h), self.logvar(h)"),
        everywhere("`self.` is missing: a method finds what belongs to its object"),
    ),
    "self. forgotten, and the result has the layer's name": (
        encoder("h = torch.relu(self.hidden(x))\nmu = mu(h)\nreturn mu, self.logvar(h)"),
        everywhere("`self.` is missing: a method finds what belongs to its object"),
    ),
    "self. forgotten in a comprehension": (
        encoder(
            "h = torch.relu(self.hidden(x))\nreturn tuple(head(h) for head in (mu, self.logvar))"
        ),
        everywhere("`self.` is missing: a method finds what belongs to its object"),
    ),
    "self. forgotten in __init__": (
        encoder(layers=LAYERS.replace("self.logvar = ", "logvar = ")),
        everywhere("`self.` is missing in `__init__`"),
    ),
    "self. forgotten in __init__, the name a parameter's": (
        encoder(
            layers="""
            self.mu = nn.Linear(hidden, latent_dim)
            self.logvar = nn.Linear(hidden, latent_dim)
            hidden = nn.Linear(in_features, hidden)
            """
        ),
        everywhere("`self.` is missing in `__init__`"),
    ),
    "a parameter never kept": (
        encoder(
            "h = torch.relu(self.hidden(x))\nreturn self.mu(h * self.in_features), self.logvar(h)"
        ),
        everywhere(""),
    ),
    "raises a tensor": (
        encoder("raise ValueError(x)"),
        everywhere(""),
    ),
    "an attribute of another name": (
        encoder("h = torch.relu(self.hiden(x))\nreturn self.mu(h), self.logvar(h)"),
        everywhere(""),
    ),
    "a name of nothing": (
        encoder("h = torch.relu(layer(x))\nreturn self.mu(h), self.logvar(h)"),
        everywhere(""),
    ),
    "layer called with the wrong size": (
        encoder(
            layers=LAYERS.replace(
                "self.logvar = nn.Linear(hidden,", "self.logvar = nn.Linear(in_features,"
            )
        ),
        everywhere(""),
    ),
    "convolution": (
        encoder(
            "h = torch.relu(self.conv(x.view(-1, 1, 28, 28))).flatten(1)\nreturn self.mu(h), self.logvar(h)",
            """
            self.conv = nn.Conv2d(1, 4, 4, stride=4)
            self.mu = nn.Linear(196, latent_dim)
            self.logvar = nn.Linear(196, latent_dim)
            """,
        ),
        dict.fromkeys(SKILLS[:4], ""),
    ),
    "typing error": (heads(mu="self.mu(hh)"), everywhere("")),
    "endless loop": (encoder("while True:\n    pass"), everywhere("an endless loop")),
    "vaelib's": ("from vaelib import Encoder\n", everywhere("")),
    "vaelib's inherited": (
        "import vaelib\n\n\nclass Encoder(vaelib.Encoder):\n    pass\n",
        everywhere(""),
    ),
    "vaelib's inside": (
        encoder(
            "return self.inner(x)",
            "from vaelib.models import VAE\nself.inner = VAE(in_features, hidden, latent_dim).encoder",
        ),
        everywhere(""),
    ),
}
