"""Real PDFs, really signed: by people whose authority is known, or is not."""

from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

FROM, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


@cache
def authority(name: str) -> tuple[Any, x509.Certificate]:
    """An authority: its key and its root."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .sign(key, SHA256())
    )
    return key, made


@cache
def signer(name: str, of: str) -> signers.SimpleSigner:
    """Somebody with a certificate of an authority."""
    ca_key, ca = authority(of)
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .add_extension(_usage(digital_signature=True), critical=True)
        .sign(ca_key, SHA256())
    )
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    store.register(_asn1(ca))
    return signers.SimpleSigner(
        signing_cert=_asn1(made),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=store,
    )


def roots_in(folder: Path, *names: str) -> Path:
    """A folder with the roots of authorities."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.pem").write_bytes(authority(name)[1].public_bytes(Encoding.PEM))
    return folder


def unsigned(words: str = "paper", *, form: bool = False) -> bytes:
    """A PDF of one page; with `form`, one that has a field to fill in."""
    writer = PdfFileWriter()
    box = generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 595, 842)])
    contents = writer.add_object(_shown(words))
    page = writer.insert_page(PageObject(contents=contents, media_box=box))
    if form:
        field = {
            "/FT": "/Tx",
            "/Subtype": "/Widget",
            "/Type": "/Annot",
        }
        made = generic.DictionaryObject(
            {pdf_name(name): pdf_name(value) for name, value in field.items()}
        )
        made[pdf_name("/T")] = generic.pdf_string("note")
        made[pdf_name("/V")] = generic.pdf_string("")
        made[pdf_name("/Rect")] = box
        made[pdf_name("/P")] = page
        placed = writer.add_object(made)
        page.get_object()[pdf_name("/Annots")] = generic.ArrayObject([placed])
        fields = generic.ArrayObject([placed])
        writer.root[pdf_name("/AcroForm")] = writer.add_object(
            generic.DictionaryObject({pdf_name("/Fields"): fields})
        )
    return _written(writer)


def signed(content: bytes, by: signers.SimpleSigner, field: str = "Sig1", **meta: Any) -> bytes:
    """A PDF with one more signature."""
    out = signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(content)),
        signers.PdfSignatureMetadata(field_name=field, **meta),
        signer=by,
    )
    return bytes(out.getbuffer())


def page_changed(content: bytes) -> bytes:
    """The same PDF with another text on its page, added behind the signature."""
    writer = IncrementalPdfFileWriter(BytesIO(content))
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/Contents")] = writer.add_object(_shown("something else"))
    writer.update_container(page)
    return _written(writer)


def form_filled(content: bytes) -> bytes:
    """The same PDF with its field filled in, added behind the signature."""
    writer = IncrementalPdfFileWriter(BytesIO(content))
    field = writer.root["/AcroForm"]["/Fields"][0]
    field[pdf_name("/V")] = generic.pdf_string("filled in")
    writer.update_container(field)
    return _written(writer)


def bit_flipped(content: bytes) -> bytes:
    """The same PDF with one letter of its page changed in place."""
    place = content.index(b"Tj ET") - 3
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def _shown(words: str) -> generic.StreamObject:
    return generic.StreamObject(stream_data=f"BT ({words}) Tj ET".encode("ascii"))


def _written(writer: Any) -> bytes:
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _usage(*, key_cert_sign: bool = False, digital_signature: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )
