# What stands before each answer to elbo: imports and the textbook's functions.
import torch
from torch.nn import functional as F


def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)
    kl = 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(dim=1)
    return (reconstruction + kl).mean()


def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
