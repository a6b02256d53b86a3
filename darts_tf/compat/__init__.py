"""What this package uses of other libraries' private parts, in one place.

Each module is about one library. It says for which version it was written,
lists the private names in `PRIVATE`, those of overridden methods as well, and
has a function for each that is called. `tests/compat` checks that all of them
are still there. Importing `darts_tf.compat` imports none of the libraries.
"""
