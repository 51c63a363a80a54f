//! The one entry of EXIF that is part of the picture: in which direction it is to be shown (Exif 2.32, 4.6.4 A, tag 274).

/// What stands before the TIFF structure in a JPEG.
pub(super) const MARK: &[u8] = b"Exif\0\0";

const ORIENTATION: u16 = 0x0112;
/// The type of a number of two bytes.
const SHORT: u16 = 3;

/// The direction that a block of EXIF asks for, where it is another than that of the points (2 to 8).
pub(super) fn orientation(tiff: &[u8]) -> Option<u8> {
    let tiff = tiff.strip_prefix(MARK).unwrap_or(tiff);
    let order = match tiff.get(..4)? {
        b"II*\0" => Order::Little,
        b"MM\0*" => Order::Big,
        _ => return None,
    };
    let directory = usize::try_from(order.u32(tiff, 4)?).ok()?;
    let entries = usize::from(order.u16(tiff, directory)?);
    let first = directory.checked_add(2)?;
    let found = (0..entries).find_map(|number| {
        let entry = first.checked_add(number.checked_mul(12)?)?;
        let is_it = order.u16(tiff, entry)? == ORIENTATION
            && order.u16(tiff, entry.checked_add(2)?)? == SHORT;
        is_it
            .then(|| order.u16(tiff, entry.checked_add(8)?))
            .flatten()
    })?;
    u8::try_from(found)
        .ok()
        .filter(|value| (2..=8).contains(value))
}

/// A TIFF structure that says the direction and nothing else.
pub(super) fn only(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*".to_vec();
    // The first directory follows at once, with one entry.
    tiff.extend(8_u32.to_be_bytes());
    tiff.extend(1_u16.to_be_bytes());
    tiff.extend(ORIENTATION.to_be_bytes());
    tiff.extend(SHORT.to_be_bytes());
    tiff.extend(1_u32.to_be_bytes());
    tiff.extend([0, orientation, 0, 0]);
    // There is no second one.
    tiff.extend(0_u32.to_be_bytes());
    tiff
}

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let found = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(match self {
            Order::Little => u16::from_le_bytes(found),
            Order::Big => u16::from_be_bytes(found),
        })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let found = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(match self {
            Order::Little => u32::from_le_bytes(found),
            Order::Big => u32::from_be_bytes(found),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_direction_is_read_in_both_orders_of_bytes_and_written_so_that_it_is_read() {
        // A directory at 10, behind two bytes of filling, with another entry (tag 271) before the direction.
        let little = b"II*\0\x0a\0\0\0\xff\xff\x02\0\x0f\x01\x02\0\x04\0\0\0Acme\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        assert_eq!(orientation(little), Some(6));
        for direction in 2..=8 {
            assert_eq!(orientation(&only(direction)), Some(direction));
        }
        assert_eq!(orientation(&only(1)), None, "as it lies: nothing to keep");
        assert_eq!(orientation(&only(9)), None);
    }

    #[test]
    fn what_is_no_exif_says_no_direction() {
        let whole = only(6);
        for end in 0..whole.len() - 6 {
            assert_eq!(orientation(whole.get(..end).unwrap()), None, "{end}");
        }
        // A directory far behind the end.
        assert_eq!(orientation(b"MM\0*\xff\xff\xff\xff\0\x01"), None);
    }
}
