# Answers to encoder that hold nothing of what is asked: no skill's points are theirs.

# %% zeros
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim

    def forward(self, x):
        return x.new_zeros(len(x), self.latent_dim), x.new_zeros(len(x), self.latent_dim)

# %% ones, with layers that are not used
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        ones = torch.ones_like(x[:, :1]).expand(-1, self.mu.out_features)
        return ones, ones

# %% a bias for every image
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.mu = nn.Parameter(torch.zeros(latent_dim))
        self.logvar = nn.Parameter(torch.zeros(latent_dim))

    def forward(self, x):
        return self.mu.expand(len(x), -1), self.logvar.expand(len(x), -1)

# %% the first pixels
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim

    def forward(self, x):
        return x[:, : self.latent_dim], x[:, -self.latent_dim :]

# %% a frozen projection
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.register_buffer("weight", torch.randn(in_features, 2 * latent_dim) / in_features**0.5)

    def forward(self, x):
        return (x @ self.weight).chunk(2, dim=1)

# %% means of shapes
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim

    def forward(self, x):
        value = x.mean(dim=1, keepdim=True) * 0 + x.shape[1]
        return value.expand(-1, self.latent_dim), value.expand(-1, self.latent_dim)
