//! Inputs made from good ones: lines, words, numbers and bytes are changed, doubled, taken away and mixed with others.

use super::random::Random;

/// No input becomes longer; what length alone does is tried by [`super::bombs`].
pub const LONGEST: usize = 32 * 1024;

/// What programs stumble over, whatever they read.
const USUAL: &[&str] = &[
    "",
    "\0",
    "\r",
    "\n",
    "\r\n",
    "\u{feff}",
    "\u{202e}",
    "\u{2028}",
    "İ",
    "ı",
    "ß",
    "ﬃ",
    "e\u{301}",
    "\u{1f468}\u{200d}\u{1f469}",
    "\u{fffe}",
    "'",
    "\"",
    "`",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "<q9 onload=x>",
    "&amp;",
    "%00",
    "%",
    "--",
    "/*",
    "=",
    ",",
    ";",
    ":",
    "..",
    "../",
    "0",
    "-1",
    "1e308",
    "NaN",
    "inf",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "262142-12-31",
    "-262143-01-01",
    "9999-12-31T23:59:60Z",
    "0000-00-00",
    "2024-02-30",
    "2016-03-27T02:30:00",
    "true",
    "null",
];

/// Bytes that are no UTF-8, or are another thing in another encoding.
const ODD: &[&[u8]] = &[
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xe2\x82",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\x1f\x8b\x08",
    b"\xfd\xdd\xfe",
];

/// One input: a seed, changed at some places. `words` are those that the target knows.
pub fn input(random: &mut Random, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut bytes = match seeds.is_empty() {
        true => Vec::new(),
        false => random.pick(seeds).clone(),
    };
    // Most inputs differ little from a good one, so that they come far; some differ much.
    let most = if random.once_in(6) { 24 } else { 4 };
    let changes = 1 + random.below(most);
    for _ in 0..changes {
        change(random, &mut bytes, seeds, words);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str]) {
    match random.below(14) {
        0 if !bytes.is_empty() => {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
        1 if !bytes.is_empty() => {
            let at = random.below(bytes.len());
            bytes[at] = random.byte();
        }
        2 => {
            let part = random.pick(USUAL).as_bytes();
            insert(random, bytes, part);
        }
        3 | 4 if !words.is_empty() => {
            let word = random.pick(words).as_bytes();
            insert(random, bytes, word);
        }
        5 => {
            let part = *random.pick(ODD);
            insert(random, bytes, part);
        }
        6 => {
            let (from, to) = span(random, bytes);
            bytes.drain(from..to);
        }
        7 => {
            let (from, to) = span(random, bytes);
            let part = bytes[from..to].to_vec();
            insert(random, bytes, &part);
        }
        8 => {
            // The same part over and over, such as brackets within brackets.
            let (from, to) = span(random, bytes);
            let part = bytes[from..to.min(from + 40)].to_vec();
            let times = 1 << random.below(9);
            insert(random, bytes, &part.repeat(times));
        }
        9 => swap_lines(random, bytes),
        10 if !seeds.is_empty() => {
            // The beginning of one, the end of another.
            let other = random.pick(seeds);
            let (cut, from) = (random.below(bytes.len() + 1), random.below(other.len() + 1));
            bytes.truncate(cut);
            bytes.extend_from_slice(&other[from..]);
        }
        11 => bytes.truncate(random.below(bytes.len() + 1)),
        12 => replace_number(random, bytes),
        13 if !words.is_empty() => {
            // A word in the place of another part.
            let (from, to) = span(random, bytes);
            let word = random.pick(words).as_bytes().to_vec();
            drop(bytes.splice(from..to, word));
        }
        _ => bytes.push(random.byte()),
    }
}

fn insert(random: &mut Random, bytes: &mut Vec<u8>, part: &[u8]) {
    let at = random.below(bytes.len() + 1);
    let room = LONGEST.saturating_sub(bytes.len()).min(part.len());
    drop(bytes.splice(at..at, part[..room].iter().copied()));
}

/// A part, mostly a short one; sometimes a whole line.
fn span(random: &mut Random, bytes: &[u8]) -> (usize, usize) {
    let from = random.below(bytes.len() + 1);
    if random.once_in(3) {
        let start = bytes[..from]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = bytes[from..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bytes.len(), |at| from + at + 1);
        return (start, end);
    }
    let longest = if random.once_in(8) { 4_096 } else { 24 };
    let to = (from + random.below(longest)).min(bytes.len());
    (from, to)
}

fn swap_lines(random: &mut Random, bytes: &mut Vec<u8>) {
    let mut lines: Vec<Vec<u8>> = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    if lines.len() > 1 {
        let (a, b) = (random.below(lines.len()), random.below(lines.len()));
        lines.swap(a, b);
        *bytes = lines.concat();
    }
}

fn replace_number(random: &mut Random, bytes: &mut Vec<u8>) {
    let digits: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at].is_ascii_digit())
        .collect();
    if digits.is_empty() {
        return;
    }
    let from = *random.pick(&digits);
    let to = bytes[from..]
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .map_or(bytes.len(), |at| from + at);
    let other = match random.below(5) {
        0 => "0".to_owned(),
        1 => u64::MAX.to_string(),
        2 => i32::MIN.to_string(),
        3 => random.below(100_000).to_string(),
        _ => "7".repeat(1 + random.below(60)),
    };
    drop(bytes.splice(from..to, other.into_bytes()));
}
