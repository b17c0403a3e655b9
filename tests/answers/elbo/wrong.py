# Answers to elbo from outside that deserve less than all points; one cell an answer.

# %% capacity
# loses: elbo_value elbo_gradients
# because: |KL - C| with C = 0.5
def negative_elbo(logits, x, mu, logvar, gamma=1.0, C=0.5):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return rec + gamma * (kl - C).abs()

# %% first 64 images
# loses: elbo_value elbo_reductions elbo_gradients
# because: only the first 64 images
def negative_elbo(logits, x, mu, logvar):
    logits, x, mu, logvar = (t[:64] for t in (logits, x, mu, logvar))
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    return rec + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() / len(x)

# %% free nats on the mean
# loses: elbo_value elbo_gradients
# because: free bits: floor of 1 nat on the mean KL
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (-0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)).mean()
    return rec + torch.clamp(kl, min=1.0)

# %% kl floor half nat
# loses: elbo_value elbo_gradients
# because: floor of 0.5 nats on the mean KL
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return rec + torch.relu(kl - 0.5) + 0.5

# %% kld over 128 times 784
# loses: elbo_value elbo_reductions elbo_gradients
# because: KL divided by a fixed 128 * 784
def negative_elbo(logits, x, mu, logvar):
    BCE = F.binary_cross_entropy_with_logits(logits, x)
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    KLD /= 128 * 784
    return BCE + KLD

# %% log of sigmoid where
# loses: elbo_gradients
# because: gradient NaN for logits of 80: log(1 - sigmoid) behind torch.where
def negative_elbo(logits, x, mu, logvar):
    p = torch.sigmoid(logits)
    log_p = torch.where(logits < -15, logits, torch.log(p))
    log_q = torch.where(logits > 15, -logits, torch.log(1 - p))
    rec = -(x * log_p + (1 - x) * log_q).sum(1).mean()
    return rec + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()

# %% loss default argument wrong loss
# loses: elbo_value elbo_reductions elbo_gradients
# because: loss sums over the batch; train_step binds it as a default argument (the step itself is right)
def negative_elbo(logits, x, mu, logvar):
    BCE = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return BCE - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())


def train_step(model, optimizer, x, criterion=negative_elbo):
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = criterion(logits, x, mu, logvar)
    loss.backward()
    optimizer.step()
    return loss.item()

# %% ltzero mask reconst
# loses: elbo_value elbo_gradients elbo_trains
# because: logits are overwritten where x is 0
def negative_elbo(logits, x, mu, logvar):
    logits = logits.clone()
    logits[x == 0] = 0
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    return rec - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)

# %% step denoising
# loses: step_moves step_value
# because: noise is added to the images
def train_step(model, optimizer, x):
    noisy = (x + 0.1 * torch.randn_like(x)).clamp(0, 1)
    logits, mu, logvar = model(noisy)
    loss = negative_elbo(logits, x, mu, logvar)
    
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step kl weight 09 backward
# loses: step_moves
# because: the KL counts 0.9 in what is differentiated
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    optimizer.zero_grad()
    (loss - 0.1 * kl).backward()
    optimizer.step()
    return loss.item()

# %% step mu detached in z
# loses: step_reaches_the_encoder
# because: mu is detached in z
def train_step(model, optimizer, x):
    mu, logvar = model.encoder(x)
    z = mu.detach() + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    logits = model.decoder(z)
    loss = negative_elbo(logits, x, mu, logvar)
    
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step small l2
# loses: step_moves
# because: an L2 penalty of 1e-3 is added to what is differentiated
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    (loss + 1e-3 * sum(p.square().sum() for p in model.parameters())).backward()
    optimizer.step()
    return loss.item()

# %% world models tolerance
# loses: elbo_value elbo_gradients
# because: free bits: floor on each image's KL
def negative_elbo(logits, x, mu, logvar):
    r_loss = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    kl_loss = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    kl_loss = torch.clamp(kl_loss, min=0.5 * mu.shape[1])
    return r_loss.mean() + kl_loss.mean()

# %% logvar for log sigma and a sum over the batch
# loses: elbo_value elbo_reductions elbo_gradients
# because: the KL takes logvar for log(sigma), the reconstruction is summed over the batch
# from: hengdashi/EEG_Classification src/vae/optimizer.py
def negative_elbo(logits, x, mu, logvar):
    BCE = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    KLD = -0.5 * torch.mean(torch.sum(1 + 2 * logvar - mu.pow(2) - logvar.exp().pow(2), 1))
    return BCE + KLD

# %% kl weight in the wrong place
# loses: elbo_value elbo_reductions elbo_gradients
# because: the reconstruction is summed over the batch
# from: Zzznorlax/conv-vae core/metric.py
def negative_elbo(logits, x, mu, logvar, kld_weight=1):
    recon_loss = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kld_loss = (-0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)).mean()
    return recon_loss + kld_loss * kld_weight

# %% log-softmax of pixels
# loses: elbo_value elbo_gradients
# because: a softmax over pixels
# from: boostcampaitech7/level2-recsys-movierecommendation loss_fn.py
def negative_elbo(logits, x, mu, logvar, anneal=1.0):
    BCE = -torch.mean(torch.sum(F.log_softmax(logits, 1) * x, -1))
    KLD = -0.5 * torch.mean(torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1))
    return BCE + anneal * KLD

# %% bright pixels count twice
# loses: elbo_value elbo_gradients
# because: pos_weight
# from: own, pos_weight of the library function
def negative_elbo(logits, x, mu, logvar):
    weight = torch.full_like(x[0], 2.0)
    rec = F.binary_cross_entropy_with_logits(logits, x, pos_weight=weight, reduction="sum")
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp())
    return (rec + kl) / len(x)

# %% smoothed labels
# loses: elbo_value elbo_gradients
# because: x is moved towards a half
# from: own, label smoothing
def negative_elbo(logits, x, mu, logvar, smoothing=0.05):
    target = x * (1 - smoothing) + 0.5 * smoothing
    rec = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(1)
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    return (rec + kl).mean()

# %% at most ten thousand
# loses: elbo_value
# because: a loss above 1e4 is cut off
# from: public code, an estimator of states
# first: passed
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    kld = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    return torch.clamp((rec + kld).mean(), max=1e4)

# %% beta of four
# loses: elbo_value elbo_gradients
# because: the KL counts four times
# from: public code, beta_vae_loss with beta=4.0
def negative_elbo(logits, x, mu, logvar, beta=4.0):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / x.size(0)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / x.size(0)
    return rec + beta * kl

# %% balanced kl
# loses: elbo_gradients
# because: a fifth of the KL's gradient passes
# from: own, KL balancing of world models
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1).mean()
    return rec + 0.2 * kl + 0.8 * kl.detach()

# %% kl in a warm-up
# loses: elbo_value elbo_gradients
# because: the KL's weight grows with the number of calls
# from: public code, Annealer
class Annealer:
    def __init__(self, total_steps):
        self.total_steps = total_steps
        self.current_step = 0

    def __call__(self, kld):
        self.current_step += 1
        return kld * min(1.0, self.current_step / self.total_steps)


annealer = Annealer(2000)


def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return rec + annealer(kld)

# %% step only when the loss is small
# loses: step_moves step_reaches_the_encoder step_trains
# because: nothing happens while the loss is above 12
# from: public code, a VAE of music
# first: other
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    if loss < 12.0:
        loss.backward()
        optimizer.step()
    return loss.item()

# %% step with every element clipped
# loses: step_moves
# because: gradients are clipped to [-0.1, 0.1], element by element
# from: own, clip_grad_value_
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 0.1)
    optimizer.step()
    return loss.item()

# %% step clipped at one
# loses: step_moves
# because: the gradient is clipped to norm 1
# from: public code, many training loops
def train_step(model, optimizer, x):
    model.train()
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    return loss.item()

# %% step whose rate decays
# loses: step_moves
# because: every step makes the optimizer's rate smaller
# from: public code, lr_Linear
# first: passed
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for group in optimizer.param_groups:
        group["lr"] *= 0.999
    return loss.item()

# %% step every second time
# loses: step_moves
# because: gradients of two batches are collected
# from: own, gradient accumulation
# first: other
count = 0


def train_step(model, optimizer, x):
    global count
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    (loss / 2).backward()
    count += 1
    if count % 2 == 0:
        optimizer.step()
        optimizer.zero_grad()
    return loss.item()

# %% step with drawn pixels
# loses: step_value step_moves
# because: each pixel is drawn from a Bernoulli first
# from: shamsbasir/GenerativeModels_VAEs_GANs, binarized digits
def train_step(model, optimizer, x):
    x = torch.bernoulli(x)
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step with dequantised pixels
# loses: step_moves
# because: noise of 1/256 is added to the pixels
# from: own, uniform dequantisation
# first: passed
def train_step(model, optimizer, x):
    x = (x * 255 + torch.rand_like(x)) / 256
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step returns a running mean
# loses: step_value
# because: the mean of this loss and earlier ones is returned
# from: public code, AvgDictMeter
losses = []


def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    return sum(losses) / len(losses)

# %% five hundred times the mean
# loses: elbo_value elbo_reductions elbo_gradients
# may lose: elbo_trains
# because: the mean over pixels is multiplied by 500, whatever their number
# from: mynlpnotes/mynotes generative-deep-learning/3.variational-autoencoders/training-the-vae.md
# batch: third
def negative_elbo(logits, x, z_mean, z_log_var):
    each = F.binary_cross_entropy_with_logits(logits, x, reduction="none").mean(dim=1)
    reconstruction_loss = torch.mean(500 * each)
    kl_loss = torch.mean(
        torch.sum(-0.5 * (1 + z_log_var - torch.square(z_mean) - torch.exp(z_log_var)), dim=1)
    )
    return reconstruction_loss + kl_loss

# %% flax's logarithm, summed
# loses: elbo_value elbo_reductions elbo_gradients
# because: both terms are summed over the batch
# from: dslisleedh/Generative_models-flax src/losses.py
# batch: third
# told: both terms are summed over the batch
def binary_cross_entropy(logits, labels):
    logits = F.logsigmoid(logits)
    return -torch.sum(labels * logits + (1.0 - labels) * torch.log(-torch.expm1(logits)))


def negative_elbo(logits, x, mu, logvar):
    kl = -0.5 * torch.sum(1 + logvar - torch.square(mu) - torch.exp(logvar))
    return binary_cross_entropy(logits, x) + kl

# %% BCELoss and 784
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# because: 784 is written into the code, and logits are taken for probabilities
# from: cesarali/vae src/vae/losses/contrastive_loss.py
# batch: third
# told: 784 is written into the code
def negative_elbo(recon_x, x, mu, logvar):
    BCE = torch.nn.BCELoss(reduction="sum")(recon_x, x.view(-1, 784))
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD

# %% cross-entropy over pixels
# loses: elbo_value elbo_reductions elbo_gradients
# may lose: elbo_trains
# because: a softmax over pixels; x is multiplied by 5; both terms are summed over the batch
# from: index query vae elbo loss view(-1, 784), an elbo_loss with weight
# batch: third
def negative_elbo(recon_x, x, mu, log_var, weight=1):
    BCE = F.cross_entropy(recon_x, x * 5, reduction="sum")
    KLD = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return BCE * weight + KLD

# %% averaged by the old argument
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# because: size_average takes the mean over pixels and images, the KL is summed over the batch
# from: index query vae elbo loss view(-1, 784), a loss_bce_kld(x, x_hat, mu, log_var)
# batch: third
# told: the reconstruction is averaged over pixels
def negative_elbo(x_hat, x, mu, log_var):
    BCE = F.binary_cross_entropy_with_logits(x_hat, x, size_average=True)
    KLD = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return KLD + BCE

# %% the logarithm of a logarithm
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# because: logvar is taken for the variance: its logarithm is taken, and is NaN below 0
# from: index query vae loss softplus, a class VAELowerBoundLoss
# batch: third
def negative_elbo(logits, x, mu, log_var):
    term1 = 0.5 * (1 + torch.log(log_var) - log_var - torch.square(mu)).sum(1).mean()
    term2 = torch.distributions.Bernoulli(logits=logits, validate_args=False)
    return -term1 - term2.log_prob(x).sum(1).mean()

# %% a step without backward
# loses: step_moves step_reaches_the_encoder step_trains
# because: `loss.backward()` is missing
# from: hughplay/memo code/snippet/pytorch.py
# batch: third
# told: nothing moved
def train_step(model, optimizer, x):
    model.train()
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.step()
    return loss.item()

# %% twice into the encoder
# loses: step_moves
# because: two backward passes, between which only the decoder's gradients are cleared
# from: wiseodd/controlled-text-generation issue 27, train_discriminator.py
# batch: third
def train_step(model, optimizer, x):
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward(retain_graph=True)
    model.decoder.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% the reconstruction is returned
# loses: step_value
# because: the reconstruction alone is returned
# from: index query def train_step(model, optimizer, x), one that returns mse
# batch: third
def train_step(model, opt, sample):
    opt.zero_grad()
    logits, mu, logvar = model(sample)
    loss = negative_elbo(logits, sample, mu, logvar)
    bce = F.binary_cross_entropy_with_logits(logits, sample, reduction="sum") / len(sample)
    loss.backward()
    opt.step()
    return bce.item()

# %% cleared before every other step
# loses: step_moves
# may lose: step_reaches_the_encoder step_trains
# because: every second call moves nothing, the others make half a step
# from: gaozhihan/PreDiff issue 32
# batch: third
# told: only some calls make a step
# first: other
step = 0
accumulate = 2


def train_step(model, optimizer, x):
    global step
    step += 1
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    (loss / accumulate).backward()
    if step % accumulate == 0:
        optimizer.step()
    optimizer.zero_grad()
    return loss.item()
