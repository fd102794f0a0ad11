//! Points in time, given to the engine from outside: it has no clock of its own.

use flowdbg_lang::value::{self, Value};

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// RFC 3339 in UTC, with milliseconds.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(|_| self.0.to_string(), |at| format!("{at:.3}"))
    }

    /// This point, later by so many milliseconds.
    #[must_use]
    pub fn after(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(milliseconds).unwrap_or(i64::MAX)))
    }

    /// Milliseconds since an earlier point; zero if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// Seconds since the epoch, as jq's `now` has it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this age fit into 52 bits")]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// As expressions see it: `{iso8601, epoch: {seconds, milliseconds}}`.
    #[must_use]
    pub fn describe(self) -> Value {
        let number = |n: i64| isize::try_from(n).map_or(Value::Null, Value::from);
        value::object([
            ("iso8601", value::string(self.to_rfc3339())),
            ("epoch", value::object([("seconds", number(self.0.div_euclid(1_000))), ("milliseconds", number(self.0))])),
        ])
    }
}
