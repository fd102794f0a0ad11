//! Whole numbers in documents: those that every reader of JSON takes exactly are numbers, larger
//! ones are decimal texts.

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::Wrong;

/// Up to here a JSON number is exact everywhere.
const EXACT: i128 = 1 << 53;

pub(crate) fn write(number: impl Into<i128>) -> Value {
    let number = number.into();
    match isize::try_from(number) {
        Ok(small) if number.abs() <= EXACT => Value::from(small),
        _ => value::string(number.to_string()),
    }
}

pub(crate) fn read<T: TryFrom<i128>>(document: &Value) -> Result<T, Wrong> {
    let number = match document {
        Value::Num(_) => document.to_json().parse::<i128>().ok(),
        other => other.as_text().and_then(|text| text.parse().ok()),
    };
    let number = number.ok_or_else(|| Wrong::new(format!("this must be a whole number, but it is {}", super::describe(document))))?;
    T::try_from(number).map_err(|_| Wrong::new(format!("{number} is out of range")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_come_back() {
        for number in [0, 7, u64::MAX, 1 << 53, (1 << 53) + 1] {
            assert_eq!(read::<u64>(&write(number)), Ok(number));
        }
        assert_eq!(read::<i64>(&write(i64::MIN)), Ok(i64::MIN));
        assert_eq!(write(u64::MAX).to_json(), "\"18446744073709551615\"");
        assert!(read::<u16>(&write(70_000)).is_err());
        assert!(read::<u64>(&Value::from(1.5)).is_err());
    }
}
