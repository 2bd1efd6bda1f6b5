"""The table of who may ask for which operation, on what proof, with its sources.

An operator's own request (OPERATOR) stands for papers that were checked at the counter before the call, and a system's
(SYSTEM) for those that it checked itself: both answer for it with their name, and neither can do what takes the
holder's presence. Who passes another's request on names that actor and what was shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.card.actor import ActorKind, Authorities, Authority, Binding, ProofKind, Proofs
from services.card.operation import AnyOperation, Operation, OtherOperation

SOURCES: Mapping[ActorKind, str] = {
    ActorKind.HOLDER: "社会保障卡全国办事项目；密码、银行账户激活须本人到场，行动不便者上门服务",
    ActorKind.GUARDIAN: "社会保障卡申领办法（未满16周岁由监护人代办，登记监护人姓名、证件、关系、电话）",
    ActorKind.AGENT: "社会保障卡办事指南（委托代办挂失、补领、领卡的，凭双方身份证件和委托书）；死亡注销由继承人办理",
    ActorKind.EMPLOYER: "社会保障卡批量申领（单位凭介绍信、经办人身份证件和名册代办申领、发放）",
    ActorKind.SCHOOL: "社会保障卡批量申领（学校凭介绍信、经办人身份证件和名册代办申领、发放）",
    ActorKind.OPERATOR: "人社部发〔2011〕47号（经办机构审核）",
    ActorKind.SYSTEM: "人社部发〔2011〕47号（信息系统办理）",
}

_HOLDER, _ONLINE, _PHONE = ProofKind.HOLDER_IDENTITY, ProofKind.ONLINE_AUTHENTICATION, ProofKind.PHONE_IDENTIFICATION
_GUARDIAN, _AGENT = ProofKind.GUARDIAN_IDENTITY, ProofKind.AGENT_IDENTITY
_BY_AGENT = frozenset({_HOLDER, _AGENT, ProofKind.AUTHORISATION})
_IN_BULK = frozenset({ProofKind.LETTER, _AGENT, ProofKind.NAME_LIST})
_NOTHING: tuple[Proofs, ...] = (frozenset(),)


def _all(*proofs: ProofKind) -> tuple[Proofs, ...]:
    return (frozenset(proofs),)


def _and(given: tuple[Proofs, ...], *more: ProofKind) -> tuple[Proofs, ...]:
    return tuple(frozenset(one) | set(more) for one in given)


_BUREAU: Authorities = {ActorKind.OPERATOR: Authority(_NOTHING), ActorKind.SYSTEM: Authority(_NOTHING)}
_HOLDER_ANYWHERE = (frozenset({_HOLDER}), frozenset({_ONLINE}))
_GUARDIAN_ANYWHERE = (frozenset({_GUARDIAN}), frozenset({_ONLINE}))

_ANYWHERE: Authorities = {
    ActorKind.HOLDER: Authority(_HOLDER_ANYWHERE),
    ActorKind.GUARDIAN: Authority(_GUARDIAN_ANYWHERE),
    ActorKind.AGENT: Authority((_BY_AGENT,)),
    **_BUREAU,
}
"""What is done online as well: apply, enable, formal loss, replacement, data."""
_BULK: Authorities = {ActorKind.EMPLOYER: Authority((_IN_BULK,)), ActorKind.SCHOOL: Authority((_IN_BULK,))}
_COUNTER: Authorities = {
    ActorKind.HOLDER: Authority(_all(_HOLDER)),
    ActorKind.GUARDIAN: Authority(_all(_GUARDIAN)),
    ActorKind.AGENT: Authority((_BY_AGENT,)),
    **_BUREAU,
}
_BY_PHONE: Authorities = {
    **_ANYWHERE,
    ActorKind.HOLDER: Authority((*_HOLDER_ANYWHERE, frozenset({_PHONE}))),
    ActorKind.GUARDIAN: Authority((*_GUARDIAN_ANYWHERE, frozenset({_PHONE}))),
}
_IN_PERSON: Authorities = {
    ActorKind.HOLDER: Authority(_all(_HOLDER), in_person=True),
    ActorKind.GUARDIAN: Authority(_all(_GUARDIAN), in_person=True),
}


def _with(authorities: Authorities, *proofs: ProofKind) -> Authorities:
    return {
        kind: Authority(_and(authority.proofs, *proofs), authority.in_person)
        for kind, authority in authorities.items()
        if kind is not ActorKind.SYSTEM
    }


def _rows() -> Iterator[tuple[AnyOperation, Authorities]]:
    yield Operation.APPLY, {**_ANYWHERE, **_BULK}
    yield Operation.REQUEST_DELIVERY, _ANYWHERE
    for sent in (Operation.POST, Operation.DELIVER, Operation.RETURN_POST):
        yield sent, _BUREAU
    for made in (Operation.MAKE, Operation.BATCH, Operation.RETURN_MADE, Operation.RETURN_FAILED):
        yield made, _BUREAU
    yield Operation.ISSUE, _BUREAU
    yield Operation.COLLECT, {**_COUNTER, **_bound(_BULK, Binding.OWN_APPLICATION)}
    yield Operation.ENABLE, _ANYWHERE
    yield Operation.REPORT_PROVISIONAL_LOSS, _BY_PHONE
    yield Operation.REPORT_FORMAL_LOSS, _ANYWHERE
    yield Operation.CANCEL_LOSS, _without_agent(_COUNTER)
    yield Operation.REPLACE, _ANYWHERE
    yield Operation.RENEW, _with(_COUNTER, ProofKind.OLD_CARD)
    yield Operation.REISSUE, _with(_COUNTER, ProofKind.OLD_CARD, ProofKind.KEY_DATA)
    yield Operation.CHANGE_CONTACT, _ANYWHERE
    yield Operation.VERIFY_PIN, _BUREAU
    yield Operation.CHANGE_PIN, _IN_PERSON
    yield Operation.UNLOCK_PIN, _IN_PERSON
    yield Operation.RESET_PIN, _IN_PERSON
    yield Operation.ACTIVATE_BANK, _IN_PERSON
    yield Operation.REPORT_BANK_LOSS, _BY_PHONE
    yield Operation.CANCEL_BANK_LOSS, _without_agent(_COUNTER)
    yield (
        Operation.CLOSE_BANK,
        {
            **_with(_BUREAU, ProofKind.BANK_NOTICE),
            ActorKind.HOLDER: Authority(_all(_HOLDER)),
            ActorKind.SYSTEM: Authority(_all(ProofKind.BANK_NOTICE)),
        },
    )
    yield Operation.ISSUE_TEMPORARY_CARD, _COUNTER
    yield Operation.RETURN_TEMPORARY_CARD, _BUREAU
    yield Operation.CANCEL, _COUNTER
    yield (
        Operation.CANCEL_AFTER_DEATH,
        {
            ActorKind.AGENT: Authority(_all(_AGENT, ProofKind.KINSHIP, ProofKind.DEATH)),
            ActorKind.GUARDIAN: Authority(_all(_GUARDIAN, ProofKind.DEATH)),
            **_BUREAU,
        },
    )
    yield Operation.CANCEL_AFTER_EMIGRATION, {**_with(_COUNTER, ProofKind.EMIGRATION), **_BUREAU}
    yield Operation.CANCEL_DUPLICATE, {**_with(_COUNTER, ProofKind.OTHER_CARD), **_BUREAU}
    for brought in (OtherOperation.IMPORT, OtherOperation.REGISTER_PERSON):
        yield brought, _BUREAU
    for changed in (OtherOperation.CHANGE_NAME, OtherOperation.CHANGE_IDENTITY_NUMBER):
        yield changed, {**_with(_COUNTER, ProofKind.KEY_DATA), **_BUREAU}
    for switched in (OtherOperation.OPEN_APPLICATION, OtherOperation.CLOSE_APPLICATION):
        yield switched, _ANYWHERE


def _bound(authorities: Authorities, binding: Binding) -> Authorities:
    return {kind: replace(authority, binding=binding) for kind, authority in authorities.items()}


def _without_agent(authorities: Authorities) -> Authorities:
    return {kind: authority for kind, authority in authorities.items() if kind is not ActorKind.AGENT}


AUTHORITIES: Mapping[AnyOperation, Authorities] = dict(_rows())
"""Who may ask for what. Operations that are not here nobody asks for: the service does them itself by its timers."""
