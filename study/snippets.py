"""What short Python programs print, written for this study: each is drawn again and again with other numbers, and its answer is what Python says."""

from problems import Template

PROGRAMS = [
    "{b} + {c} * {a}",
    "({a} + {b}) * {c}",
    "{d} // {c}",
    "{d} % {c}",
    "{b} ** 2 + {a}",
    "len([{a}, {b}, {c}] * {b})",
    "sum(range({b}, {a}))",
    "sum([{a}, {b}, {c}, {d}])",
    "max({a}, {b} * {c})",
    "sorted([{a}, {d}, {c}])[1]",
    "[{a}, {d}, {c}, {b}][-2]",
    "len('ab' * {a} + 'c')",
    "[n * {b} for n in range({a}, {d})][2]",
    "list(range({c}, {d}, {b}))[2]",
    "len(range({c}, {d}))",
    "int('{a}' + '{b}')",
    "abs({c} - {d})",
    "len({{{a}, {b}, {a}, {c}}})",
    "sum(n for n in range({c}, {a}) if n % 2 == 0)",
    "{{'x': {a}, 'y': {d}}}['y'] - {b}",
]
SNIPPETS: list[Template] = [
    (f"What does this Python program print? print({program})", lambda a, b, c, d, program=program: eval(program.format(a=a, b=b, c=c, d=d)))
    for program in PROGRAMS
]
