"""The private parts of other libraries that this package uses.

Each module is about one library. It says for which version it was written,
lists the private names in `PRIVATE`, those of overridden methods as well, and
has a function for each name that is called. `tests/compat` checks that all
names still exist. Importing `darts_tf.compat` imports none of the libraries.
"""
