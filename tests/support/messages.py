"""Messages of any contract: plausible ones, and bytes that are nearly one."""

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from services.common.ids import encode

_COLLECTIONS = ("people", "cards", "entitlements", "draws", "certifications", "sweeps", "cases", "benefits")
_NAMES = st.builds(lambda kind, number: f"{kind}/{encode(number)}", st.sampled_from(_COLLECTIONS), st.integers(0, 9))
_KNOWN = st.sampled_from(
    (
        "370202",
        "370299199001010010",
        "2026-11",
        "2026-11-01",
        "0000-00-00",
        "9999-12-31",
        "employee_pension",
        "102",
        "ENABLED",
        'state = "OPEN" AND NOT amount_at_risk_fen < 5',
        'person = "\0"',
        "amount_fen > 99999999999999999999999999",
        "birth_date < 2026-11-01",
        "a" * 70,
        "é\u0301\u202e👩‍👩‍👧",
        "\0",
    )
)
TEXTS = st.one_of(_KNOWN, _NAMES, st.text(max_size=30))
NUMBERS = st.one_of(st.integers(-2, 1001), st.sampled_from((-(2**63), 2**63 - 1, 2**31 - 1, -(2**31), 1 << 53)))


def messages(kind: Descriptor, depth: int = 3) -> st.SearchStrategy[Message]:
    """Give messages with some of their fields set."""
    given = {field.name: _values(field, depth) for field in kind.fields if depth or field.message_type is None}
    return st.fixed_dictionaries({}, optional=given).map(lambda fields: _made(kind, fields))


def broken(kind: Descriptor) -> st.SearchStrategy[bytes]:
    """Give bytes: random ones, and messages that were cut, or of which bytes were changed."""
    whole = messages(kind).map(lambda message: message.SerializeToString())
    cut = st.builds(lambda data, at: data[: at % (len(data) + 1)], whole, st.integers(0, 10_000))
    changed = st.builds(_changed, whole, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4))
    return st.one_of(whole, changed, cut, st.binary(max_size=60))


def _made(kind: Descriptor, fields: dict[str, object]) -> Message:
    made: Message = GetMessageClass(kind)()
    for name, value in fields.items():
        if isinstance(value, list):
            getattr(made, name).extend(value)
        elif isinstance(value, Message):
            getattr(made, name).CopyFrom(value)
        elif isinstance(value, dict):
            getattr(made, name).update(value)
        else:
            setattr(made, name, value)
    return made


def _values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[object]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return st.dictionaries(TEXTS, _one(field.message_type.fields_by_name["value"], depth - 1), max_size=2)
    one = _one(field, depth)
    return st.lists(one, max_size=3) if field.is_repeated else one


def _one(field: FieldDescriptor, depth: int) -> st.SearchStrategy[object]:
    if field.message_type is not None:
        return messages(field.message_type, max(depth - 1, 0))
    if field.enum_type is not None:
        return st.one_of(st.sampled_from(_numbers(field.enum_type)), st.integers(0, 99))
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_BOOL:
            return st.booleans()
        case FieldDescriptor.CPPTYPE_INT32:
            return NUMBERS.map(lambda number: max(min(number, 2**31 - 1), -(2**31)))
        case FieldDescriptor.CPPTYPE_INT64:
            return NUMBERS
        case FieldDescriptor.CPPTYPE_UINT32 | FieldDescriptor.CPPTYPE_UINT64:
            return st.integers(0, 2**32 - 1)
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            return st.floats()
    return st.binary(max_size=20) if field.type == FieldDescriptor.TYPE_BYTES else TEXTS


def _numbers(kind: EnumDescriptor) -> list[int]:
    return [value.number for value in kind.values]


def _changed(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    changed = bytearray(data)
    for place, value in changes:
        if changed:
            changed[place % len(changed)] = value
    return bytes(changed)
