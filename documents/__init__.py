"""Papers and pictures: quittance, payment QR code, charts. Dataclasses in, bytes or mark-up out."""
