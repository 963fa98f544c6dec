//! What was sent and what came back: octets kept, facts appended, states derived.
