//! Room `lang`.
