"""Final-accounts audit suite: reads a 部门决算 report, reconciles its figures by declared rules, explains findings."""

from helpers.audit import Audit, ReportError, audit
from helpers.data import DataError

__all__ = ["Audit", "DataError", "ReportError", "audit"]
