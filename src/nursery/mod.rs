//! One process a generation, in which workers are born: it confines itself and bears them.
