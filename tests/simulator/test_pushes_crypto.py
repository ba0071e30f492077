"""Signatures and the envelope of secure mode; the values are facts of the public documentation."""

import base64
import random

import pytest

from kfconsole.simulator.pushes.crypto import BadSeal, Seal, is_aes_key, signature

KEY = "A" * 43
APP_ID = "wxba5fad812f8e6fb9"
SEALED_REPLY = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="


@pytest.fixture
def seal() -> Seal:
    return Seal(KEY, APP_ID, random.Random(1))


@pytest.mark.parametrize(
    ("timestamp", "nonce", "expected"),
    [
        ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
    ],
)
def test_a_signature_covers_token_timestamp_and_nonce_in_any_order(timestamp: str, nonce: str, expected: str) -> None:
    assert signature("AAAAA", timestamp, nonce) == signature(nonce, "AAAAA", timestamp) == expected


def test_a_reply_is_sealed_as_documented(seal: Seal) -> None:
    sealed = seal.close('{"demo_resp":"good luck"}', "707722b803182950")

    assert sealed == SEALED_REPLY
    assert signature("AAAAA", "1713424427", "415670741", sealed) == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


@pytest.mark.parametrize("length", range(0, 70, 3))
def test_what_is_closed_opens_again(seal: Seal, length: int) -> None:
    assert seal.open(seal.close("好" * length)) == ("好" * length).encode()


def test_messages_are_padded_to_blocks_of_32_bytes(seal: Seal) -> None:
    sealed = seal.close("x" * 167)  # as long as the documentation's example, which has 19 bytes of padding

    assert len(base64.b64decode(sealed)) == 224


def test_two_seals_of_one_message_differ(seal: Seal) -> None:
    assert seal.close("x") != seal.close("x")


@pytest.mark.parametrize(
    ("sealed", "words"),
    [
        ("好", "no base64"),
        ("%%%%", "no base64"),
        ("QUJD", "3 bytes"),
        ("AAAA", "3 bytes"),
        ("A" * 128, "cannot be decrypted"),
        (Seal("B" * 43, APP_ID, random.Random(1)).close("x"), "cannot be decrypted"),
        (Seal(KEY, "wx0000000000000000", random.Random(1)).close("x"), "AppID"),
    ],
)
def test_what_was_sealed_otherwise_does_not_open(seal: Seal, sealed: str, words: str) -> None:
    with pytest.raises(BadSeal, match=words):
        seal.open(sealed)


@pytest.mark.parametrize(
    ("key", "is_one"), [(KEY, True), ("a1" * 21 + "B", True), ("A" * 42, False), ("_" * 43, False)]
)
def test_an_aes_key_has_43_characters_of_base64(key: str, is_one: bool) -> None:
    assert is_aes_key(key) is is_one
