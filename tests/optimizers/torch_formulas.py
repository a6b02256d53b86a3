"""The formulas of `torch.optim` in NumPy."""

import numpy as np


def clip(gradients, clip_norm):
  norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
  scale = clip_norm / (norm + 1e-6)
  return [g * scale for g in gradients] if scale < 1 else gradients


class NumpySGD:
  def __init__(self, momentum=0.0, nesterov=False, weight_decay=0.0):
    self.momentum, self.nesterov = momentum, nesterov
    self.weight_decay, self.buffers = weight_decay, None

  def step(self, weights, gradients, rate):
    gradients = [
      g + self.weight_decay * w for g, w in zip(gradients, weights, strict=True)
    ]
    if self.momentum:
      if self.buffers is None:
        self.buffers = [g.copy() for g in gradients]
      else:
        self.buffers = [
          self.momentum * b + g
          for b, g in zip(self.buffers, gradients, strict=True)
        ]
      gradients = [
        g + self.momentum * b if self.nesterov else b
        for b, g in zip(self.buffers, gradients, strict=True)
      ]
    return [w - rate * g for w, g in zip(weights, gradients, strict=True)]


class NumpyAdam:
  def __init__(self, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.0):
    self.betas, self.epsilon = (beta_1, beta_2), epsilon
    self.weight_decay, self.t = weight_decay, 0
    self.m = self.v = None

  def step(self, weights, gradients, rate):
    b1, b2 = self.betas
    self.t += 1
    if self.m is None:
      self.m = [np.zeros_like(w) for w in weights]
      self.v = [np.zeros_like(w) for w in weights]
    result = []
    for i, (w, g) in enumerate(zip(weights, gradients, strict=True)):
      g = g + self.weight_decay * w
      self.m[i] = b1 * self.m[i] + (1 - b1) * g
      self.v[i] = b2 * self.v[i] + (1 - b2) * g * g
      root = np.sqrt(self.v[i]) / np.sqrt(1 - b2**self.t) + self.epsilon
      result.append(w - rate / (1 - b1**self.t) * self.m[i] / root)
    return result
