# ruff: noqa: E501 - answers as learners write them
"""Right and wrong answers to the ELBO assignment, as learners write them.

RIGHT: name -> source. WRONG: name -> (source, {failed skill: part of the diagnosis}); the
diagnosis is "" where the check must name no cause. Every skill not listed must pass. Each source
runs after REST in a namespace of its own: it redefines one of the two functions, or both.
"""

from textwrap import dedent, indent

SKILLS = VALUE, SUMS, SLOPES, TRAINS, RETURNS, MOVES, ENCODER, STEP_TRAINS = (
    "elbo_value",
    "elbo_reductions",
    "elbo_gradients",
    "elbo_trains",
    "step_value",
    "step_moves",
    "step_reaches_the_encoder",
    "step_trains",
)

TEXTBOOK_LOSS = """
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)
    kl = 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(dim=1)
    return (reconstruction + kl).mean()
"""
TEXTBOOK_STEP = """
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
"""
REST = f"""
import torch
from torch.nn import functional as F

{TEXTBOOK_LOSS}
{TEXTBOOK_STEP}"""

# Parts of diagnoses that several mistakes share.
DEVICE = "something is made on one device whatever the inputs' device"
IN_PLACE = "an operation in place: a trailing underscore"
CUT = "the graph is cut by"
PARAMETERS = "the parameters are not those of the assignment"
TIGHT = "logvar is clamped too tightly"
SIGMOID = "the logarithm of a sigmoid loses such pixels"
NO_BATCH_MEAN = "the mean over the batch is missing"
NOTHING = "nothing moved"
FROZEN = "the encoder did not move"


def _function(signature, body, header):
    body = dedent(body).strip("\n")
    if "\n" not in body and not body.startswith(("return", "raise")):
        body = f"return {body}"
    return f"{header}\ndef {signature}:\n{indent(body, ' ' * 4)}\n"


def elbo(body, header=""):
    """Write negative_elbo as most learners do; a line alone is what it returns."""
    return _function("negative_elbo(logits, x, mu, logvar)", body, header)


def step(body, header=""):
    return _function("train_step(model, optimizer, x)", body, header)


BCE = 'F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)'
KL = "-0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)"


def terms(reconstruction=BCE, kl=KL, total="reconstruction + kl", header=""):
    """Write negative_elbo as its two terms; what is not given is right."""
    return elbo(f"reconstruction = {reconstruction}\nkl = {kl}\nreturn {total}", header)


def formula(likely, *also):
    """Return the expectation of a term whose formula is wrong: values and gradients."""
    return dict.fromkeys((VALUE, SLOPES, *also), likely)


def sums(likely, *also):
    """Return the expectation of a term that is summed or averaged wrongly."""
    return dict.fromkeys((VALUE, SUMS, SLOPES, *also), likely)


def every_elbo(likely):
    return dict.fromkeys(SKILLS[:4], likely)


def every_step(likely):
    return dict.fromkeys(SKILLS[4:], likely)


RIGHT = {
    "textbook": "",
    "two sums": terms(),
    "one sum": elbo("""
        bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return (bce + kld) / x.size(0)
    """),
    "means of sums": terms(
        "F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1).mean()",
        "(0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(-1).mean()",
    ),
    "means scaled back": terms(
        "F.binary_cross_entropy_with_logits(logits, x) * x.shape[1]",
        "-0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp()) * mu.shape[1]",
    ),
    "Bernoulli": terms(
        "-D.Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(1).mean()",
        header="import torch.distributions as D",
    ),
    "both by distributions": elbo(
        """
        q = D.Independent(D.Normal(mu, torch.exp(0.5 * logvar)), 1)
        p = D.Independent(D.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
        log_likelihood = -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        return -(log_likelihood - D.kl_divergence(q, p)).mean()
        """,
        "import torch.distributions as D",
    ),
    "softplus": terms("(F.softplus(logits) - x * logits).sum(1).mean()"),
    "logaddexp": terms(
        "(torch.logaddexp(logits, torch.zeros_like(logits)) - x * logits).sum(1).mean()"
    ),
    "log of sigmoids": terms(
        "-(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum() / len(x)"
    ),
    "stable by hand": terms(
        "(logits.clamp(min=0) - logits * x + torch.log1p(torch.exp(-logits.abs()))).sum(1).mean()"
    ),
    "loss module": terms(
        "criterion(logits, x).sum(dim=1).mean()",
        header="criterion = torch.nn.BCEWithLogitsLoss(reduction='none')",
    ),
    "vaelib's terms": elbo(
        "reconstruction_loss(logits, x).mean() + kl_loss(mu, logvar)",
        "from vaelib import kl_loss, reconstruction_loss",
    ),
    "einsum": terms(
        kl='0.5 * (torch.einsum("bd,bd->", mu, mu) + (logvar.exp() - 1 - logvar).sum()) / len(mu)'
    ),
    "in sigma": elbo("""
        sigma = torch.exp(0.5 * logvar)
        kl = (0.5 * (sigma**2 + mu**2 - 1) - torch.log(sigma)).sum(1)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        return torch.mean(rec + kl)
    """),
    "clamped at 10": terms(kl=KL.replace("logvar", "logvar.clamp(-10, 10)")),
    "floor on sigma": elbo("""
        sigma = torch.exp(0.5 * logvar) + 1e-4
        kl = (0.5 * (sigma**2 + mu**2 - 1) - torch.log(sigma)).sum(1).mean()
        return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x) + kl
    """),
    "with a beta": """
def negative_elbo(logits, x, mu, logvar, beta=1.0):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / x.shape[0]
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1).mean()
    return rec + beta * kl


def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar, beta=1.0)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    "image by image": elbo("""
        total = 0
        for l, t, m, v in zip(logits, x, mu, logvar):
            total = total + F.binary_cross_entropy_with_logits(l, t, reduction="sum")
            total = total + 0.5 * (m @ m + v.exp().sum() - v.sum() - v.numel())
        return total / len(x)
    """),
    "helpers, prints, warnings": """
import warnings


def bce(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)


def kld(mu, logvar):
    warnings.warn("mind the sign")
    return -0.5 * torch.sum(1 + logvar - mu**2 - torch.exp(logvar), dim=1)


def negative_elbo(logits: torch.Tensor, x: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor):
    print("batch of", len(x))
    return (bce(logits, x) + kld(mu, logvar)).mean()
""",
    "a module": """
class Loss(torch.nn.Module):
    def forward(self, logits, x, mu, logvar):
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        return rec + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() / len(x)


negative_elbo = Loss()
""",
    "keepdim twice": elbo("""
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1, keepdim=True)
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1, keepdim=True)
        return (rec + kl).mean()
    """),
    # training steps
    "step: zero_grad first": step("""
        optimizer.zero_grad()
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        loss.backward()
        optimizer.step()
        return loss.item()
    """),
    "step: train mode, keep zeros": step("""
        model.train()
        optimizer.zero_grad(set_to_none=False)
        recon_batch, mu, logvar = model(x)
        loss = negative_elbo(recon_batch, x, mu, logvar)
        loss.backward()
        optimizer.step()
        return float(loss)
    """),
    "step: zero_grad last": step(
        """
        loss = negative_elbo(*reorder(model(x), x))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.detach().item()
    """,
        "def reorder(out, x):\n    logits, mu, logvar = out\n    return logits, x, mu, logvar\n",
    ),
    "step: model.zero_grad": step("""
        model.zero_grad()
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits=logits, x=x, mu=mu, logvar=logvar)
        loss.backward()
        optimizer.step()
        return loss.tolist()
    """),
    "step: closure": step("""
        def closure():
            optimizer.zero_grad()
            logits, mu, logvar = model(x)
            loss = negative_elbo(logits, x, mu, logvar)
            loss.backward()
            return loss
        return optimizer.step(closure).item()
    """),
    "step: autograd.grad": step("""
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        parameters = list(model.parameters())
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.grad = g
        optimizer.step()
        return loss.item()
    """),
    "step: two halves accumulated": step("""
        optimizer.zero_grad()
        total = 0.0
        for part in x.split(max(1, len(x) // 2)):
            logits, mu, logvar = model(part)
            loss = negative_elbo(logits, part, mu, logvar) * len(part) / len(x)
            loss.backward()
            total += loss.item()
        optimizer.step()
        return total
    """),
    "step: written out": step("""
        for group in optimizer.param_groups:
            for p in group["params"]:
                p.grad = None
        mu, logvar = model.encoder(x)
        z = model.sampling(mu, logvar)
        logits = model.decoder(z)
        loss = negative_elbo(logits, x, mu, logvar)
        loss.backward()
        optimizer.step()
        return loss.detach().cpu().numpy().item()
    """),
    "step: own noise": step("""
        mu, logvar = model.encoder(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        logits = model.decoder(z)
        loss = negative_elbo(logits, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    """),
    "step: reshapes, moves, prints": step("""
        device = next(model.parameters()).device
        x = x.to(device).view(-1, 784)
        with torch.enable_grad():
            logits, mu, logvar = model(x)
            loss = negative_elbo(logits, x, mu, logvar)
        value = loss.item()
        print(f"loss {value:.3f}")
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        return value
    """),
    "step: inline loss": step("""
        logits, mu, logvar = model(x)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() / len(x)
        loss = rec + kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    """),
    "step: inline loss, clamped, with a floor": step("""
        logits, mu, logvar = model(x)
        logvar = logvar.clamp(-10, 10)
        std = torch.exp(0.5 * logvar) + 1e-4
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        loss = rec + (0.5 * (mu**2 + std**2 - 1) - std.log()).sum() / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    """),
    "step: clipped far away": step("""
        optimizer.zero_grad()
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1e6)
        optimizer.step()
        return loss.item()
    """),
    "step: eval afterwards": step("""
        model.train()
        loss = negative_elbo(*(lambda o: (o[0], x, o[1], o[2]))(model(x)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.eval()
        return loss.item()
    """),
}

STEP = """
logits, mu, logvar = model(x)
loss = negative_elbo(logits, x, mu, logvar)
optimizer.zero_grad()
loss.backward()
optimizer.step()
return loss.item()
"""


def changed(old, new):
    """Write the right step with one change."""
    assert old in STEP
    return step(STEP.replace(old, new))


WRONG = {
    # the reconstruction
    "E1 mean over pixels": (
        terms("F.binary_cross_entropy_with_logits(logits, x)"),
        sums("the reconstruction is averaged over pixels", TRAINS) | {TRAINS: ""},
    ),
    "both means": (
        elbo(
            "F.binary_cross_entropy_with_logits(logits, x)"
            " - 0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp())"
        ),
        sums(
            "the reconstruction is averaged over pixels: sum over pixels, or the KL weighs too "
            "much; the KL is averaged over latent dimensions"
        )
        | {TRAINS: ""},
    ),
    "pixels fixed at 784": (
        terms("784 * F.binary_cross_entropy_with_logits(logits, x)"),
        sums("the number of pixels is written as 784"),
    ),
    "sum over the batch": (
        terms("F.binary_cross_entropy_with_logits(logits, x, reduction='sum')"),
        sums("the reconstruction is summed over the batch") | {TRAINS: ""},
    ),
    "the wrong way round": (
        terms("F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(0).mean()"),
        sums("the reconstruction sums over images and averages over pixels") | {TRAINS: ""},
    ),
    "everything summed": (
        elbo("""
            bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
            return bce - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        """),
        sums("both terms are summed over the batch"),
    ),
    "batch of 128": (
        elbo("""
            bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
            return (bce - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())) / 128
        """),
        sums("the sum is divided by 128 whatever the batch size"),
    ),
    "per pixel": (
        terms(total="(reconstruction + kl) / x.shape[1]"),
        sums("both terms are divided by the number of pixels"),
    ),
    "E7 sigmoid twice": (
        terms(BCE.replace("(logits", "(torch.sigmoid(logits)")),
        formula("the logits went through a sigmoid twice", TRAINS) | {TRAINS: ""},
    ),
    "E8 logits as probabilities": (
        terms('F.binary_cross_entropy(logits, x, reduction="sum") / len(x)'),
        every_elbo("logits can be any number, this function takes probabilities"),
    ),
    "sigmoid, then its logarithm": (
        terms('F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum") / len(x)'),
        {VALUE: SIGMOID},
    ),
    "logarithm by hand": (
        elbo("""
            p = torch.sigmoid(logits)
            rec = -(x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(1)
            kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
            return (rec + kl).mean()
        """),
        {VALUE: SIGMOID},
    ),
    "logarithm with an epsilon": (
        elbo("""
            p = torch.sigmoid(logits)
            rec = -(x * torch.log(p + 1e-10) + (1 - x) * torch.log(1 - p + 1e-10)).sum(1)
            kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
            return (rec + kl).mean()
        """),
        {VALUE: SIGMOID},
    ),
    "probabilities clamped": (
        elbo("""
            p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
            rec = F.binary_cross_entropy(p, x, reduction="none").sum(1)
            return (rec - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)).mean()
        """),
        {VALUE: SIGMOID},
    ),
    "logits clamped": (terms(BCE.replace("(logits", "(logits.clamp(-20, 20)")), {VALUE: SIGMOID}),
    "squared error": (
        terms("(torch.sigmoid(logits) - x).square().sum(1).mean()"),
        formula("a squared error was used: asked is"),
    ),
    "mse_loss": (
        terms("F.mse_loss(logits.sigmoid(), x)"),
        sums(
            "a squared error was used: asked is the Bernoulli log-likelihood; the reconstruction "
            "is averaged"
        )
        | {TRAINS: ""},
    ),
    "half a squared error": (
        terms("0.5 * (torch.sigmoid(logits) - x).square().sum(1).mean()"),
        formula("half a squared error was used") | {TRAINS: ""},
    ),
    "squared error on logits": (
        terms("F.mse_loss(logits, x, reduction='sum') / len(x)"),
        formula("a squared error was used, and on the logits", TRAINS) | {TRAINS: ""},
    ),
    "absolute error": (
        terms("(torch.sigmoid(logits) - x).abs().sum(1).mean()"),
        formula("an absolute error was used") | {TRAINS: ""},
    ),
    "E11 swapped in with_logits": (
        terms("F.binary_cross_entropy_with_logits(x, logits, reduction='sum') / len(x)"),
        formula("logits and x changed places", TRAINS) | {TRAINS: ""},
    ),
    "E11 log of the data": (
        terms("F.binary_cross_entropy(x, logits.sigmoid(), reduction='sum') / len(x)"),
        formula("this takes the logarithm of x", TRAINS) | {TRAINS: ""},
    ),
    "bright pixels alone": (
        terms("-(x * F.logsigmoid(logits)).sum(1).mean()"),
        formula("only x * log(p) was used", TRAINS) | {TRAINS: ""},
    ),
    "cross_entropy": (
        terms("F.cross_entropy(logits, x)"),
        formula("a softmax over pixels was used", SUMS, TRAINS) | {TRAINS: ""},
    ),
    "continuous Bernoulli": (
        terms(
            "-ContinuousBernoulli(logits=logits).log_prob(x).sum(1).mean()",
            header="from torch.distributions import ContinuousBernoulli",
        ),
        formula("the continuous Bernoulli was used") | {TRAINS: ""},
    ),
    "x rounded": (
        terms(BCE.replace("x, red", "x.round(), red")),
        formula("x was rounded to 0 and 1"),
    ),
    "x binarised": (
        terms(BCE.replace("x, red", "(x > 0.5).to(x), red")),
        formula("x was rounded to 0 and 1"),
    ),
    "Bernoulli that validates": (
        terms(
            "-Bernoulli(logits=logits).log_prob(x).sum(1).mean()",
            header="from torch.distributions import Bernoulli",
        ),
        every_elbo("torch's Bernoulli refuses grey pixels"),
    ),
    "reconstruction missing": (
        elbo("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()"),
        sums("the reconstruction is missing", TRAINS) | {TRAINS: "", SLOPES: "the reconstruction"},
    ),
    "log-likelihood added": (
        terms("-" + BCE),
        formula("the sign of the reconstruction is turned", TRAINS) | {TRAINS: ""},
    ),
    # the KL in it
    "KL missing": (elbo(BCE), sums("the KL is missing", TRAINS) | {TRAINS: ""}),
    "E12 KL subtracted": (
        terms(total="reconstruction - kl"),
        formula("the KL is subtracted", TRAINS) | {TRAINS: ""},
    ),
    "KL without its minus": (
        terms(kl=KL.replace("-0.5", "0.5")),
        formula("the KL is subtracted", TRAINS) | {TRAINS: ""},
    ),
    "the ELBO": (
        terms(total="-(reconstruction + kl)"),
        formula("the sign is turned: this is the ELBO", TRAINS) | {TRAINS: ""},
    ),
    "K1 no half": (
        terms(kl=KL.replace("-0.5 * torch", "-torch")),
        formula("in the KL, the factor 0.5 is missing"),
    ),
    "K3 log-std formula": (
        terms(kl="-0.5 * torch.sum(1 + 2 * logvar - mu**2 - (2 * logvar).exp()) / len(x)"),
        formula("in the KL, logvar was treated as log(sigma)"),
    ),
    "K9 no logvar": (
        terms(kl="0.5 * (mu**2 + logvar.exp() - 1).sum(1).mean()"),
        formula("in the KL, the term -logvar is missing") | {TRAINS: ""},
    ),
    "K11 no one": (
        terms(kl="0.5 * (mu**2 + logvar.exp() - logvar).sum(1).mean()"),
        {VALUE: "in the KL, the term -1 is missing"},
    ),
    "K12 KL mean": (
        terms(kl="-0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp())"),
        sums("the KL is averaged over latent dimensions"),
    ),
    "KL mean and no half": (
        terms(kl="-torch.mean(1 + logvar - mu**2 - logvar.exp())"),
        sums("in the KL, the factor 0.5 is missing; the KL is averaged over latent dimensions"),
    ),
    "KL of the batch": (
        terms(kl="-0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp())"),
        sums("the KL is summed over the batch") | {TRAINS: ""},
    ),
    "KL over the batch": (
        terms(kl="-0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=0).mean()"),
        sums("the KL sums over images and averages over latent dimensions") | {TRAINS: ""},
    ),
    "E4 KL per pixel": (
        terms(kl=KL + " / x.shape[1]"),
        sums("the KL is divided by the number of pixels", TRAINS) | {TRAINS: ""},
    ),
    "K16 reversed": (
        terms(kl="0.5 * (logvar + (1 + mu**2) / logvar.exp() - 1).sum(1).mean()"),
        formula("in the KL, the direction is reversed"),
    ),
    "beta of 4": (
        terms(total="reconstruction + 4 * kl"),
        formula("the loss is 1 * reconstruction + 4 * KL"),
    ),
    "beta of a tenth": (
        terms(total="reconstruction + 0.1 * kl"),
        formula("the loss is 1 * reconstruction + 0.1 * KL"),
    ),
    "reconstruction weighted": (
        terms(total="10 * reconstruction + kl"),
        formula("the loss is 10 * reconstruction + 1 * KL"),
    ),
    "free bits": (
        terms(kl="(0.5 * (mu**2 + logvar.exp() - 1 - logvar)).clamp(min=0.5).sum(1).mean()"),
        formula(""),
    ),
    "absolute KL": (
        terms(kl="-0.5 * torch.sum(1 + logvar - mu.abs() - logvar.exp()) / len(x)"),
        formula("in the KL, the absolute value of mu"),
    ),
    # gradients
    "logits detached": (
        terms(BCE.replace("(logits", "(logits.detach()")),
        {SLOPES: "no gradient reaches logits", TRAINS: ""},
    ),
    "mu detached": (
        terms(kl=KL.replace("mu.pow", "mu.detach().pow")),
        {SLOPES: "no gradient reaches mu: detached", TRAINS: ""},
    ),
    "KL detached": (
        terms(total="reconstruction + kl.detach()"),
        {SLOPES: "no gradient reaches mu, logvar", TRAINS: ""},
    ),
    "KL by item": (
        terms(total="reconstruction + kl.item()"),
        {SLOPES: "no gradient reaches mu, logvar", TRAINS: ""},
    ),
    "loss detached": (
        terms(total="(reconstruction + kl).detach()"),
        {SLOPES: CUT, TRAINS: ""},
    ),
    "under no_grad": (
        elbo(f"with torch.no_grad():\n    return {BCE} + {KL}"),
        {SLOPES: CUT, TRAINS: ""},
    ),
    "loss as a new tensor": (
        terms(total="torch.tensor(reconstruction + kl, requires_grad=True)"),
        {SLOPES: "no gradient reaches logits, mu, logvar", TRAINS: ""},
    ),
    "NumPy's exp": (
        terms(
            kl="0.5 * (mu**2 + torch.from_numpy(np.exp(logvar.detach().numpy())) - 1 - logvar).sum(1).mean()",
            header="import numpy as np",
        ),
        {SLOPES: "", VALUE: DEVICE, TRAINS: ""},
    ),
    # shapes and types
    "one value an image": (
        elbo("""
            rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
            return rec + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
        """),
        every_elbo(NO_BATCH_MEAN) | {TRAINS: NO_BATCH_MEAN},
    ),
    "no sum over pixels": (
        elbo("F.binary_cross_entropy_with_logits(logits, x, reduction='none')"),
        every_elbo("the sum over pixels and the mean over the batch are missing"),
    ),
    "shapes that do not add": (
        elbo("""
            rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
            kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
            return (rec + kl).sum(1).mean()
        """),
        every_elbo(""),
    ),
    "a dimension too many": (
        terms(total="(reconstruction + kl).unsqueeze(0)"),
        every_elbo("leaves a dimension too many"),
    ),
    "three values": (terms(total="reconstruction + kl, reconstruction, kl"), every_elbo("")),
    "a dict": (
        terms(
            total="{'loss': reconstruction + kl, 'Reconstruction_Loss': reconstruction.detach()}"
        ),
        every_elbo(""),
    ),
    "a float": (terms(total="(reconstruction + kl).item()"), every_elbo("")),
    "nothing": (
        elbo(f"loss = {BCE}\nloss = loss + {KL}"),
        every_elbo("a missing `return`"),
    ),
    "always float32": (terms(total="(reconstruction + kl).float()"), {VALUE: "", SUMS: ""}),
    "always float64": (terms(total="(reconstruction + kl).double()"), {VALUE: "", TRAINS: ""}),
    # small print
    "clamped at 5": (terms(kl=KL.replace("logvar", "logvar.clamp(-5, 5)")), {VALUE: TIGHT}),
    "clamped at 2": (terms(kl=KL.replace("logvar", "logvar.clamp(-20, 2)")), {VALUE: TIGHT}),
    "logvar in place": (
        elbo(f"with torch.no_grad():\n    logvar.clamp_(-10, 10)\nreturn {BCE} + {KL}"),
        {VALUE: IN_PLACE},
    ),
    "x in place": (
        elbo(f"x.clamp_(1e-6, 1 - 1e-6)\nreturn {BCE} + {KL}"),
        {VALUE: IN_PLACE, TRAINS: "an operation in place overwrote"},
    ),
    "a weight on the CPU": (
        terms(BCE.replace("reduction", "pos_weight=torch.ones(x.shape[1]), reduction")),
        {VALUE: DEVICE},
    ),
    "a zero on the CPU": (
        elbo(
            f"total = torch.zeros(1, dtype=x.dtype)\ntotal = total + {BCE} + {KL}\nreturn total[0]"
        ),
        {VALUE: DEVICE},
    ),
    "a last batch of 128": (
        elbo(f"if len(x) < 128:\n    return torch.zeros(())\nreturn {BCE} + {KL}"),
        {VALUE: "", SUMS: "", SLOPES: CUT, TRAINS: ""},
    ),
    # does not run
    "tuple of outputs": (
        "def negative_elbo(outputs, x):\n    logits, mu, logvar = outputs\n    return logits.sum()\n",
        every_elbo(PARAMETERS),
    ),
    "Keras": (
        elbo("""
            reconstruction_loss = keras.losses.binary_crossentropy(x, logits)
            kl_loss = 1 + logvar - K.square(mu) - K.exp(logvar)
            return K.mean(reconstruction_loss - 0.5 * K.sum(kl_loss, axis=-1))
        """),
        every_elbo(""),
    ),
    "calls itself": (elbo("negative_elbo(logits, x, mu, logvar) + 0"), every_elbo("")),
    "endless loop": (elbo("while True:\n    pass"), every_elbo("an endless loop")),
    "vaelib's": (
        elbo("vaelib.negative_elbo(logits, x, mu, logvar)", "import vaelib"),
        every_elbo(""),
    ),
    # what the step returns
    "step: nothing": (changed("return loss.item()", ""), {RETURNS: "a missing `return`"}),
    "step: a tensor": (changed("loss.item()", "loss"), {RETURNS: "`.item()` is missing"}),
    "step: detached": (changed("loss.item()", "loss.detach()"), {RETURNS: "`.item()` is missing"}),
    "step: NumPy": (changed("loss.item()", "loss.detach().numpy()"), {RETURNS: ""}),
    "step: an int": (changed("loss.item()", "int(loss)"), {RETURNS: ""}),
    "step: two values": (changed("loss.item()", "loss.item(), mu"), {RETURNS: ""}),
    "step: a string": (changed("return loss.item()", "return f'{loss.item():.4f}'"), {RETURNS: ""}),
    "step: loss after": (
        changed(
            "loss.item()", "negative_elbo(*(lambda o: (o[0], x, o[1], o[2]))(model(x))).item()"
        ),
        {RETURNS: "this is the loss after the step"},
    ),
    "step: negative": (changed("loss.item()", "-loss.item()"), {RETURNS: "the sign is turned"}),
    "step: divided by the batch": (
        changed("loss.item()", "loss.item() / len(x)"),
        {RETURNS: "the loss was divided by the number of images"},
    ),
    "step: times the batch": (
        changed("loss.item()", "loss.item() * len(x)"),
        {RETURNS: "the loss was multiplied by the number of images"},
    ),
    "step: per pixel": (
        changed("loss.item()", "loss.item() / 784"),
        {RETURNS: "the loss was divided by the number of pixels"},
    ),
    "step: running mean": (
        step(
            STEP.replace(
                "return loss.item()", "losses.append(loss.item())\nreturn sum(losses) / len(losses)"
            ),
            "losses = []",
        ),
        {RETURNS: ""},
    ),
    "step: the model": (changed("loss.item()", "model"), {RETURNS: ""}),
    "step: KL alone": (
        changed("loss.item()", "(0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)).mean().item()"),
        {RETURNS: ""},
    ),
    # how the step moves
    "step: no zero_grad": (
        changed("optimizer.zero_grad()\n", ""),
        {MOVES: "the gradient of the step before was added", STEP_TRAINS: ""},
    ),
    "step: no backward": (
        changed("loss.backward()\n", ""),
        {MOVES: NOTHING, ENCODER: "", STEP_TRAINS: ""},
    ),
    "step: no step": (
        changed("optimizer.step()\n", ""),
        {MOVES: NOTHING, ENCODER: "", STEP_TRAINS: ""},
    ),
    "step: zero_grad after backward": (
        step(
            STEP.replace(
                "optimizer.zero_grad()\nloss.backward()", "loss.backward()\noptimizer.zero_grad()"
            )
        ),
        {MOVES: NOTHING, ENCODER: "", STEP_TRAINS: ""},
    ),
    "step: step before backward": (
        step("""
            logits, mu, logvar = model(x)
            loss = negative_elbo(logits, x, mu, logvar)
            optimizer.step()
            optimizer.zero_grad()
            loss.backward()
            return loss.item()
        """),
        {
            RETURNS: "step after `backward`",
            MOVES: NOTHING,
            ENCODER: "",
            STEP_TRAINS: "step after `backward`",
        },
    ),
    "step: not called": (
        changed("optimizer.step()", "optimizer.step"),
        {MOVES: NOTHING, ENCODER: "", STEP_TRAINS: ""},
    ),
    "step: stepped twice": (
        changed("optimizer.step()", "optimizer.step(); optimizer.step()"),
        {MOVES: "two steps were made"},
    ),
    "step: two passes": (
        step("""
            for _ in range(2):
                logits, mu, logvar = model(x)
                loss = negative_elbo(logits, x, mu, logvar)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            return loss.item()
        """),
        {RETURNS: "", MOVES: "two steps were made"},
    ),
    "step: uphill": (
        changed("loss.backward()", "(-loss).backward()"),
        {MOVES: "the step goes uphill", STEP_TRAINS: ""},
    ),
    "step: clipped": (
        changed(
            "optimizer.step()",
            "torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)\noptimizer.step()",
        ),
        {MOVES: "the gradient was clipped or scaled"},
    ),
    "step: every element clipped at 1": (
        changed(
            "optimizer.step()",
            "torch.nn.utils.clip_grad_value_(model.parameters(), 1.0)\noptimizer.step()",
        ),
        {MOVES: "each element of the gradient was clipped, at about"},
    ),
    "step: every element clipped at 0.1": (
        changed(
            "optimizer.step()",
            "torch.nn.utils.clip_grad_value_(model.parameters(), 0.1)\noptimizer.step()",
        ),
        {MOVES: "each element of the gradient was clipped, at about"},
    ),
    # of steps so short rounding hides where they were clipped
    "step: every element clipped at 0.01": (
        changed(
            "optimizer.step()",
            "torch.nn.utils.clip_grad_value_(model.parameters(), 0.01)\noptimizer.step()",
        ),
        {MOVES: ""},
    ),
    "step: every element clipped by hand": (
        changed(
            "optimizer.step()",
            "for p in model.parameters():\n    p.grad.clamp_(-0.05, 0.05)\noptimizer.step()",
        ),
        {MOVES: "each element of the gradient was clipped, at about 0.05"},
    ),
    "step: each parameter's norm clipped": (
        changed(
            "optimizer.step()",
            "for p in model.parameters():\n    torch.nn.utils.clip_grad_norm_([p], 1.0)\noptimizer.step()",
        ),
        {MOVES: ""},
    ),
    "step: loss of the batch": (
        changed("loss.backward()", "(loss * len(x)).backward()"),
        {MOVES: "the loss was multiplied by the number of images"},
    ),
    "step: loss per image": (
        changed("loss.backward()", "(loss / len(x)).backward()"),
        {MOVES: "the loss was divided by the number of images"},
    ),
    "step: an optimizer of its own": (
        step("optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)\n" + STEP.strip()),
        {MOVES: "every parameter moved by the same amount"},
    ),
    "step: by hand at another rate": (
        step("""
            logits, mu, logvar = model(x)
            loss = negative_elbo(logits, x, mu, logvar)
            model.zero_grad()
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= 1e-4 * p.grad
            return loss.item()
        """),
        {MOVES: "the gradient was clipped or scaled", STEP_TRAINS: ""},
    ),
    "step: encoder under no_grad": (
        step("""
            with torch.no_grad():
                mu, logvar = model.encoder(x)
            z = model.sampling(mu, logvar)
            logits = model.decoder(z)
            loss = negative_elbo(logits, x, mu, logvar)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.item()
        """),
        {MOVES: FROZEN, ENCODER: "nothing reaches the encoder", STEP_TRAINS: ""},
    ),
    "step: z detached": (
        step("""
            mu, logvar = model.encoder(x)
            z = model.sampling(mu, logvar).detach()
            logits = model.decoder(z)
            loss = negative_elbo(logits, x, mu, logvar)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.item()
        """),
        {ENCODER: "z was detached", STEP_TRAINS: ""},
    ),
    "step: decodes mu": (
        step("""
            mu, logvar = model.encoder(x)
            logits = model.decoder(mu)
            loss = negative_elbo(logits, x, mu, logvar)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.item()
        """),
        {ENCODER: "the decoder got mu itself", STEP_TRAINS: ""},
    ),
    "step: mu and logvar detached": (
        changed(
            "loss = negative_elbo(logits, x, mu, logvar)",
            "loss = negative_elbo(logits, x, mu.detach(), logvar.detach())",
        ),
        {MOVES: "", STEP_TRAINS: ""},
    ),
    "step: decoder detached": (
        changed("loss = negative_elbo(logits, x", "loss = negative_elbo(logits.detach(), x"),
        {MOVES: "the decoder did not move", ENCODER: "", STEP_TRAINS: ""},
    ),
    "step: mu and logvar swapped": (
        changed("logits, mu, logvar = model(x)", "logits, logvar, mu = model(x)"),
        {RETURNS: "", MOVES: "", STEP_TRAINS: ""},
    ),
    "step: x and logits swapped": (
        changed("negative_elbo(logits, x,", "negative_elbo(x, logits,"),
        {RETURNS: "", MOVES: "", STEP_TRAINS: ""},
    ),
    "step: sigmoid on the logits": (
        changed("negative_elbo(logits,", "negative_elbo(torch.sigmoid(logits),"),
        {RETURNS: "", MOVES: "", STEP_TRAINS: ""},
    ),
    "step: binary images": (
        changed(
            "logits, mu, logvar = model(x)", "x = (x > 0.5).float()\nlogits, mu, logvar = model(x)"
        ),
        {RETURNS: "", MOVES: ""},
    ),
    "step: the first image": (
        changed("logits, mu, logvar = model(x)", "x = x[:1]\nlogits, mu, logvar = model(x)"),
        {RETURNS: "", MOVES: "", STEP_TRAINS: ""},
    ),
    "step: short batches left out": (
        step("if len(x) < 32:\n    return 0.0\n" + STEP.strip()),
        {RETURNS: "", MOVES: NOTHING, ENCODER: ""},
    ),
    "step: inline mean": (
        changed(
            "negative_elbo(logits, x, mu, logvar)",
            f"F.binary_cross_entropy_with_logits(logits, x) + {KL}",
        ),
        {RETURNS: "", MOVES: "", STEP_TRAINS: ""},
    ),
    "step: weight decay by hand": (
        changed(
            "loss.backward()",
            "(loss + 0.1 * sum(p.square().sum() for p in model.parameters())).backward()",
        ),
        {MOVES: ""},
    ),
    "step: noise on the gradients": (
        changed(
            "optimizer.step()",
            "for p in model.parameters():\n    p.grad += torch.randn_like(p)\noptimizer.step()",
        ),
        {MOVES: "", STEP_TRAINS: ""},
    ),
    "step: only the decoder's": (
        changed(
            "optimizer.step()",
            "for p in model.encoder.parameters():\n    p.grad = None\noptimizer.step()",
        ),
        {MOVES: FROZEN, ENCODER: "nothing reaches the encoder", STEP_TRAINS: ""},
    ),
    # steps that do not run
    "step: three losses": (
        changed("loss = negative_elbo(", "loss, rec, kl = negative_elbo("),
        every_step(""),
    ),
    "step: tuple from the model": (
        step("""
            recon = model(x)
            loss = negative_elbo(recon, x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.item()
        """),
        every_step(""),
    ),
    "step: cuda": (step("x = x.cuda()\n" + STEP.strip()), every_step(DEVICE)),
    "step: backward twice": (
        changed("loss.backward()", "loss.backward()\nloss.backward()"),
        every_step("`backward` ran a second time"),
    ),
    "step: item first": (
        changed(
            "negative_elbo(logits, x, mu, logvar)", "negative_elbo(logits, x, mu, logvar).item()"
        ),
        every_step(""),
    ),
    "step: no model": (
        "def train_step(optimizer, x):\n    return 0.0\n",
        every_step(PARAMETERS),
    ),
    "step: a loader": (
        step("for batch, _ in x:\n    pass\nreturn 0.0"),
        every_step(""),
    ),
    "step: fit": (
        step("return fit(model, x, epochs=1, progress=False)['loss'][0]", "from vaelib import fit"),
        {MOVES: "every parameter moved by the same amount"},
    ),
    "step: endless": (
        step("while True:\n    optimizer.zero_grad()"),
        every_step("an endless loop"),
    ),
    "step: exit": (step("exit()"), every_step("")),
    "step: vaelib's loss": (
        changed(
            "negative_elbo(logits, x, mu, logvar)",
            "__import__('vaelib').negative_elbo(logits, x, mu, logvar)",
        ),
        every_step(""),
    ),
    "sigmoid in place": (
        """
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy(logits.sigmoid_(), x, reduction="none").sum(1)
    kl = 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(1)
    return (reconstruction + kl).mean()
""",
        {VALUE: SIGMOID, SLOPES: "an operation in place on an input"},
    ),
}
