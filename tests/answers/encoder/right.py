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
