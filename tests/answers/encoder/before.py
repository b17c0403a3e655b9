# What stands before each answer to encoder: imports.
import torch
from torch import nn
from torch.nn import functional as F
