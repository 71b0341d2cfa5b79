"""The exchanges' own protocols, each behind the seam of `tickloom.collector.venue`.

An exchange's name may occur below this package only. A venue decides nothing about coverage: it decodes and answers.
"""
