"""ssctl at a desk of the bureau: real commands against a real stack, and small files for it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path

from services.common.identity import check_character
from tests.integration.card.city import account
from tests.support.commands import Result, ssctl

HEADERS = {
    "people": "identity_number,full_name,division,representative_identity_number,representative_kind",
    "cards": "identity_number,issuing_division,service_bank_code,bank_account,issue_date",
    "facts": "identity_number,retirement_group,contribution_months,deemed_months,avg_index_bp,account_balance_fen,"
    "as_of_date",
    "entitlements": "reference,identity_number,benefit,scheme,pooling_region,start_month,end_month,monthly_amount_fen,"
    "account",
    "evidence": "source,reference,identity_number,kind,event_date,received_date",
    "notices": "identity_number,channel,delivered_date",
    "draws": "reference,origin,identity_number,entitlement_reference,scheme,pooling_region,benefit_month,pay_date,kind,"
    "amount_fen,account",
    "bank_returns": "number,amount_fen,result,return_date,reason,draw_reference",
    "reversals": "origin,reference,reverse_date,reason",
}
ACCOUNT = "6222020000000000000"
HOLDER = ("--actor", "holder", "--proof", "holder-identity")
_FIRST_BIRTH = date(1941, 1, 1)
_numbers = count(1)


def identity_number() -> str:
    """Give the next number of nobody: its division was never assigned."""
    day, sequence = divmod(next(_numbers), 1000)
    first = f"370299{_FIRST_BIRTH + timedelta(days=day):%Y%m%d}{sequence:03d}"
    return first + check_character(first)


def write(folder: Path, kind: str, lines: Iterable[str], name: str = "") -> Path:
    """Write a file of a kind."""
    path = folder / f"{name or kind}.csv"
    path.write_text("\n".join([HEADERS[kind], *lines]) + "\n", "utf-8")
    return path


class Desk:
    """Runs commands against the stack of a folder; a role a call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str | Path, role: str = "operator", stdin: str = "") -> Result:
        return ssctl(*map(str, words), *self._profile(role), stdin=stdin)

    def alone(self, *words: str | Path, stdin: str = "") -> Result:
        """Run a command that calls nobody."""
        return ssctl(*map(str, words), stdin=stdin)

    def do(self, *words: str | Path, role: str = "operator", stdin: str = "") -> list[dict[str, object]]:
        """Run a command that must succeed; gives its records."""
        result = self.run(*words, "-o", "jsonl", role=role, stdin=stdin)
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    def one(self, *words: str | Path, role: str = "operator", stdin: str = "") -> dict[str, object]:
        [record] = self.do(*words, role=role, stdin=stdin)
        return record

    def start(self, *words: str | Path, role: str = "operator") -> "subprocess.Popen[str]":
        """Start a command as a process of its own."""
        line = [sys.executable, "-m", "services.admin", *map(str, words), *self._profile(role)]
        return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))

    def people(self, folder: Path, numbers: Sequence[str]) -> list[str]:
        """Register people; gives their names."""
        file = write(folder, "people", (f"{number},王小明,370202,," for number in numbers))
        assert self.one("people", "import", file, "--execute")["rejected"] == 0
        found = self.do("people", "resolve", "--identity-number-file", "-", stdin="\n".join(numbers))
        return [str(record["person"]) for record in found]

    def card(self, folder: Path) -> tuple[str, str, str]:
        """Give a card in use to somebody new; gives number, person and card."""
        number, line = identity_number(), f"370200,102,{account()},2026-01-01"
        [person] = self.people(folder, [number])
        self.one("cards", "import", write(folder, "cards", [f"{number},{line}"]), "--execute")
        return number, person, str(self.one("cards", "list", "--person", person)["name"])

    def pensioner(self, folder: Path, reference: str) -> tuple[str, str]:
        """Register somebody with a card, evidence and an entitlement; gives number and name."""
        number, given = identity_number(), account()
        [person] = self.people(folder, [number])
        kinds = {
            "cards": f"{number},370200,102,{given},2026-01-01",
            "entitlements": f"{reference},{number},employee_pension,EMPLOYEE_PENSION,370202,2025-01,,300000,{given}",
            "evidence": f"HEALTH,{reference},{number},HOSPITAL_STAY,2026-08-01,2026-08-02",
        }
        for kind, line in kinds.items():
            assert self.one(kind, "import", write(folder, kind, [line]), "--execute")["accepted"] == 1
        return number, person

    def _profile(self, role: str) -> list[str]:
        return ["--dir", str(self.folder), "--role", role]
