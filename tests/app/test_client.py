"""The app's client on the real function."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import client
import pytest
from client import Client

from service.errors import ERRORS, INTERNAL
from tests.app.running import run

CLIENT = Path(client.__file__).parent


def ask(url, request, **options):
    """What `request` returns for a client of `url`."""

    async def send():
        async with Client(url, **options) as client:
            return await request(client)

    return run(send())


def test_a_photo_gets_its_labels(server, chelsea):
    reply = ask(server.url, lambda client: client.classify(chelsea, top_k=2))
    assert [label.label for label in reply.labels] == ["Egyptian cat", "tabby"]
    assert 0.5 < reply.labels[0].score <= 1
    assert reply.model == "resnet50"
    assert "infer;dur=" in reply.server_timing


def test_the_model_is_named_with_its_licence(server):
    model = ask(server.url, Client.model)
    assert (model.name, model.version, model.commercial_use) == ("resnet50", "1.0.0", False)
    assert "non-commercial" in model.licence


def test_progress_counts_the_bytes_up_to_all(server, chelsea):
    calls = []
    ask(server.url, lambda client: client.classify(chelsea, on_progress=lambda *n: calls.append(n)))
    sent = [sent for sent, _ in calls]
    assert {total for _, total in calls} == {len(chelsea)}
    assert sent == sorted(sent)
    assert (sent[0], sent[-1]) == (0, len(chelsea))
    assert len(sent) > 2


def test_an_address_may_end_in_a_slash_or_be_surrounded_by_spaces(server):
    assert ask(f" {server.url}/ ", Client.check) is None


@pytest.mark.parametrize("key", ["", "wrong", "schlüssel"])
def test_a_wrong_key_is_refused(locked_server, chelsea, key):
    with pytest.raises(client.BadApiKey, match="ask the operator for a key"):
        ask(locked_server.url, lambda client: client.classify(chelsea), key=key)


def test_the_right_key_is_accepted(locked_server, chelsea):
    ask(locked_server.url, lambda client: client.classify(chelsea), key="let-me-in")


@pytest.mark.parametrize(
    ("photo", "error"),
    [
        (b"", client.NoImage),
        (b"GIF89a", client.ImageCorrupt),
        (b"no photo", client.UnsupportedImageFormat),
        (bytes(11 * 2**20), client.BodyTooLarge),
    ],
    ids=["empty", "damaged", "text", "large"],
)
def test_an_error_of_the_api_has_its_class(server, photo, error):
    with pytest.raises(client.ApiError) as caught:
        ask(server.url, lambda client: client.classify(photo))
    assert type(caught.value) is error
    assert client.ApiError.by_reason[caught.value.reason] is error


def test_a_label_count_out_of_range_is_refused(server, chelsea):
    with pytest.raises(client.BadParameter):
        ask(server.url, lambda client: client.classify(chelsea, top_k=1001))


def test_every_reason_of_the_api_has_a_class_of_the_same_name():
    named = {spec.reason: error.__name__ for error, spec in ERRORS.items()}
    named[INTERNAL.reason] = "Internal"
    ours = {reason: error.__name__ for reason, error in client.ApiError.by_reason.items()}
    assert named.items() <= ours.items()
    branches = {"RequestError", "ImageError"}
    assert set(ours.values()) - set(named.values()) == branches


def test_the_drawn_tree_is_the_tree():
    drawn = re.findall(r"^(?:[│ ]*[├└]── )?([A-Z]\w+)$", client.errors.__doc__, re.MULTILINE)

    def tree(error):
        yield error.__name__
        for subclass in error.__subclasses__():
            yield from tree(subclass)

    assert sorted(drawn) == sorted(tree(client.ClassifyError))


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("localhost:8080", client.BadAddress),
        ("ftp://localhost", client.BadAddress),
        ("https://", client.BadAddress),
        ("http://[::", client.BadAddress),
        ("http://nowhere.invalid", client.NoNetwork),
        ("http://127.0.0.1:1", client.NotListening),
    ],
)
def test_a_wrong_address_is_told_from_a_missing_network(address, error):
    with pytest.raises(error):
        ask(address, Client.check)


def test_another_server_is_not_the_function(server):
    with pytest.raises(client.NoSuchPath):
        ask(f"{server.url}/elsewhere", Client.check)


def test_the_folder_imports_nothing_but_httpx_and_the_standard_library():
    imports = re.findall(
        r"^(?:from|import) (\w+)", "".join(map(Path.read_text, CLIENT.glob("*.py"))), re.MULTILINE
    )
    assert set(imports) - sys.stdlib_module_names == {"httpx"}
