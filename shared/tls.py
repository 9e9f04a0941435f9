"""Encrypted connections: whom we trust, and how we say who we are."""

import ssl
from pathlib import Path


def context(
    ca_file: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """A context that lets nobody pass who cannot prove the name that was asked for.

    Args:
        ca_file: certificates to trust instead of the system's (PEM).
        certificate: our own, with those it was signed by (PEM).
        key: its private key, not itself encrypted, where `certificate` does not hold it too.

    Raises:
        ValueError: a file cannot be used; it is named, and what is in it is not.
    """
    try:
        made = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ValueError(f"{ca_file} {_trouble(error)}: give certificates as PEM") from None
    if certificate is not None:
        try:
            made.load_cert_chain(certificate, key, password=lambda: "")  # else it asks a terminal
        except OSError as error:
            files = f"{certificate} with {key}" if key else str(certificate)
            raise ValueError(
                f"{files} {_trouble(error)}: give a certificate and its own unencrypted key as PEM"
            ) from None
    return made


def _trouble(error: OSError) -> str:
    """What is wrong with a file; OpenSSL's own words say nothing to anybody."""
    return "is unfit" if isinstance(error, ssl.SSLError) else f"cannot be read ({error.strerror})"
