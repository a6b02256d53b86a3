"""A whole tuner run: trials, the best network on test images, its export."""

import dataclasses
import pathlib
from typing import Any

from darts_tf.data import ImageData
from darts_tf.runs.workdir import atomic_write_json
from darts_tf.search_space import search_spaces
from darts_tf.tuner.hyperparameters import genotype_names
from darts_tf.tuner.oracle import ORIGIN, SEARCH
from darts_tf.tuner.tuner import DartsTuner


@dataclasses.dataclass(frozen=True)
class TuneResult:
  """The results of a tuner run.

  Args:
    trials: one mapping a trial, in the order in which they were proposed:
      `trial`, `status`, `proposed`, the metrics, and its other values
      without the architecture.
    best: the best trial's.
    test_accuracy: of the best network, on test images that no trial saw.
    test_loss: their mean cross-entropy.
    directory: of the project.
  """

  trials: list[dict[str, Any]]
  best: dict[str, Any]
  test_accuracy: float
  test_loss: float
  directory: pathlib.Path


def finish(tuner: DartsTuner, data: ImageData) -> TuneResult:
  """Tests and exports the best network of a tuner whose search has ended.

  Args:
    tuner: the tuner.
    data: the data set, with its test images.

  Returns:
    The `TuneResult`. Its numbers are in `result.json`, too, next to
    `genotype.json` and `saved_model`.
  """
  directory = pathlib.Path(tuner.project_dir)
  genotype = tuner.get_best_genotypes()[0]
  model = tuner.get_best_models()[0]
  loss, accuracy = model.evaluate(data.x_test, data.y_test, verbose=0)
  tuner.export_best(directory / 'saved_model')
  genotype.save(directory / 'genotype.json')
  trials = trial_lines(tuner)
  best = tuner.oracle.get_best_trials(1)[0].trial_id
  result = TuneResult(
    trials,
    next(t for t in trials if t['trial'] == best),
    float(accuracy),
    float(loss),
    directory,
  )
  atomic_write_json(
    directory / 'result.json',
    {
      'test_accuracy': result.test_accuracy,
      'test_loss': result.test_loss,
      'best': best,
      'trials': trials,
    },
  )
  return result


def trial_lines(tuner: DartsTuner) -> list[dict[str, Any]]:
  """Returns one mapping a trial; see `TuneResult`."""
  names = genotype_names(
    search_spaces[tuner.search_config.search_space].whole(),
    tuner.train_config.cells,
  )
  lines = []
  for trial_id in tuner.oracle.start_order:
    trial = tuner.oracle.trials[trial_id]
    values = trial.hyperparameters.values
    metrics = {
      name: trial.metrics.get_best_value(name) for name in trial.metrics.metrics
    }
    lines.append(
      {
        'trial': trial_id,
        'status': trial.status,
        'proposed': values.get(ORIGIN),
        **{
          name: value
          for name, value in values.items()
          if name not in names and name != ORIGIN
        },
        **metrics,
      }
    )
  return lines


def outcome(result: TuneResult) -> str:
  """Summarizes the results for the user, in a few lines."""
  objective = 'val_accuracy'
  lines = ['Trial  validation  parameters  proposed']
  for line in result.trials:
    if line['status'] != 'COMPLETED':
      lines.append(f'{line["trial"]:>5}  {line["status"].lower()}')
      continue
    origin = line['proposed']
    if SEARCH in line:
      origin += f' {line[SEARCH]}'
    mark = '  <- best' if line is result.best else ''
    lines.append(
      f'{line["trial"]:>5}  {100 * line[objective]:9.2f}%'
      f'  {line["parameters"]:10,.0f}  {origin}{mark}'
    )
  return '\n'.join(
    [
      *lines,
      '',
      f'Test accuracy  {100 * result.test_accuracy:.2f} %',
      f'Genotype       {result.directory / "genotype.json"}',
      f'SavedModel     {result.directory / "saved_model"}',
      f'All numbers    {result.directory / "result.json"}',
    ]
  )
