"""The numbers: named networks and their forward, backward and update passes, in numpy.

Pure functions and frozen data; nothing here knows of files, of moments or of a screen.
"""
