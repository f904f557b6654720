"""The model of docs/model.md, written from that page alone, against a run.

    python3 tests/python/model.py RUN_DIRECTORY [RUN_DIRECTORY ...]

Reads the settings in summary.json, draws data and weights, trains, and compares every
number of curve.csv; exits with 1 where one differs by more than 1e-10, relatively (the
stability, which the program finds by iteration, by more than 1e-6).
"""
import csv, json, math, sys
import numpy as np

DATA, TEST, TARGET, INIT, NOISE = 1, 2, 3, 4, 5
M64, R = 2**64 - 1, 3.654152885361008796


def key(seed):  # 64 bits of seed to the 256 bits of a ChaCha key
    out = []
    for _ in range(8):
        seed = (seed * 0x5851F42D4C957F2D + 0xA17654E46FBE17F3) & M64
        x, r = (((seed >> 18) ^ seed) >> 27) & 0xFFFFFFFF, seed >> 59
        out.append(((x >> r) | (x << (32 - r))) & 0xFFFFFFFF)
    return out


def words(seed, stream, row):  # the 32-bit words of one row of a stream, ChaCha20
    k, block = key(seed), row * 2**16 // 16
    while True:
        start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *k,
                 block & 0xFFFFFFFF, block >> 32, stream & 0xFFFFFFFF, stream >> 32]
        s = start[:]
        for _ in range(10):
            for a, b, c, d in [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                               (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]:
                for x, y, z, n in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)]:
                    s[x] = (s[x] + s[y]) & 0xFFFFFFFF
                    v = s[z] ^ s[x]
                    s[z] = ((v << n) | (v >> (32 - n))) & 0xFFFFFFFF
        yield from ((a + b) & 0xFFFFFFFF for a, b in zip(s, start))
        block += 1


def density(x):
    return math.exp(-x * x / 2)


X = [4.92867323399e-3 / density(R), R]
while len(X) < 256:
    X.append(math.sqrt(-2 * math.log(4.92867323399e-3 / X[-1] + density(X[-1]))))
X.append(0.0)


def normals(seed, stream, row, count):
    w, out = words(seed, stream, row), []
    bits = lambda: next(w) | next(w) << 32
    opened = lambda: (bits() >> 12) * 2.0**-52 + 2.0**-53
    while len(out) < count:
        b = bits()
        i, u = b & 255, (b >> 12) * 2.0**-51 - 1
        x = u * X[i]
        if abs(x) >= X[i + 1]:
            if i == 0:
                while True:
                    t, y = math.log(opened()) / R, math.log(opened())
                    if -2 * y >= t * t:
                        break
                x = t - R if u < 0 else R - t
            else:
                f0, f1 = density(X[i]), density(X[i + 1])
                if f1 + (f0 - f1) * (bits() >> 11) * 2.0**-53 >= density(x):
                    continue
        out.append(x)
    return out


def matrix(seed, stream, rows, columns):
    return np.array([normals(seed, stream, i, columns) for i in range(rows)])


def alignments(K, y):
    a = lambda K, y: y @ K @ y / (np.linalg.norm(K) * (y @ y))
    H = np.eye(len(y)) - 1 / len(y)
    return a(K, y), a(H @ K @ H, H @ y), a(H @ K, H @ y)


def check(directory):
    c = json.load(open(f"{directory}/summary.json"))["config"]
    t, n, r, o, seed = c["task"], c["network"], c["training"], c["outcome"], c["seed"]
    D, P, k = t["dim"], t["samples"], t["target_rank"]
    alpha, eps, kappa = n["alpha"], n["epsilon"], float(n["centered"])
    eta, mu, lam = r["learning_rate"], r["momentum"], r["weight_decay"]

    x = matrix(seed, DATA, P, D) / math.sqrt(D)
    beta = matrix(seed, TARGET, k, D)
    T = t["target_scale"] / k * beta.T @ beta
    target = lambda x: 0.5 * np.einsum("mi,ij,mj->m", x, T, x)
    power = (np.trace(T) ** 2 + 2 * np.sum(T * T)) / (4 * D * D)
    y = target(x)
    if t["label_noise"] > 0:
        noise = [normals(seed, NOISE, i, 1)[0] for i in range(P)]
        y = y + t["label_noise"] * math.sqrt(power) * np.array(noise)
    if n["width"] == "inf":
        w, L = np.zeros(D), n["init_scale"] * np.eye(D)
    else:
        W = n["init_scale"] * matrix(seed, INIT, n["width"], D)
        w = W.mean(0)
        L = (W - w).T / math.sqrt(n["width"])
    w0, L0, M0 = w, L, L @ L.T + np.outer(w, w)
    points = t["test_samples"] or 1000
    xt = matrix(seed, TEST, points, D) / math.sqrt(D)
    yt = target(xt)

    f = lambda x, b, A: x @ b + 0.5 * np.einsum("mi,ij,mj->m", x, A, x)
    ntk = lambda x, z, w, M: (x @ z.T) * (
        1 + eps * ((x @ w)[:, None] + z @ w) + eps**2 * x @ M @ z.T)

    def loss(b, A):
        E = A - T
        return (np.trace(E) / D) ** 2 / 4, np.sum(E * E) / (2 * D * D), b @ b / D

    K0 = ntk(x, x, w0, M0)
    unit = [math.sqrt(np.mean(y**2)), math.sqrt(power)] if o["relative"] else [1, 1]
    tolerances = o["accuracy_tolerance"] * np.array(unit)
    within = lambda e, tol: np.mean(np.abs(e).astype(np.float32).astype(float) <= tol)
    basis = np.linalg.qr(beta.T)[0].T

    rows = list(csv.DictReader(open(f"{directory}/curve.csv")))
    worst, u, V = (0.0, ""), np.zeros(D), np.zeros_like(L)
    res = (1 - kappa) * f(x, alpha * w0, alpha * eps * M0) - y  # of the linearised model
    lazy, s = np.zeros(P), np.zeros(P)
    step = 0
    for row in rows:
        while True:
            M = L @ L.T + np.outer(w, w)
            b, A = alpha * (w - kappa * w0), alpha * eps * (M - kappa * M0)
            e = f(x, b, A) - y
            if step == int(row["step"]):
                break
            g, G = 2 / (alpha * P) * x.T @ e, 2 * eps / (alpha * P) * (x.T * e) @ x
            u, V = mu * u + lam * w + g + G @ w, mu * V + lam * L + G @ L
            w, L = w - eta * u, L - eta * V
            s = mu * s + res
            lazy, res = lazy - 2 * eta / P * s, res - 2 * eta / P * K0 @ s
            step += 1
        K = ntk(x, x, w, M)
        v, mis, lin = loss(b, A)
        et = f(xt, b, A) - yt
        m, values = np.trace(M), np.linalg.eigvalsh(M)[::-1]
        yKy = eps**2 * np.trace((np.trace(T) * np.eye(D) + 2 * T) @ M
                                @ (np.trace(T) * np.eye(D) + 2 * T)) / (4 * D**4)
        K2 = (1 / D + 2 * eps**2 * (w @ w) * (D + 2) / D**3
              + eps**4 * ((D + 6) * np.sum(M * M) + 2 * m * m) / D**4)
        S, sx = (x.T * lazy) @ x, x.T @ lazy
        bl = x.T @ (lazy * (1 + eps * x @ w0)) + (1 - kappa) * alpha * w0
        Al = (eps * (np.outer(sx, w0) + np.outer(w0, sx)) + eps**2 * (S @ M0 + M0 @ S)
              + (1 - kappa) * alpha * eps * M0)
        found = {
            "train_loss": np.mean(e**2), "test_loss": v + mis + lin, "variance_error": v,
            "misalignment_error": mis, "linear_power": lin,
            "train_accuracy": within(e, tolerances[0]), "test_accuracy": within(et, tolerances[1]),
            "population_alignment": yKy / (math.sqrt(K2) * power),
            "feature_alignment": np.trace(basis @ M @ basis.T) / m,
            "feature_eigenvalue_1": values[0], "feature_eigenvalue_2": values[1],
            "feature_eigenvalue_3": values[2], "effective_rank": m**2 / np.sum(M * M),
            "ntk_drift": np.linalg.norm(K - K0) / np.linalg.norm(K0),
            "ntk_relative_alignment": np.sum(K * K0) / np.linalg.norm(K) / np.linalg.norm(K0),
            "weight_norm_sq": m, "learning_rate": eta, "flow_time": eta * step,
            "param_movement": (np.sum((w - w0) ** 2) + np.sum((L - L0) ** 2)) / np.trace(M0),
            "stability": eta * np.linalg.eigvalsh(K)[-1] / P / (1 + mu),
        }
        names = ["alignment", "centered_alignment", "column_centered_alignment"]
        found.update(zip(names, alignments(K, y)))
        if t["test_samples"]:
            found["sample_test_loss"] = np.mean(et**2)
            found.update(zip(["test_" + name for name in names],
                             alignments(ntk(xt, xt, w, M), yt)))
        if lam == 0:
            found["lin_train_loss"], found["lin_test_loss"] = np.mean(res**2), sum(loss(bl, Al))
            if t["test_samples"]:
                found["sample_lin_test_loss"] = np.mean((f(xt, bl, Al) - yt) ** 2)
        written = {name for name in row if row[name] != "" and name != "step"}
        assert written == set(found), written ^ set(found)
        for name, value in found.items():
            scale = max(abs(value), 1e-12 if "error" in name or "power" in name else 1e-9)
            off = abs(float(row[name]) - value) / scale
            if name == "stability":  # found by iteration, to about 1e-8
                off *= 1e-4
            worst = max(worst, (off, f"{name} at step {step}"))
    print(f"{directory}: {len(rows)} rows, {len(found)} columns, largest difference {worst[0]:.1e}"
          f" ({worst[1]})")
    return worst[0] <= 1e-10


if __name__ == "__main__":
    sys.exit(0 if all([check(directory) for directory in sys.argv[1:]]) else 1)
