"""Files: the container of arrays, atomic writing, and checks against hostile contents."""
