# Answers to sampling that hold nothing of what is asked: no skill's points are theirs.

# %% mu itself
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu

# %% a copy of mu
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu.clone() + 0 * logvar

# %% logvar itself
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return logvar * 1

# %% zeros
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.zeros_like(mu)

# %% a number made of shapes
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.full_like(mu, mu.shape[0] / mu.shape[1])

# %% noise alone
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.randn_like(mu)

# %% a library's function that does nothing
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return nn.functional.dropout(mu, p=0.0, training=self.training)

# %% a frozen projection
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        weight = torch.linspace(-1, 1, mu.shape[1] ** 2, dtype=mu.dtype, device=mu.device)
        return mu @ weight.view(mu.shape[1], mu.shape[1])

# %% a decorator that skips the work
def skip(function):
    def first(self, *arguments):
        return arguments[0]

    return first


class Sampling(nn.Module):
    @skip
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
