"""The prose of a notebook in one language: its cells say each thing in zh, then in en (STYLE of the notebooks).

The forms are `# zh · en`, `- **zh en**：zh · en`, and a paragraph `**zh en** — zh` followed by one in en.
"""

from __future__ import annotations

import re

_HAN = re.compile(r"[\u4e00-\u9fff]")
_HEADING = re.compile(r"(#+ )(.+?) · (.+)")
_LABEL = re.compile(r"(- )?(\*{1,2})([^*]*[\u4e00-\u9fff\d]) ([A-Za-z][^*]*)\2(：| — )(.*)", re.DOTALL)


def in_language(source: str, lang: str) -> str:
    """The words of a markdown cell in `lang`; what has none of the forms stays as it is."""
    said: list[str] = []
    blocks = iter(re.split(r"\n{2,}", source.strip()))
    for block in blocks:
        if (heading := _HEADING.fullmatch(block)) is not None:
            said.append(heading[1] + heading[2 if lang == "zh" else 3])
        elif block.startswith("- "):
            said.append("\n".join(_item(line, lang) for line in block.split("\n")))
        elif (label := _LABEL.fullmatch(block)) is not None and (english := next(blocks, "")):
            said += _claim(label, english, lang)
        else:
            said.append(block)
    return "\n\n".join(said)


def _item(line: str, lang: str) -> str:
    label = _LABEL.fullmatch(line)
    if label is None or " · " not in label[6]:
        return line
    zh, en = label[6].rsplit(" · ", 1)
    name, colon, words = (label[3], "：", zh) if lang == "zh" else (label[4], ": ", en)
    return f"- {label[2]}{name}{label[2]}{colon}{words}"


def _claim(label: re.Match[str], english: str, lang: str) -> list[str]:
    """A claim or a note, which is a label and words in each language; a paragraph that follows in zh stays."""
    if _HAN.search(english):
        return [label[0], english]
    name, words = (label[3], label[6]) if lang == "zh" else (label[4][0].upper() + label[4][1:], english)
    return [f"{label[2]}{name}{label[2]}{label[5]}{words}"]
