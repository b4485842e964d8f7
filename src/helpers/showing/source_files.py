"""The report's own files with what the audit found in them, as files of the output folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from helpers.audit import Audit
from helpers.reading.document import Place, ReportError
from helpers.reading.places import place_name
from helpers.reading.read import kind_of, read
from helpers.showing.annotated_pdf import annotated_pdf
from helpers.showing.commented_docx import commented_docx
from helpers.showing.notes import Annotated, NotAnnotated, plain
from helpers.showing.pdf_pages import PageImage, page_images

NOTES = "source-notes.txt"
_COPIES = {"pdf": annotated_pdf, "docx": commented_docx}
_ASTRAY = {
    "zh": "未能在文件中定位的标注：{}处；发现标在邻近文字处，数字不标",
    "en": "notes whose words were not found in the file: {}; a finding stands at the words before it, a figure has none",
}
_CHANGED = (
    "标注副本读出的文字与报告不同，未予保存",
    "the annotated copy did not read as the report does and was not kept",
)


@dataclass(frozen=True)
class PagePicture:
    """A page of a PDF report as a file of the output folder; `name` is what the places in it call the page."""

    path: str
    name: dict[str, str]
    image: PageImage


@dataclass(frozen=True)
class SourceFiles:
    """The files by path, and which of them are pictures of pages."""

    files: dict[str, bytes] = field(default_factory=dict)
    pages: tuple[PagePicture, ...] = ()


def source_files(names: Sequence[str], contents: Sequence[bytes], audit: Audit) -> SourceFiles:
    """The report's own files: of a PDF `source.pdf` and its pages `pages/001.webp`, of a DOCX `source.docx`.

    Of a further file of one kind `source-2.pdf` and `pages/2-001.webp`.  What could not be made, or not in full, is
    said in `source-notes.txt`.  `names` and `contents` are those of the audit's files.
    """
    files: dict[str, bytes] = {}
    pages: list[PagePicture] = []
    said: list[str] = []
    counts = dict.fromkeys(_COPIES, 0)
    for name, content in zip(names, contents, strict=True):
        kind = kind_of(content, name)
        if kind not in _COPIES:
            continue
        counts[kind] += 1
        number = "" if counts[kind] == 1 else str(counts[kind])
        remarks: list[dict[str, str]] = []
        try:
            copy = _copy(kind, content, name, audit)
            files[f"source{number and '-'}{number}.{kind}"] = copy.data
            remarks += copy.remarks
            if copy.astray:
                remarks.append({lang: words.format(copy.astray) for lang, words in _ASTRAY.items()})
        except NotAnnotated as error:
            remarks.append(error.why)
        if kind == "pdf":
            images = page_images(content, audit)
            file = name if len(names) > 1 else None
            pages += [
                PagePicture(
                    f"pages/{number}{number and '-'}{image.number:03d}.webp",
                    place_name(Place(image.number, file=file)),
                    image,
                )
                for image in images
                if image.data
            ]
            remarks += _unshown(images)
        said += [f"{plain(name)}: {remark[lang]}" for remark in remarks for lang in ("zh", "en")]
    files |= {page.path: page.image.data for page in pages}
    if said:
        files[NOTES] = "".join(f"{line}\n" for line in said).encode()
    return SourceFiles(files, tuple(pages))


def _copy(kind: str, content: bytes, name: str, audit: Audit) -> Annotated:
    """The annotated copy; `NotAnnotated` where it would not read as the report does."""
    copy = _COPIES[kind](content, audit)
    try:
        is_same = read(copy.data, name).lines == read(content, name).lines
    except ReportError:
        is_same = False
    if not is_same:
        raise NotAnnotated(*_CHANGED)
    return copy


def _unshown(images: Sequence[PageImage]) -> list[dict[str, str]]:
    """Why pages are not shown, each reason with the first page and how many there are."""
    found: dict[str, list[PageImage]] = {}
    for image in images:
        if not image.data:
            found.setdefault(image.unshown["zh"], []).append(image)
    return [
        {
            "zh": f"第{pages[0].number}页起{len(pages)}页：{pages[0].unshown['zh']}",
            "en": f"{len(pages)} pages from p. {pages[0].number}: {pages[0].unshown['en']}",
        }
        for pages in found.values()
    ]
