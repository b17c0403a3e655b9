# Answers to encoder from public code, gathered on 2026-11-28; one cell an answer.

# %% the head of mu twice
# verdict: wrong
# loses: two_heads
# may lose: learns
# because: logvar is the output of mu's head, the other head is never called
# from: OpenTalker/SadTalker issue 969, src/audio2pose_models/cvae.py
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.MLP = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU())
        self.linear_means = nn.Linear(hidden, latent_dim)
        self.linear_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x_out = self.MLP(x)
        mu = self.linear_means(x_out)
        logvar = self.linear_means(x_out)
        return mu, logvar

# %% the logarithm of the second half
# verdict: wrong
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# because: torch.log of outputs that may be negative
# from: black0017/MedicalZooPytorch pull request 20, lib/medzoo/ResNet3D_VAE.py
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.split_dim = latent_dim
        self.body = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU())
        self.linear_1 = nn.Linear(hidden, 2 * latent_dim)

    def forward(self, x):
        x = self.linear_1(self.body(x))
        mu = x[:, : self.split_dim]
        logvar = torch.log(x[:, self.split_dim :])
        return mu, logvar

# %% softplus on logvar
# verdict: wrong
# loses: any_real_number
# because: logvar goes through softplus
# from: wohlert/semi-supervised-pytorch issue 16, layers/stochastic.py
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.log_var = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x = nn.functional.relu(self.hidden(x))
        mu = self.mu(x)
        log_var = nn.functional.softplus(self.log_var(x))
        return mu, log_var

# %% relu on both heads
# verdict: wrong
# loses: any_real_number
# may lose: learns
# because: mu and logvar go through ReLU
# from: shekkizh/TensorflowProjects pull request 1
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.W_hidden = nn.Linear(in_features, hidden)
        self.W_mu = nn.Linear(hidden, latent_dim)
        self.W_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        entry = nn.functional.relu(self.W_hidden(x))
        mu = nn.functional.relu(self.W_mu(entry))
        log_var = nn.functional.relu(self.W_logvar(entry))
        return mu, log_var

# %% logvar before the nonlinearity
# verdict: wrong
# loses: two_heads
# because: logvar's head reads the hidden layer before its nonlinearity
# from: cdoersch/vae_tutorial issue 5
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.encode = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logsd = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        encoded = self.encode(x)
        neurons = torch.relu(encoded)
        return self.mu(neurons), self.logsd(encoded)

# %% logvar thrown away
# verdict: wrong
# loses: any_real_number two_heads
# may lose: own_image_alone learns
# because: logvar is 0 for every image
# from: huggingface/diffusers pull request 13657
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(in_features, hidden), nn.SiLU(), nn.Linear(hidden, 2 * latent_dim)
        )

    def forward(self, x):
        sample, _ = torch.chunk(self.net(x), 2, dim=1)
        double = torch.cat([sample, torch.zeros_like(sample)], dim=1)
        return double.chunk(2, dim=1)

# %% batch norm after relu
# verdict: wrong
# loses: shape_and_type own_image_alone
# because: batch norm
# from: index file 5829415104, a VAE of ten hidden units
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.relu = nn.ReLU()
        self.batchnorm1 = nn.BatchNorm1d(hidden)
        self.fc21 = nn.Linear(hidden, latent_dim)
        self.fc22 = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h1 = self.batchnorm1(self.relu(self.fc1(x)))
        return self.fc21(h1), self.fc22(h1)

# %% two linear layers on the image
# verdict: wrong
# loses: two_heads
# because: there is no hidden layer
# from: pyg-team/pytorch_geometric examples/autoencoder.py, VariationalLinearEncoder
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)

    def forward(self, x):
        return self.fc_mu(x), self.fc_logvar(x)

# %% heads in sequences of one
# verdict: right
# from: BCHoagland/AutoEncoders VAE/model.py
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
# verdict: right
# from: index file 5736146621, a VAE with rep_dim
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
# verdict: right
# from: index query variational encoder MLP, after timbmg/VAE-CVAE-MNIST
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
# verdict: right
# from: index query GaussianSample, a class Gaussian with Lambda
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
# verdict: right
# from: index file 53639442612, a MiniEncoder
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
# verdict: right
# from: index query variational encoder MLP, pi_vae_pytorch's MLPEncoder
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
# verdict: right
# from: index query variational encoder MLP, EncoderMLP after HI-VAE
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
# verdict: right
# from: Dongkyun01/AutoEncoder-Experiments model/VariationalAutoEncoder.py
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(in_features, hidden), nn.ReLU())
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.encoder(x)
        return self.fc_mu(h), self.fc_logvar(h)
