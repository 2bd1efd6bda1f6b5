"""The table of a card's operations: from which states each is allowed, where it leads, and where that is laid down.

The domain moves cards by this table and by nothing else, and docs/cards.md is drawn from it.
"""

from collections.abc import Mapping

from services.card.operation import LOST, Operation, Rule, Target
from services.card.side_rules import CITY, ITEMS, LIVE, LOSABLE, MADE, SIDE_RULES
from services.card.status import CancelReason, CardEventKind, CardProgress, CardStatus

_SEALED, _ENABLED, _LOCKED = CardStatus.SEALED, CardStatus.ENABLED, CardStatus.APP_LOCKED
_APPLIED, _BATCHED = CardProgress.APPLIED, CardProgress.BATCHED
_AT_HAND, _POSTED, _COLLECTED = CardProgress.MADE, CardProgress.POSTED, CardProgress.COLLECTED
_BANK_TOLD = CardEventKind.BANK_FUNCTION_CHANGED

_METHOD = "人社部发〔2011〕47号（社会保障卡管理办法）"
_ISSUING = "人社厅发〔2014〕20号（发卡流程）"
_BANKING = "人社部发〔2011〕83号（加载金融功能）"

RULES: Mapping[Operation, Rule] = {
    Operation.APPLY: Rule(
        "申领", "applied for", (), None, CardEventKind.APPLIED, f"{ITEMS}；{CITY}", parameters=("guardian_age_years",)
    ),
    Operation.ISSUE: Rule(
        "即时制卡（领卡启用）", "issued", (), _ENABLED, CardEventKind.ISSUED, _ISSUING, (), _COLLECTED
    ),
    Operation.MAKE: Rule(
        "制卡",
        "made",
        (None,),
        _SEALED,
        CardEventKind.MADE,
        _ISSUING,
        (_APPLIED,),
        _AT_HAND,
        parameters=("making_working_days", "long_making_working_days", "validity_years"),
    ),
    Operation.BATCH: Rule(
        "进入制卡批次", "batched", (None,), Target.SAME, CardEventKind.BATCHED, _ISSUING, (_APPLIED,), _BATCHED
    ),
    Operation.RETURN_MADE: Rule(
        "回盘（成功）",
        "returned",
        (None,),
        _SEALED,
        CardEventKind.MADE,
        _ISSUING,
        (_BATCHED,),
        _AT_HAND,
        parameters=("validity_years",),
    ),
    Operation.RETURN_FAILED: Rule(
        "回盘（失败）", "returned", (None,), Target.SAME, CardEventKind.MAKING_FAILED, _ISSUING, (_BATCHED,), _APPLIED
    ),
    Operation.COLLECT: Rule(
        "领卡", "collected", (_SEALED,), Target.SAME, CardEventKind.COLLECTED, _ISSUING, (_AT_HAND,), _COLLECTED
    ),
    Operation.REQUEST_DELIVERY: Rule(
        "申请邮寄",
        "sent by mail",
        (None, _SEALED),
        Target.SAME,
        CardEventKind.DELIVERY_REQUESTED,
        _ISSUING,
        (_APPLIED, _BATCHED, _AT_HAND),
    ),
    Operation.POST: Rule(
        "寄出", "posted", (_SEALED,), Target.SAME, CardEventKind.POSTED, _ISSUING, (_AT_HAND,), _POSTED
    ),
    Operation.DELIVER: Rule(
        "邮寄送达", "delivered", (_SEALED,), Target.SAME, CardEventKind.COLLECTED, _ISSUING, (_POSTED,), _COLLECTED
    ),
    Operation.RETURN_POST: Rule(
        "邮寄退回", "sent back", MADE, Target.SAME, CardEventKind.POST_RETURNED, _ISSUING, (_POSTED,), _AT_HAND
    ),
    Operation.ENABLE: Rule("启用", "enabled", (_SEALED,), _ENABLED, CardEventKind.ENABLED, ITEMS, (_COLLECTED,)),
    Operation.REPORT_PROVISIONAL_LOSS: Rule(
        "临时挂失",
        "reported lost",
        LOSABLE,
        CardStatus.PROVISIONALLY_LOST,
        CardEventKind.LOSS_REPORTED,
        ITEMS,
        parameters=("provisional_loss_days",),
    ),
    Operation.REPORT_FORMAL_LOSS: Rule(
        "正式挂失",
        "reported lost",
        (*LOSABLE, CardStatus.PROVISIONALLY_LOST),
        CardStatus.FORMALLY_LOST,
        CardEventKind.LOSS_REPORTED,
        ITEMS,
    ),
    Operation.CANCEL_LOSS: Rule(
        "解挂",
        "found again",
        LOST,
        Target.FORMER,
        CardEventKind.LOSS_CANCELLED,
        ITEMS,
        parameters=("formal_loss_undo",),
    ),
    Operation.LAPSE_LOSS: Rule(
        "临时挂失到期",
        "found again",
        (CardStatus.PROVISIONALLY_LOST,),
        Target.FORMER,
        CardEventKind.LOSS_LAPSED,
        "各地办事指南（到期自动解除）",
        parameters=("provisional_loss_days",),
    ),
    Operation.REPLACE: Rule(
        "补领",
        "replaced",
        (CardStatus.FORMALLY_LOST,),
        CardStatus.CANCELLED,
        CardEventKind.CANCELLED,
        f"{ITEMS}（补领前先正式挂失）",
        successor=True,
    ),
    Operation.RENEW: Rule(
        "换领",
        "renewed",
        LOSABLE,
        CardStatus.CANCELLED,
        CardEventKind.CANCELLED,
        f"{ITEMS}（损坏或期满前60日内，交回旧卡）",
        successor=True,
        parameters=("renewal_window_days",),
    ),
    Operation.REISSUE: Rule(
        "换发",
        "reissued",
        (_ENABLED,),
        CardStatus.CANCELLED,
        CardEventKind.CANCELLED,
        f"{ITEMS}（姓名、社会保障号码、照片、服务银行变更）",
        successor=True,
    ),
    Operation.CHANGE_CONTACT: Rule(
        "信息变更（非关键信息）", "changed", LIVE, Target.SAME, CardEventKind.CONTACT_CHANGED, ITEMS
    ),
    **SIDE_RULES,
    Operation.TELL_MAKING_OVERDUE: Rule(
        "制卡超期",
        "overdue",
        (None,),
        Target.SAME,
        CardEventKind.MAKING_OVERDUE,
        "青岛市办事指南（7个工作日）",
        (_APPLIED, _BATCHED),
        parameters=("making_working_days", "long_making_working_days"),
    ),
    Operation.TELL_RENEWAL_DUE: Rule(
        "期满换领提示",
        "due for renewal",
        MADE,
        Target.SAME,
        CardEventKind.RENEWAL_DUE,
        ITEMS,
        parameters=("renewal_window_days",),
    ),
    Operation.TRANSFER: Rule(
        "转移（同一人两条记录合并）",
        "transferred",
        (None, *CardStatus),
        Target.SAME,
        CardEventKind.TRANSFERRED,
        "中华人民共和国居民身份证法 第三条（号码唯一）",
    ),
    **{
        operation: Rule(title, "cancelled", LIVE, CardStatus.CANCELLED, CardEventKind.CANCELLED, source)
        for operation, title, source in (
            (Operation.CANCEL, "注销", ITEMS),
            (Operation.CANCEL_AFTER_DEATH, "注销（死亡）", _METHOD),
            (Operation.CANCEL_AFTER_EMIGRATION, "注销（出国定居、丧失国籍）", _METHOD),
            (Operation.CANCEL_DUPLICATE, "注销（一人多卡）", f"{_METHOD}（一人一卡）"),
        )
    },
}
"""Every operation. ISSUE is what its four steps lead to when they are done at once."""

CANCELLATIONS: Mapping[CancelReason, Operation] = {
    CancelReason.HOLDER_REQUEST: Operation.CANCEL,
    CancelReason.DEATH: Operation.CANCEL_AFTER_DEATH,
    CancelReason.EMIGRATION: Operation.CANCEL_AFTER_EMIGRATION,
    CancelReason.DUPLICATE: Operation.CANCEL_DUPLICATE,
}
"""Which operation cancels for a reason; a card is cancelled as REPLACED by replacing, renewing or reissuing it."""
