//! A small generator, so that a run can be repeated (xorshift).

pub struct Random(u64);

/// Another seed each time; one that failed is repeated with the variable.
pub fn seeds(variable: &str, count: u64) -> impl Iterator<Item = u64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time");
    let given = std::env::var(variable).ok().and_then(|seed| seed.parse().ok());
    let count = if given.is_some() { 1 } else { count };
    let first = given.unwrap_or(u64::try_from(now.as_micros()).expect("small"));
    (0..count).map(move |number| first.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

impl Random {
    pub fn new(seed: u64) -> Random {
        // Zero would stay zero.
        Random(seed.max(1))
    }

    /// A number below `most`.
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).expect("small")
    }

    /// Whether something that happens once in `of` times happens.
    pub fn once_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
