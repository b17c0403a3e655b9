# What stands before each answer to sampling: imports.
import torch
from torch import nn
