//! What a checkpoint holds: everything the computation needs to go on, and the means to tell whether it is whole.
//!
//! | bytes | content (numbers are little-endian) |
//! |---|---|
//! | 4 | `HEAT` |
//! | 4 | version of this format |
//! | 8 | step |
//! | 4 | size N |
//! | 8 N² | the points, row by row, as 64-bit floats |
//! | 4 | CRC-32 of all of the above |

use crate::field::Field;

const MAGIC: &[u8; 4] = b"HEAT";
const VERSION: u32 = 1;

/// Why some bytes are no checkpoint one could go on from.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Damage {
    #[error("it is not a checkpoint of this program")]
    Foreign,
    #[error("it has format version {0}, and this program reads version {VERSION}")]
    Version(u32),
    #[error("it is incomplete or damaged (bad checksum)")]
    Checksum,
    #[error("it has {got} bytes of points where its size asks for {expected}")]
    Length { expected: u64, got: usize },
}

/// The checkpoint of a field.
pub(crate) fn encode(field: &Field) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(24 + field.points().len() * 8);
    let size = u32::try_from(field.size()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&field.step().to_le_bytes());
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes.extend(raw(field));
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// The points alone, as the final result is written.
pub(crate) fn raw(field: &Field) -> impl Iterator<Item = u8> {
    field.points().iter().flat_map(|point| point.to_le_bytes())
}

/// The field of a checkpoint. Trusts nothing: any bytes are answered, not only those of [`encode`].
pub(crate) fn decode(bytes: &[u8]) -> Result<Field, Damage> {
    let (magic, rest) = bytes.split_first_chunk::<4>().ok_or(Damage::Checksum)?;
    if magic != MAGIC {
        return Err(Damage::Foreign);
    }
    let (version, rest) = rest.split_first_chunk::<4>().ok_or(Damage::Checksum)?;
    if u32::from_le_bytes(*version) != VERSION {
        return Err(Damage::Version(u32::from_le_bytes(*version)));
    }
    let (content, sum) = bytes.split_last_chunk::<4>().ok_or(Damage::Checksum)?;
    if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
        return Err(Damage::Checksum);
    }
    let (step, rest) = rest.split_first_chunk::<8>().ok_or(Damage::Checksum)?;
    let (size, rest) = rest.split_first_chunk::<4>().ok_or(Damage::Checksum)?;
    let (points, _sum) = rest.split_last_chunk::<4>().ok_or(Damage::Checksum)?;
    let size = u32::from_le_bytes(*size);
    let expected = u64::from(size).saturating_mul(u64::from(size)).saturating_mul(8);
    let length = Damage::Length { expected, got: points.len() };
    if expected != points.len() as u64 {
        return Err(length);
    }
    let points = points.as_chunks::<8>().0.iter().map(|point| f64::from_le_bytes(*point)).collect::<Vec<_>>();
    Field::restore(size, u64::from_le_bytes(*step), points).ok_or(length)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn field() -> Field {
        let mut field = Field::new(6);
        (0..7).for_each(|_| field.advance());
        field
    }

    #[test]
    fn a_field_survives_bit_for_bit() {
        let (before, after) = (field(), decode(&encode(&field())).unwrap());
        assert_eq!((before.size(), before.step()), (after.size(), after.step()));
        assert!(raw(&before).eq(raw(&after)));
    }

    #[test]
    fn no_prefix_and_no_flipped_bit_is_taken_for_a_checkpoint() {
        let whole = encode(&field());
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).is_err(), "{length} of {} bytes", whole.len());
        }
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped).is_err(), "bit {bit}");
        }
    }

    #[rstest]
    #[case::another_program(b"PNG\r and more", Damage::Foreign)]
    #[case::the_future(b"HEAT\x02\0\0\0", Damage::Version(2))]
    #[case::empty(b"", Damage::Checksum)]
    fn says_what_is_wrong(#[case] bytes: &[u8], #[case] expected: Damage) {
        assert_eq!(decode(bytes), Err(expected));
    }

    #[test]
    fn a_size_that_does_not_fit_the_points_is_refused_before_memory_is_asked_for() {
        let mut bytes = encode(&field());
        bytes[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
        let end = bytes.len() - 4;
        let sum = crc32fast::hash(&bytes[..end]);
        bytes[end..].copy_from_slice(&sum.to_le_bytes());
        assert!(matches!(decode(&bytes), Err(Damage::Length { got: 288, .. })));
    }
}
