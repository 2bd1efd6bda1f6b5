"""The installed law with an allowance of the city's own, which a test may change: the law itself goes its own way."""

import shutil
from pathlib import Path

from services.eligibility.book.book import RULES
from services.eligibility.book.content import folder_of

ALLOWANCE = "city_allowance"

_BENEFIT = """
city_allowance:
  title: Allowance of the city
  since: 2024-01
  decided_by: may_draw_city_allowance
  results: [city_allowance_fen]
  monthly_amount: city_allowance_fen
"""
_NUMBERS = """\
min_city_months:
  title: Months that the allowance needs
  unit: months
  by: as_of_month
  source: 市发〔2023〕1号 第一条
  published: 2023-12-01
  checked: 2026-11-24
  since:
    2024-01:
      value: 120
city_rate_fen:
  title: Allowance for each month paid
  unit: fen
  by: as_of_month
  source: 市发〔2023〕1号 第二条
  published: 2023-12-01
  checked: 2026-11-24
  since:
    2024-01:
      value: 100
"""
_RULES = '''\
from services.eligibility.book.ops import logical_and
from services.eligibility.book.rule import rule


@rule("市发〔2023〕1号 第一条")
def enough_city_months(contribution_months: int, min_city_months: int) -> bool:
    """Whether enough was paid for the allowance."""
    return contribution_months >= min_city_months


@rule("市发〔2023〕1号 第一条")
def may_draw_city_allowance(enough_city_months: bool) -> bool:
    """Whether the allowance of the city is due."""
    return logical_and(enough_city_months)


@rule("市发〔2023〕1号 第二条")
def city_allowance_fen(contribution_months: int, city_rate_fen: int) -> int:
    """Allowance of the city."""
    return contribution_months * city_rate_fen
'''


def city_law(folder: Path, *changes: tuple[str, str], more_numbers: str = "", more_rules: str = "") -> Path:
    """Write the law with the allowance into a folder of its own; `changes` put texts of it in place of others."""
    law = folder / f"law_{len(list(folder.iterdir()))}"
    shutil.copytree(folder_of(RULES), law)
    benefits = (law / "benefits.yaml").read_text("utf-8")
    texts = {
        "benefits.yaml": benefits + _BENEFIT,
        "city/city.yaml": _NUMBERS + more_numbers,
        "city/city.py": _RULES,
        "city/more.py": more_rules,
    }
    for old, new in changes:
        assert sum(text.count(old) for text in texts.values()) == 1, old
        texts = {file: text.replace(old, new) for file, text in texts.items()}
    (law / "city").mkdir()
    for file, text in texts.items():
        (law / file).write_text(text, "utf-8")
    return law
