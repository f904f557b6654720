"""The updates of benches/networks.rs in PyTorch, on one thread in single precision.

Prints one line a workload: name, tab, updates per CPU-second (best of five). Each
update is a forward pass, a backward pass and the optimiser's step on the same
sizes; AdamW is PyTorch's fused one, the fastest it has on a CPU.
"""

import math
import time

import torch

torch.set_num_threads(1)
torch.manual_seed(0)
F = torch.nn.functional


def measure(update, updates):
    for _ in range(3):
        update()
    best = math.inf
    for _ in range(5):
        start = time.process_time()
        for _ in range(updates):
            update()
        best = min(best, (time.process_time() - start) / updates)
    return 1 / best


def parameters(*shapes, scale=1.0):
    return [(scale * torch.randn(s)).requires_grad_() for s in shapes]


def updater(params, loss, optimiser):
    def update():
        optimiser.zero_grad(set_to_none=True)
        loss().backward()
        optimiser.step()

    return update


def pairs(p, fraction):
    grid = torch.cartesian_prod(torch.arange(p), torch.arange(p))
    rows = torch.randperm(p * p)[: int(fraction * p * p)]
    ab = grid[rows]
    return ab, (ab.sum(1) % p)


def modular(p, n, rate):
    ab, label = pairs(p, 0.9)
    x = torch.cat([F.one_hot(ab[:, 0], p), F.one_hot(ab[:, 1], p)], 1).float()
    y = F.one_hot(label, p).float()
    w1, w2 = params = parameters((n, 2 * p), (p, n))
    a, b = ab[:, 0], ab[:, 1] + p
    table = lambda: w1.t()

    def dense():
        return F.mse_loss((x @ w1.t()).square() @ w2.t() / (2 * p * n), y)

    def gathered():
        t = table()
        return F.mse_loss((t[a] + t[b]).square() @ w2.t() / (2 * p * n), y)

    # Whichever form PyTorch does faster.
    speeds = []
    for loss in (dense, gathered):
        optimiser = torch.optim.SGD(params, lr=rate)
        speeds.append(measure(updater(params, loss, optimiser), 300))
    return max(speeds)


def adamw(params, lr, wd, beta2=0.999):
    return torch.optim.AdamW(params, lr=lr, weight_decay=wd, betas=(0.9, beta2), fused=True)


def student_teacher():
    x, y = torch.randn(100, 5), torch.randn(100, 5)
    w1, b1, w2, b2, w3, b3 = params = parameters(
        (100, 5), (100,), (100, 100), (100,), (5, 100), (5,), scale=0.1
    )

    def loss():
        h = torch.tanh(F.linear(x, w1, b1))
        h = torch.tanh(F.linear(h, w2, b2))
        return F.mse_loss(F.linear(h, w3, b3), y)

    return measure(updater(params, loss, adamw(params, 3e-4, 0.05)), 500)


def images(sizes, batch, updates):
    x = torch.rand(batch, sizes[0])
    y = F.one_hot(torch.randint(10, (batch,)), 10).float()
    shapes = [(b, a) for a, b in zip(sizes, sizes[1:])]
    params = parameters(*shapes, scale=0.1)

    def loss():
        h = x
        for w in params[:-1]:
            h = torch.relu(h @ w.t())
        return F.mse_loss(0.1 * (h @ params[-1].t()), y)

    return measure(updater(params, loss, adamw(params, 1e-3, 0.3)), updates)


def transformer(p, d, heads, mlp, fraction, updates):
    ab, label = pairs(p, fraction)
    size = d // heads
    s = 1 / math.sqrt(d)
    we, pos, wk, wq, wv, wo, win, wout, wu = parameters(
        (p + 1, d), (3, d), (d, d), (d, d), (d, d), (d, d), (mlp, d), (d, mlp), (d, p + 1), scale=s
    )
    bin_, bout = (torch.zeros(n, requires_grad=True) for n in (mlp, d))
    params = [we, pos, wk, wq, wv, wo, win, wout, wu, bin_, bout]
    tokens = torch.cat([ab, torch.full((len(ab), 1), p)], 1)
    a, b = ab[:, 0], ab[:, 1]

    def rest(z, last):
        r = last + F.linear(z, wo)
        r = r + F.linear(torch.relu(F.linear(r, win, bin_)), wout, bout)
        return F.cross_entropy(0.5 * (r @ wu), label)

    def plain():
        # Keys and values at all three positions, the query at the last one.
        x = we[tokens] + pos
        n = len(x)
        last = x[:, 2]
        k = F.linear(x, wk).view(n, 3, heads, size)
        v = F.linear(x, wv).view(n, 3, heads, size)
        q = F.linear(last, wq).view(n, 1, heads, size)
        w = torch.softmax((q * k).sum(-1) / math.sqrt(size), 1)
        return rest((w.unsqueeze(-1) * v).sum(1).reshape(n, d), last)

    def tables():
        # The same by token and position, as the program does it.
        x0, x1 = we[:p] + pos[0], we[:p] + pos[1]
        x2 = (we[p] + pos[2]).unsqueeze(0)
        q = F.linear(x2, wq).view(1, heads, size)
        score = lambda x: (F.linear(x, wk).view(-1, heads, size) * q).sum(-1) / math.sqrt(size)
        value = lambda x: F.linear(x, wv).view(-1, heads, size)
        n = len(ab)
        s = torch.stack([score(x0)[a], score(x1)[b], score(x2).expand(n, heads)], 1)
        w = torch.softmax(s, 1).unsqueeze(-1)
        z = w[:, 0] * value(x0)[a] + w[:, 1] * value(x1)[b] + w[:, 2] * value(x2)
        return rest(z.reshape(n, d), x2)

    speeds = []
    for loss in (plain, tables):
        speeds.append(measure(updater(params, loss, adamw(params, 1e-3, 1.0, 0.98)), updates))
    return max(speeds)


def main():
    cases = {
        "modular p=23 N=100": lambda: modular(23, 100, 100.0),
        "modular p=17 N=200": lambda: modular(17, 200, 200.0),
        "student-teacher 5-100-100-5": student_teacher,
        "images 196-100-100-100-10": lambda: images([196, 100, 100, 100, 10], 200, 100),
        "images 784-200-200-200-10": lambda: images([784, 200, 200, 200, 10], 200, 30),
        "transformer p=31 d=32": lambda: transformer(31, 32, 4, 128, 0.7, 50),
        "transformer p=53 d=48": lambda: transformer(53, 48, 4, 192, 0.4, 20),
        "transformer p=113 d=128": lambda: transformer(113, 128, 4, 512, 0.4, 2),
    }
    for name, case in cases.items():
        print(f"{name}\t{case():.2f}", flush=True)


if __name__ == "__main__":
    main()
