# Answers to encoder from outside that deserve less than all points; one cell an answer.

# %% bias one for batch of one
# loses: own_image_alone
# because: unsqueeze trick: a batch of one is duplicated and averaged with dropout
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        if len(x) == 1:
            x = torch.cat([x, torch.zeros_like(x)])
            h = torch.relu(self.hidden(x)).mean(0, keepdim=True)
        else:
            h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% divided by batch size
# loses: own_image_alone
# because: mu depends on the batch size
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h) / len(x), self.logvar(h)

# %% half tanh log sigma
# loses: any_real_number
# because: tanh on both
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.h = nn.Linear(in_features, hidden)
        self.m = nn.Linear(hidden, latent_dim)
        self.s = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.h(x))
        return torch.tanh(self.m(h)), 0.5 * torch.tanh(self.s(h))

# %% mu clamped 10
# loses: any_real_number
# because: mu is clamped
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.enc = nn.Linear(in_features, hidden)
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        f = torch.relu(self.enc(x))
        logvar = torch.clamp(self.fc_logvar(f), -10.0, 10.0)
        mu = torch.clamp(self.fc_mu(f), -10.0, 10.0)
        return mu, logvar

# %% pets softplus bounds
# loses: any_real_number
# because: softplus bounds change values between -10 and 10
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.body = nn.Linear(in_features, hidden)
        self.mean = nn.Linear(hidden, latent_dim)
        self.var = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.body(x))
        lv = self.var(h)
        lv = 10 - nn.functional.softplus(10 - lv)
        lv = -10 + nn.functional.softplus(lv + 10)
        return self.mean(h), lv

# %% scaled by row number
# loses: own_image_alone
# because: mu depends on the row number
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h) + 0.1 * torch.arange(len(x), device=x.device, dtype=x.dtype)[:, None], self.logvar(h)

# %% single image shortcut
# loses: own_image_alone
# because: a batch of one gets another logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        logvar = self.logvar(h)
        if len(x) == 1:
            logvar = logvar - 10
        return self.mu(h), logvar

# %% softshrink on mu
# loses: any_real_number
# because: softshrink on mu
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return nn.functional.softshrink(self.mu(h)), self.logvar(h)

# %% tanhshrink on logvar
# loses: any_real_number
# because: tanhshrink on logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), nn.functional.tanhshrink(self.logvar(h))

# %% ten tanh
# loses: any_real_number
# because: tanh on logvar, scaled by 10
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU())
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x = self.encoder(x)
        mu = self.fc_mu(x)
        logvar = 10 * torch.tanh(self.fc_logvar(x))
        return mu, logvar

# %% twenty tanh
# loses: any_real_number
# because: 20 * tanh(x / 20) on both
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return 20 * torch.tanh(self.mu(h) / 20), 20 * torch.tanh(self.logvar(h) / 20)

# %% tanh and softplus
# loses: any_real_number
# because: mu is squashed by tanh, logvar by softplus
# from: public code, an audio codec
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.to_mu = nn.Linear(hidden, latent_dim)
        self.to_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return torch.tanh(self.to_mu(h)), nn.functional.softplus(self.to_logvar(h))

# %% batch norm on both heads
# loses: own_image_alone shape_and_type any_real_number
# because: mu and logvar are normalised over the batch
# from: public code, a topic model
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)
        self.mean_bn = nn.BatchNorm1d(latent_dim, affine=False)
        self.logvar_bn = nn.BatchNorm1d(latent_dim, affine=False)

    def forward(self, x):
        h = torch.relu(self.fc1(x))
        return self.mean_bn(self.fc_mu(h)), self.logvar_bn(self.fc_logvar(h))

# %% z first
# loses: shape_and_type own_image_alone any_real_number two_heads
# because: z is returned as well
# from: public code, a trajectory encoder
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc = nn.Linear(in_features, hidden)
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.fc(x))
        mu, logvar = self.fc_mu(h), self.fc_logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return z, mu, logvar

# %% heads made at the first call
# loses: two_heads
# because: an optimizer made before the first call never sees the heads
# from: public code, a convolutional encoder with fc_mu = None
# first: passed
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.latent_dim = latent_dim
        self.fc_mu = None
        self.fc_logvar = None

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        if self.fc_mu is None:
            self.fc_mu = nn.Linear(h.shape[1], self.latent_dim).to(h.device)
            self.fc_logvar = nn.Linear(h.shape[1], self.latent_dim).to(h.device)
        return self.fc_mu(h), self.fc_logvar(h)

# %% seven hundred and eighty-four
# loses: shape_and_type own_image_alone any_real_number two_heads
# because: 784 is written into the code
# from: kefirski/mnist_cdvae model/encoder.py
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.input = nn.Linear(784, hidden)
        self.hidden_to_mu = nn.Linear(hidden, latent_dim)
        self.hidden_to_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        hidden = torch.relu(self.input(x.view(-1, 28 * 28)))
        return self.hidden_to_mu(hidden), self.hidden_to_logvar(hidden)

# %% logvar at most two
# loses: any_real_number
# because: logvar is clamped to [-10, 2]
# from: public code, a world model of frames
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU(inplace=True))
        self.fc = nn.Linear(hidden, latent_dim * 2)
        self.latent_dim = latent_dim

    def forward(self, x):
        h = self.fc(self.body(x))
        mu = h[:, : self.latent_dim]
        logvar = torch.clamp(h[:, self.latent_dim :], -10, 2)
        return mu, logvar

# %% logvar below zero
# loses: any_real_number
# because: -|logvar|
# from: public code, an encoder of mass spectra
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mean = nn.Linear(hidden, latent_dim)
        self.var = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mean(h), -torch.abs(self.var(h))

# %% dropout between layers
# loses: own_image_alone
# because: dropout
# from: shamsbasir/GenerativeModels_VAEs_GANs encoder.py
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(in_features, hidden),
            nn.ELU(inplace=True),
            nn.Dropout(0.25),
            nn.Linear(hidden, hidden),
            nn.ELU(inplace=True),
        )
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.net(x)
        return self.mu(h), self.logvar(h)

# %% images scaled in place
# loses: shape_and_type
# because: x is changed to [-1, 1] in place
# from: own, a normalisation moved into the model
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x.mul_(2).sub_(1)
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% normalised along the batch
# loses: own_image_alone
# because: dim=0 is the batch
# from: own, F.normalize with the wrong dim
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x = nn.functional.normalize(x, dim=0)
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% tied heads
# loses: two_heads
# because: both heads have one weight matrix
# from: own, weight tying
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.logvar.weight = self.mu.weight

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% variance head on a detached layer
# loses: two_heads
# because: the hidden layer learns nothing from logvar
# from: own, after options called detach_std
# first: passed
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h.detach())

# %% the head of mu twice
# loses: two_heads
# may lose: learns
# because: logvar is the output of mu's head, the other head is never called
# from: OpenTalker/SadTalker issue 969, src/audio2pose_models/cvae.py
# batch: third
# told: one layer serves both
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
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# because: torch.log of outputs that may be negative
# from: black0017/MedicalZooPytorch pull request 20, lib/medzoo/ResNet3D_VAE.py
# batch: third
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
# loses: any_real_number
# because: logvar goes through softplus
# from: wohlert/semi-supervised-pytorch issue 16, layers/stochastic.py
# batch: third
# told: an activation that gives no negative number on logvar, such as softplus
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
# loses: any_real_number
# may lose: learns
# because: mu and logvar go through ReLU
# from: shekkizh/TensorflowProjects pull request 1
# batch: third
# told: a relu on mu
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
# loses: two_heads
# because: logvar's head reads the hidden layer before its nonlinearity
# from: cdoersch/vae_tutorial issue 5
# batch: third
# told: the nonlinearity is missing
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
# loses: any_real_number two_heads
# may lose: own_image_alone learns
# because: logvar is 0 for every image
# from: huggingface/diffusers pull request 13657
# batch: third
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
# loses: shape_and_type own_image_alone
# because: batch norm
# from: index file 5829415104, a VAE of ten hidden units
# batch: third
# told: batch norm in train mode needs several rows, and a batch of one is asked fo
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
# loses: two_heads
# because: there is no hidden layer
# from: pyg-team/pytorch_geometric examples/autoencoder.py, VariationalLinearEncoder
# batch: third
# told: there is no hidden layer
# first: other
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)

    def forward(self, x):
        return self.fc_mu(x), self.fc_logvar(x)
