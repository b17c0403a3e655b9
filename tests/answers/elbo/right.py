# Answers to elbo from outside that deserve every point; one cell an answer.

# %% beta and reduction options
def negative_elbo(logits, x, mu, logvar, *, beta=1.0, reduction="mean"):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    loss = rec + beta * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return loss.mean() if reduction == "mean" else loss.sum()


def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar, reduction="mean")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% keyword own names
def negative_elbo(recon_x, x, mu, log_var):
    BCE = F.binary_cross_entropy_with_logits(recon_x, x, reduction="sum")
    KLD = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return (BCE + KLD) / x.size(0)


def train_step(model, optimizer, x):
    model.train()
    optimizer.zero_grad()
    recon_batch, mu, log_var = model(x)
    loss = negative_elbo(recon_x=recon_batch, x=x, mu=mu, log_var=log_var)
    loss.backward()
    optimizer.step()
    return loss.item()

# %% loss as a difference
# from: public code, ELBOLoss with a minus twice
def negative_elbo(logits, x, mu, logvar):
    loss = -torch.nn.BCEWithLogitsLoss(reduction="sum")(logits, x)
    kl = 0.5 * torch.sum(-1 - logvar + mu**2 + logvar.exp())
    return -(loss - kl) / len(x)

# %% missing pixels are left out
# from: public code, an exercise on imputation
def negative_elbo(logits, x, mu, logvar):
    known = ~torch.isnan(x)
    each = F.binary_cross_entropy_with_logits(logits, torch.nan_to_num(x), reduction="none")
    rec = torch.where(known, each, torch.zeros_like(each)).flatten(1).sum(-1)
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).flatten(1).sum(-1)
    return (rec + kl).mean()

# %% step with a closure
# from: own, after the closures of L-BFGS
def train_step(model, optimizer, x):
    def closure():
        optimizer.zero_grad()
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        loss.backward()
        return loss

    return float(optimizer.step(closure))

# %% step that minds infinity
# from: public code, a VAE of tables
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad(set_to_none=True)
    if not torch.isfinite(loss):
        return loss.item()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1e6)
    optimizer.step()
    return loss.item()

# %% step with everything kept
# from: own, retain_graph out of habit
def train_step(model, optimizer, x):
    model.train()
    model.zero_grad()
    x = x.view(x.size(0), -1)
    recon, mu, log_var = model(x)
    loss = negative_elbo(recon, x, mu, log_var)
    loss.backward(retain_graph=True)
    optimizer.step()
    return loss.detach().cpu().numpy().item()

# %% step under anomaly detection
# from: own, detect_anomaly left on
def train_step(model, optimizer, x):
    with torch.autograd.set_detect_anomaly(True):
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
    optimizer.step()
    return loss.item()
