//! "Did you mean": the nearest of some names.

/// The candidate with the smallest edit distance, if it is near enough to be meant.
#[must_use]
pub fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (name_chars, letters) = (name.chars().collect::<Vec<_>>(), letters(name));
    let mut limit = name_chars.len() / 3 + 1;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // A large list has many names; nearly all of them are too far off at a glance.
        let same_but_for_case = name.eq_ignore_ascii_case(candidate);
        if !same_but_for_case && least_distance(name, letters, candidate) > limit {
            continue;
        }
        let distance = if same_but_for_case { usize::from(name != candidate) } else { distance(&name_chars, candidate) };
        if distance <= limit && best.is_none_or(|best| (distance, candidate) < best) {
            best = Some((distance, candidate));
            limit = distance;
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Which letters a name has, as a bit for each; some letters share a bit.
fn letters(name: &str) -> u64 {
    name.chars().fold(0, |bits, letter| bits | 1 << (u32::from(letter) % 64))
}

/// How many edits there are at the least: each changes the length by one, and the letters by two.
fn least_distance(name: &str, its_letters: u64, candidate: &str) -> usize {
    let longer = if name.is_ascii() && candidate.is_ascii() { name.len().abs_diff(candidate.len()) } else { 0 };
    if longer > 4 {
        return usize::MAX;
    }
    let different = (its_letters ^ letters(candidate)).count_ones() as usize;
    longer.max(different.div_ceil(2))
}

/// Edits (insert, delete, replace, swap of neighbours) from one name to another.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > 4 {
        return usize::MAX;
    }
    // Three rows of the table are looked at: this one and the two above.
    let mut rows = [(0..=b.len()).collect::<Vec<_>>(), vec![0; b.len() + 1], vec![0; b.len() + 1]];
    for i in 1..=a.len() {
        rows.rotate_right(1);
        let [row, above, second] = &mut rows;
        row[0] = i;
        for j in 1..=b.len() {
            let replace = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(second[j - 2] + 1);
            }
            row[j] = best;
        }
    }
    rows[0][b.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["continue", "input", "output", "export", "set"];
        assert_eq!(closest("outptu", names.into_iter()), Some("output"));
        assert_eq!(closest("Set", names.into_iter()), Some("set"));
        assert_eq!(closest("retry", names.into_iter()), None);
        assert_eq!(closest("übergabe", ["übergabee", "übrgabe"].into_iter()), Some("übergabee"));
        assert_eq!(closest("ship", ["hsip", "shop", "ship2"].into_iter()), Some("hsip"), "of equals the first by name");
    }
}
