"""The page of a study: claims, figures, methods in sentences, cases, provenance."""
