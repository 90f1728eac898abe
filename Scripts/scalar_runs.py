"""Tables of all Unicode scalars as runs of one value, as the generators of Swift tables write them."""


def lengths(value):
    """The runs of `value` of each scalar in order: pairs of a length and the value."""
    runs = []
    for c in range(0x110000):
        if runs and runs[-1][1] == value(c):
            runs[-1][0] += 1
        else:
            runs.append([1, value(c)])
    return runs


def print_numbers(numbers):
    """Prints the rest of an array in an enum: `numbers` in lines of at most 100 columns."""
    line = "   "
    for number in numbers:
        if len(line) + len(f" {number},") > 100:
            print(line)
            line = "   "
        line += f" {number},"
    print(line)
    print("  ]\n}")
