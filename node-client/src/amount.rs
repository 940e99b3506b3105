//! Amounts as the node writes them: decimal coins, read without a floating-point number in between.

use chain_types::Satoshis;

const DECIMALS: usize = 8;

/// Reads coins such as `50.00000000` or `0.5`: none unless it is an amount of whole satoshis that can exist.
pub(crate) fn parse_coins(text: &str) -> Option<Satoshis> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || fraction.len() > DECIMALS || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let satoshis = format!("{whole}{fraction:0<DECIMALS$}").parse().ok().map(Satoshis)?;
    (satoshis <= Satoshis::MAX).then_some(satoshis)
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn parse_coins__amounts__are_exact() {
        for (text, satoshis) in [
            ("50.00000000", 5_000_000_000),
            ("50.00", 5_000_000_000),
            ("0.00000001", 1),
            ("0.1", 10_000_000),
            ("20999999.97690000", 2_099_999_997_690_000),
            ("0", 0),
        ] {
            assert_eq!(parse_coins(text), Some(Satoshis(satoshis)), "{text}");
        }
    }

    #[test]
    fn parse_coins__anything_else__is_none() {
        for text in ["", ".5", "-1", "+1", "1e-8", "0.000000001", "21000000.00000001", "1.-1", "99999999999999999999"] {
            assert_eq!(parse_coins(text), None, "{text}");
        }
    }
}
