"""Signed tokens that a device checks without a network: CWT in COSE_Sign1 as a QR code, and a signed status list.

Published formats throughout, so that others can write readers (docs/ecard.md). The package needs `cbor2` and
`cryptography` and nothing else of this project: a device may carry it as it is.
"""
