"""How fast the engine is, beside what else one would use, and beside what the machine allows.

`instances` holds the problems, `peers` the other ways to iterate, `floors` the machine's rates,
`timing` how runs are timed, and `suite` puts them together.
"""
