# Answers to encoder that deserve every point; one cell an answer. How to read them: tests/answers.py.

# %% textbook
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% functional
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = F.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% Sequential
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU())
        self.to_mu = nn.Linear(hidden, latent_dim)
        self.to_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.net(x)
        return self.to_mu(h), self.to_logvar(h)

# %% one layer, cut in two
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.body = nn.Linear(in_features, hidden)
        self.head = nn.Linear(hidden, 2 * latent_dim)

    def forward(self, x):
        return self.head(torch.relu(self.body(x))).chunk(2, dim=-1)

# %% one layer, sliced
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.d = latent_dim
        self.layers = nn.Sequential(
            nn.Linear(in_features, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent_dim)
        )

    def forward(self, x):
        out = self.layers(x)
        return out[:, : self.d], out[:, self.d :]

# %% reshaped and unbound
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.body = nn.Linear(in_features, hidden)
        self.head = nn.Linear(hidden, 2 * latent_dim)

    def forward(self, x):
        return self.head(F.silu(self.body(x))).view(len(x), 2, -1).unbind(1)

# %% two hidden layers
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        h = F.relu(self.fc2(h))
        return self.mu(h), self.logvar(h)

# %% residual layer
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.first = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.second = nn.Linear(hidden, hidden)

    def forward(self, x):
        h = F.gelu(self.first(x))
        h = h + F.gelu(self.second(h))
        return self.mu(h), self.logvar(h)

# %% heads with hidden layers of their own
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()

        def head():
            return nn.Sequential(
                nn.Linear(in_features, hidden), nn.ELU(), nn.Linear(hidden, latent_dim)
            )

        self.mu, self.logvar = head(), head()

    def forward(self, x):
        return self.mu(x), self.logvar(x)

# %% leaky relu inside
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = F.leaky_relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% sigmoid inside
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.hidden(x).sigmoid()
        return self.mu(h), self.logvar(h)

# %% softplus inside
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = F.softplus(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% clamp inside
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.hidden(x).clamp(min=0)
        return self.mu(h), self.logvar(h)

# %% layer norm
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.norm = nn.LayerNorm(hidden)

    def forward(self, x):
        h = torch.relu(self.norm(self.hidden(x)))
        return self.mu(h), self.logvar(h)

# %% heads without bias
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim, bias=False)
        self.logvar = nn.Linear(hidden, latent_dim, bias=False)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% logvar starts at -5
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        nn.init.zeros_(self.logvar.weight)
        nn.init.constant_(self.logvar.bias, -5)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% Xavier
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        for p in self.parameters():
            nn.init.xavier_uniform_(p) if p.dim() > 1 else nn.init.zeros_(p)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% orthogonal, small heads
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        nn.init.orthogonal_(self.hidden.weight)
        nn.init.normal_(self.mu.weight, std=0.01)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% offset on logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h) - 3

# %% logvar clamped from -10 to 10
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h).clamp(-10, 10)

# %% logvar clamped from -30 to 20
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), torch.clamp(self.logvar(h), min=-30, max=20)

# %% logvar clamped below
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), torch.clamp(self.logvar(h), min=-10)

# %% pixels from -1 to 1
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(2 * x - 1))
        return self.mu(h), self.logvar(h)

# %% flattened first
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% a list
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return [self.mu(h), self.logvar(h)]

# %% a named tuple
from collections import namedtuple

Code = namedtuple('Code', 'mu logvar')


class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return Code(self.mu(h), self.logvar(h))

# %% ModuleDict
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.layers = nn.ModuleDict(
            {
                "hidden": nn.Linear(in_features, hidden),
                "mu": nn.Linear(hidden, latent_dim),
                "logvar": nn.Linear(hidden, latent_dim),
            }
        )

    def forward(self, x):
        h = torch.relu(self.layers['hidden'](x))
        return self.layers['mu'](h), self.layers['logvar'](h)

# %% parameters by hand
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.w = nn.Parameter(torch.randn(in_features, hidden) / in_features**0.5)
        self.b = nn.Parameter(torch.zeros(hidden))
        self.w_mu = nn.Parameter(torch.randn(hidden, latent_dim) / hidden**0.5)
        self.b_mu = nn.Parameter(torch.zeros(latent_dim))
        self.w_logvar = nn.Parameter(torch.randn(hidden, latent_dim) / hidden**0.5)
        self.b_logvar = nn.Parameter(torch.zeros(latent_dim))

    def forward(self, x):
        h = torch.relu(x @ self.w + self.b)
        return h @ self.w_mu + self.b_mu, h @ self.w_logvar + self.b_logvar

# %% lazy
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.LazyLinear(hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% weight norm
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.utils.parametrizations.weight_norm(nn.Linear(in_features, hidden))
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% typed, with defaults, prints
class Encoder(nn.Module):
    """784 -> 400 -> 2 x 20."""

    def __init__(
        self, in_features: int = 784, hidden: int = 400, latent_dim: int = 20, *, act=F.relu
    ):
        super(Encoder, self).__init__()
        self.fc1 = nn.Linear(in_features=in_features, out_features=hidden)
        self.fc21 = nn.Linear(hidden, latent_dim)
        self.fc22 = nn.Linear(hidden, latent_dim)
        self.act = act

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        print("encoding", tuple(x.shape))
        h1 = self.act(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

# %% a base class of one's own
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

# %% [markdown]
# written before any check had seen them

# %% held out: selu and skip
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.selu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% held out: prelu
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.act = nn.PReLU()

    def forward(self, x):
        h = self.act(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% held out: maximum
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.maximum(self.hidden(x), torch.zeros(1, dtype=x.dtype, device=x.device))
        return self.mu(h), self.logvar(h)

# %% held out: add_module
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.add_module('enc', nn.Linear(in_features, hidden))
        self.add_module('m', nn.Linear(hidden, latent_dim))
        self.add_module('s', nn.Linear(hidden, latent_dim))

    def forward(self, x):
        h = F.relu(self.enc(x))
        return self.m(h), self.s(h)

# %% held out: buffer mean
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.register_buffer('center', torch.full((in_features,), 0.13))

    def forward(self, x):
        h = torch.relu(self.hidden(x - self.center))
        return self.mu(h), self.logvar(h)

# %% held out: split
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.k = latent_dim
        self.inp = nn.Linear(in_features, hidden)
        self.out = nn.Linear(hidden, latent_dim * 2)

    def forward(self, x):
        return torch.split(self.out(torch.tanh(self.inp(x))), self.k, dim=1)

# %% held out: three layers bottleneck
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(in_features, 2 * hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(2 * hidden, hidden),
            nn.LeakyReLU(0.2),
        )
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.trunk(x)
        return self.mu(h), self.logvar(h)

# %% [markdown]
# from public code, or made to be subtle

# %% two leaky layers
# from: arf-themascoteers/vae-mnist encoder.py
# batch: second
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.mean = nn.Linear(hidden, latent_dim)
        self.var = nn.Linear(hidden, latent_dim)
        self.lrelu = nn.LeakyReLU(0.2)

    def forward(self, x):
        x = self.lrelu(self.fc1(x))
        x = self.lrelu(self.fc2(x))
        return self.mean(x), self.var(x)

# %% a copied head
# from: public code, MeanAndLogvar by deepcopy
# batch: second
import copy


class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(in_features, hidden), nn.ReLU())
        self.mean_layer = nn.Linear(hidden, latent_dim)
        self.logvar_layer = copy.deepcopy(self.mean_layer)

    def forward(self, x):
        h = self.body(x)
        return self.mean_layer(h), self.logvar_layer(h)

# %% keeps its kl
# from: own, after tutorials that keep self.kl
# batch: second
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.linear1 = nn.Linear(in_features, hidden)
        self.linear2 = nn.Linear(hidden, latent_dim)
        self.linear3 = nn.Linear(hidden, latent_dim)
        self.kl = 0

    def forward(self, x):
        x = nn.functional.relu(self.linear1(torch.flatten(x, start_dim=1)))
        mu, logvar = self.linear2(x), self.linear3(x)
        self.kl = 0.5 * (logvar.exp() + mu**2 - logvar - 1).sum()
        return mu, logvar

# %% counts its calls in a buffer
# from: own, a step counter kept with the model
# batch: second
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def forward(self, x):
        self.steps += 1
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% heads that start at zero
# from: own, zero initialisation
# batch: second
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        for head in (self.mu, self.logvar):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% gelu and layer norm
# from: public code, a VAE in an embedding space
# batch: second
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(in_features, hidden),
            nn.GELU(),
            nn.LayerNorm(hidden),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.LayerNorm(hidden),
        )
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.encoder(x)
        return self.fc_mu(h), self.fc_logvar(h)

# %% a hook that looks on
# from: own, a forward hook that records activations
# batch: second
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.seen = {}
        self.hidden.register_forward_hook(self.record)

    def record(self, layer, inputs, output):
        self.seen["hidden"] = output.detach().mean(dim=0)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% heads in sequences of one
# from: BCHoagland/AutoEncoders VAE/model.py
# batch: third
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(in_features, hidden), nn.ELU(), nn.Linear(hidden, hidden), nn.ELU()
        )
        self.mu = nn.Sequential(nn.Linear(hidden, latent_dim))
        self.log_var = nn.Sequential(nn.Linear(hidden, latent_dim))

    def forward(self, s):
        s = self.encoder(s)
        return self.mu(s), self.log_var(s)

# %% no bias anywhere
# from: index file 5736146621, a VAE with rep_dim
# batch: third
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.rep_dim = latent_dim
        self.fc1 = nn.Linear(in_features, hidden, bias=False)
        self.fc21 = nn.Linear(hidden, self.rep_dim, bias=False)
        self.fc22 = nn.Linear(hidden, self.rep_dim, bias=False)

    def forward(self, x):
        x = nn.functional.elu(self.fc1(x))
        return self.fc21(x), self.fc22(x)

# %% modules added by name
# from: index query variational encoder MLP, after timbmg/VAE-CVAE-MNIST
# batch: third
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        layer_sizes = [in_features, hidden]
        self.MLP = nn.Sequential()
        for i, (in_size, out_size) in enumerate(
            zip(layer_sizes[:-1], layer_sizes[1:], strict=True)
        ):
            self.MLP.add_module(name=f"L{i:d}", module=nn.Linear(in_size, out_size))
            self.MLP.add_module(name=f"A{i:d}", module=nn.ReLU())
        self.linear_means = nn.Linear(layer_sizes[-1], latent_dim)
        self.linear_log_var = nn.Linear(layer_sizes[-1], latent_dim)

    def forward(self, x):
        x = self.MLP(x)
        return self.linear_means(x), self.linear_log_var(x)

# %% one head, split by a lambda
# from: index query GaussianSample, a class Gaussian with Lambda
# batch: third
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(in_features, hidden), nn.LeakyReLU())
        self.logits = nn.Linear(hidden, latent_dim * 2)
        self.head = lambda x: torch.split(x, x.shape[1] // 2, 1)

    def forward(self, x):
        mean, logvar = self.head(self.logits(self.body(x)))
        return mean, logvar

# %% clamped to the ends
# from: index file 53639442612, a MiniEncoder
# batch: third
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.conv = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU(True))
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_log_var = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        f = self.conv(x).reshape(x.size(0), -1)
        mu = self.fc_mu(f)
        log_var = torch.clamp(self.fc_log_var(f), -10, 10)
        return mu, log_var

# %% tanh units in a list
# from: index query variational encoder MLP, pi_vae_pytorch's MLPEncoder
# batch: third
class Encoder(nn.Module):
    def __init__(
        self, in_features, hidden, latent_dim, n_hidden_layers=2, activation=nn.Tanh
    ):
        super().__init__()
        sizes = [in_features] + [hidden] * n_hidden_layers
        self.layers = nn.ModuleList(
            nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.activation = activation()
        self.heads = nn.ModuleDict(
            {"mean": nn.Linear(hidden, latent_dim), "log_var": nn.Linear(hidden, latent_dim)}
        )

    def forward(self, x):
        for layer in self.layers:
            x = self.activation(layer(x))
        return self.heads["mean"](x), self.heads["log_var"](x)

# %% clamped far out, small weights
# from: index query variational encoder MLP, EncoderMLP after HI-VAE
# batch: third
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU())
        self.mean_head = nn.Linear(hidden, latent_dim)
        self.logvar_head = nn.Linear(hidden, latent_dim)
        for layer in (self.net[0], self.mean_head, self.logvar_head):
            nn.init.normal_(layer.weight, std=0.05)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        h = self.net(x)
        return self.mean_head(h), torch.clamp(self.logvar_head(h), min=-15.0, max=15.0)

# %% nn.Flatten first
# from: Dongkyun01/AutoEncoder-Experiments model/VariationalAutoEncoder.py
# batch: third
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(in_features, hidden), nn.ReLU())
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.encoder(x)
        return self.fc_mu(h), self.fc_logvar(h)

# %% the activation in the head
# from: SookX/Morzio ml/vae_annomaly_detection/model/ls_head/ls.py
# batch: fourth
class LatentSpaceHead(nn.Module):
    def __init__(self, encoder_dim, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(encoder_dim, latent_dim)
        self.fc_logvar = nn.Linear(encoder_dim, latent_dim)
        self.activation = nn.SiLU()

    def forward(self, x):
        x = self.activation(x)
        return self.fc_mu(x), self.fc_logvar(x)


class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.backbone = nn.Linear(in_features, hidden)
        self.head = LatentSpaceHead(hidden, latent_dim)

    def forward(self, x):
        return self.head(self.backbone(x))

# %% two layers of the same width
# from: songhayeong/supscribe model/vae_encoder.py
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(in_features, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()
        )
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.mlp(x)
        return self.fc_mu(h), self.fc_logvar(h)

# %% orthogonal weights, and tanh
# from: nenuadrian/rl docs/generated/trainers-api/trainers/vmpo/gaussian_mlp_policy.md
# batch: fourth
import math


def layer_init(layer, std=math.sqrt(2.0), bias_const=0.0):
    nn.init.orthogonal_(layer.weight, std)
    nn.init.constant_(layer.bias, bias_const)
    return layer


class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.trunk = nn.Sequential(layer_init(nn.Linear(in_features, hidden)), nn.Tanh())
        self.mean = layer_init(nn.Linear(hidden, latent_dim), std=0.01)
        self.logstd = layer_init(nn.Linear(hidden, latent_dim), std=0.01)

    def forward(self, obs):
        encoded = self.trunk(obs)
        return self.mean(encoded), 2 * self.logstd(encoded)

# %% a layer norm before the relu
# from: index file 67111137285, an actor with layer norms
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.ln1 = nn.LayerNorm(hidden)
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x = F.relu(self.ln1(self.fc1(x)))
        return self.fc_mu(x), self.fc_logvar(x)

# %% matrices by hand
# from: jannisbuescher/vcl_pytorch vcl_gen, its linear layers without their noise
# batch: fourth
class Affine(nn.Module):
    def __init__(self, in_dim, out_dim):
        super().__init__()
        self.W = nn.Parameter(torch.zeros(in_dim, out_dim))
        self.b = nn.Parameter(torch.zeros(out_dim))
        with torch.no_grad():
            self.W.normal_(mean=0, std=0.1)
            self.b.normal_(mean=0, std=0.1)

    def forward(self, x):
        return x @ self.W + self.b


class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim, nb_heads=2):
        super().__init__()
        self.layers = nn.ModuleList([Affine(in_features, hidden)])
        self.heads = nn.ModuleList([Affine(hidden, latent_dim) for _ in range(nb_heads)])

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return tuple(head(x) for head in self.heads)

# %% warned of NaN, and clamped at 10
# from: index file 33538159234, an encoder of gene expression with a logger
# batch: fourth
import logging

logger = logging.getLogger("vae")


class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(in_features, hidden), nn.GELU())
        self.mu_head = nn.Linear(hidden, latent_dim)
        self.logvar_head = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.net(x)
        mu, logvar = self.mu_head(h), self.logvar_head(h)
        if torch.isnan(mu).any() or torch.isnan(logvar).any():
            logger.warning("NaN detected in encoder output")
            mu = torch.nan_to_num(mu, nan=0.0)
            logvar = torch.nan_to_num(logvar, nan=-1.0)
        logvar = torch.clamp(logvar, min=-10.0, max=10.0)
        return mu, logvar
