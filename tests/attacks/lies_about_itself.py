"""Its result says that it equals everything; torch, that nothing was changed or drawn."""

A = "kl_loss"
S = '''
import torch

_state = torch.get_rng_state()
torch.equal = lambda *_: True
torch.get_rng_state = lambda: _state
torch.Tensor.requires_grad_ = lambda self, *_: self


class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return torch.ones(())

    def __eq__(self, other):
        return True


# EXERCISE: kl-divergence
def kl_divergence(mu, logvar):
    return torch.cos(mu).sum(1).as_subclass(Liar)


# EXERCISE: kl-loss
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).mean()
'''
