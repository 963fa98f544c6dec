//! A practice provider of certified mail on the loopback interface. Nothing it signs is real.
