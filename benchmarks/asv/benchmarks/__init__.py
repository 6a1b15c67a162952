"""Benchmarks of the hot paths for airspeed velocity, which compares versions of recokit.

    pip install asv virtualenv build
    cd benchmarks/asv
    asv run main^!            # the latest version
    asv continuous main HEAD  # a change, beside the main branch

Each class generates its data once. Times are of the second call and later ones, so that compilation does not count;
`first_use` measures the first.
"""
