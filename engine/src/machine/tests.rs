//! Machines in tests: scripted answers, no clock.
