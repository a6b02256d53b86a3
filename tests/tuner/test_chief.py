import os
import socket
from unittest import mock

from absl.testing import absltest

from darts_tf.config.errors import InputError, ResourceError
from darts_tf.tuner.chief import check_chief, is_worker

_WORKER = {'KERASTUNER_TUNER_ID': 'tuner0', 'KERASTUNER_ORACLE_IP': '127.0.0.1'}


class ChiefTest(absltest.TestCase):
  def environment(self, **values):
    self.enter_context(mock.patch.dict(os.environ, values))

  def test_who_is_a_worker(self):
    self.assertFalse(is_worker())
    self.environment(**_WORKER, KERASTUNER_ORACLE_PORT='1')
    self.assertTrue(is_worker())
    self.environment(KERASTUNER_TUNER_ID='chief')
    self.assertFalse(is_worker())

  def test_variables_that_are_incomplete(self):
    self.environment(KERASTUNER_ORACLE_IP='127.0.0.1')
    with self.assertRaisesRegex(InputError, 'KERASTUNER_ORACLE_PORT'):
      is_worker()

  def test_a_chief_that_listens(self):
    with socket.create_server(('127.0.0.1', 0)) as server:
      port = str(server.getsockname()[1])
      self.environment(**_WORKER, KERASTUNER_ORACLE_PORT=port)
      check_chief(0.0)
    with self.assertRaisesRegex(
      ResourceError, f'does not answer; expected it at 127.0.0.1:{port}'
    ):
      check_chief(0.0)

  def test_a_port_that_is_none(self):
    self.environment(**_WORKER, KERASTUNER_ORACLE_PORT='http')
    with self.assertRaisesRegex(InputError, "KERASTUNER_ORACLE_PORT='http'"):
      check_chief(0.0)


if __name__ == '__main__':
  absltest.main()
