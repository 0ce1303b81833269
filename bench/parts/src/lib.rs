//! Nothing: `benches/` measures what `ferryd` has.
