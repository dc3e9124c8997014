"""Datasets in and out: NetCDF, streams, tables, results of studies; products whose bits do not depend on threads."""
