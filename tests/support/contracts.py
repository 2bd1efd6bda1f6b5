"""The contracts as the compiler understands them, with their comments."""

import functools
import site
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from google.api import field_behavior_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import Default
from grpc_tools import protoc

from socsec.type.v1 import access_pb2

ROOT = Path(__file__).parents[2]
PROTO = ROOT / "proto"
READS = (
    "Get",
    "List",
    "BatchGet",
    "Export",
    "Watch",
    "Resolve",
    "Verify",
    "Check",
    "Find",
    "Evaluate",
    "Explain",
    "Recompute",
    "BatchEvaluate",
    "WriteSweepPlan",
)
"""What a method's name begins with when it changes nothing."""


COUNTING = ("VerifyPin", "VerifyECardPassword")
"""Methods with a reading name that count what is wrong."""


@dataclass(frozen=True)
class Element:
    """Something in a contract that a reader may have to understand."""

    path: str
    comment: str


@functools.cache
def compiled() -> list[FileDescriptorProto]:
    """Compile every contract of ours, with comments, in the order of their names."""
    assert access_pb2.allowed_roles is not None  # imported, so that options can be read
    assert field_behavior_pb2.field_behavior is not None
    names = sorted(str(file.relative_to(PROTO)) for file in PROTO.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.binpb"
        includes = [
            f"-I{place}" for place in (PROTO, site.getsitepackages()[0], Path(protoc.__file__).parent / "_proto")
        ]
        arguments = ["protoc", *includes, "--include_source_info", f"--descriptor_set_out={image}", *names]
        assert protoc.main(arguments) == 0
        return list(FileDescriptorSet.FromString(image.read_bytes()).file)


def elements() -> Iterator[Element]:
    """Give every message, field, enumeration, value, service and method, with the comment before it."""
    for file in compiled():
        comments = {tuple(place.path): place.leading_comments.strip() for place in file.source_code_info.location}

        def told(path: tuple[int, ...], name: str, found: dict[tuple[int, ...], str] = comments) -> Element:
            return Element(name, found.get(path, ""))

        for number, message in enumerate(file.message_type):
            yield told((4, number), f"{file.package}.{message.name}")
            for place, field in enumerate(message.field):
                yield told((4, number, 2, place), f"{file.package}.{message.name}.{field.name}")
            assert all(nested.options.map_entry for nested in message.nested_type), f"{message.name} holds a message"
        for number, enum in enumerate(file.enum_type):
            yield told((5, number), f"{file.package}.{enum.name}")
            for place, value in enumerate(enum.value):
                yield told((5, number, 2, place), f"{file.package}.{value.name}")
        for number, service in enumerate(file.service):
            yield told((6, number), f"{file.package}.{service.name}")
            for place, method in enumerate(service.method):
                yield told((6, number, 2, place), f"{file.package}.{service.name}.{method.name}")


def descriptors() -> list[ServiceDescriptor]:
    """Give every service as it is compiled into the stubs."""
    found = []
    for file in compiled():
        for service in file.service:
            __import__(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
            found.append(Default().FindServiceByName(f"{file.package}.{service.name}"))
    return found


def methods() -> list[MethodDescriptor]:
    """Give every method of every service."""
    return [method for service in descriptors() for method in service.methods]


def is_read(method: MethodDescriptor) -> bool:
    """Tell by its name whether a method changes nothing."""
    return method.name.startswith(READS) and method.name not in COUNTING


def is_batch(method: MethodDescriptor) -> bool:
    """Tell whether a method takes a numbered batch, whose items are known again by their natural keys."""
    return "batch" in method.input_type.fields_by_name


def request_messages() -> dict[str, FileDescriptorProto]:
    """Give the messages that come in: requests, and whatever they hold of ours, with the file of each."""
    files = {f"{file.package}.{message.name}": file for file in compiled() for message in file.message_type}
    seen: dict[str, FileDescriptorProto] = {}
    waiting = [method.input_type.full_name for method in methods()]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in files:
            continue
        seen[name] = files[name]
        waiting += [field.type_name.lstrip(".") for field in fields_of(name, files[name]) if field.type_name]
    return seen


def fields_of(message: str, file: FileDescriptorProto) -> list[FieldDescriptorProto]:
    """Give the fields of a message of a file."""
    return [field for one in file.message_type if f"{file.package}.{one.name}" == message for field in one.field]
