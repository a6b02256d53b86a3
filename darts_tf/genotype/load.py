"""A genotype by its published name or from a file."""

import difflib
import os

from darts_tf.config.errors import InputError
from darts_tf.genotype.genotype import Genotype
from darts_tf.genotype.published import PUBLISHED, published_genotype
from darts_tf.runs.atomic import Path


def load_genotype(name_or_path: Path) -> Genotype:
  """Returns a published genotype by name, or one from a JSON file.

  Args:
    name_or_path: one of `darts_tf.genotype.published.PUBLISHED`, in upper
      or lower case; else the path of a file that `Genotype.save` wrote.

  Raises:
    InputError: if there is neither such a name nor such a file, or if the
      file holds no valid genotype.
  """
  given = os.fspath(name_or_path)
  names = {name.lower(): name for name in PUBLISHED}
  if given.lower() in names:
    return published_genotype(given)
  if os.path.exists(given) or given.endswith('.json') or os.sep in given:
    return Genotype.load(given)
  near = difflib.get_close_matches(given.lower(), names, n=1, cutoff=0.5)
  hint = f' Did you mean {names[near[0]]!r}?' if near else ''
  raise InputError(
    f'Unknown genotype: expected one of {", ".join(PUBLISHED)}, or the path'
    f' of a JSON file.{hint} Received: genotype={given!r}'
  )
