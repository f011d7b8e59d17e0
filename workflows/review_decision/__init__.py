"""Decision of the year-end review: what its steps ask and set in motion."""
