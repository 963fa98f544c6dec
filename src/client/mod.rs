//! Journeys: sending a message once, reading its receipts, waiting for them.
