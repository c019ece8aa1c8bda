//! MD5 (RFC 1321), which composer names the content of a project with. It protects nothing here.

use std::fmt::Write as _;

/// How far each of the four turns of a round shifts.
const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The digest in 32 small hexadecimal digits.
pub(super) fn md5(bytes: &[u8]) -> String {
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    if padded.len() < bytes.len() + 9 {
        padded.resize(padded.len() + 64, 0);
    }
    let bits = (bytes.len() as u64).wrapping_mul(8);
    let end = padded.len() - 8;
    padded[end..].copy_from_slice(&bits.to_le_bytes());
    let table = table();
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded.chunks_exact(64) {
        let mut words = [0; 16];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().rev().fold(0, |word: u32, byte| word << 8 | u32::from(*byte));
        }
        state = mix(state, &words, &table);
    }
    state.iter().flat_map(|word| word.to_le_bytes()).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The digest after one block of sixteen words.
fn mix(state: [u32; 4], words: &[u32; 16], table: &[u32; 64]) -> [u32; 4] {
    let [mut a, mut b, mut c, mut d] = state;
    for (turn, constant) in table.iter().enumerate() {
        let (mixed, word) = match turn / 16 {
            0 => ((b & c) | (!b & d), turn),
            1 => ((d & b) | (!d & c), (5 * turn + 1) % 16),
            2 => (b ^ c ^ d, (3 * turn + 5) % 16),
            _ => (c ^ (b | !d), (7 * turn) % 16),
        };
        let sum = a.wrapping_add(mixed).wrapping_add(*constant).wrapping_add(words[word]);
        let next = b.wrapping_add(sum.rotate_left(SHIFTS[turn / 16][turn % 4]));
        (a, d, c, b) = (d, c, b, next);
    }
    [state[0].wrapping_add(a), state[1].wrapping_add(b), state[2].wrapping_add(c), state[3].wrapping_add(d)]
}

/// The whole parts of 2³² times the sine of 1 to 64.
fn table() -> [u32; 64] {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is less than 2³²")]
    std::array::from_fn(|index| {
        let angle = f64::from(u8::try_from(index + 1).unwrap_or_default());
        (angle.sin().abs() * 4_294_967_296.0) as u32
    })
}
