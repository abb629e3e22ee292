"""Correcting the objects of a labels layer."""
