"""Workloads measured for recokit and for other libraries."""
