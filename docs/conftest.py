"""Leave out the pages whose optional libraries are not installed."""

import importlib.util

collect_ignore = [] if importlib.util.find_spec("wordllama") else ["examples/embeddings.rst"]
