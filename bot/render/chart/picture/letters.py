"""How wide text is and where it breaks, so that nothing runs over the edge of its box, whatever font is at hand."""

import re
import unicodedata

from bot.render.message import visible

_PLAIN = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
)  # fmt: skip
_BOLD = (
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995,
    837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716,
    678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712,
    365, 712, 838,
)  # fmt: skip
"""Thousandths of the letters' height for the signs from space to tilde, in DejaVu Sans: the widest of the usual faces.

What fits in it fits in Arial, Helvetica, Segoe UI, Roboto and Inter too.
"""
GLUE = "\ue000"
"""A space at which no line breaks."""
_FOREIGN, _IDEOGRAPH = 1100, 1300
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_WORD = re.compile(r"\S+")


def tidy(text: str) -> str:
    """Text of an author as a piece of a picture: one line, nothing that hides, turns round or breaks XML."""
    return _NOT_XML.sub("\ufffd", " ".join(visible(text).split()))


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a line is at most, in the unit of `size`, the height of its letters."""
    table = _BOLD if bold else _PLAIN
    return sum(_thousandths(sign, table) for sign in text) * size / 1000


def _thousandths(sign: str, table: tuple[int, ...]) -> int:
    place = 0 if sign == GLUE else ord(sign) - 32
    if 0 <= place < len(table):
        return table[place]
    if unicodedata.category(sign) in ("Mn", "Me"):
        return 0
    return _IDEOGRAPH if unicodedata.east_asian_width(sign) in "WF" else _FOREIGN


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Lines of at most `width`; a word that is longer than a line is broken where it has to be."""
    lines: list[str] = []
    here = ""
    for word in _WORD.findall(tidy(text)):
        longer = f"{here} {word}" if here else word
        if width_of(longer, size, bold=bold) <= width:
            here = longer
            continue
        lines += [here] if here else []
        *whole, here = _broken(word, width, size, bold=bold)
        lines += whole
    return [line.replace(GLUE, " ") for line in ([*lines, here] if here or not lines else lines)]


def _broken(word: str, width: float, size: float, *, bold: bool) -> list[str]:
    """A word in pieces that each fit; after a sign that joins words, if there is one."""
    pieces, here = list[str](), ""
    for sign in word:
        if here and width_of(here + sign, size, bold=bold) > width:
            cut = max((here.rfind(joint) + 1 for joint in "-_/.,:"), default=0)
            at = cut if cut > len(here) // 2 else len(here)
            pieces.append(here[:at])
            here = here[at:]
        here += sign
    return [*pieces, here]
