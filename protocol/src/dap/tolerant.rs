//! Readers that forgive what clients are known to get wrong: integers written as `1.0`, and
//! `null` for an empty list.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// An integer, also if it is written with a fraction of zero.
struct Whole<T>(T);

impl<'de, T: TryFrom<i64> + TryFrom<u64>> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers<T>(std::marker::PhantomData<T>);

        impl<T: TryFrom<i64> + TryFrom<u64>> Visitor<'_> for Numbers<T> {
            type Value = Whole<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "an integer in the range of {}", std::any::type_name::<T>())
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Whole<T>, E> {
                T::try_from(number).map(Whole).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole<T>, E> {
                T::try_from(number).map(Whole).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole<T>, E> {
                // Up to 2^53 every whole number is exact; the protocol goes no further.
                if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 {
                    self.visit_i64(number as i64)
                } else {
                    Err(E::invalid_value(de::Unexpected::Float(number), &self))
                }
            }
        }

        deserializer.deserialize_any(Numbers(std::marker::PhantomData))
    }
}

/// Reads a required integer.
pub fn integer<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<i64> + TryFrom<u64>,
    D: Deserializer<'de>,
{
    Whole::deserialize(deserializer).map(|whole| whole.0)
}

/// Reads an optional integer.
pub fn optional_integer<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: TryFrom<i64> + TryFrom<u64>,
    D: Deserializer<'de>,
{
    let whole = Option::<Whole<T>>::deserialize(deserializer)?;
    Ok(whole.map(|whole| whole.0))
}

/// Reads an optional list of integers.
pub fn optional_integers<'de, T, D>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    T: TryFrom<i64> + TryFrom<u64>,
    D: Deserializer<'de>,
{
    let list = Option::<Vec<Whole<T>>>::deserialize(deserializer)?;
    Ok(list.map(|list| list.into_iter().map(|whole| whole.0).collect()))
}

/// Reads a required list; `null` is the empty one.
pub fn list<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a switch; `null` is off.
pub fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        #[serde(deserialize_with = "super::integer")]
        one: u32,
        #[serde(default, deserialize_with = "super::optional_integer")]
        maybe: Option<i64>,
        #[serde(default, deserialize_with = "super::optional_integers")]
        many: Option<Vec<i32>>,
        #[serde(default, deserialize_with = "super::list")]
        names: Vec<String>,
        #[serde(default, deserialize_with = "super::switch")]
        on: bool,
    }

    fn read(text: &str) -> Result<Sample, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn whole_numbers_are_integers_however_written() {
        let expected = Sample { one: 1, maybe: Some(-2), many: Some(vec![3, 4]), names: vec![], on: false };
        let text = r#"{"one":1.0,"maybe":-2.0,"many":[3,4.0],"names":null,"on":null}"#;
        assert_eq!(read(text), Ok(expected));
    }

    #[test]
    fn absent_and_null_are_equal() {
        assert_eq!(read(r#"{"one":0,"maybe":null,"many":null}"#), read(r#"{"one":0}"#));
    }

    #[test]
    fn what_is_no_integer_is_refused() {
        for value in ["1.5", "-1", "1e30", "\"1\"", "null", "4294967296"] {
            let error = read(&format!(r#"{{"one":{value}}}"#)).unwrap_err();
            assert!(error.contains("integer in the range of u32"), "{error}");
        }
    }
}
