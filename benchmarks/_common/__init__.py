"""Helpers shared by the benchmark commands: tasks, measurements, tables, pictures and data."""
