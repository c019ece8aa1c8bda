//! Unpacking what git packs: the gzip bodies that it sends with long requests (RFC 1952), and the zlib streams of its
//! objects on disk (RFC 1950); both hold DEFLATE (RFC 1951).

/// More than this is no honest request.
const LARGEST: usize = 256 * 1024 * 1024;

/// The content of a gzip file; `None` if it is damaged or far too large.
pub(crate) fn gzip(file: &[u8]) -> Option<Vec<u8>> {
    inflate(file.get(header_length(file)?..)?)
}

/// The content of a zlib stream without a dictionary; `None` if it is damaged or far too large.
pub(crate) fn zlib(stream: &[u8]) -> Option<Vec<u8>> {
    let head = u16::from_be_bytes([*stream.first()?, *stream.get(1)?]);
    // The method is DEFLATE, the check holds, and no dictionary is asked for.
    (head >> 8 & 0xf == 8 && head % 31 == 0 && head & 0x20 == 0).then(|| inflate(&stream[2..]))?
}

fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bits = Bits { bytes, at: 0 };
    let mut out = Vec::with_capacity(bytes.len() * 3);
    loop {
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(&mut bits, &mut out)?,
            1 => {
                let (literals, distances) = fixed();
                block(&mut bits, &literals, &distances, &mut out)?;
            }
            2 => {
                let (literals, distances) = dynamic(&mut bits)?;
                block(&mut bits, &literals, &distances, &mut out)?;
            }
            _ => return None,
        }
        if last {
            return Some(out);
        }
    }
}

/// Where the compressed data starts, after the optional fields.
fn header_length(file: &[u8]) -> Option<usize> {
    if file.get(..3)? != [0x1f, 0x8b, 8] {
        return None;
    }
    let flags = *file.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        let length = file.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    // File name and comment, each up to a zero byte.
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += file.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    Some(at)
}

/// Reads bits, the lowest of each byte first.
struct Bits<'data> {
    bytes: &'data [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<usize> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = usize::from(byte >> (self.at % 8) & 1);
        self.at += 1;
        Some(bit)
    }

    fn take(&mut self, count: usize) -> Option<usize> {
        (0..count).try_fold(0, |value, place| Some(value | self.bit()? << place))
    }
}

/// A canonical Huffman code: how many codes of each length, and the symbols in order of their codes.
struct Code {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Code {
    fn new(lengths: &[usize]) -> Self {
        let mut counts = [0; 16];
        for length in lengths {
            counts[*length] += 1;
        }
        counts[0] = 0;
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|symbol| lengths[*symbol] > 0).collect();
        symbols.sort_by_key(|symbol| (lengths[*symbol], *symbol));
        Self { counts, symbols }
    }

    fn read(&self, bits: &mut Bits<'_>) -> Option<usize> {
        // `first` is the first code of the present length, `skipped` the number of shorter codes.
        let (mut code, mut first, mut skipped) = (0_usize, 0_usize, 0_usize);
        for length in 1..16 {
            code |= bits.bit()?;
            let count = self.counts[length];
            if code < first + count {
                return self.symbols.get(skipped + code.checked_sub(first)?).copied();
            }
            skipped += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

fn stored(bits: &mut Bits<'_>, out: &mut Vec<u8>) -> Option<()> {
    bits.at = bits.at.div_ceil(8) * 8;
    let length = bits.take(16)?;
    let check = bits.take(16)?;
    if length ^ check != 0xffff {
        return None;
    }
    let start = bits.at / 8;
    out.extend_from_slice(bits.bytes.get(start..start + length)?);
    bits.at += length * 8;
    (out.len() <= LARGEST).then_some(())
}

fn fixed() -> (Code, Code) {
    let mut lengths = [8; 288];
    lengths[144..256].fill(9);
    lengths[256..280].fill(7);
    (Code::new(&lengths), Code::new(&[5; 30]))
}

fn dynamic(bits: &mut Bits<'_>) -> Option<(Code, Code)> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let literals = bits.take(5)? + 257;
    let distances = bits.take(5)? + 1;
    let given = bits.take(4)? + 4;
    let mut lengths = [0; 19];
    for place in &ORDER[..given] {
        lengths[*place] = bits.take(3)?;
    }
    let code = Code::new(&lengths);
    let mut lengths = Vec::with_capacity(literals + distances);
    while lengths.len() < literals + distances {
        let (value, times) = match code.read(bits)? {
            16 => (*lengths.last()?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length, 1),
        };
        lengths.extend(std::iter::repeat_n(value, times));
    }
    if lengths.len() > literals + distances {
        return None;
    }
    Some((Code::new(&lengths[..literals]), Code::new(&lengths[literals..])))
}

fn block(bits: &mut Bits<'_>, literals: &Code, distances: &Code, out: &mut Vec<u8>) -> Option<()> {
    loop {
        let symbol = literals.read(bits)?;
        if symbol == 256 {
            return Some(());
        }
        if let Ok(byte) = u8::try_from(symbol) {
            out.push(byte);
            continue;
        }
        let length = match symbol {
            285 => 258,
            257..=264 => symbol - 254,
            265..=284 => {
                let extra = (symbol - 261) / 4;
                (((symbol - 265) % 4 + 4) << extra) + 3 + bits.take(extra)?
            }
            _ => return None,
        };
        let distance = match distances.read(bits)? {
            near @ 0..=3 => near + 1,
            far @ 4..=29 => {
                let extra = far / 2 - 1;
                ((2 + far % 2) << extra) + 1 + bits.take(extra)?
            }
            _ => return None,
        };
        let start = out.len().checked_sub(distance)?;
        // The copy may reach into what it writes itself, so it goes byte by byte.
        for place in start..start + length {
            out.push(out[place]);
        }
        if out.len() > LARGEST {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    #[test]
    fn every_kind_of_block_is_unpacked() {
        let stored = "1f8b0800000000000403010800f7ff6173206974206973b3244e9608000000";
        assert_eq!(gzip(&unhex(stored)).unwrap(), b"as it is");
        let fixed = "1f8b08000000000002032b4fcc2b5128871329f979a95c008e82948a14000000";
        assert_eq!(gzip(&unhex(fixed)).unwrap(), b"want want want done\n");
        let run = "1f8b08000000000002034b4c1c05a360140c77000003da389ae8030000";
        assert_eq!(gzip(&unhex(run)).unwrap(), [b'a'; 1000]);
        let dynamic = "1f8b080000000000020335cdb91103310c43d17cab7009a478aa1c1ddcd90a5cbfc73684e82598ff\
         8c77bde8bbebf991ab6e50f62ed0d6da60ccb9c03ec60467ef03dc991dbc23f24f66f700c5cc4153\
         35304414379a79126dc44968f793f0b493c8502468b82041cb1a1254ca2741424870e35b40a56ad7\
         079cf8518908010000";
        let line = |number| format!("have {:05x}\n", number * 7919 % 99_991);
        let lines: String = (0..24).map(line).collect();
        assert_eq!(gzip(&unhex(dynamic)).unwrap(), lines.as_bytes());
    }

    #[test]
    fn a_file_name_is_passed_over_and_damage_is_noticed() {
        let named = "1f8b08080000000002ff6e616d652e74787400cb4bcc4d4d010087cce07105000000";
        assert_eq!(gzip(&unhex(named)).unwrap(), b"named");
        let whole = unhex(named);
        for end in 0..whole.len() - 9 {
            assert_eq!(gzip(&whole[..end]), None, "cut at {end}");
        }
        assert_eq!(gzip(b"not gzip at all"), None);
        // A copy from before the beginning.
        assert_eq!(gzip(&unhex("1f8b0800000000000203038100")), None);
    }
}
