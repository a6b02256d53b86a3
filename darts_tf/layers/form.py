"""The form of a supernet: how it computes the mixture of an edge."""

import dataclasses
import math

from darts_tf.config.errors import InputError
from darts_tf.config.options import option
from darts_tf.config.parts import Axis, Part
from darts_tf.config.progress import Progress

PATHS = ('all', 'selected')
DECAYS = ('none', 'linear', 'cosine', 'slow_cosine')


@dataclasses.dataclass(frozen=True)
class SupernetForm(Part):
  r"""The way in which each edge of a supernet mixes its candidates.

  With `partial_channels = K` only the first C / K channels pass the
  candidates; the others bypass them, at stride 2 through a 2x2 max pool.
  Both parts are joined and shuffled in K groups (arXiv:1907.05737).

  With `auxiliary_skip` each edge has one skip connection more, outside of
  the mixing weights, with a rate `beta` in front that decays from 1
  (arXiv:2009.01027). In epoch e of E it is `(E - e) / E` (`linear`),
  `(1 + cos(pi e / E)) / 2` (`cosine`) or `cos(pi e / 2E)` (`slow_cosine`).

  With `paths = 'selected'` only the candidate that the mixing weights
  select runs on an edge. Normalization has the statistics of the batch then,
  also in evaluation.

  Args:
    partial_channels: K, a divisor of the channels of all cells.
    auxiliary_skip: whether edges have the auxiliary skip connection.
    auxiliary_decay: course of its rate; `none` leaves it at 1.
    paths: `all` or `selected`.
  """

  partial_channels: int = option(
    1,
    'Channels are divided by this number; one part of them passes the'
    ' candidates of an edge, the others bypass them.',
    least=1,
  )
  auxiliary_skip: bool = option(
    False, 'Whether each edge has a skip connection outside of its mixture.'
  )
  auxiliary_decay: str = option(
    'linear',
    'How the rate of the auxiliary skip connection falls from 1.',
    choices=DECAYS,
  )
  paths: str = option(
    'all',
    'Whether all candidates of an edge run, or only the selected one.',
    choices=PATHS,
  )

  name = 'supernet'

  def __post_init__(self):
    super().__post_init__()
    if self.auxiliary_skip and self.paths == 'selected':
      raise InputError(
        'An auxiliary skip connection runs beside all candidates; expected'
        ' paths=all or auxiliary_skip=false. Received: paths=selected,'
        ' auxiliary_skip=true'
      )

  @property
  def selects(self) -> bool:
    """Whether only selected candidates run."""
    return self.paths == 'selected'

  def check_channels(self, channels: int) -> None:
    """Raises `InputError` unless K divides the channels of a cell."""
    if channels % self.partial_channels:
      raise InputError(
        'Partial channels divide the channels of each cell; expected a'
        f' divisor of {channels}. Received:'
        f' partial_channels={self.partial_channels}, channels={channels}'
      )

  def rates(self, progress: Progress) -> dict[str, float]:
    """Returns the factors that change as epochs pass, by name."""
    if not self.auxiliary_skip:
      return {}
    share = progress.epoch / progress.epochs
    rate = {
      'none': 1.0,
      'linear': 1 - share,
      'cosine': (1 + math.cos(math.pi * share)) / 2,
      'slow_cosine': math.cos(math.pi * share / 2),
    }[self.auxiliary_decay]
    return {'auxiliary_skip': rate}

  def describe(self) -> str:
    """Returns the differences from a plain mixture, for people."""
    shown = []
    if self.partial_channels > 1:
      shown.append(f'1/{self.partial_channels} of the channels mixed')
    if self.auxiliary_skip:
      shown.append(f'auxiliary skip, decay {self.auxiliary_decay}')
    if self.selects:
      shown.append('selected candidates only')
    return ', '.join(shown) or 'all candidates of all channels'


forms: Axis[SupernetForm] = Axis('form')
forms.add(SupernetForm)
