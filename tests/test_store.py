"""Audits kept by content: the same from memory, from disk and computed, and computed again where anything differs."""

from __future__ import annotations

import hashlib
import os
import pickle
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import small
from helpers import Audit, ReportError
from helpers.auditing import store
from helpers.auditing.store import cache_problem, code_sha256, kept_audit
from helpers.findings.dispositions import record
from helpers.findings.finding import Disposition

RULE = (
    "- {id: MY-01, kind: tie_out, label: {zh: 甲, en: A}, reference: arithmetic, left: income.total,"
    " right: expenditure.total}\n"
)


class Computed:
    """How often an audit was computed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._audit = store.audit
        monkeypatch.setattr(store, "audit", self._counted)

    def _counted(self, *given: Any) -> Audit:
        self.count += 1
        return self._audit(*given)


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder of audits, and nothing in memory."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("AUDIT_CACHE", str(folder))
    monkeypatch.setattr(store, "_last", None)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Computed:
    return Computed(monkeypatch)


@pytest.fixture
def report(cache: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    return small.saved(folder, "txt")


def forget() -> None:
    """Have the next audit come from the folder."""
    store._last = None


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def of_year(text: bytes, year: int) -> bytes:
    return text.replace("2023年度".encode(), f"{year}年度".encode())


# ---------------------------------------------------------------------------------------------- the same audit


def test_an_audit_is_the_same_from_memory_from_disk_and_computed(cache, computed, report):
    first = kept_audit(report)
    memory = kept_audit(report)
    forget()
    disk = kept_audit(report)
    assert computed.count == 1 and disk is not first
    (entry,) = entries(cache)
    entry.unlink()
    forget()
    again = kept_audit(report)
    assert computed.count == 2
    plain = store.audit(report)
    for done in (first, memory, disk, again):
        assert done.to_json() == plain.to_json() and done.file == "report.txt"
        assert [fact.id for fact in done.facts] == [fact.id for fact in plain.facts]
    assert (oct(cache.stat().st_mode)[-3:], oct(entries(cache)[0].stat().st_mode)[-3:]) == ("700", "600")


def test_it_is_found_in_another_folder_but_not_by_another_name(computed, report, tmp_path):
    kept_audit(report)
    (tmp_path / "elsewhere").mkdir()
    moved = report.rename(tmp_path / "elsewhere" / report.name)
    assert kept_audit(moved).file == "report.txt" and computed.count == 1
    named = moved.rename(moved.with_name("another.txt"))
    for step in (None, forget()):
        assert kept_audit(named).file == "another.txt", step
    assert computed.count == 2


def test_a_report_in_two_files_is_not_one_with_the_second_as_its_budget(cache, computed, report, tmp_path):
    table = small.saved(tmp_path / "reports", "xlsx")
    one = kept_audit([report, table])
    assert one.file == "report.txt + report.xlsx"
    kept_audit([report, table])
    assert computed.count == 1
    assert kept_audit(report).file == "report.txt"
    with pytest.raises(ReportError):
        kept_audit(report, budget=table)
    assert len(entries(cache)) == 2


# ------------------------------------------------------------------------------------------- computed again


def test_it_is_computed_again_where_anything_that_shapes_it_changes(computed, report, monkeypatch, tmp_path):
    mine, folder = tmp_path / "mine.yaml", tmp_path / "rules"
    folder.mkdir()

    def computes(**given: Any) -> bool:
        """True where it is computed, and then kept."""
        before = computed.count
        done = kept_audit(report, **given)
        now = computed.count
        forget()
        assert kept_audit(report, **given).to_json() == done.to_json() and computed.count == now
        return now > before

    assert computes() and not computes()
    assert not computes(materiality="0.0050") and not computes(materiality=Decimal("0.005"))
    assert computes(materiality="0.2") and not computes()
    mine.write_text(RULE, "utf-8")
    assert computes(rules=mine) and not computes(rules=mine) and not computes()
    mine.write_text(RULE.replace("甲", "乙"), "utf-8")
    assert computes(rules=mine)
    (folder / "a.yaml").write_text(RULE, "utf-8")
    assert computes(rules=folder) and not computes(rules=str(folder))
    (folder / "a.yaml").rename(folder / "b.yaml")
    assert computes(rules=folder)
    report.write_bytes(report.read_bytes().replace(b"100.00%", b"99.00%"))
    assert computes() and not computes()
    monkeypatch.setattr(store, "code_sha256", lambda: "other code")
    assert computes() and not computes()


def test_decisions_are_part_of_it(computed, report, tmp_path):
    reviews = tmp_path / "reviews"
    reviews.mkdir()
    report.write_bytes(report.read_bytes().replace("支出总计103.00".encode(), "支出总计110.00".encode()))
    finding = kept_audit(report, reviews=reviews).findings[0]
    record(reviews, report, finding, "第1行", Disposition("accepted", "甲", "张三", "2024-01-01", True), "zh")
    found = kept_audit(report, reviews=reviews).findings[0]
    assert found.disposition is not None and found.disposition.state == "accepted" and computed.count == 2
    assert kept_audit(report).findings[0].disposition is None
    forget()
    again = kept_audit(report, reviews=reviews).findings[0].disposition
    assert again is not None and again.state == "accepted" and computed.count == 2


def test_last_years_report_is_part_of_it_wherever_it_is_found(computed, report, tmp_path):
    def held(**given: Any) -> list[tuple[str, Path]]:
        return [(other.role, other.path) for other in kept_audit(report, **given).compared]

    assert held() == [] and computed.count == 1
    beside = report.with_name("2022.txt")
    beside.write_bytes(of_year(report.read_bytes(), 2022))
    assert held() == [("prior", beside)] and computed.count == 2
    assert held() == [("prior", beside)] and computed.count == 2
    # It may lie elsewhere, and is then told to be there.
    (tmp_path / "old").mkdir()
    moved = beside.rename(tmp_path / "old" / beside.name)
    assert held(prior=moved) == [("prior", moved)] and computed.count == 2
    forget()
    assert held(prior=moved) == [("prior", moved)] and computed.count == 2
    moved.write_bytes(moved.read_bytes().replace("100.00万元".encode(), "101.00万元".encode()))
    assert held(prior=moved) == [("prior", moved)] and computed.count == 3
    assert held() == [] and computed.count == 4


def test_an_error_is_the_same_as_without_a_store_and_is_not_kept(cache, computed, tmp_path):
    bad = tmp_path / "recipe.txt"
    bad.write_text("鸡蛋三个，面粉二两。\n", "utf-8")
    for path in (bad, tmp_path / "missing.txt"):
        with pytest.raises(ReportError) as plain:
            store.audit(path)
        with pytest.raises(ReportError) as kept:
            kept_audit(path)
        assert str(kept.value) == str(plain.value)
    assert not cache.exists()


def test_a_report_that_changes_meanwhile_is_not_kept_as_what_it_was(report, monkeypatch):
    text = report.read_bytes()
    changed = text.replace("收入总计100.00".encode(), "收入总计120.00".encode())
    audit = store.audit

    def changing(*given: Any) -> Audit:
        report.write_bytes(changed)
        return audit(*given)

    with monkeypatch.context() as patched:
        patched.setattr(store, "audit", changing)
        assert "120.00" in kept_audit(report).to_json()
    report.write_bytes(text)
    assert "120.00" not in kept_audit(report).to_json()
    forget()
    assert "120.00" not in kept_audit(report).to_json()


def test_the_code_is_all_that_computes(tmp_path, monkeypatch):
    package, data = tmp_path / "helpers", tmp_path / "data"
    for folder in (
        package / "reading",
        data / "rules",
        data / "taxonomy",
        data / "reference",
        data / "reports",
    ):
        folder.mkdir(parents=True)
    monkeypatch.setattr(store, "package_folder", lambda: package)
    monkeypatch.setattr(store, "data_folder", lambda: data)
    seen = [code_sha256.__wrapped__()]

    def differs(path: Path, content: str) -> bool:
        path.write_text(content)
        seen.append(code_sha256.__wrapped__())
        return seen[-1] not in seen[:-1]

    assert differs(package / "reading" / "a.py", "1") and differs(package / "reading" / "a.py", "2")
    assert differs(data / "rules" / "a.yaml", "1") and differs(data / "taxonomy" / "a.yaml", "1")
    assert not differs(package / "reading" / "a.pyc", "1") and not differs(data / "reports" / "a.txt", "1")
    version = store.version
    monkeypatch.setattr(store, "version", lambda name: version(name) + ("x" if name == "lxml" else ""))
    assert differs(package / "reading" / "a.pyc", "1")


# ------------------------------------------------------------------------------------------ entries that are bad


def damage_first(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


def damage_last(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def of_other_fields(content: bytes) -> bytes:
    return packed(pickle.dumps({"file": "x"}))


def packed(content: bytes) -> bytes:
    """An entry as the store writes it."""
    content = zlib.compress(content)
    return hashlib.sha256(content).digest() + content


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[:20],
        lambda content: content[:-100],
        damage_first,
        damage_last,
        of_other_fields,
        lambda content: packed(b"no pickle"),
        lambda content: packed(pickle.dumps(7)),
    ],
)
def test_a_damaged_entry_is_computed_again_silently(spoil, cache, computed, report, capfd):
    first = kept_audit(report)
    (entry,) = entries(cache)
    good = entry.read_bytes()
    entry.write_bytes(spoil(good))
    forget()
    assert kept_audit(report).to_json() == first.to_json() and computed.count == 2
    forget()
    assert kept_audit(report).to_json() == first.to_json() and computed.count == 2
    assert tuple(capfd.readouterr()) == ("", "")


def test_an_entry_that_is_a_folder_is_none(cache, computed, report):
    kept_audit(report)
    (entry,) = entries(cache)
    entry.unlink()
    entry.mkdir()
    forget()
    assert kept_audit(report).file == "report.txt" and computed.count == 2


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of files here")
@pytest.mark.parametrize("which", ["folder", "entry"])
def test_what_others_may_have_written_is_not_read(which, cache, computed, report, monkeypatch):
    kept_audit(report)
    (entry,) = entries(cache)
    what = cache if which == "folder" else entry
    mode = what.stat().st_mode
    for bits in (0o020, 0o002):
        what.chmod(mode | bits)
        forget()
        count = computed.count
        kept_audit(report)
        assert computed.count == count + 1
        (entry,) = entries(cache)
        what = cache if which == "folder" else entry
        what.chmod(mode)
    forget()
    kept_audit(report)
    count = computed.count
    monkeypatch.setattr(os, "getuid", lambda: what.stat().st_uid + 1)
    forget()
    kept_audit(report)
    assert computed.count == count + 1


def test_a_folder_that_cannot_be_had_changes_nothing_and_is_said(cache, computed, report):
    cache.write_text("a file in its place")
    assert kept_audit(report).file == "report.txt"
    forget()
    assert kept_audit(report).file == "report.txt" and computed.count == 2
    assert cache.read_text() == "a file in its place"
    assert (
        cache_problem()
        == f"{cache}: audits cannot be kept here (File exists); set AUDIT_CACHE to another folder"
    )


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of files here")
def test_a_folder_that_others_may_write_to_is_said(cache):
    assert cache_problem() == "" and entries(cache) == []
    cache.chmod(0o777)
    assert cache_problem().startswith(
        f"{cache}: others may write here, so no audit is taken from it; set AUDIT_CACHE"
    )


@pytest.mark.parametrize("fails", ["mkstemp", "replace"])
def test_a_full_disk_changes_nothing_and_leaves_nothing(fails, cache, computed, report, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.tempfile if fails == "mkstemp" else store.os, fails, full)
    assert kept_audit(report).file == "report.txt"
    assert entries(cache) == []


def test_an_entry_is_read_where_its_folder_cannot_be_written_to(computed, report, monkeypatch):
    kept_audit(report)

    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(store.os, "utime", read_only)
    forget()
    assert kept_audit(report).file == "report.txt" and computed.count == 1


# ------------------------------------------------------------------------------------------------- how large


def test_the_oldest_entries_go_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MOST_BYTES", 250)
    names = [f"{number:064x}" for number in range(4)] + [".audit-new-abc", "letters.docx", "f" * 63, "A" * 64]
    for age, name in enumerate(names):
        (tmp_path / name).write_bytes(b"x" * 100)
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    (tmp_path / "folder").mkdir()
    store._prune(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*names[:2], *names[5:], "folder"}
    # What was used last stays.
    os.utime(tmp_path / names[1], (2_000_000, 2_000_000))
    monkeypatch.setattr(store, "MOST_BYTES", 150)
    store._prune(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {names[1], *names[5:], "folder"}


def test_an_entry_that_is_read_is_used(cache, report):
    kept_audit(report)
    (entry,) = entries(cache)
    os.utime(entry, (1, 1))
    forget()
    kept_audit(report)
    assert entry.stat().st_mtime > 1


def test_one_key_in_sixteen_prunes(cache, report, monkeypatch):
    pruned: list[Path] = []
    monkeypatch.setattr(store, "_prune", pruned.append)
    done = kept_audit(report)
    pruned.clear()
    for digit in "0123456789abcdef":
        store._save("a" * 63 + digit, done)
    assert pruned == [cache]
