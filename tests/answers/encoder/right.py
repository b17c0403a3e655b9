# Answers to encoder from outside that deserve every point; one cell an answer.

# %% two leaky layers
# from: arf-themascoteers/vae-mnist encoder.py
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

# %% flattened first
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
