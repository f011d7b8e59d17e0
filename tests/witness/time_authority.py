"""A time authority of the test's own: OpenSSL answers, a small server carries."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.x509 import Certificate, load_pem_x509_certificate

from engine.witness.calling import Answer, Call
from tests.witness.hostile import answering, http, read_request

OPENSSL: Final = shutil.which("openssl") or "openssl"
CONFIG: Final = """
[req]
distinguished_name=dn
prompt=no
[dn]
CN=unnamed
[root]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[authority]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=critical,timeStamping
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
[tsa]
serial={folder}/serial
crypto_device=builtin
signer_cert={folder}/tsa.pem
certs={folder}/{certificates}
signer_key={folder}/tsa.key
signer_digest=sha256
default_policy=1.2.3.4.1
other_policies=1.2.3.4.2
digests=sha256
accuracy=secs:1
ess_cert_id_alg=sha256
"""


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority whose tokens carry one certificate, or its root's too."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> "Authority":
        folder.mkdir()
        one = cls(folder)
        for name, certificates in (("one", "tsa.pem"), ("two", "root.pem")):
            text = CONFIG.format(folder=folder, certificates=certificates)
            (folder / f"{name}.cnf").write_text(text)
        (folder / "serial").write_text("01\n")
        for name in ("root", "tsa"):
            one.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
        subject = ("-config", "one.cnf", "-days", "30")
        one.run(
            *("req", "-x509", "-new", "-key", "root.key", "-extensions", "root", *subject),
            *("-subj", "/CN=Test root", "-out", "root.pem"),
        )
        one.run(
            *("req", "-x509", "-new", "-key", "tsa.key", "-extensions", "authority", *subject),
            *("-CA", "root.pem", "-CAkey", "root.key", "-subj", "/CN=Test TSA"),
            *("-out", "tsa.pem"),
        )
        return one

    @property
    def root(self) -> Certificate:
        return load_pem_x509_certificate((self.folder / "root.pem").read_bytes())

    def token(self, query: bytes, kind: str = "two") -> bytes:
        (self.folder / "query").write_bytes(query)
        line = ("ts", "-reply", "-config", f"{kind}.cnf", "-section", "tsa")
        self.run(*line, "-queryfile", "query", "-out", "reply")
        return (self.folder / "reply").read_bytes()

    def send(self, _url: str, call: Call) -> Answer:
        return Answer(200, self.token(call.content), "application/timestamp-reply")

    @contextmanager
    def serving(self) -> Iterator[str]:
        def behave(line: object) -> None:
            reply = self.token(read_request(line))  # type: ignore[arg-type]
            kind = "Content-Type: application/timestamp-reply"
            line.sendall(http("200 OK", reply, kind))  # type: ignore[attr-defined]

        with answering(behave) as url:
            yield url

    def run(self, *line: str) -> str:
        done = subprocess.run(  # noqa: S603 - a program that every machine of ours has.
            [OPENSSL, *line], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
