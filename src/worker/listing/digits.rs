//! Numbers as lines of a listing have them. A million lines have several million of them: formatting in general takes its time.

/// As many as `u64::MAX` has, in octal.
const MOST: usize = 22;

/// Appends a number.
pub fn decimal(value: u64, line: &mut Vec<u8>) {
    append::<10>(value, 1, b'0', line);
}

/// Appends a number, filled up on the left.
pub fn padded(value: u64, width: usize, fill: u8, line: &mut Vec<u8>) {
    append::<10>(value, width, fill, line);
}

/// The same to the base of eight,
pub fn octal(value: u64, line: &mut Vec<u8>) {
    append::<8>(value, 1, b'0', line);
}

/// and of sixteen.
pub fn hexadecimal(value: u64, line: &mut Vec<u8>) {
    append::<16>(value, 1, b'0', line);
}

fn append<const BASE: u64>(mut value: u64, width: usize, fill: u8, line: &mut Vec<u8>) {
    let mut digits = [fill; MOST];
    let mut first = MOST;
    loop {
        first -= 1;
        digits[first] = b"0123456789ABCDEF"[(value % BASE) as usize];
        value /= BASE;
        if value == 0 {
            break;
        }
    }
    line.extend_from_slice(&digits[first.min(MOST - width)..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut line = Vec::new();
        write(&mut line);
        String::from_utf8(line).unwrap()
    }

    proptest! {
        #[test]
        fn digits_are_those_that_formatting_gives(value in any::<u64>(), shift in 0_u32..64) {
            let value = value >> shift;
            prop_assert_eq!(told(|line| decimal(value, line)), value.to_string());
            prop_assert_eq!(told(|line| octal(value, line)), format!("{value:o}"));
            prop_assert_eq!(told(|line| hexadecimal(value, line)), format!("{value:X}"));
            prop_assert_eq!(told(|line| padded(value, 8, b' ', line)), format!("{value:8}"));
            prop_assert_eq!(told(|line| padded(value, 2, b'0', line)), format!("{value:02}"));
        }
    }
}
