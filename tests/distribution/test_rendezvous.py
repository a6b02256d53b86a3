import concurrent.futures
import socket
import threading

from absl.testing import absltest
from free_ports import free_ports

from darts_tf.config.errors import DartsError, ResourceError
from darts_tf.distribution.cluster import Cluster
from darts_tf.distribution.rendezvous import listening, meet


def addresses(count):
  return tuple(f'127.0.0.1:{port}' for port in free_ports(count))


def meet_all(names, runs, seconds=20.0):
  """Returns what each worker raises, or None."""

  def one(index):
    try:
      meet(Cluster(names, index), runs[index], seconds)
    except DartsError as error:
      return str(error)

  with concurrent.futures.ThreadPoolExecutor() as pool:
    return list(pool.map(one, range(len(runs))))


class RendezvousTest(absltest.TestCase):
  def test_all_meet(self):
    self.assertEqual(meet_all(addresses(3), [{'seed': 0}] * 3), [None] * 3)

  def test_again_on_the_same_ports(self):
    names = addresses(2)
    for _ in range(2):
      self.assertEqual(meet_all(names, [{}] * 2), [None] * 2)

  def test_one_alone(self):
    meet(Cluster(addresses(1), 0), {}, 0.0)

  def test_other_options(self):
    names = addresses(2)
    errors = meet_all(
      names, [{'seed': 0, 'a': (1,)}, {'seed': 1, 'a': (1,)}], 3.0
    )
    # Whoever sees it first leaves; the other may find nobody then.
    self.assertTrue(
      any(error and 'Received: seed: ' in error for error in errors), errors
    )
    self.assertNotIn(None, errors)
    for error in errors:
      self.assertNotRegex(error, 'Received: .*seed.*; a:')

  def test_absent(self):
    names = addresses(3)
    errors = meet_all(names, [{}] * 2, 1.0)
    for error in errors:
      self.assertIn(f'no answer from worker 2 ({names[2]})', error)
      self.assertIn('within 1 seconds; expected 3', error)
      self.assertNotIn('worker 0', error)
    self.assertFalse(listening(Cluster(names, 0), 2))

  def test_stranger(self):
    names = addresses(2)
    with socket.create_server(
      ('', Cluster(names, 0).host_and_port(1)[1])
    ) as server:

      def greet():
        connection, _ = server.accept()
        with connection:
          connection.sendall(b'SSH-2.0\n')
          connection.recv(1000)

      thread = threading.Thread(target=greet)
      thread.start()
      with self.assertRaisesRegex(
        ResourceError, 'worker 1 .*: something else is listening there'
      ):
        meet(Cluster(names, 0), {}, 0.0)
      thread.join()

  def test_port_in_use(self):
    names = addresses(2)
    with (
      socket.create_server(('', Cluster(names, 0).host_and_port(0)[1])),
      self.assertRaisesRegex(ResourceError, 'port of this worker is in use'),
    ):
      meet(Cluster(names, 0), {}, 0.0)


if __name__ == '__main__':
  absltest.main()
