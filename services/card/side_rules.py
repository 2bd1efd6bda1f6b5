"""Rules of what is done beside a card's way from application to cancellation: PINs, bank function, temporary card."""

from collections.abc import Mapping

from services.card.operation import Operation, Rule, Target
from services.card.status import BankFunction, CardEventKind, CardProgress, CardStatus

LOSABLE = (CardStatus.SEALED, CardStatus.ENABLED, CardStatus.APP_LOCKED)
MADE = tuple(status for status in CardStatus if status is not CardStatus.CANCELLED)
LIVE = (None, *MADE)

ITEMS = "社会保障卡全国办事项目（申领、启用、变更、密码、挂失解挂、补换领、注销）"
CITY = "青岛市社会保障卡管理办法"

_SEALED, _ENABLED, _LOCKED = LOSABLE
_APPLIED, _BATCHED = CardProgress.APPLIED, CardProgress.BATCHED
_AT_HAND, _COLLECTED = CardProgress.MADE, CardProgress.COLLECTED
_BANK_TOLD = CardEventKind.BANK_FUNCTION_CHANGED
_BANKING = "人社部发〔2011〕83号（加载金融功能）"

SIDE_RULES: Mapping[Operation, Rule] = {
    Operation.VERIFY_PIN: Rule(
        "密码校验", "used with its PIN", (_ENABLED,), Target.SAME, None, "LD/T 32.4-2015", parameters=("pin_tries",)
    ),
    Operation.CHANGE_PIN: Rule(
        "密码修改", "given another PIN", (_ENABLED,), Target.SAME, None, ITEMS, parameters=("pin_tries",)
    ),
    Operation.LOCK: Rule(
        "应用锁定",
        "locked",
        (_ENABLED,),
        _LOCKED,
        CardEventKind.LOCKED,
        "人力资源社会保障部问答（2022年，连续6次）",
        parameters=("pin_tries",),
    ),
    Operation.UNLOCK_PIN: Rule("密码解锁", "unlocked", (_LOCKED,), _ENABLED, CardEventKind.UNLOCKED, ITEMS),
    Operation.RESET_PIN: Rule(
        "密码重置", "given a new PIN", (_ENABLED, _LOCKED), _ENABLED, CardEventKind.UNLOCKED, ITEMS
    ),
    Operation.ACTIVATE_BANK: Rule(
        "银行账户激活",
        "activated at the bank",
        (_SEALED, _ENABLED, _LOCKED),
        Target.SAME,
        _BANK_TOLD,
        _BANKING,
        (_COLLECTED,),
        bank=(BankFunction.NOT_ACTIVATED,),
        bank_to=BankFunction.ACTIVE,
    ),
    Operation.REPORT_BANK_LOSS: Rule(
        "金融账户挂失",
        "reported lost at the bank",
        MADE,
        Target.SAME,
        _BANK_TOLD,
        _BANKING,
        bank=(BankFunction.ACTIVE,),
        bank_to=BankFunction.LOST,
    ),
    Operation.CANCEL_BANK_LOSS: Rule(
        "金融账户解挂",
        "found again at the bank",
        LOSABLE,
        Target.SAME,
        _BANK_TOLD,
        _BANKING,
        bank=(BankFunction.LOST,),
        bank_to=BankFunction.ACTIVE,
    ),
    Operation.CLOSE_BANK: Rule(
        "金融账户销户",
        "closed at the bank",
        tuple(CardStatus),
        Target.SAME,
        _BANK_TOLD,
        _BANKING,
        bank=(BankFunction.NOT_ACTIVATED, BankFunction.ACTIVE, BankFunction.LOST),
        bank_to=BankFunction.CLOSED,
    ),
    Operation.ISSUE_TEMPORARY_CARD: Rule(
        "发放临时卡",
        "bridged by a temporary card",
        (None, _SEALED),
        Target.SAME,
        CardEventKind.TEMPORARY_ISSUED,
        "各地办事指南（制卡期间发放，无金融功能，领新卡时交回）",
        (_APPLIED, _BATCHED, _AT_HAND),
        parameters=("temporary_card_days",),
    ),
    Operation.RETURN_TEMPORARY_CARD: Rule(
        "交回临时卡", "relieved of its temporary card", LIVE, Target.SAME, CardEventKind.TEMPORARY_ENDED, CITY
    ),
    Operation.EXPIRE_TEMPORARY_CARD: Rule(
        "临时卡到期",
        "relieved of its temporary card",
        LIVE,
        Target.SAME,
        CardEventKind.TEMPORARY_ENDED,
        CITY,
        parameters=("temporary_card_days",),
    ),
}
