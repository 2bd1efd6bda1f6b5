"""The kinds of file that the card service takes in: their lines, and the call for them."""

from services.admin.kinds import FileKind
from services.admin.records import Column, Moment, PersonColumn, RecordType, Whole, word, yes
from socsec.card.v1 import (
    actor_pb2,
    card_pb2,
    card_register_service_pb2,
    card_register_service_pb2_grpc,
    card_service_pb2,
    card_service_pb2_grpc,
    ecard_service_pb2,
    ecard_service_pb2_grpc,
    making_pb2,
    making_service_pb2,
    making_service_pb2_grpc,
    person_pb2,
    person_service_pb2,
    person_service_pb2_grpc,
)


def people(
    papers: actor_pb2.Actor | None = None,
) -> FileKind[person_pb2.PersonRegistration, person_service_pb2.ImportPeopleRequest]:
    """Give the kind of a file of people, and of the papers that they come with."""
    return FileKind(
        "people",
        "card",
        RecordType(
            person_pb2.PersonRegistration,
            Column("identity_number"),
            Column("full_name"),
            Column("division"),
            Column("representative_identity_number"),
            word("representative_kind", person_pb2.RepresentativeKind),
        ),
        lambda batch, people, validate_only: person_service_pb2.ImportPeopleRequest(
            batch=batch, people=people, actor=papers, validate_only=validate_only
        ),
        lambda channel, requests: person_service_pb2_grpc.PersonServiceStub(channel).ImportPeople(requests),
    )


PEOPLE = people()


def cards(
    papers: actor_pb2.Actor | None = None,
) -> FileKind[card_service_pb2.CardIssue, card_service_pb2.IssueCardsRequest]:
    """Give the kind of a file of cards to issue, and of the papers that they come with."""
    return FileKind(
        "cards",
        "card",
        RecordType(
            card_service_pb2.CardIssue,
            PersonColumn(),
            Column("issuing_division"),
            Column("service_bank_code"),
            Column("bank_account"),
            Column("issue_date"),
        ),
        lambda batch, cards, validate_only: card_service_pb2.IssueCardsRequest(
            batch=batch, cards=cards, actor=papers, validate_only=validate_only
        ),
        lambda channel, requests: card_service_pb2_grpc.CardServiceStub(channel).IssueCards(requests),
    )


CARDS = cards()


def existing_cards(
    papers: actor_pb2.Actor | None = None,
) -> FileKind[card_register_service_pb2.ExistingCard, card_register_service_pb2.ImportCardsRequest]:
    """Give the kind of a file of cards to take over, and of the papers that they come with."""
    return FileKind(
        "existing cards",
        "card",
        RecordType(
            card_register_service_pb2.ExistingCard,
            PersonColumn(),
            Column("card_no"),
            Column("card_identification_code"),
            Column("issuing_division"),
            Column("service_bank_code"),
            Column("bank_account"),
            Column("issue_date"),
            Column("expire_date"),
            word("status", card_pb2.CardStatus),
            word("cancel_reason", card_pb2.CancelReason),
            yes("collected"),
            Moment("loss_lapse_time"),
        ),
        lambda batch, cards, validate_only: card_register_service_pb2.ImportCardsRequest(
            batch=batch, cards=cards, actor=papers, validate_only=validate_only
        ),
        lambda channel, requests: card_register_service_pb2_grpc.CardRegisterServiceStub(channel).ImportCards(requests),
    )


EXISTING_CARDS = existing_cards()

ECARDS = FileKind(
    "ecards",
    "card",
    RecordType(ecard_service_pb2.IssueECardRequest, PersonColumn()),
    lambda batch, holders, validate_only: ecard_service_pb2.IssueECardsRequest(
        batch=batch, people=[holder.person for holder in holders], validate_only=validate_only
    ),
    lambda channel, requests: ecard_service_pb2_grpc.ECardServiceStub(channel).IssueECards(requests),
)


def card_applications(
    actor: actor_pb2.Actor,
) -> FileKind[card_service_pb2.CardApplication, card_service_pb2.ApplyCardsRequest]:
    """Give the kind of an employer's or school's name list."""
    return FileKind(
        f"card applications of {actor.reference}",
        "card",
        RecordType(
            card_service_pb2.CardApplication, PersonColumn(), Column("issuing_division"), Column("service_bank_code")
        ),
        lambda batch, applications, validate_only: card_service_pb2.ApplyCardsRequest(
            batch=batch, actor=actor, applications=applications, validate_only=validate_only
        ),
        lambda channel, requests: card_service_pb2_grpc.CardServiceStub(channel).ApplyCards(requests),
    )


def making_returns(
    batch_name: str, line_count: int
) -> FileKind[making_pb2.MakingReturn, making_service_pb2.ImportReturnRequest]:
    """Give the kind of the return file of one making batch."""
    return FileKind(
        f"return of {batch_name}",
        "card",
        RecordType(
            making_pb2.MakingReturn,
            Whole("serial"),
            Column("card_no"),
            Column("identity_number"),
            Column("full_name"),
            Column("issue_date"),
            Column("expire_date"),
            Column("card_identification_code"),
            Column("reset_code"),
            Column("service_bank_code"),
            Column("bank_account"),
            Column("box_position"),
            word("failure_stage", making_pb2.FailureStage),
            Column("failure_reason"),
        ),
        lambda batch, lines, validate_only: making_service_pb2.ImportReturnRequest(
            batch=batch, name=batch_name, line_count=line_count, lines=lines, validate_only=validate_only
        ),
        lambda channel, requests: making_service_pb2_grpc.MakingServiceStub(channel).ImportReturn(requests),
    )
