"""Genotypes: discrete architectures as data."""

from darts_tf.genotype.cell import CellGenotype, Edge
from darts_tf.genotype.genotype import Genotype
from darts_tf.genotype.load import load_genotype

__all__ = ['CellGenotype', 'Edge', 'Genotype', 'load_genotype']
