"""Where events may go: public machines alone, unless the operator vouches for one."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.outbox.addresses import AddressRefused, Egress, check_url, is_public, target_of

PRIVATE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.8", "192.88.99.1"),  # noqa: S104
    *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1", "2002:7f00:1::"),
    *("2001:0:4136:e378::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "::ffff:10.0.0.1"),
)
NOBODY = Egress()


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_public_however_it_is_written(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(AddressRefused) as caught:
        target_of("https://x.example/", NOBODY, resolve=lambda _host, _port: (address,))
    assert caught.value.params["reason"] == "private"


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_is_dialled_under_its_name(address: str) -> None:
    target = target_of("https://x.example/a?b=c", NOBODY, resolve=lambda _host, _port: (address,))
    assert (target.host, target.port, target.path, target.address) == (
        *("x.example", 443, "/a?b=c"),
        address,
    )


@given(st.integers(0, 2**32 - 1))
def test_an_address_carried_in_another_is_judged_as_itself(number: int) -> None:
    plain = is_public(str(IPv4Address(number)))
    mapped = is_public(str(IPv6Address(0xFFFF << 32 | number)))
    assert mapped == plain


def test_one_private_answer_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(AddressRefused):
        target_of("https://x.example/", NOBODY, resolve=lambda _h, _p: ("8.8.8.8", "10.0.0.1"))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://x.example/", "https"),
        ("ftp://x.example/", "form"),
        ("https:///x", "form"),
        ("https://user:secret@x.example/", "form"),
        ("https://x.example/#part", "form"),
        ("https://x.example:99999/", "form"),
        ("https://x.example/ y", "form"),
        ("https://x.example/\r\nHost: y", "form"),
        ("https://127.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://đích.example/", "form"),
        ("https://x.example/" + "a" * 2000, "form"),
        ("", "form"),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_its_reason(url: str, reason: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        check_url(url, NOBODY)
    assert caught.value.params["reason"] == reason


def test_hosts_of_the_operators_own_network_are_exempt_by_name_and_port() -> None:
    egress = Egress(own_hosts=frozenset({"hub.local", "10.0.0.5:8080"}))
    inside = target_of("http://hub.local/x", egress, resolve=lambda _h, _p: ("10.0.0.9",))
    assert (inside.secure, inside.port, inside.address) == (False, 80, "10.0.0.9")
    assert check_url("http://10.0.0.5:8080/", egress)[2] == 8080
    for other in ("http://10.0.0.5/", "http://other.local/"):
        with pytest.raises(AddressRefused):
            check_url(other, egress)


def test_a_name_without_an_address_is_no_place() -> None:
    with pytest.raises(OSError, match="no address"):
        target_of("https://x.example/", NOBODY, resolve=lambda _h, _p: ())
