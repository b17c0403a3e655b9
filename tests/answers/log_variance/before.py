# What stands before each answer to log_variance: imports and the textbook's functions.
import math

import torch


def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar)


def gaussian_log_prob(z, mu, logvar):
    squares = (z - mu) ** 2 * torch.exp(-logvar)
    return -0.5 * (squares + logvar + math.log(2 * math.pi)).sum(dim=1)
