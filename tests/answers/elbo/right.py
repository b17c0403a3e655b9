# Answers to elbo that deserve every point; one cell an answer. How to read them: tests/answers.py.

# %% textbook
# because: what stands before it is the textbook's

# %% two sums
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% one sum
def negative_elbo(logits, x, mu, logvar):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return (bce + kld) / x.size(0)

# %% means of sums
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1).mean()
    kl = (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(-1).mean()
    return reconstruction + kl

# %% means scaled back
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x) * x.shape[1]
    kl = -0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp()) * mu.shape[1]
    return reconstruction + kl

# %% Bernoulli
import torch.distributions as D


def negative_elbo(logits, x, mu, logvar):
    reconstruction = -D.Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% both by distributions
import torch.distributions as D


def negative_elbo(logits, x, mu, logvar):
    q = D.Independent(D.Normal(mu, torch.exp(0.5 * logvar)), 1)
    p = D.Independent(D.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    log_likelihood = -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    return -(log_likelihood - D.kl_divergence(q, p)).mean()

# %% softplus
def negative_elbo(logits, x, mu, logvar):
    reconstruction = (F.softplus(logits) - x * logits).sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% logaddexp
def negative_elbo(logits, x, mu, logvar):
    reconstruction = (torch.logaddexp(logits, torch.zeros_like(logits)) - x * logits).sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% log of sigmoids
def negative_elbo(logits, x, mu, logvar):
    reconstruction = -(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum() / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% stable by hand
def negative_elbo(logits, x, mu, logvar):
    reconstruction = (
        (logits.clamp(min=0) - logits * x + torch.log1p(torch.exp(-logits.abs()))).sum(1).mean()
    )
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% loss module
criterion = torch.nn.BCEWithLogitsLoss(reduction='none')


def negative_elbo(logits, x, mu, logvar):
    reconstruction = criterion(logits, x).sum(dim=1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% vaelib's terms
from vaelib import kl_loss, reconstruction_loss


def negative_elbo(logits, x, mu, logvar):
    return reconstruction_loss(logits, x).mean() + kl_loss(mu, logvar)

# %% einsum
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (torch.einsum("bd,bd->", mu, mu) + (logvar.exp() - 1 - logvar).sum()) / len(mu)
    return reconstruction + kl

# %% in sigma
def negative_elbo(logits, x, mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    kl = (0.5 * (sigma**2 + mu**2 - 1) - torch.log(sigma)).sum(1)
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    return torch.mean(rec + kl)

# %% clamped at 10
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (
        -0.5
        * torch.sum(1 + logvar.clamp(-10, 10) - mu.pow(2) - logvar.clamp(-10, 10).exp())
        / len(x)
    )
    return reconstruction + kl

# %% floor on sigma
def negative_elbo(logits, x, mu, logvar):
    sigma = torch.exp(0.5 * logvar) + 1e-4
    kl = (0.5 * (sigma**2 + mu**2 - 1) - torch.log(sigma)).sum(1).mean()
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x) + kl

# %% with a beta
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

# %% image by image
def negative_elbo(logits, x, mu, logvar):
    total = 0
    for l, t, m, v in zip(logits, x, mu, logvar):
        total = total + F.binary_cross_entropy_with_logits(l, t, reduction="sum")
        total = total + 0.5 * (m @ m + v.exp().sum() - v.sum() - v.numel())
    return total / len(x)

# %% helpers, prints, warnings
import warnings


def bce(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)


def kld(mu, logvar):
    warnings.warn("mind the sign")
    return -0.5 * torch.sum(1 + logvar - mu**2 - torch.exp(logvar), dim=1)


def negative_elbo(logits: torch.Tensor, x: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor):
    print("batch of", len(x))
    return (bce(logits, x) + kld(mu, logvar)).mean()

# %% a module
class Loss(torch.nn.Module):
    def forward(self, logits, x, mu, logvar):
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        return rec + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() / len(x)


negative_elbo = Loss()

# %% keepdim twice
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1, keepdim=True)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1, keepdim=True)
    return (rec + kl).mean()

# %% [markdown]
# training steps

# %% step: zero_grad first
def train_step(model, optimizer, x):
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: train mode, keep zeros
def train_step(model, optimizer, x):
    model.train()
    optimizer.zero_grad(set_to_none=False)
    recon_batch, mu, logvar = model(x)
    loss = negative_elbo(recon_batch, x, mu, logvar)
    loss.backward()
    optimizer.step()
    return float(loss)

# %% step: zero_grad last
def reorder(out, x):
    logits, mu, logvar = out
    return logits, x, mu, logvar


def train_step(model, optimizer, x):
    loss = negative_elbo(*reorder(model(x), x))
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.detach().item()

# %% step: model.zero_grad
def train_step(model, optimizer, x):
    model.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits=logits, x=x, mu=mu, logvar=logvar)
    loss.backward()
    optimizer.step()
    return loss.tolist()

# %% step: closure
def train_step(model, optimizer, x):
    def closure():
        optimizer.zero_grad()
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        loss.backward()
        return loss

    return optimizer.step(closure).item()

# %% step: autograd.grad
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    parameters = list(model.parameters())
    for p, g in zip(parameters, torch.autograd.grad(loss, parameters)):
        p.grad = g
    optimizer.step()
    return loss.item()

# %% step: two halves accumulated
def train_step(model, optimizer, x):
    optimizer.zero_grad()
    total = 0.0
    for part in x.split(max(1, len(x) // 2)):
        logits, mu, logvar = model(part)
        loss = negative_elbo(logits, part, mu, logvar) * len(part) / len(x)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total

# %% step: written out
def train_step(model, optimizer, x):
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

# %% step: own noise
def train_step(model, optimizer, x):
    mu, logvar = model.encoder(x)
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    logits = model.decoder(z)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: reshapes, moves, prints
def train_step(model, optimizer, x):
    device = next(model.parameters()).device
    x = x.to(device).view(-1, 784)
    with torch.enable_grad():
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
    value = loss.item()
    print(f"loss {value:.3f}")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return value

# %% step: inline loss
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() / len(x)
    loss = rec + kl
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: inline loss, clamped, with a floor
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    logvar = logvar.clamp(-10, 10)
    std = torch.exp(0.5 * logvar) + 1e-4
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    loss = rec + (0.5 * (mu**2 + std**2 - 1) - std.log()).sum() / len(x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: clipped far away
def train_step(model, optimizer, x):
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1e6)
    optimizer.step()
    return loss.item()

# %% step: eval afterwards
def train_step(model, optimizer, x):
    model.train()
    loss = negative_elbo(*(lambda o: (o[0], x, o[1], o[2]))(model(x)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    model.eval()
    return loss.item()

# %% [markdown]
# written before any check had seen them

# %% held out: sum then divide by shape 0
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    B = logits.shape[0]
    bce = torch.nn.BCEWithLogitsLoss(reduction='sum')(logits, x)
    kld = (-0.5 * (1 + logvar - mu.pow(2) - logvar.exp())).sum()
    return bce / B + kld / B

# %% held out: negative of the elbo
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    log_px = -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(dim=1)
    kl = 0.5 * torch.sum(mu**2 + torch.exp(logvar) - logvar - 1, dim=1)
    elbo = (log_px - kl).mean()
    return -elbo

# %% held out: by where
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = (
        torch.where(
            logits > 0, (1 - x) * logits + F.softplus(-logits), F.softplus(logits) - x * logits
        )
        .sum(1)
        .mean()
    )
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% held out: gaussian densities
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    import math

    z = 0
    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    kl = torch.distributions.kl_divergence(q, p).flatten(1).sum(1)
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction='none').flatten(1).sum(1)
    return torch.stack([rec, kl]).sum(0).mean()

# %% held out: double then back
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    l, t, m, v = (a.double() for a in (logits, x, mu, logvar))
    out = (
        F.binary_cross_entropy_with_logits(l, t, reduction='sum')
        + 0.5 * (m**2 + v.exp() - 1 - v).sum()
    )
    return (out / len(x)).to(logits.dtype)

# %% held out: star args
# batch: held out
def negative_elbo(*args):
    logits, x, mu, logvar = args
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)
    return (rec - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)).mean()

# %% held out: step: set grads to none by hand
# batch: held out
def train_step(model, optimizer, x):
    for p in model.parameters():
        p.grad = None
    out = model(x)
    loss = negative_elbo(out[0], x, out[1], out[2])
    loss.backward()
    optimizer.step()
    return loss.data.item()

# %% held out: step: helper function
# batch: held out
def _loss(model, x):
    logits, mu, logvar = model(x)
    return negative_elbo(logits, x, mu, logvar)


def train_step(model, optimizer, x):
    loss = _loss(model, x)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return float(loss.detach())

# %% held out: step: train/eval dance
# batch: held out
def train_step(model, optimizer, x):
    was = model.training
    model.train(True)
    logits, mu, logvar = model.forward(x)
    loss = negative_elbo(logits, x, mu, logvar=logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    model.train(was)
    return loss.item()

# %% held out: step: requires_grad x
# batch: held out
def train_step(model, optimizer, x):
    x = x.clone().requires_grad_(True)
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x.detach(), mu, logvar)
    optimizer.zero_grad()
    loss.backward(retain_graph=True)
    optimizer.step()
    return loss.item()

# %% held out: step: nan guard
# batch: held out
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    if torch.isnan(loss):
        raise RuntimeError('nan')
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 1e5)
    optimizer.step()
    return loss.item()

# %% [markdown]
# from public code, or made to be subtle

# %% beta and reduction options
# batch: first
def negative_elbo(logits, x, mu, logvar, *, beta=1.0, reduction="mean"):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    loss = rec + beta * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return loss.mean() if reduction == "mean" else loss.sum()


def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar, reduction="mean")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% keyword own names
# batch: first
def negative_elbo(recon_x, x, mu, log_var):
    BCE = F.binary_cross_entropy_with_logits(recon_x, x, reduction="sum")
    KLD = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return (BCE + KLD) / x.size(0)


def train_step(model, optimizer, x):
    model.train()
    optimizer.zero_grad()
    recon_batch, mu, log_var = model(x)
    loss = negative_elbo(recon_x=recon_batch, x=x, mu=mu, log_var=log_var)
    loss.backward()
    optimizer.step()
    return loss.item()

# %% loss as a difference
# from: public code, ELBOLoss with a minus twice
# batch: second
def negative_elbo(logits, x, mu, logvar):
    loss = -torch.nn.BCEWithLogitsLoss(reduction="sum")(logits, x)
    kl = 0.5 * torch.sum(-1 - logvar + mu**2 + logvar.exp())
    return -(loss - kl) / len(x)

# %% missing pixels are left out
# from: public code, an exercise on imputation
# batch: second
def negative_elbo(logits, x, mu, logvar):
    known = ~torch.isnan(x)
    each = F.binary_cross_entropy_with_logits(logits, torch.nan_to_num(x), reduction="none")
    rec = torch.where(known, each, torch.zeros_like(each)).flatten(1).sum(-1)
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).flatten(1).sum(-1)
    return (rec + kl).mean()

# %% step with a closure
# from: own, after the closures of L-BFGS
# batch: second
def train_step(model, optimizer, x):
    def closure():
        optimizer.zero_grad()
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        loss.backward()
        return loss

    return float(optimizer.step(closure))

# %% step that minds infinity
# from: public code, a VAE of tables
# batch: second
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad(set_to_none=True)
    if not torch.isfinite(loss):
        return loss.item()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1e6)
    optimizer.step()
    return loss.item()

# %% step with everything kept
# from: own, retain_graph out of habit
# batch: second
def train_step(model, optimizer, x):
    model.train()
    model.zero_grad()
    x = x.view(x.size(0), -1)
    recon, mu, log_var = model(x)
    loss = negative_elbo(recon, x, mu, log_var)
    loss.backward(retain_graph=True)
    optimizer.step()
    return loss.detach().cpu().numpy().item()

# %% step under anomaly detection
# from: own, detect_anomaly left on
# batch: second
def train_step(model, optimizer, x):
    with torch.autograd.set_detect_anomaly(True):
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
    optimizer.step()
    return loss.item()

# %% cross-entropy by hand
# from: index file 4594886670, an edge-aware loss
# batch: third
def cross_entropy(logits, labels):
    return torch.mean((1 - labels) * logits + torch.log(1 + torch.exp(-logits)))


def negative_elbo(logits, x, mu, logvar):
    rec = cross_entropy(logits, x) * x.shape[1]
    return rec + torch.mean(0.5 * torch.sum(torch.exp(logvar) + mu**2 - 1.0 - logvar, 1))

# %% divided by the size of the batch
# from: wiseodd/generative-models issue 43
# batch: third
def negative_elbo(X_sample, X, z_mu, z_var):
    mb_size = X.shape[0]
    recon_loss = F.binary_cross_entropy_with_logits(X_sample, X, size_average=False) / mb_size
    kl_loss = torch.mean(0.5 * torch.sum(torch.exp(z_var) + z_mu**2 - 1.0 - z_var, 1))
    return recon_loss + kl_loss

# %% mean over images, then sums
# from: index query def train_step(model, optimizer, x), computeLoss_VAE
# batch: third
recons_criterion = torch.nn.BCEWithLogitsLoss(reduction="none")


def negative_elbo(logits, x, mu, logvar, beta=1):
    recons_loss = recons_criterion(logits, x).mean(0).sum()
    kl_div = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp())
    kl_loss = kl_div.mean(0).sum()
    return recons_loss if beta == 0 else recons_loss + beta * kl_loss

# %% flax's vmap and its logarithm
# from: google/flax examples/vae/train.py
# batch: third
def kl_of_one(mean, logvar):
    return -0.5 * torch.sum(1 + logvar - torch.square(mean) - torch.exp(logvar))


def bce_of_one(logits, labels):
    logits = F.logsigmoid(logits)
    return -torch.sum(labels * logits + (1.0 - labels) * torch.log(-torch.expm1(logits)))


def negative_elbo(logits, x, mean, logvar):
    bce_loss = torch.vmap(bce_of_one)(logits, x).mean()
    kld_loss = torch.vmap(kl_of_one)(mean, logvar).mean()
    return bce_loss + kld_loss

# %% minus a lower bound
# from: hwalsuklee/tensorflow-mnist-CVAE issue 2, out of TensorFlow
# batch: third
def negative_elbo(logits, x, mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    marginal_likelihood = torch.sum(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits), 1)
    KL_divergence = 0.5 * torch.sum(
        torch.square(mu) + torch.square(sigma) - torch.log(1e-8 + torch.square(sigma)) - 1, 1
    )
    ELBO = torch.mean(marginal_likelihood) - torch.mean(KL_divergence)
    return -ELBO

# %% a scaler that is switched off
# from: HFtion/Env_set pytorch/autocast.py
# batch: third
scaler = torch.amp.GradScaler("cuda", enabled=torch.cuda.is_available())


def train_step(model, optimizer, x):
    model.train()
    optimizer.zero_grad()
    with torch.autocast("cuda", enabled=False):
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return loss.item()

# %% variables
# from: index query vae training loop, train_vae of a prior of mixtures
# batch: third
from torch.autograd import Variable


def train_step(model, optimizer, data):
    model.train()
    data = Variable(data)
    x = data
    optimizer.zero_grad()
    x_mean, z_q_mean, z_q_logvar = model(x)
    loss = negative_elbo(x_mean, x, z_q_mean, z_q_logvar)
    loss.backward()
    optimizer.step()
    return loss.data.item()

# %% train or not
# from: index query vae training loop, a loop with train=True
# batch: third
def train_step(model, optimizer, batch, train=True):
    if train:
        model.train()
        mode = "train"
    else:
        model.eval()
        mode = "val"
    logits, S_mu, S_logvar = model(batch)
    loss = negative_elbo(logits, batch, S_mu, S_logvar)
    if mode == "train":
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()

# %% gradients switched by the phase
# from: index file 20390881235, a training loop with phases
# batch: third
def train_step(model, optimizer, x, phase="train"):
    model.train()
    optimizer.zero_grad()
    with torch.set_grad_enabled(phase == "train"):
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        if phase == "train":
            loss.backward()
            optimizer.step()
    running_loss = loss.item() * x.size(0)
    return running_loss / x.size(0)

# %% relu, product and log1p
# from: carpedm20/NTM-tensorflow issue 17, out of TensorFlow
# batch: fourth
def sigmoid_cross_entropy(labels, logits):
    return torch.relu(logits) - logits * labels + torch.log1p(torch.exp(-torch.abs(logits)))


def negative_elbo(logits, x, mu, logvar):
    recon = sigmoid_cross_entropy(labels=x, logits=logits).sum(1).mean()
    return recon - 0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()

# %% minus what is minus the KL
# from: index file 16219191161, a VAE in functions
# batch: fourth
def negative_elbo(logits, x, mu_encoder, logvar_encoder):
    mb_size = x.size(0)
    recon_loss = F.binary_cross_entropy_with_logits(logits, x, size_average=False) / mb_size
    kl_loss = torch.mean(
        0.5 * torch.sum(1 + logvar_encoder - mu_encoder**2 - torch.exp(logvar_encoder), 1)
    )
    return recon_loss - kl_loss

# %% distributions all the way
# from: bahtman/Adv_ML_Lira src/LossFunction.py, as its comments mean it
# batch: fourth
import torch.distributions as d


def negative_elbo(logits, x, mu, logvar):
    q_z_x = d.Independent(d.Normal(mu, torch.exp(0.5 * logvar)), 1)
    p_z = d.Independent(d.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    p_x_z = d.Independent(d.Bernoulli(logits=logits, validate_args=False), 1, validate_args=False)
    kl = d.kl_divergence(q_z_x, p_z)
    log_px = p_x_z.log_prob(x)
    loss = -log_px + kl
    return loss.mean()

# %% clamped far out, and a dictionary
# from: index file 17624099687, a trainer of several detectors
# batch: fourth
def negative_elbo(xhat, x, mu, logvar):
    losses = {
        "recon": F.binary_cross_entropy_with_logits(xhat, x, reduction="sum"),
        "kld": -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp().clamp(max=1e10)),
    }
    return sum(losses.values()) / x.size(0)

# %% a value out of NumPy
# from: geyang/grammar_variational_autoencoder issue 3
# batch: fourth
from torch.autograd import Variable


def train_step(model, optimizer, data):
    model.train()
    data = Variable(data)
    optimizer.zero_grad()
    recon_batch, mu, log_var = model(data)
    loss = negative_elbo(recon_batch, data, mu, log_var)
    loss.backward()
    optimizer.step()
    loss_value = loss.data.numpy()
    return float(loss_value)

# %% gradients that are NaN become 0
# from: dongqian0206/CausalOptim causal_meta/utils/utils.py
# batch: fourth
def gradnan_filter(model):
    nan_found = False
    for p in model.parameters():
        nan_mask = torch.isnan(p.grad.data)
        nan_found = nan_found or bool(nan_mask.any().item())
        p.grad.data[nan_mask] = 0.0
    return nan_found


def train_step(model, optimizer, x):
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    gradnan_filter(model)
    optimizer.step()
    return loss.item()

# %% an object that is called by an engine
# from: index query train_step closure, a VAETrainer for ignite
# batch: fourth
from dataclasses import dataclass


@dataclass
class VAETrainer:
    device: str = ""

    def __call__(self, net, opt, x):
        net.train()
        opt.zero_grad()
        if self.device:
            x = x.to(self.device)
        logits, z_mean, z_logvar = net(x)
        loss = negative_elbo(logits, x, z_mean, z_logvar)
        loss.backward()
        opt.step()
        return {"loss": loss.item()}["loss"]


train_step = VAETrainer()

# %% gradients cleared one by one, afterwards
# from: index file 987958007, and the loop of index file 16219191161
# batch: fourth
def train_step(model, solver, x):
    params = [p for group in solver.param_groups for p in group["params"]]
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    solver.step()
    for p in params:
        if p.grad is not None:
            p.grad.data.zero_()
    return loss.data.item()
