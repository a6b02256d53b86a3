#!/usr/bin/env python3
"""Eager PyTorch baseline of one retraining step of the network of `DARTS_V2`.

The discrete network of arXiv:1806.09055 for CIFAR-10 as plain modules: batch
normalization with scales and offsets, no drop path, no auxiliary head. A step
is cross-entropy, its gradient clipped to a norm of 5, and SGD with momentum
0.9 and weight decay 3e-4, as in `bin/benchmark.py --genotype=DARTS_V2`.

  python benchmarks/torch_network_step.py --channels=16 --cells=8 --batch=64 \
      --channels_last

Prints one JSON line: seconds per step, seconds to the end of the first one,
peak memory, parameters (3,349,342 at 36 channels and 20 cells).
"""

from torch_measuring import CLASSES, Setting, make_parser  # noqa: I001, first

import torch
import torch.nn.functional as F
from torch import nn
from torch_darts_step import FactorizedReduce, conv_bn, separable, stem

# Operation and input of the two edges of each node, in the order of nodes.
DARTS_V2 = {
  'normal': (
    (('sep_conv_3x3', 0), ('sep_conv_3x3', 1)),
    (('sep_conv_3x3', 0), ('sep_conv_3x3', 1)),
    (('sep_conv_3x3', 1), ('skip_connect', 0)),
    (('skip_connect', 0), ('dil_conv_3x3', 2)),
  ),
  'reduce': (
    (('max_pool_3x3', 0), ('max_pool_3x3', 1)),
    (('skip_connect', 2), ('max_pool_3x3', 1)),
    (('max_pool_3x3', 0), ('skip_connect', 2)),
    (('skip_connect', 2), ('max_pool_3x3', 1)),
  ),
}


def skip_connect(c, stride):
  return nn.Identity() if stride == 1 else FactorizedReduce(c, c, affine=True)


OPERATIONS = {
  'skip_connect': skip_connect,
  'max_pool_3x3': lambda c, stride: nn.MaxPool2d(3, stride, 1),
  'sep_conv_3x3': lambda c, stride: nn.Sequential(
    *separable(c, 3, stride, affine=True), *separable(c, 3, 1, affine=True)
  ),
  'dil_conv_3x3': lambda c, stride: nn.Sequential(
    *separable(c, 3, stride, dilation=2, affine=True)
  ),
}


class DiscreteCell(nn.Module):
  """A cell: each node is the sum of two operations."""

  def __init__(self, kind, c_pp, c_p, c, after_reduction):
    super().__init__()
    self.before = nn.ModuleList(
      [
        FactorizedReduce(c_pp, c, affine=True)
        if after_reduction
        else conv_bn(c_pp, c, affine=True),
        conv_bn(c_p, c, affine=True),
      ]
    )
    self.nodes = DARTS_V2[kind]
    # Edges from the inputs of a cell halve the image, others do not.
    stride = lambda source: 2 if kind == 'reduce' and source < 2 else 1
    self.operations = nn.ModuleList(
      [
        nn.ModuleList([OPERATIONS[name](c, stride(j)) for name, j in edges])
        for edges in self.nodes
      ]
    )

  def forward(self, *inputs):
    states = [before(x) for before, x in zip(self.before, inputs)]
    for (one, other), ((_, i), (_, j)) in zip(self.operations, self.nodes):
      states.append(one(states[i]) + other(states[j]))
    return torch.cat(states[2:], 1)


class Network(nn.Module):
  """Stem, cells and classifier."""

  def __init__(self, c, cells):
    super().__init__()
    self.stem = stem(c)
    self.cells = nn.ModuleList()
    c_pp = c_p = 3 * c
    previous = 'normal'
    for position in range(cells):
      reduces = position in (cells // 3, 2 * cells // 3)
      kind = 'reduce' if reduces else 'normal'
      c *= 2 if reduces else 1
      self.cells.append(DiscreteCell(kind, c_pp, c_p, c, previous == 'reduce'))
      c_pp, c_p, previous = c_p, 4 * c, kind
    self.classifier = nn.Linear(c_p, CLASSES)

  def forward(self, images):
    older = newer = self.stem(images)
    for cell in self.cells:
      older, newer = newer, cell(older, newer)
    return self.classifier(newer.mean((2, 3)))


def main():
  options = make_parser(__doc__).parse_args()
  setting = Setting(options)
  net = setting.place(Network(options.channels, options.cells))
  forward = setting.function(net)
  weights = list(net.parameters())
  optimizer = torch.optim.SGD(weights, 0.025, momentum=0.9, weight_decay=3e-4)

  def step():
    images, labels = setting.batch()
    optimizer.zero_grad()
    with setting.precision():
      loss = F.cross_entropy(forward(images), labels)
    loss.backward()
    nn.utils.clip_grad_norm_(weights, 5.0)
    optimizer.step()

  setting.measure(
    step, warm_up=1, parameters=sum(weight.numel() for weight in weights)
  )


if __name__ == '__main__':
  main()
