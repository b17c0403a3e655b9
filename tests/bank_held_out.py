# ruff: noqa: E501 - answers as learners write them
"""Answers written before any check had seen them, to measure the checks by.

Of 42 right answers 1 failed a check, of 98 wrong ones 1 passed all, and 7 were told a cause that
was not theirs. The checks were then mended, and the answers joined the banks: what is measured
on them now says no more about answers to come than the other banks do.

ANSWERS: assignment -> (RIGHT, WRONG), in the form of the banks.
"""

from bank_elbo import BCE, changed, elbo, step, terms
from bank_encoder import LAYERS, encoder, heads
from bank_kl import divergence, loss
from bank_log_variance import density, std
from bank_sampling import forward

ANSWERS = {
    "sampling": (
        {
            "held out: logvar to numpy-free log2": forward(
                "return mu + torch.exp2(logvar * (0.5 / torch.log(torch.tensor(2.0)).item())) * torch.randn_like(mu)"
            ),
            "held out: inverse cdf": forward(
                "u = torch.rand_like(mu).clamp(1e-7, 1 - 1e-7)\neps = torch.erfinv(2 * u - 1) * 2 ** 0.5\nreturn mu + torch.exp(0.5 * logvar) * eps"
            ),
            "held out: nested function and lambda": forward(
                "sigma = lambda lv: lv.div(2).exp()\ndef noise(shape):\n    return torch.zeros(shape, dtype=mu.dtype, device=mu.device).normal_()\nreturn sigma(logvar).mul(noise(mu.shape)).add(mu)"
            ),
            "held out: kwargs with defaults": "class Sampling(nn.Module):\n    def __init__(self, temperature=1.0):\n        super().__init__()\n        self.temperature = temperature\n    def forward(self, mu, logvar, temperature=None):\n        t = self.temperature if temperature is None else temperature\n        return mu + t * torch.exp(logvar / 2) * torch.randn_like(logvar)\n",
            "held out: average of two, rescaled": forward(
                "e = (torch.randn_like(mu) + torch.randn_like(mu)) / 2 ** 0.5\nreturn torch.lerp(mu, mu + torch.exp(0.5 * logvar), e)"
            ),
            "held out: stack and sum": forward(
                "parts = torch.stack([mu, torch.exp(0.5 * logvar) * torch.randn_like(mu)])\nreturn parts.sum(0)"
            ),
        },
        {
            "held out: two noises": (
                forward(
                    "return mu + torch.exp(0.5 * logvar) * (torch.randn_like(mu) + torch.randn_like(mu))"
                ),
                {"mean_and_spread": "sigma * eps is multiplied by about 1.4 as well"},
            ),
            "held out: noise rounded": (
                forward("return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).round()"),
                {"mean_and_spread": "the noise is not standard normal: use `torch.randn_like`"},
            ),
            "held out: noise absolute": (
                forward("return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).abs()"),
                {"mean_and_spread": ""},
            ),
            "held out: sorted noise": (
                forward(
                    "return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).sort(dim=0).values"
                ),
                {"fresh_noise": ""},
            ),
            "held out: multiplied": (
                forward("return mu * torch.exp(0.5 * logvar) * torch.randn_like(mu)"),
                {"mean_and_spread": "", "gradients": ""},
            ),
            "held out: mean logvar over dims": (
                forward(
                    "lv = logvar.mean(1, keepdim=True)\nreturn mu + torch.exp(0.5 * lv) * torch.randn_like(mu)"
                ),
                {"mean_and_spread": "", "gradients": ""},
            ),
            "held out: noise in train only": (
                forward(
                    "if not self.training:\n    return mu\nreturn mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)"
                ),
                {
                    "mean_and_spread": "there is no noise: z is mu",
                    "fresh_noise": "there is no noise in eval mode: eps is missing",
                },
            ),
            "held out: half precision noise": (
                forward(
                    "eps = torch.randn(mu.shape, dtype=torch.float16, device=mu.device).to(mu.dtype).clamp(-2, 2)\nreturn mu + torch.exp(0.5 * logvar) * eps"
                ),
                {"mean_and_spread": "the noise is not standard normal: use `torch.randn_like`"},
            ),
            "held out: straight through mu": (
                forward(
                    "z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)\nreturn mu + (z - mu).detach()"
                ),
                {"gradients": "no gradient reaches logvar: sigma was detached, given to `to"},
            ),
            "held out: scaled gradient": (
                forward(
                    "s = torch.exp(0.5 * logvar)\ns = s.detach() + 0.1 * (s - s.detach())\nreturn mu + s * torch.randn_like(mu)"
                ),
                {"gradients": ""},
            ),
            "held out: batch cached by shape": (
                "class Sampling(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.cache = {}\n    def forward(self, mu, logvar):\n        if mu.shape not in self.cache:\n            self.cache[mu.shape] = torch.randn_like(mu)\n        return mu + torch.exp(0.5 * logvar) * self.cache[mu.shape].to(mu)\n",
                {"fresh_noise": "the noise is kept from an earlier call, or its generator get"},
            ),
            "held out: antithetic rows": (
                forward(
                    "e = torch.randn_like(mu)\ne[1::2] = -e[: len(e) // 2 * 2 : 2]\nreturn mu + torch.exp(0.5 * logvar) * e"
                ),
                {"fresh_noise": "the same noise is used twice (or as -eps)"},
            ),
            "held out: sqrt of clamp": (
                forward("return mu + torch.sqrt(logvar.clamp(min=1e-6)) * torch.randn_like(mu)"),
                {"mean_and_spread": "", "gradients": ""},
            ),
            "held out: returns float32 for double": (
                forward(
                    "eps = torch.randn(mu.shape)\nreturn (mu.float() + torch.exp(0.5 * logvar.float()) * eps)"
                ),
                {
                    "shape_and_type": "",
                    "small_print": "something is made on one device whatever the inputs' device:",
                },
            ),
        },
    ),
    "kl_loss": (
        {
            "held out: logsumexp form": divergence(
                "0.5 * (mu * mu - logvar + torch.exp(logvar) - torch.ones_like(mu)).sum(dim=tuple(range(1, mu.ndim)))"
            ),
            "held out: matmul with ones": divergence(
                "each = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)\nreturn each @ torch.ones(mu.shape[1], dtype=mu.dtype, device=mu.device)"
            ),
            "held out: softplus free mean times dim": divergence(
                "return (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).mean(dim=1) * mu.shape[1]"
            ),
            "held out: entropy minus cross": divergence(
                "p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))\nq = torch.distributions.Normal(mu, torch.exp(logvar / 2))\nc = 0.9189385332046727 + 0.5 * (mu.pow(2) + logvar.exp())\nreturn (c - q.entropy()).sum(-1)"
            ),
            "held out: norms": divergence(
                "m = torch.linalg.vector_norm(mu, dim=1) ** 2\ns = torch.linalg.vector_norm(torch.exp(0.5 * logvar), dim=1) ** 2\nreturn (m + s - logvar.sum(1) - mu.size(-1)) / 2"
            ),
            "held out: loss: reduce": loss(
                "v = kl_divergence(mu, logvar)\nreturn torch.dot(v, torch.full_like(v, 1 / v.numel()))"
            ),
            "held out: loss: no call": loss(
                "return torch.mean(-0.5 * torch.sum(1 + logvar - mu ** 2 - logvar.exp(), dim=1), dim=0)"
            ),
        },
        {
            "held out: log2": (
                divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar / 0.6931).sum(1)"),
                {"divergence_by_hand": "", "divergence_values": "", "divergence_gradients": ""},
            ),
            "held out: minus two": (
                divergence("0.5 * (mu**2 + logvar.exp() - 2 - logvar).sum(1)"),
                {
                    "divergence_by_hand": "the 1 is subtracted twice: `expm1` has subtracted it already",
                    "divergence_values": "the 1 is subtracted twice: `expm1` has subtracted it already",
                },
            ),
            "held out: quarter": (
                divergence("0.25 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)"),
                {
                    "divergence_by_hand": "the factor 0.5 was applied twice",
                    "divergence_values": "the factor 0.5 was applied twice",
                    "divergence_gradients": "the factor 0.5 was applied twice",
                },
            ),
            "held out: cubed": (
                divergence("0.5 * (mu**3 + logvar.exp() - 1 - logvar).sum(1)"),
                {"divergence_by_hand": "", "divergence_values": "", "divergence_gradients": ""},
            ),
            "held out: mean squared": (
                divergence("0.5 * (mu.sum(1)**2 + (logvar.exp() - 1 - logvar).sum(1))"),
                {"divergence_values": "", "divergence_gradients": ""},
            ),
            "held out: relu'd": (
                divergence("torch.relu(0.5 * (mu**2 + logvar.exp() - 1 - logvar) - 0.1).sum(1)"),
                {"divergence_by_hand": "", "divergence_values": "", "divergence_gradients": ""},
            ),
            "held out: max": (
                divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).max(dim=1).values"),
                {"divergence_values": "", "divergence_gradients": ""},
            ),
            "held out: first latent": (
                divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar)[:, 0]"),
                {"divergence_values": "", "divergence_gradients": ""},
            ),
            "held out: cumsum": (
                divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).cumsum(1)[:, -2]"),
                {
                    "divergence_shape": "",
                    "divergence_by_hand": "",
                    "divergence_values": "",
                    "divergence_gradients": "",
                },
            ),
            "held out: js": (
                divergence(
                    "m = torch.distributions.Normal(mu / 2, (0.5 * logvar).exp())\nreturn torch.distributions.kl_divergence(torch.distributions.Normal(mu, (0.5 * logvar).exp()), m).sum(1)"
                ),
                {"divergence_by_hand": "", "divergence_values": "", "divergence_gradients": ""},
            ),
            "held out: exp clipped": (
                divergence("0.5 * (mu**2 + logvar.exp().clamp(max=1000.0) - 1 - logvar).sum(1)"),
                {"divergence_values": ""},
            ),
            "held out: epsilon in log": (
                divergence(
                    "v = logvar.exp()\nreturn 0.5 * (mu**2 + v - 1 - torch.log(v + 1e-3)).sum(1)"
                ),
                {"divergence_by_hand": "", "divergence_values": "", "divergence_gradients": ""},
            ),
            "held out: rounded": (
                divergence("(0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)).round(decimals=2)"),
                {
                    "divergence_by_hand": "",
                    "divergence_values": "",
                    "divergence_gradients": "no gradient reaches mu, logvar: detached",
                },
            ),
            "held out: loss: median": (
                loss("kl_divergence(mu, logvar).median()"),
                {"loss_value": "", "loss_gradients": ""},
            ),
            "held out: loss: minus one": (
                loss("kl_divergence(mu, logvar).sum() / (len(mu) - 1 + 1e-9)"),
                {"loss_value": "", "loss_gradients": ""},
            ),
            "held out: loss: free bits": (
                loss("kl_divergence(mu, logvar).clamp(min=3).mean()"),
                {"loss_value": "", "loss_gradients": ""},
            ),
            "held out: loss: item": (
                loss("torch.tensor(kl_divergence(mu, logvar).mean().item())"),
                {
                    "loss_value": "",
                    "loss_gradients": "the inputs are not used, or the graph is cut by `.sample()`,",
                },
            ),
            "held out: loss: twice": (
                loss("2 * kl_divergence(mu, logvar).mean()"),
                {
                    "loss_value": "the factor 0.5 is missing",
                    "loss_gradients": "the factor 0.5 is missing",
                },
            ),
        },
    ),
    "elbo": (
        {
            "held out: sum then divide by shape 0": elbo(
                "B = logits.shape[0]\nbce = torch.nn.BCEWithLogitsLoss(reduction='sum')(logits, x)\nkld = (-0.5 * (1 + logvar - mu.pow(2) - logvar.exp())).sum()\nreturn bce / B + kld / B"
            ),
            "held out: negative of the elbo": elbo(
                "log_px = -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(dim=1)\nkl = 0.5 * torch.sum(mu ** 2 + torch.exp(logvar) - logvar - 1, dim=1)\nelbo = (log_px - kl).mean()\nreturn -elbo"
            ),
            "held out: by where": terms(
                "torch.where(logits > 0, (1 - x) * logits + F.softplus(-logits), F.softplus(logits) - x * logits).sum(1).mean()"
            ),
            "held out: gaussian densities": elbo(
                "import math\nz = 0\nq = torch.distributions.Normal(mu, (0.5 * logvar).exp())\np = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))\nkl = torch.distributions.kl_divergence(q, p).flatten(1).sum(1)\nrec = F.binary_cross_entropy_with_logits(logits, x, reduction='none').flatten(1).sum(1)\nreturn torch.stack([rec, kl]).sum(0).mean()"
            ),
            "held out: double then back": elbo(
                "l, t, m, v = (a.double() for a in (logits, x, mu, logvar))\nout = F.binary_cross_entropy_with_logits(l, t, reduction='sum') + 0.5 * (m**2 + v.exp() - 1 - v).sum()\nreturn (out / len(x)).to(logits.dtype)"
            ),
            "held out: star args": "def negative_elbo(*args):\n    logits, x, mu, logvar = args\n    rec = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)\n    return (rec - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)).mean()\n",
            "held out: step: set grads to none by hand": step(
                "for p in model.parameters():\n    p.grad = None\nout = model(x)\nloss = negative_elbo(out[0], x, out[1], out[2])\nloss.backward()\noptimizer.step()\nreturn loss.data.item()"
            ),
            "held out: step: helper function": step(
                "loss = _loss(model, x)\noptimizer.zero_grad(set_to_none=True)\nloss.backward()\noptimizer.step()\nreturn float(loss.detach())",
                "def _loss(model, x):\n    logits, mu, logvar = model(x)\n    return negative_elbo(logits, x, mu, logvar)\n",
            ),
            "held out: step: train/eval dance": step(
                "was = model.training\nmodel.train(True)\nlogits, mu, logvar = model.forward(x)\nloss = negative_elbo(logits, x, mu, logvar=logvar)\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()\nmodel.train(was)\nreturn loss.item()"
            ),
            "held out: step: requires_grad x": step(
                "x = x.clone().requires_grad_(True)\nlogits, mu, logvar = model(x)\nloss = negative_elbo(logits, x.detach(), mu, logvar)\noptimizer.zero_grad()\nloss.backward(retain_graph=True)\noptimizer.step()\nreturn loss.item()"
            ),
            "held out: step: nan guard": step(
                "logits, mu, logvar = model(x)\nloss = negative_elbo(logits, x, mu, logvar)\nif torch.isnan(loss):\n    raise RuntimeError('nan')\noptimizer.zero_grad()\nloss.backward()\ntorch.nn.utils.clip_grad_value_(model.parameters(), 1e5)\noptimizer.step()\nreturn loss.item()"
            ),
        },
        {
            "held out: hinge": (
                terms("F.relu(1 - (2 * x - 1) * logits).sum(1).mean()"),
                {"elbo_value": "", "elbo_gradients": "", "elbo_trains": ""},
            ),
            "held out: poisson": (
                terms("F.poisson_nll_loss(logits, x, reduction='none').sum(1).mean()"),
                {"elbo_value": "", "elbo_gradients": "", "elbo_trains": ""},
            ),
            "held out: gaussian nll unit": (
                terms("(0.5 * (logits - x) ** 2 + 0.9189385).sum(1).mean()"),
                {"elbo_value": "", "elbo_gradients": "", "elbo_trains": ""},
            ),
            "held out: huber": (
                terms("F.smooth_l1_loss(torch.sigmoid(logits), x, reduction='sum') / len(x)"),
                {
                    "elbo_value": "half a squared error was used: asked is the Bernoulli log-li",
                    "elbo_gradients": "half a squared error was used: asked is the Bernoulli log-li",
                    "elbo_trains": "",
                },
            ),
            "held out: label smoothing": (
                terms(BCE.replace("x, red", "x * 0.9 + 0.05, red")),
                {"elbo_value": "", "elbo_gradients": "", "elbo_trains": ""},
            ),
            "held out: pos_weight 2": (
                terms(BCE.replace("reduction", "pos_weight=logits.new_tensor(2.0), reduction")),
                {"elbo_value": "", "elbo_gradients": ""},
            ),
            "held out: kl max": (
                terms(kl="(0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(1).max()"),
                {"elbo_value": "", "elbo_gradients": ""},
            ),
            "held out: kl warm up": (
                terms(total="reconstruction + min(1.0, 0.5) * kl"),
                {
                    "elbo_value": "in the KL, the factor 0.5 was applied twice",
                    "elbo_gradients": "in the KL, the factor 0.5 was applied twice",
                },
            ),
            "held out: kl abs sign": (
                terms(kl="(0.5 * (1 + logvar - mu**2 - logvar.exp())).sum(1).mean().abs() * 1.01"),
                {
                    "elbo_value": "the loss is 1 * reconstruction + 1.01 * KL: both weights are",
                    "elbo_gradients": "the loss is 1 * reconstruction + 1.01 * KL: both weights are",
                },
            ),
            "held out: log of total": (
                terms(total="torch.log(reconstruction + kl)"),
                {"elbo_value": "", "elbo_reductions": "", "elbo_gradients": ""},
            ),
            "held out: sqrt": (
                terms(
                    "F.binary_cross_entropy_with_logits(logits, x, reduction='none').square().sum(1).sqrt().mean()"
                ),
                {"elbo_value": "", "elbo_reductions": "", "elbo_gradients": "", "elbo_trains": ""},
            ),
            "held out: logits halved": (
                terms(BCE.replace("(logits", "(logits / 2")),
                {"elbo_value": "", "elbo_gradients": "", "elbo_trains": ""},
            ),
            "held out: per latent": (
                terms(total="reconstruction / mu.shape[1] + kl / mu.shape[1]"),
                {"elbo_value": "", "elbo_reductions": "", "elbo_gradients": ""},
            ),
            "held out: elbo minus log 2": (
                terms(total="reconstruction + kl - 0.6931"),
                {"elbo_value": "", "elbo_reductions": ""},
            ),
            "held out: step: loss doubled": (
                changed("loss.backward()", "(2 * loss).backward()"),
                {"step_moves": "two steps were made, or the loss was doubled"},
            ),
            "held out: step: freezes logvar": (
                changed(
                    "optimizer.zero_grad()",
                    "model.encoder.logvar.requires_grad_(False)\noptimizer.zero_grad()",
                ),
                {"step_moves": "", "step_reaches_the_encoder": ""},
            ),
            "held out: step: returns old": (
                step(
                    "global last\nlogits, mu, logvar = model(x)\nloss = negative_elbo(logits, x, mu, logvar)\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()\nprevious, last = last, loss.item()\nreturn previous",
                    "last = 0.0",
                ),
                {"step_value": ""},
            ),
            "held out: step: sign of gradient": (
                changed(
                    "optimizer.step()",
                    "for p in model.parameters():\n    p.grad.sign_()\noptimizer.step()",
                ),
                {"step_moves": "every parameter moved by the same amount, as by Adam: the gi"},
            ),
            "held out: step: random half": (
                changed(
                    "logits, mu, logvar = model(x)",
                    "x = x[torch.randperm(len(x))[: max(1, len(x) // 2)]]\nlogits, mu, logvar = model(x)",
                ),
                {"step_value": "", "step_moves": ""},
            ),
            "held out: step: recon only": (
                changed(
                    "negative_elbo(logits, x, mu, logvar)",
                    "F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / len(x)",
                ),
                {"step_value": "", "step_moves": "", "step_trains": ""},
            ),
            "held out: step: zero grad of encoder only": (
                changed("optimizer.zero_grad()", "model.encoder.zero_grad()"),
                {"step_moves": "", "step_trains": ""},
            ),
            "held out: step: deep copy": (
                step(
                    "import copy\nmodel = copy.deepcopy(model)\nlogits, mu, logvar = model(x)\nloss = negative_elbo(logits, x, mu, logvar)\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()\nreturn loss.item()"
                ),
                {
                    "step_moves": "nothing moved: `backward` or `step` is missing, they are not",
                    "step_reaches_the_encoder": "",
                    "step_trains": "",
                },
            ),
            "held out: step: resets weights": (
                step(
                    "logits, mu, logvar = model(x)\nloss = negative_elbo(logits, x, mu, logvar)\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfor p in model.decoder.parameters():\n    p.data.clamp_(-0.01, 0.01)\nreturn loss.item()"
                ),
                {"step_moves": "", "step_trains": ""},
            ),
            "held out: step: lr decay": (
                step(
                    "logits, mu, logvar = model(x)\nloss = negative_elbo(logits, x, mu, logvar)\noptimizer.zero_grad()\nloss.backward()\noptimizer.step()\nfor g in optimizer.param_groups:\n    g['lr'] *= 0.5\nreturn loss.item()"
                ),
                {
                    "step_moves": "the step is 0.5 times as long: the gradient was clipped or s",
                    "step_trains": "",
                },
            ),
        },
    ),
    "encoder": (
        {
            "held out: selu and skip": encoder(
                "h = torch.selu(self.hidden(x))\nreturn self.mu(h), self.logvar(h)"
            ),
            "held out: prelu": encoder(
                "h = self.act(self.hidden(x))\nreturn self.mu(h), self.logvar(h)",
                LAYERS + "self.act = nn.PReLU()",
            ),
            "held out: maximum": encoder(
                "h = torch.maximum(self.hidden(x), torch.zeros(1, dtype=x.dtype, device=x.device))\nreturn self.mu(h), self.logvar(h)"
            ),
            "held out: add_module": encoder(
                "h = F.relu(self.enc(x))\nreturn self.m(h), self.s(h)",
                "self.add_module('enc', nn.Linear(in_features, hidden))\nself.add_module('m', nn.Linear(hidden, latent_dim))\nself.add_module('s', nn.Linear(hidden, latent_dim))",
            ),
            "held out: buffer mean": encoder(
                "h = torch.relu(self.hidden(x - self.center))\nreturn self.mu(h), self.logvar(h)",
                LAYERS + "self.register_buffer('center', torch.full((in_features,), 0.13))",
            ),
            "held out: split": encoder(
                "return torch.split(self.out(torch.tanh(self.inp(x))), self.k, dim=1)",
                "self.k = latent_dim\nself.inp = nn.Linear(in_features, hidden)\nself.out = nn.Linear(hidden, latent_dim * 2)",
            ),
            "held out: three layers bottleneck": encoder(
                "h = self.trunk(x)\nreturn self.mu(h), self.logvar(h)",
                "self.trunk = nn.Sequential(nn.Linear(in_features, 2 * hidden), nn.LeakyReLU(0.2), nn.Linear(2 * hidden, hidden), nn.LeakyReLU(0.2))\nself.mu = nn.Linear(hidden, latent_dim)\nself.logvar = nn.Linear(hidden, latent_dim)",
            ),
        },
        {
            "held out: hardtanh": (
                heads(logvar="F.hardtanh(self.logvar(h))"),
                {"any_real_number": "an activation with bounds -1 and 1 on logvar, such as tanh"},
            ),
            "held out: relu6": (
                heads(mu="F.relu6(self.mu(h))"),
                {"any_real_number": "a relu on mu"},
            ),
            "held out: gelu on mu": (heads(mu="F.gelu(self.mu(h))"), {"any_real_number": ""}),
            "held out: silu on logvar": (
                heads(logvar="F.silu(self.logvar(h))"),
                {"any_real_number": ""},
            ),
            "held out: square on logvar": (
                heads(logvar="self.logvar(h) ** 2"),
                {"any_real_number": "an activation that gives no negative number on logvar, such "},
            ),
            "held out: log of softplus": (
                heads(logvar="torch.log(F.softplus(self.logvar(h)) + 1e-6)"),
                {"any_real_number": "an activation or a clamp: logvar never goes above 8.3"},
            ),
            "held out: minus relu": (
                heads(logvar="-torch.relu(self.logvar(h))"),
                {"any_real_number": "an activation or a clamp: logvar never goes above -0"},
            ),
            "held out: normalised mu": (
                heads(mu="F.normalize(self.mu(h), dim=1)"),
                {"any_real_number": ""},
            ),
            "held out: layer norm out": (
                encoder(
                    "h = torch.relu(self.hidden(x))\nreturn self.n(self.mu(h)), self.logvar(h)",
                    LAYERS + "self.n = nn.LayerNorm(latent_dim)",
                ),
                {"any_real_number": ""},
            ),
            "held out: instance over batch": (
                encoder(
                    "h = torch.relu(self.hidden(x))\nh = h / (h.max() + 1e-6)\nreturn self.mu(h), self.logvar(h)"
                ),
                {"own_image_alone": "", "learns": ""},
            ),
            "held out: noisy input": (
                encoder(
                    "h = torch.relu(self.hidden(x + 0.1 * torch.randn_like(x)))\nreturn self.mu(h), self.logvar(h)"
                ),
                {"own_image_alone": "noise in the encoder: the Sampling layer adds it"},
            ),
            "held out: alpha dropout": (
                encoder(
                    "h = self.d(torch.selu(self.hidden(x)))\nreturn self.mu(h), self.logvar(h)",
                    LAYERS + "self.d = nn.AlphaDropout(0.1)",
                ),
                {"own_image_alone": "dropout"},
            ),
            "held out: transposed pair": (
                heads("self.mu(h).T", "self.logvar(h).T"),
                {
                    "shape_and_type": "",
                    "own_image_alone": "",
                    "any_real_number": "",
                    "two_heads": "",
                    "learns": "",
                },
            ),
            "held out: unused bias": (
                encoder(layers=LAYERS + "self.bias = nn.Parameter(torch.zeros(latent_dim))"),
                {"two_heads": "a layer is made but not used"},
            ),
            "held out: hidden halved": (
                encoder(
                    layers=LAYERS.replace("hidden)", "hidden // 2)").replace(
                        "(hidden,", "(hidden // 2,"
                    )
                ),
                {"two_heads": "a size is fixed in the code, or a layer is made in `forward`"},
            ),
            "held out: frozen hidden": (
                encoder(layers=LAYERS + "self.hidden.requires_grad_(False)"),
                {"two_heads": "", "learns": ""},
            ),
            "held out: generator": (
                encoder("h = torch.relu(self.hidden(x))\nyield self.mu(h)\nyield self.logvar(h)"),
                {
                    "shape_and_type": "",
                    "own_image_alone": "",
                    "any_real_number": "",
                    "two_heads": "",
                    "learns": "",
                },
            ),
            "held out: half": (
                heads("self.mu(h).half()", "self.logvar(h).half()"),
                {
                    "shape_and_type": "",
                    "own_image_alone": "",
                    "any_real_number": "",
                    "two_heads": "",
                    "learns": "",
                },
            ),
            "held out: dropout only in eval off": (
                encoder(
                    "h = torch.relu(self.hidden(x))\nh = F.dropout(h, 0.3, training=self.training)\nreturn self.mu(h), self.logvar(h)"
                ),
                {"own_image_alone": "dropout"},
            ),
        },
    ),
    "log_variance": (
        {
            "held out: pow": std("torch.pow(torch.exp(logvar), 0.5)"),
            "held out: rsqrt": std("torch.rsqrt(torch.exp(-logvar))"),
            "held out: cosh": std("torch.cosh(logvar / 2) + torch.sinh(logvar / 2)"),
            "held out: distributions": std(
                "torch.distributions.Normal(torch.zeros_like(logvar), torch.exp(logvar / 2)).stddev"
            ),
            "held out: half in pieces": std(
                "half = torch.full_like(logvar, 0.5)\nreturn (half * logvar).exp()"
            ),
            "held out: vmapped": std("return torch.exp(torch.mul(logvar, 1 / 2))"),
            "held out: density: MVN diag": density(
                "return torch.distributions.MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(0.5 * logvar))).log_prob(z)"
            ),
            "held out: density: log terms": density(
                "k = mu.shape[-1]\nreturn -(k / 2) * math.log(2 * math.pi) - logvar.sum(dim=-1) / 2 - (((z - mu) / torch.exp(logvar / 2)) ** 2).sum(dim=-1) / 2"
            ),
            "held out: density: fsum": density(
                "total = 0\nfor j in range(z.shape[1]):\n    total = total - 0.5 * (math.log(2 * math.pi) + logvar[:, j] + (z[:, j] - mu[:, j]) ** 2 * torch.exp(-logvar[:, j]))\nreturn total"
            ),
            "held out: density: constant written": density(
                "each = -0.9189385332046727 - 0.5 * logvar - 0.5 * torch.square(mu - z) * torch.exp(-logvar)\nreturn each.sum(axis=1)"
            ),
            "held out: density: transformed": density(
                "base = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))\nt = torch.distributions.transforms.AffineTransform(mu, torch.exp(0.5 * logvar))\nreturn torch.distributions.TransformedDistribution(base, t).log_prob(z).sum(-1)"
            ),
        },
        {
            "held out: inverse": (
                std("1 / torch.exp(0.5 * logvar)"),
                {
                    "std_values": "the exponent has the wrong sign: sigma is exp(+0.5 * logvar)",
                    "std_gradients": "the exponent has the wrong sign: sigma is exp(+0.5 * logvar)",
                },
            ),
            "held out: plus one": (std("torch.exp(0.5 * logvar) + 1"), {"std_values": ""}),
            "held out: taylor": (
                std("1 + 0.5 * logvar + logvar ** 2 / 8"),
                {"std_values": "", "std_gradients": ""},
            ),
            "held out: log1p": (
                std("torch.log1p(torch.exp(0.5 * logvar))"),
                {"std_values": "", "std_gradients": ""},
            ),
            "held out: abs then sqrt exp": (
                std("torch.exp(0.5 * logvar.abs())"),
                {"std_values": "", "std_gradients": ""},
            ),
            "held out: third": (
                std("torch.exp(logvar / 3)"),
                {"std_values": "", "std_gradients": ""},
            ),
            "held out: ten": (std("10 ** (0.5 * logvar)"), {"std_values": "", "std_gradients": ""}),
            "held out: rounded": (
                std("torch.exp(0.5 * logvar).round(decimals=2)"),
                {
                    "std_values": "",
                    "std_gradients": "no gradient reaches logvar: detached",
                },
            ),
            "held out: mean over rows": (
                std("torch.exp(0.5 * logvar).mean(0, keepdim=True).expand_as(logvar)"),
                {"std_values": "", "std_gradients": ""},
            ),
            "held out: sqrt logvar square": (
                std("torch.sqrt(logvar ** 2)"),
                {
                    "std_values": "the absolute value of logvar was returned; sigma is exp(0.5 ",
                    "std_gradients": "the absolute value of logvar was returned; sigma is exp(0.5 ",
                },
            ),
            "held out: long": (
                std("torch.exp(0.5 * logvar).long()"),
                {"std_values": "", "std_gradients": ""},
            ),
            "held out: elu": (
                std("F.elu(0.5 * logvar) + 1", "from torch.nn import functional as F"),
                {"std_values": "", "std_gradients": ""},
            ),
            "held out: density: log10": (
                density(
                    "(torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z) / math.log(10)).sum(1)"
                ),
                {
                    "log_prob_values": "every value is the right one times 0.4343",
                    "log_prob_gradients": "every value is the right one times 0.4343",
                },
            ),
            "held out: density: student": (
                density(
                    "torch.distributions.StudentT(5.0, mu, (logvar / 2).exp()).log_prob(z).sum(1)"
                ),
                {"log_prob_values": "", "log_prob_gradients": ""},
            ),
            "held out: density: product of exps": (
                density(
                    "s = torch.exp(0.5 * logvar)\nreturn (torch.exp(-0.5 * ((z - mu) / s) ** 2) / (s * math.sqrt(2 * math.pi))).prod(1).clamp(min=1e-38).log()"
                ),
                {"log_prob_values": "the density is 0 in float32 there: write its logarithm out, "},
            ),
            "held out: density: sqrt missing": (
                density(
                    "v = logvar.exp()\nreturn (-0.5 * (z - mu) ** 2 / v - torch.log(2 * math.pi * v)).sum(1)"
                ),
                {
                    "log_prob_values": "the factor 0.5 covers the square alone",
                    "log_prob_gradients": "the factor 0.5 covers the square alone",
                },
            ),
            "held out: density: root of pi": (
                density(
                    "v = logvar.exp()\nreturn (-0.5 * (z - mu) ** 2 / v - 0.5 * torch.log(math.pi * v)).sum(1)"
                ),
                {"log_prob_values": "the constant is log(2 pi): the 2 is missing"},
            ),
            "held out: density: z squared minus": (
                density(
                    "-0.5 * ((z ** 2 - mu ** 2) / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)"
                ),
                {"log_prob_values": "", "log_prob_gradients": ""},
            ),
            "held out: density: first column": (
                density("torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z)[:, 0]"),
                {"log_prob_values": "", "log_prob_gradients": ""},
            ),
            "held out: density: max": (
                density(
                    "torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z).max(1).values"
                ),
                {"log_prob_values": "", "log_prob_gradients": ""},
            ),
            "held out: density: mean mu": (
                density(
                    "torch.distributions.Normal(mu.mean(0), (logvar / 2).exp()).log_prob(z).sum(1)"
                ),
                {"log_prob_values": "", "log_prob_gradients": ""},
            ),
            "held out: density: abs det": (
                density(
                    "-0.5 * ((z - mu) ** 2 / logvar.exp() + logvar.abs() + math.log(2 * math.pi)).sum(1)"
                ),
                {"log_prob_values": "", "log_prob_gradients": ""},
            ),
            "held out: density: clamp value": (
                density(
                    "torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z).clamp(min=-100).sum(1)"
                ),
                {"log_prob_values": "the density is 0 in float32 there: write its logarithm out, "},
            ),
        },
    ),
}
