# Answers to encoder that deserve less than all points; one cell an answer. How to read them:
# tests/answers.py.

# %% [markdown]
# activations on the outputs

# %% relu on logvar
# loses: any_real_number
# told: a relu on logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), torch.relu(self.logvar(h))

# %% relu on mu
# loses: any_real_number
# told: a relu on mu
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return F.relu(self.mu(h)), self.logvar(h)

# %% relu on both
# loses: any_real_number
# told: a relu on mu
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return F.relu(self.mu(h)), F.relu(self.logvar(h))

# %% softplus on logvar
# loses: any_real_number
# told: no negative number on logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), F.softplus(self.logvar(h))

# %% absolute logvar
# loses: any_real_number
# told: no negative number on logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h).abs()

# %% exp on logvar
# loses: any_real_number
# told: an exponential on logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), torch.exp(self.logvar(h))

# %% sigma returned
# loses: any_real_number
# told: an exponential on logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), torch.exp(0.5 * self.logvar(h))

# %% sigmoid on mu
# loses: any_real_number
# told: a sigmoid on mu
# loses: learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return torch.sigmoid(self.mu(h)), self.logvar(h)

# %% sigmoid on logvar
# loses: any_real_number
# told: a sigmoid on logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h).sigmoid()

# %% tanh on mu
# loses: any_real_number
# told: bounds -1 and 1 on mu
# loses: learns
# told: no cause
# because: it ends at 197 to 199 nats
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return torch.tanh(self.mu(h)), self.logvar(h)

# %% tanh on logvar
# loses: any_real_number
# told: bounds -1 and 1 on logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h).tanh()

# %% softsign on logvar
# loses: any_real_number
# told: bounds -1 and 1 on logvar
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), F.softsign(self.logvar(h))

# %% softmax on mu
# loses: any_real_number
# told: a softmax on mu
# loses: learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return F.softmax(self.mu(h), dim=1), self.logvar(h)

# %% log-softmax on mu
# loses: any_real_number learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return F.log_softmax(self.mu(h), dim=1), self.logvar(h)

# %% elu on mu
# loses: any_real_number
# told: mu never goes below -1
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return F.elu(self.mu(h)), self.logvar(h)

# %% leaky relu on mu
# loses: any_real_number
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return F.leaky_relu(self.mu(h)), self.logvar(h)

# %% logsigmoid on logvar
# loses: any_real_number
# told: logvar never goes above 0
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), F.logsigmoid(self.logvar(h))

# %% three times tanh
# loses: any_real_number
# told: logvar never goes below -3 or above 3
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), 3 * torch.tanh(self.logvar(h))

# %% logvar clamped at 5
# loses: any_real_number
# told: an activation or a clamp: logvar never goes below -5 or above 5
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h).clamp(-5, 5)

# %% logvar clamped from -20 to 2
# loses: any_real_number
# told: an activation or a clamp: logvar never goes above 2
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), torch.clamp(self.logvar(h), -20, 2)

# %% relu after a Sequential
# loses: any_real_number
# told: a relu on mu
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(in_features, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2 * latent_dim),
            nn.ReLU(),
        )

    def forward(self, x):
        return self.net(x).chunk(2, dim=1)

# %% [markdown]
# not its own image alone

# %% batch norm
# loses: shape_and_type
# told: batch norm in train mode needs several rows
# loses: own_image_alone
# told: batch norm
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.norm = nn.BatchNorm1d(hidden)

    def forward(self, x):
        h = torch.relu(self.norm(self.hidden(x)))
        return self.mu(h), self.logvar(h)

# %% batch norm at the end
# loses: shape_and_type
# told: batch norm in train mode needs several rows
# loses: own_image_alone
# told: batch norm
# loses: any_real_number
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.norm = nn.BatchNorm1d(latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.norm(self.mu(h)), self.logvar(h)

# %% dropout
# loses: own_image_alone
# told: dropout
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        h = self.drop(torch.relu(self.hidden(x)))
        return self.mu(h), self.logvar(h)

# %% functional dropout
# loses: own_image_alone
# told: noise in the encoder: the Sampling layer adds it
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = F.dropout(torch.relu(self.hidden(x)), 0.5)
        return self.mu(h), self.logvar(h)

# %% noise on mu
# loses: own_image_alone
# told: noise in the encoder: the Sampling layer adds it
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h) + 0.1 * torch.randn_like(self.mu(h)), self.logvar(h)

# %% sampled z for mu
# loses: own_image_alone
# told: noise in the encoder: the Sampling layer adds it
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        mu, logvar = self.mu(h), self.logvar(h)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu), logvar

# %% mean over the batch
# loses: own_image_alone
# told: a mean or a norm over the batch
# loses: two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h).mean(0, keepdim=True).expand(len(x), -1), self.logvar(h)

# %% hidden units averaged over the batch
# loses: own_image_alone
# told: a mean or a norm over the batch
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        h = h - h.mean(dim=0)
        return self.mu(h), self.logvar(h)

# %% standardised over the batch
# loses: shape_and_type
# told: no cause
# loses: own_image_alone
# told: a mean or a norm over the batch
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x = (x - x.mean(0)) / (x.std(0) + 1e-3)
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% softmax over the batch
# loses: own_image_alone
# told: a mean or a norm over the batch
# loses: learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.softmax(self.hidden(x), dim=0)
        return self.mu(h), self.logvar(h)

# %% rows turned round
# loses: own_image_alone
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h).flip(0)

# %% saved parameters
# loses: shape_and_type any_real_number two_heads learns
# told: no cause
# loses: own_image_alone
# told: x is not used
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.m = nn.Parameter(torch.zeros(latent_dim))
        self.lv = nn.Parameter(torch.zeros(latent_dim))

    def forward(self, x):
        return self.m.expand(len(x), -1), self.lv.expand(len(x), -1)

# %% logvar one parameter for all
# loses: own_image_alone
# told: x is not used
# loses: any_real_number two_heads
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.lv = nn.Parameter(torch.zeros(latent_dim))

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.lv.expand(len(x), -1)

# %% logvar fixed at 0
# loses: own_image_alone
# told: x is not used
# loses: any_real_number two_heads
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), torch.zeros_like(self.mu(h))

# %% normalised with the last image
# loses: own_image_alone
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x - x[-1:]))
        return self.mu(h), self.logvar(h)

# %% [markdown]
# layers

# %% no nonlinearity
# loses: two_heads
# told: the nonlinearity is missing
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.hidden(x)
        return self.mu(h), self.logvar(h)

# %% no hidden layer
# loses: two_heads
# told: there is no hidden layer
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.mu = nn.Linear(in_features, latent_dim)
        self.logvar = nn.Linear(in_features, latent_dim)

    def forward(self, x):
        return self.mu(x), self.logvar(x)

# %% one layer for both
# loses: two_heads
# told: one layer serves both
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.mu(h)

# %% logvar from mu
# loses: two_heads
# told: one is made from the other
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(latent_dim, latent_dim)

    def forward(self, x):
        mu = self.mu(torch.relu(self.hidden(x)))
        return mu, self.logvar(mu)

# %% sizes fixed
# loses: shape_and_type own_image_alone any_real_number two_heads
# told: 784 is written into the code
# loses: learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(784, 400)
        self.mu = nn.Linear(400, 20)
        self.logvar = nn.Linear(400, 20)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% hidden fixed
# loses: two_heads
# told: a size is fixed in the code, or a layer is made in `forward` or kept in a plain list
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, 400)
        self.mu = nn.Linear(400, latent_dim)
        self.logvar = nn.Linear(400, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% latent_dim fixed
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, 20)
        self.logvar = nn.Linear(hidden, 20)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% a plain list
# loses: shape_and_type any_real_number learns
# told: no cause
# loses: two_heads
# told: a size is fixed in the code, or a layer is made in `forward` or kept in a plain list
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.layers = [
            nn.Linear(in_features, hidden),
            nn.Linear(hidden, latent_dim),
            nn.Linear(hidden, latent_dim),
        ]

    def forward(self, x):
        h = torch.relu(self.layers[0](x))
        return self.layers[1](h), self.layers[2](h)

# %% made in forward
# loses: shape_and_type any_real_number learns
# told: no cause
# loses: own_image_alone
# told: noise in the encoder: the Sampling layer adds it
# loses: two_heads
# told: a layer is made but not used
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(nn.Linear(x.shape[1], 17)(x))
        return nn.Linear(17, self.mu.out_features)(h), nn.Linear(17, self.mu.out_features)(h)

# %% a layer left over
# loses: two_heads
# told: a layer is made but not used
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.sigma = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% frozen
# loses: two_heads
# told: the graph is cut by
# loses: learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        with torch.no_grad():
            h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% all under no_grad
# loses: two_heads
# told: the graph is cut by
# loses: learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        with torch.no_grad():
            h = torch.relu(self.hidden(x))
            return self.mu(h), self.logvar(h)

# %% mu detached
# loses: two_heads
# told: the graph is cut by
# loses: learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h).detach(), self.logvar(h)

# %% weights zero
# loses: learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        for p in self.parameters():
            nn.init.zeros_(p)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% [markdown]
# what comes back

# %% nothing
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: a missing `return`
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        self.mu(h), self.logvar(h)

# %% three values
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: z is not the encoder's
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return z, mu, logvar

# %% z alone
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        mu, logvar = self.mu(h), self.logvar(h)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% side by side
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return torch.cat([self.mu(h), self.logvar(h)], 1)

# %% a dict
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return {'mu': self.mu(h), 'logvar': self.logvar(h)}

# %% a Normal
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return torch.distributions.Normal(self.mu(h), torch.exp(0.5 * self.logvar(h)))

# %% squeezed
# loses: shape_and_type
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h).squeeze(), self.logvar(h).squeeze()

# %% always float32
# loses: shape_and_type
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h).float(), self.logvar(h).float()

# %% input cast to float32
# loses: shape_and_type
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x.float()))
        return self.mu(h), self.logvar(h)

# %% as NumPy
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h).detach().numpy(), self.logvar(h).detach().numpy()

# %% [markdown]
# small print

# %% x in place
# loses: shape_and_type
# told: an operation in place
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x.clamp_(0, 1)
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% x scaled in place
# loses: shape_and_type
# told: an operation in place
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x *= 2
        x -= 1
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% x to the CPU
# loses: shape_and_type
# told: something is made on one device whatever the inputs' device
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x.cpu()))
        return self.mu(h), self.logvar(h)

# %% a mask on the CPU
# loses: shape_and_type
# told: something is made on one device whatever the inputs' device
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x * torch.ones(x.shape[1])))
        return self.mu(h), self.logvar(h)

# %% flattened to 784
# loses: shape_and_type own_image_alone any_real_number two_heads
# told: 784 is written into the code
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x.view(-1, 784)))
        return self.mu(h), self.logvar(h)

# %% cuda
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: something is made on one device whatever the inputs' device
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x.cuda()))
        return self.mu(h), self.logvar(h)

# %% [markdown]
# what is not an encoder, or does not run

# %% a function
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
def Encoder(in_features, hidden, latent_dim):
    return nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU())

# %% not a module
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder:
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% super forgotten
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: `super().__init__()` must come first in `__init__`
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% Keras's call
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: PyTorch calls the method named `forward`
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def call(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% Keras's build
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: the parameters are not those of the assignment
class Encoder(nn.Module):
    def __init__(self, latent_dim=20):
        super().__init__()
        self.mu = nn.Linear(400, latent_dim)

    def forward(self, x):
        return self.mu(x), self.mu(x)

# %% self forgotten
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: the parameters are not those of the assignment
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% self. forgotten in forward
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: `self.` is missing: a method finds what belongs to its object
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(hidden(x))
        return self.mu(h), self.logvar(h)

# %% self. forgotten, and the result has the layer's name
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: `self.` is missing: a method finds what belongs to its object
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        mu = mu(h)
        return mu, self.logvar(h)

# %% self. forgotten in a comprehension
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: `self.` is missing: a method finds what belongs to its object
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return tuple(head(h) for head in (mu, self.logvar))

# %% self. forgotten in __init__
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: `self.` is missing in `__init__`
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% self. forgotten in __init__, the name a parameter's
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: `self.` is missing in `__init__`
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        hidden = nn.Linear(in_features, hidden)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% a parameter never kept
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h * self.in_features), self.logvar(h)

# %% raises a tensor
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        raise ValueError(x)

# %% an attribute of another name
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hiden(x))
        return self.mu(h), self.logvar(h)

# %% a name of nothing
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(layer(x))
        return self.mu(h), self.logvar(h)

# %% layer called with the wrong size
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(in_features, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% convolution
# loses: shape_and_type own_image_alone any_real_number two_heads
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 4, stride=4)
        self.mu = nn.Linear(196, latent_dim)
        self.logvar = nn.Linear(196, latent_dim)

    def forward(self, x):
        h = torch.relu(self.conv(x.view(-1, 1, 28, 28))).flatten(1)
        return self.mu(h), self.logvar(h)

# %% typing error
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(hh), self.logvar(h)

# %% endless loop
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: an endless loop
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        while True:
            pass

# %% vaelib's
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
from vaelib import Encoder

# %% vaelib's inherited
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
import vaelib


class Encoder(vaelib.Encoder):
    pass

# %% vaelib's inside
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        from vaelib.models import VAE

        self.inner = VAE(in_features, hidden, latent_dim).encoder

    def forward(self, x):
        return self.inner(x)

# %% [markdown]
# written before any check had seen them

# %% held out: hardtanh
# loses: any_real_number
# told: an activation with bounds -1 and 1 on logvar, such as tanh
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), F.hardtanh(self.logvar(h))

# %% held out: relu6
# loses: any_real_number
# told: a relu on mu
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return F.relu6(self.mu(h)), self.logvar(h)

# %% held out: gelu on mu
# loses: any_real_number
# told: no cause
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return F.gelu(self.mu(h)), self.logvar(h)

# %% held out: silu on logvar
# loses: any_real_number
# told: no cause
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), F.silu(self.logvar(h))

# %% held out: square on logvar
# loses: any_real_number
# told: an activation that gives no negative number on logvar, such
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h) ** 2

# %% held out: log of softplus
# loses: any_real_number
# told: an activation or a clamp: logvar never goes above 8.3
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), torch.log(F.softplus(self.logvar(h)) + 1e-6)

# %% held out: minus relu
# loses: any_real_number
# told: an activation or a clamp: logvar never goes above -0
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), -torch.relu(self.logvar(h))

# %% held out: normalised mu
# loses: any_real_number
# told: no cause
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return F.normalize(self.mu(h), dim=1), self.logvar(h)

# %% held out: layer norm out
# loses: any_real_number
# told: no cause
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.n = nn.LayerNorm(latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.n(self.mu(h)), self.logvar(h)

# %% held out: instance over batch
# loses: own_image_alone learns
# told: no cause
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        h = h / (h.max() + 1e-6)
        return self.mu(h), self.logvar(h)

# %% held out: noisy input
# loses: own_image_alone
# told: noise in the encoder: the Sampling layer adds it
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x + 0.1 * torch.randn_like(x)))
        return self.mu(h), self.logvar(h)

# %% held out: alpha dropout
# loses: own_image_alone
# told: dropout
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.d = nn.AlphaDropout(0.1)

    def forward(self, x):
        h = self.d(torch.selu(self.hidden(x)))
        return self.mu(h), self.logvar(h)

# %% held out: transposed pair
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h).T, self.logvar(h).T

# %% held out: unused bias
# loses: two_heads
# told: a layer is made but not used
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.bias = nn.Parameter(torch.zeros(latent_dim))

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% held out: hidden halved
# loses: two_heads
# told: a size is fixed in the code, or a layer is made in `forward`
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden // 2)
        self.mu = nn.Linear(hidden // 2, latent_dim)
        self.logvar = nn.Linear(hidden // 2, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% held out: frozen hidden
# loses: two_heads learns
# told: no cause
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)
        self.hidden.requires_grad_(False)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h), self.logvar(h)

# %% held out: generator
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        yield self.mu(h)
        yield self.logvar(h)

# %% held out: half
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: no cause
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.mu(h).half(), self.logvar(h).half()

# %% held out: dropout only in eval off
# loses: own_image_alone
# told: dropout
# batch: held out
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        h = F.dropout(h, 0.3, training=self.training)
        return self.mu(h), self.logvar(h)

# %% [markdown]
# from public code, or made to be subtle

# %% bias one for batch of one
# loses: own_image_alone
# because: unsqueeze trick: a batch of one is duplicated and averaged with dropout
# batch: first
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
# batch: first
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
# batch: first
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
# batch: first
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
# batch: first
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
# batch: first
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
# batch: first
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
# batch: first
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
# batch: first
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
# batch: first
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
# batch: first
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
# batch: second
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
# batch: second
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
# batch: second
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
# batch: second
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
# batch: second
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
# batch: second
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
# batch: second
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
# batch: second
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
# batch: second
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
# batch: second
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
# batch: second
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
# batch: second
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
# told: one layer serves both
# may lose: learns
# because: logvar is the output of mu's head, the other head is never called
# from: OpenTalker/SadTalker issue 969, src/audio2pose_models/cvae.py
# batch: third
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

# %% softplus as the last of the logvar head
# loses: any_real_number
# told: an activation that gives no negative number on logvar, such as softplus
# because: logvar goes through softplus
# from: wohlert/semi-supervised-pytorch issue 16, layers/stochastic.py
# batch: third
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
# told: a relu on mu
# may lose: learns
# because: mu and logvar go through ReLU
# from: shekkizh/TensorflowProjects pull request 1
# batch: third
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
# told: the nonlinearity is missing
# because: logvar's head reads the hidden layer before its nonlinearity
# from: cdoersch/vae_tutorial issue 5
# batch: third
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
# told: batch norm in train mode needs several rows, and a batch of one is asked fo
# because: batch norm
# from: index file 5829415104, a VAE of ten hidden units
# batch: third
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
# told: there is no hidden layer
# because: there is no hidden layer
# from: pyg-team/pytorch_geometric examples/autoencoder.py, VariationalLinearEncoder
# batch: third
# first: other
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)

    def forward(self, x):
        return self.fc_mu(x), self.fc_logvar(x)

# %% tanh on mu, half of it on logvar
# loses: any_real_number
# told: tanh
# may lose: learns
# because: mu and logvar go through tanh
# from: pkmital/CADL issue 84, out of TensorFlow
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.h = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.log_sigma = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = F.elu(self.h(x))
        z_mu = torch.tanh(self.mu(h))
        z_log_sigma = 0.5 * torch.tanh(self.log_sigma(h))
        return z_mu, 2 * z_log_sigma

# %% a relu on one head
# loses: any_real_number
# told: a relu on logvar
# may lose: learns
# because: logvar goes through a relu
# from: index file 48268725326, a recurrent encoder of sequences
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x = F.tanh(self.fc1(x))
        x = F.tanh(self.fc2(x))
        mu = (self.fc_mu(x))
        logvar = F.relu(self.fc_logvar(x))
        return mu, logvar

# %% tanh here, softplus there
# loses: any_real_number
# told: tanh
# may lose: learns
# because: mu goes through tanh, logvar through softplus
# from: index file 32218368627, an encoder of sound
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.block = nn.Sequential(nn.Linear(in_features, hidden), nn.PReLU())
        self.conv_mu = nn.Linear(hidden, latent_dim)
        self.conv_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        x = self.block(x)
        mu = torch.tanh(self.conv_mu(x))
        logvar = F.softplus(self.conv_logvar(x))
        return mu, logvar

# %% layers for later
# loses: two_heads
# told: a layer is made but not used
# because: dropout and batch norm are made and not called; the batch norm has parameters
# from: slikyumsh/DL_Team-1 sounds_generation/vae_model.py
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super(Encoder, self).__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)
        self.dropout = nn.Dropout(0.2)
        self.bn1 = nn.BatchNorm1d(hidden)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        return self.fc_mu(h), self.fc_logvar(h)

# %% clamped at 5, then told of infinity
# loses: any_real_number
# told: logvar never goes
# because: logvar is clamped to [-5, 5]
# from: index file 71138435776, a VAE of trajectories
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc = nn.Linear(in_features, hidden)
        self.fc_mu = nn.Linear(hidden, latent_dim)
        self.fc_logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h_flat = F.relu(self.fc(x))
        mu = self.fc_mu(h_flat)
        logvar = self.fc_logvar(h_flat)
        logvar = torch.clamp(logvar, -5.0, 5.0)
        mu = torch.nan_to_num(mu, nan=0.0, posinf=1e6, neginf=-1e6)
        logvar = torch.nan_to_num(logvar, nan=0.0, posinf=10.0, neginf=-10.0)
        return mu, logvar

# %% a batch norm after mu
# loses: shape_and_type own_image_alone
# told: batch norm
# may lose: any_real_number two_heads learns
# because: mu is normalised over the batch
# from: index query autograd.Function custom backward VAE, mu_bn in the encoder
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU())
        self.mu = nn.Linear(hidden, latent_dim)
        self.var = nn.Linear(hidden, latent_dim)
        self.mu_bn = nn.BatchNorm1d(latent_dim)
        self.mu_bn.weight.requires_grad = False
        self.mu_bn.weight.fill_(0.5)

    def forward(self, x):
        h = self.net(x)
        return self.mu_bn(self.mu(h)), self.var(h)

# %% logvar out of mu
# loses: two_heads
# told: one is made from the other
# because: logvar's layer reads mu, not the hidden units
# from: pytorch/examples issue 510
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc21 = nn.Linear(hidden, latent_dim)
        self.fc22 = nn.Linear(latent_dim, latent_dim)

    def forward(self, x):
        h1 = F.relu(self.fc1(x))
        mu = self.fc21(h1)
        return mu, self.fc22(mu)

# %% 784, 400 and 2
# loses: shape_and_type own_image_alone any_real_number two_heads learns
# told: 784 is written into the code
# because: the sizes are written into the code
# from: index file 58016111637, a VAE of two latent dimensions
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features=784, hidden=400, latent_dim=2):
        super().__init__()
        self.latent_dim = 2
        self.fc1 = nn.Linear(784, 400)
        self.fc_mu = nn.Linear(400, self.latent_dim)
        self.fc_logvar = nn.Linear(400, self.latent_dim)

    def forward(self, x):
        x = x.view(-1, 784)
        h = F.relu(self.fc1(x))
        mu = self.fc_mu(h)
        logvar = self.fc_logvar(h)
        return mu, logvar

# %% the variance at once
# loses: any_real_number
# told: an exponential on logvar
# may lose: learns
# because: the second output is exp(logvar)
# from: index file 48087974776, encoder_params of a latent dynamical model
# batch: fourth
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(in_features, hidden), nn.Softplus())
        self.encoder_mean = nn.Linear(hidden, latent_dim)
        self.encoder_log_var = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        h = self.shared(x)
        return self.encoder_mean(h), self.encoder_log_var(h).exp() + 1e-8
