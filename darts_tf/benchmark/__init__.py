"""Problems and tables against which a search can be checked."""
