#!/usr/bin/env python3
"""Eager PyTorch baseline of one DARTS search step, to measure against.

A user would run this instead: the DARTS search space (14 edges a cell,
8 candidates an edge) as plain modules, one module per candidate per edge, and
the bilevel step of arXiv:1806.09055 (architecture step, then weight step).
Second order is by finite differences, as published. Semantics match the
published method; only speed and memory are of interest.

  pip install torch==2.13.0 numpy
  python benchmarks/torch_darts_step.py --channels=16 --cells=8 --batch=64 \
      --order=first --channels_last

With --channels_last it is at its best on CPUs. `scripts/benchmark_peers.sh`
runs it and `bin/benchmark.py`, both with the same allocator settings.

Prints one JSON line: seconds per search step, seconds to the end of the first
one, peak memory.
"""

from torch_measuring import Setting, make_parser  # noqa: I001, first of all

import torch
import torch.nn.functional as F
from torch import nn

CANDIDATES = 8


def conv_bn(c_in, c_out, affine=False):
  return nn.Sequential(
    nn.ReLU(),
    nn.Conv2d(c_in, c_out, 1, bias=False),
    nn.BatchNorm2d(c_out, affine=affine),
  )


class FactorizedReduce(nn.Module):
  def __init__(self, c_in, c_out, affine=False):
    super().__init__()
    self.even = nn.Conv2d(c_in, c_out // 2, 1, stride=2, bias=False)
    self.odd = nn.Conv2d(c_in, c_out // 2, 1, stride=2, bias=False)
    self.bn = nn.BatchNorm2d(c_out, affine=affine)

  def forward(self, x):
    x = F.relu(x)
    return self.bn(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], 1))


def separable(c, k, stride, dilation=1, affine=False):
  pad = dilation * (k - 1) // 2
  return [
    nn.ReLU(),
    nn.Conv2d(c, c, k, stride, pad, dilation, groups=c, bias=False),
    nn.Conv2d(c, c, 1, bias=False),
    nn.BatchNorm2d(c, affine=affine),
  ]


def stem(c):
  return nn.Sequential(
    nn.Conv2d(3, 3 * c, 3, padding=1, bias=False), nn.BatchNorm2d(3 * c)
  )


class Zero(nn.Module):
  def __init__(self, stride):
    super().__init__()
    self.stride = stride

  def forward(self, x):
    return x[:, :, :: self.stride, :: self.stride].mul(0.0)


def candidates(c, stride):
  norm = lambda: nn.BatchNorm2d(c, affine=False)
  skip = nn.Identity() if stride == 1 else FactorizedReduce(c, c)
  return nn.ModuleList(
    [
      Zero(stride),
      nn.Sequential(nn.MaxPool2d(3, stride, 1), norm()),
      nn.Sequential(
        nn.AvgPool2d(3, stride, 1, count_include_pad=False), norm()
      ),
      skip,
      nn.Sequential(*separable(c, 3, stride), *separable(c, 3, 1)),
      nn.Sequential(*separable(c, 5, stride), *separable(c, 5, 1)),
      nn.Sequential(*separable(c, 3, stride, 2)),
      nn.Sequential(*separable(c, 5, stride, 2)),
    ]
  )


class Cell(nn.Module):
  def __init__(self, c_pp, c_p, c, reduce, reduce_prev, nodes=4):
    super().__init__()
    self.nodes = nodes
    self.pre0 = FactorizedReduce(c_pp, c) if reduce_prev else conv_bn(c_pp, c)
    self.pre1 = conv_bn(c_p, c)
    self.edges = nn.ModuleList(
      [
        candidates(c, 2 if reduce and j < 2 else 1)
        for i in range(nodes)
        for j in range(2 + i)
      ]
    )

  def forward(self, s0, s1, weights):
    states = [self.pre0(s0), self.pre1(s1)]
    edge = 0
    for _ in range(self.nodes):
      total = 0
      for h in states:
        total = total + sum(
          w * op(h) for w, op in zip(weights[edge], self.edges[edge])
        )
        edge += 1
      states.append(total)
    return torch.cat(states[-self.nodes :], 1)


class Supernet(nn.Module):
  def __init__(self, c, cells, device='cpu', classes=10, nodes=4):
    super().__init__()
    self.stem = stem(c)
    c_pp, c_p, reduce_prev, self.cells = 3 * c, 3 * c, False, nn.ModuleList()
    for i in range(cells):
      reduce = i in (cells // 3, 2 * cells // 3)
      c = c * 2 if reduce else c
      self.cells.append(Cell(c_pp, c_p, c, reduce, reduce_prev, nodes))
      c_pp, c_p, reduce_prev = c_p, nodes * c, reduce
    self.reduces = [i in (cells // 3, 2 * cells // 3) for i in range(cells)]
    self.head = nn.Linear(c_p, classes)
    edges = sum(2 + i for i in range(nodes))
    self.alphas = [
      (1e-3 * torch.randn(edges, CANDIDATES, device=device)).requires_grad_()
      for _ in range(2)
    ]

  def forward(self, x):
    normal, reduce = (F.softmax(a, -1) for a in self.alphas)
    s0 = s1 = self.stem(x)
    for cell, is_reduce in zip(self.cells, self.reduces):
      s0, s1 = s1, cell(s0, s1, reduce if is_reduce else normal)
    return self.head(s1.mean((2, 3)))


def main():
  parser = make_parser(__doc__)
  parser.add_argument('--order', choices=['first', 'second'], default='first')
  a = parser.parse_args()
  setting = Setting(a)
  net = setting.place(Supernet(a.channels, a.cells, a.device))
  forward = setting.function(net)
  weights = list(net.parameters())
  sgd = torch.optim.SGD(weights, 0.025, momentum=0.9, weight_decay=3e-4)
  adam = torch.optim.Adam(
    net.alphas, 3e-4, betas=(0.5, 0.999), weight_decay=1e-3
  )
  xi = 0.025

  def loss(batch):
    with setting.precision():
      return F.cross_entropy(forward(batch[0]), batch[1])

  @torch.no_grad()
  def shift(vector, scale):
    for w, v in zip(weights, vector):
      w.add_(v, alpha=scale)

  def architecture_gradient(train, val):
    if a.order == 'first':
      return torch.autograd.grad(loss(val), net.alphas)
    saved = [w.detach().clone() for w in weights]
    inner = torch.autograd.grad(loss(train), weights)
    shift([g + 3e-4 * w.detach() for g, w in zip(inner, weights)], -xi)
    grads = torch.autograd.grad(loss(val), net.alphas + weights)
    with torch.no_grad():
      for w, s in zip(weights, saved):
        w.copy_(s)
    vector = grads[2:]
    eps = float(0.01 / torch.cat([v.reshape(-1) for v in vector]).norm())
    shift(vector, eps)
    plus = torch.autograd.grad(loss(train), net.alphas)
    shift(vector, -2 * eps)
    minus = torch.autograd.grad(loss(train), net.alphas)
    shift(vector, eps)
    return [
      g - xi * (p - m) / (2 * eps) for g, p, m in zip(grads[:2], plus, minus)
    ]

  def step():
    train, val = setting.batch(), setting.batch()
    for alpha, g in zip(net.alphas, architecture_gradient(train, val)):
      alpha.grad = g
    adam.step()
    sgd.zero_grad()
    loss(train).backward()
    nn.utils.clip_grad_norm_(weights, 5.0)
    sgd.step()

  setting.measure(
    step, order=a.order, parameters=sum(w.numel() for w in weights)
  )


if __name__ == '__main__':
  main()
