import json

from absl.testing import absltest, parameterized
from programs import load_program, run_program

from darts_tf.genotype import load_genotype


class DescribeTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'describe')

  def main(self, **values):
    return run_program(self.program, **values)

  def test_published_counts(self):
    code, out, _ = self.main(genotype='darts_v2', json='true')
    self.assertIsNone(code)
    values = json.loads(out)
    self.assertEqual(values['parameters'], 3_349_342)
    self.assertEqual(values['parameters_with_auxiliary'], 3_825_768)
    self.assertEqual(values['multiply_adds'], 528_359_040)
    self.assertEqual(
      values['architecture'], load_genotype('DARTS_V2').to_dict()
    )

  def test_json_of_a_file(self):
    path = self.create_tempfile('found.json').full_path
    load_genotype('DARTS_V1').save(path)
    _, out, _ = self.main(
      genotype=path,
      json='true',
      image_size='4',
      channels='2',
      cells='4',
      num_classes='7',
    )
    values = json.loads(out)
    self.assertIsNone(values['parameters_with_auxiliary'])
    self.assertEqual(values['image_shape'], [4, 4, 3])
    self.assertEqual(
      [
        values[name]
        for name in (
          'search_space',
          'num_classes',
          'channels',
          'num_cells',
          'stem',
        )
      ],
      ['darts', 7, 2, 4, 'auto'],
    )
    self.assertGreater(values['multiply_adds'], 0)

  def test_preset(self):
    # The head of the ImageNet network has one normalization less.
    def head(preset):
      _, out, _ = self.main(
        genotype='DARTS_V2',
        json='true',
        dataset_preset=preset,
        image_size='32',
        channels='2',
        cells='1',
        stem='conv',
      )
      values = json.loads(out)
      return values['num_classes'], (
        values['parameters_with_auxiliary'] - values['parameters']
      )

    (ten, small), (thousand, large) = head('cifar10'), head('imagenet')
    self.assertEqual((ten, thousand), (10, 1000))
    self.assertEqual(large - small, 990 * 769 - 2 * 768)

  def test_table(self):
    code, out, _ = self.main(
      genotype='DARTS_V2', channels='4', cells='2', image_size='8'
    )
    self.assertIsNone(code)
    rows = dict(
      line.split('  ', 1)
      for line in out.splitlines()
      if line[:1].isalpha() and '  ' in line
    )
    self.assertEqual(rows['images'].strip(), '8x8x3')
    self.assertRegex(rows['parameters'], r'^ *[\d,]+$')
    self.assertRegex(rows['with auxiliary head'], r'^ *[\d,]+$')
    self.assertRegex(out, r'multiply-additions +[\d,]+\n')
    self.assertIn(load_genotype('DARTS_V2').pretty(), out)

  def test_table_without_auxiliary_head(self):
    _, out, _ = self.main(
      genotype='DARTS_V2', channels='2', cells='4', image_size='4'
    )
    self.assertIn('none: the map is too small', out)

  @parameterized.parameters(
    ({'genotype': 'DARTS_V3'}, "Unknown genotype.*mean 'DARTS_V2'"),
    ({'stem': 'convv'}, "Unknown stem.*Received: stem='convv'"),
    ({'image_size': '2'}, 'too small.*Received: image_size=2x2'),
  )
  def test_refused(self, values, message):
    code, out, err = self.main(**({'genotype': 'DARTS_V2'} | values))
    self.assertEqual(code, 2)
    self.assertEmpty(out)
    self.assertRegex(err, f'^error: .*{message}')


if __name__ == '__main__':
  absltest.main()
