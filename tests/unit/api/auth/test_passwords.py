"""Passwords are compared as typed, by two at a time, and unknown names cost as much."""

import threading
import time

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from typing_extensions import override

from api.auth.passwords import Passwords
from engine.errors import Invalid

CHEAP = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1)


class CountingHasher(Argon2Hasher):
    """Argon2id that notes how many comparisons run at the same time, and how many ran at all."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.running = 0
        self.most = 0
        self.count = 0
        self._lock = threading.Lock()

    @override
    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        with self._lock:
            self.running += 1
            self.count += 1
            self.most = max(self.most, self.running)
        time.sleep(0.02)
        with self._lock:
            self.running -= 1
        return super().verify(password, hash)


def test_a_password_fits_its_own_hash_alone() -> None:
    passwords = Passwords(CHEAP)
    kept = passwords.hash("mật khẩu rất dài")
    assert kept.startswith("$argon2id$")
    assert passwords.matches("mật khẩu rất dài", kept)
    assert not passwords.matches("mật khẩu rất dài ", kept)
    assert not passwords.matches("Mật khẩu rất dài", kept)


def test_the_same_password_is_kept_differently_each_time() -> None:
    passwords = Passwords(CHEAP)
    assert passwords.hash("mật khẩu rất dài") != passwords.hash("mật khẩu rất dài")


def test_an_unknown_name_costs_a_comparison_and_never_passes() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    assert not passwords.matches("no account has this password", None)
    assert hasher.count == 1


def test_at_most_two_comparisons_run_at_a_time() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    kept = passwords.hash("mật khẩu rất dài")
    threads = [threading.Thread(target=passwords.matches, args=("x" * 12, kept)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hasher.count == 8
    assert hasher.most == 2


@pytest.mark.parametrize("length", [0, 11, 257])
def test_a_new_password_has_a_length_between_limits(length: int) -> None:
    with pytest.raises(Invalid, match="password_too"):
        Passwords(CHEAP).hash("x" * length)


@pytest.mark.parametrize("kept", ["", "not a hash", "$2b$12$abcdefghijklmnopqrstuv"])
def test_a_hash_of_another_kind_opens_no_door(kept: str) -> None:
    assert not Passwords(CHEAP).matches("x" * 12, kept)


def test_what_is_typed_may_be_anything() -> None:
    passwords = Passwords(CHEAP)
    kept = passwords.hash("x" * 256)
    assert passwords.matches("x" * 256, kept)
    assert not passwords.matches("x" * 100_000, kept)
    assert not passwords.matches("\ud800" * 12, kept)
